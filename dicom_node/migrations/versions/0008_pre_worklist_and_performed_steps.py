"""Examinations that are scheduled, and what modalities say of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008_pre"
down_revision = "0007_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; entries come with the first order."""
    _entries()
    _performed()


def _entries() -> None:
    op.create_table(
        "dicom_worklist_entry",
        sa.Column("entry_key", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("patient_name", sa.String(330), nullable=False),
        sa.Column("patient_name_key", sa.String(400), nullable=False),
        sa.Column("patient_id", sa.String(64), nullable=False),
        sa.Column("issuer_of_patient_id", sa.String(64), nullable=False),
        sa.Column("patient_birth_date", sa.String(8), nullable=False),
        sa.Column("patient_sex", sa.String(16), nullable=False),
        sa.Column("accession_number", sa.String(16), nullable=False),
        sa.Column("accession_issuer", sa.String(64), nullable=False),
        sa.Column("requesting_physician_name", sa.String(330), nullable=False),
        sa.Column("requesting_service", sa.String(64), nullable=False),
        sa.Column("institution_name", sa.String(64), nullable=False),
        sa.Column("requested_procedure_id", sa.String(16), nullable=False),
        sa.Column("requested_procedure_description", sa.String(64), nullable=False),
        sa.Column("requested_procedure_priority", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("scheduled_step_id", sa.String(16), nullable=False),
        sa.Column("scheduled_step_description", sa.String(64), nullable=False),
        sa.Column("station_ae_title", sa.String(16), nullable=False),
        sa.Column("station_name", sa.String(16), nullable=False),
        sa.Column("location", sa.String(16), nullable=False),
        sa.Column("start_date", sa.String(8), nullable=False),
        sa.Column("start_time", sa.String(6), nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("body_part_examined", sa.String(16), nullable=False),
        sa.Column("performing_physician_name", sa.String(330), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("entry_key", name="pk_dicom_worklist_entry"),
        sa.UniqueConstraint(
            "institution_id", "study_instance_uid", "scheduled_step_id", name="uq_dicom_worklist_entry_step"
        ),
    )
    op.create_index(
        "ix_dicom_worklist_institution_state",
        "dicom_worklist_entry",
        ["institution_id", "state", "start_date", "start_time"],
    )
    op.create_index(
        "ix_dicom_worklist_institution_accession",
        "dicom_worklist_entry",
        ["institution_id", "accession_number"],
    )


def _performed() -> None:
    op.create_table(
        "dicom_performed_step",
        sa.Column("step_key", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("source_ae_title", sa.String(16), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("step_key", name="pk_dicom_performed_step"),
        sa.UniqueConstraint(
            "institution_id",
            "sop_instance_uid",
            name="uq_dicom_performed_step_institution_id_sop_instance_uid",
        ),
    )
    op.create_index(
        "ix_dicom_performed_step_study", "dicom_performed_step", ["institution_id", "study_instance_uid"]
    )
    op.create_table(
        "dicom_performed_for",
        sa.Column("entry_key", sa.String(36), nullable=False),
        sa.Column("step_key", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_key"], ["dicom_worklist_entry.entry_key"], name="fk_dicom_performed_for_entry_key"
        ),
        sa.ForeignKeyConstraint(
            ["step_key"], ["dicom_performed_step.step_key"], name="fk_dicom_performed_for_step_key"
        ),
        sa.PrimaryKeyConstraint("entry_key", "step_key", name="pk_dicom_performed_for"),
    )
