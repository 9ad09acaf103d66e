"""Examinations that doctors order, and their accession numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0003_pre"
down_revision = "0002_pre"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "consult_exam_counter",
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("day", sa.String(8), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["consult_institution.institution_id"],
            name="fk_consult_exam_counter_institution_id",
        ),
        sa.PrimaryKeyConstraint("institution_id", "day", name="pk_consult_exam_counter"),
    )
    op.create_table(
        "consult_exam",
        sa.Column("exam_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("patient_id", sa.String(36), nullable=False),
        sa.Column("applicant_id", sa.String(36), nullable=False),
        sa.Column("accession_number", sa.String(16), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("body_part", sa.String(16), nullable=False),
        sa.Column("procedure", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("urgency", sa.String(16), nullable=False),
        sa.Column("urgency_rank", sa.Integer(), nullable=False),
        sa.Column("scheduled_at", MOMENT, nullable=False),
        sa.Column("station_ae_title", sa.String(16), nullable=False),
        sa.Column("performed_by", sa.String(16), nullable=False),
        sa.Column("cancel_reason", sa.String(400), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["consult_institution.institution_id"], name="fk_consult_exam_institution_id"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["consult_patient.patient_id"], name="fk_consult_exam_patient_id"
        ),
        sa.ForeignKeyConstraint(
            ["applicant_id"], ["consult_account.account_id"], name="fk_consult_exam_applicant_id"
        ),
        sa.PrimaryKeyConstraint("exam_id", name="pk_consult_exam"),
        sa.UniqueConstraint(
            "institution_id", "accession_number", name="uq_consult_exam_institution_id_accession_number"
        ),
        sa.UniqueConstraint(
            "institution_id", "study_instance_uid", name="uq_consult_exam_institution_id_study_instance_uid"
        ),
    )
    op.create_index(
        "ix_consult_exam_open", "consult_exam", ["institution_id", "status", "urgency_rank", "scheduled_at"]
    )
    op.create_index("ix_consult_exam_newest", "consult_exam", ["institution_id", "exam_id"])
