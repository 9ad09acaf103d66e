"""The archive: peers, studies, series, instances, quarantine, and the event tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001_pre"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def _text(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length), nullable=False)


def _events() -> None:
    op.create_table(
        "dicom_outbox",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _text("event_id", 36),
        _text("name", 80),
        _text("subject", 80),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("relayed_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_dicom_outbox"),
        sa.UniqueConstraint("event_id", name="uq_dicom_outbox_event_id"),
    )
    op.create_index("ix_dicom_outbox_relayed_at_position", "dicom_outbox", ["relayed_at", "position"])
    op.create_table(
        "dicom_inbox",
        _text("event_id", 36),
        _text("handler", 200),
        sa.Column("handled_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "handler", name="pk_dicom_inbox"),
    )
    op.create_table(
        "dicom_dead_letter",
        _text("event_id", 36),
        _text("handler", 200),
        _text("name", 80),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("buried_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "handler", name="pk_dicom_dead_letter"),
    )


def _peers_and_quarantine() -> None:
    op.create_table(
        "dicom_peer",
        _text("ae_title", 16),
        _text("institution_id", 36),
        _text("institution_name", 128),
        sa.Column("host", sa.String(255), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        _text("issuer_of_patient_id", 64),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("ae_title", name="pk_dicom_peer"),
    )
    op.create_index("ix_dicom_peer_institution_id", "dicom_peer", ["institution_id"])
    op.create_table(
        "dicom_quarantine",
        _text("quarantine_id", 36),
        _text("institution_id", 36),
        _text("source_ae_title", 16),
        _text("sop_instance_uid", 128),
        _text("reason_code", 80),
        _text("reason", 400),
        sa.Column("object_key", sa.String(100), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("quarantine_id", name="pk_dicom_quarantine"),
    )
    op.create_index("ix_dicom_quarantine_institution_id", "dicom_quarantine", ["institution_id"])


def _studies() -> None:
    op.create_table(
        "dicom_study",
        _text("study_key", 36),
        _text("institution_id", 36),
        _text("study_instance_uid", 64),
        _text("patient_id", 64),
        _text("issuer_of_patient_id", 64),
        _text("patient_name", 330),
        _text("patient_name_key", 400),
        _text("patient_birth_date", 8),
        _text("patient_sex", 16),
        _text("study_date", 8),
        _text("study_time", 16),
        _text("study_id", 16),
        _text("accession_number", 64),
        _text("study_description", 256),
        _text("referring_physician_name", 330),
        sa.Column("modalities", JSON, nullable=False),
        sa.Column("series_count", sa.Integer(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        _text("source_ae_title", 16),
        sa.Column("first_received_at", MOMENT, nullable=False),
        sa.Column("last_received_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("study_key", name="pk_dicom_study"),
        sa.UniqueConstraint(
            "institution_id", "study_instance_uid", name="uq_dicom_study_institution_id_study_instance_uid"
        ),
    )
    for name, columns in (
        ("uid", ["study_instance_uid"]),
        ("institution_date", ["institution_id", "study_date", "study_key"]),
        ("institution_patient", ["institution_id", "patient_id"]),
        ("institution_accession", ["institution_id", "accession_number"]),
        ("institution_name", ["institution_id", "patient_name_key"]),
        ("unsettled", ["settled_at", "last_received_at"]),
    ):
        op.create_index(f"ix_dicom_study_{name}", "dicom_study", columns)


def _series() -> None:
    op.create_table(
        "dicom_series",
        _text("series_key", 36),
        _text("study_key", 36),
        _text("series_instance_uid", 64),
        _text("modality", 16),
        sa.Column("series_number", sa.Integer(), nullable=True),
        _text("series_description", 256),
        _text("body_part_examined", 64),
        _text("performed_procedure_step_start_date", 8),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["study_key"], ["dicom_study.study_key"], name="fk_dicom_series_study_key"),
        sa.PrimaryKeyConstraint("series_key", name="pk_dicom_series"),
        sa.UniqueConstraint(
            "study_key", "series_instance_uid", name="uq_dicom_series_study_key_series_instance_uid"
        ),
    )
    op.create_index("ix_dicom_series_series_instance_uid", "dicom_series", ["series_instance_uid"])


def _instances() -> None:
    op.create_table(
        "dicom_instance",
        _text("instance_key", 36),
        _text("series_key", 36),
        _text("institution_id", 36),
        _text("sop_instance_uid", 64),
        _text("sop_class_uid", 64),
        _text("transfer_syntax_uid", 64),
        sa.Column("instance_number", sa.Integer(), nullable=True),
        sa.Column("number_of_frames", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("columns", sa.Integer(), nullable=True),
        _text("object_key", 100),
        sa.Column("object_bytes", sa.BigInteger(), nullable=False),
        sa.Column("dataset_offset", sa.Integer(), nullable=False),
        _text("dataset_sha256", 64),
        sa.Column("pixel_offset", sa.BigInteger(), nullable=True),
        sa.Column("pixel_bytes", sa.BigInteger(), nullable=True),
        sa.Column("frame_offsets", JSON, nullable=False),
        sa.Column("metadata_json", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["series_key"], ["dicom_series.series_key"], name="fk_dicom_instance_series_key"
        ),
        sa.PrimaryKeyConstraint("instance_key", name="pk_dicom_instance"),
        sa.UniqueConstraint(
            "institution_id", "sop_instance_uid", name="uq_dicom_instance_institution_id_sop_instance_uid"
        ),
    )
    op.create_index("ix_dicom_instance_object", "dicom_instance", ["object_key"])
    op.create_index("ix_dicom_instance_series_number", "dicom_instance", ["series_key", "instance_number"])
    op.create_index("ix_dicom_instance_uid", "dicom_instance", ["sop_instance_uid"])


def upgrade() -> None:
    """Make every table of the archive."""
    _events()
    _peers_and_quarantine()
    _studies()
    _series()
    _instances()
