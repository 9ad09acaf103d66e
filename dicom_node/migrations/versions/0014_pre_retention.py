"""Retention rules, seals, approvals, the register of destruction and what is to be removed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014_pre"
down_revision = "0013_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def _text(name: str, length: int, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length), nullable=nullable)


def _rules_and_holds() -> None:
    op.create_table(
        "dicom_retention_rule",
        _text("rule_id", 36),
        _text("institution_id", 36, nullable=True),
        _text("source_ae_title", 16, nullable=True),
        _text("modality", 16, nullable=True),
        sa.Column("keep_months", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("rule_id", name="pk_dicom_retention_rule"),
    )
    op.create_table(
        "dicom_legal_hold",
        _text("hold_id", 36),
        _text("institution_id", 36),
        _text("study_instance_uid", 64),
        _text("study_date", 8),
        _text("accession_number", 64),
        sa.Column("modalities", JSON, nullable=False),
        _text("reason", 200),
        _text("placed_by", 64),
        sa.Column("placed_at", MOMENT, nullable=False),
        _text("lifted_by", 64, nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        _text("lifted_reason", 200, nullable=True),
        sa.PrimaryKeyConstraint("hold_id", name="pk_dicom_legal_hold"),
    )
    op.create_index("ix_dicom_legal_hold_study", "dicom_legal_hold", ["institution_id", "study_instance_uid"])


def _destructions() -> None:
    op.create_table(
        "dicom_destruction",
        _text("destruction_id", 36),
        _text("approved_by", 64),
        sa.Column("approved_at", MOMENT, nullable=False),
        _text("reason", 200),
        _text("reach", 36, nullable=True),
        sa.Column("studies", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("destruction_id", name="pk_dicom_destruction"),
    )
    op.create_index("ix_dicom_destruction_reach", "dicom_destruction", ["reach"])
    op.create_table(
        "dicom_destroyed_study",
        _text("destruction_id", 36),
        _text("institution_id", 36),
        _text("study_instance_uid", 64),
        _text("study_date", 8),
        _text("accession_number", 64),
        sa.Column("modalities", JSON, nullable=False),
        _text("source_ae_title", 16),
        sa.Column("keep_months", sa.Integer(), nullable=False),
        sa.Column("instance_count", sa.Integer(), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        _text("state", 16),
        _text("kept_for", 16),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint(
            "destruction_id", "institution_id", "study_instance_uid", name="pk_dicom_destroyed_study"
        ),
    )
    op.create_index("ix_dicom_destroyed_study_uid", "dicom_destroyed_study", ["study_instance_uid"])


def upgrade() -> None:
    """Make the tables; without a rule nothing is ever destroyed."""
    _rules_and_holds()
    _destructions()
    op.create_table(
        "dicom_orphan",
        _text("object_key", 100),
        sa.Column("object_bytes", sa.BigInteger(), nullable=False),
        sa.Column("orphaned_at", MOMENT, nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("object_key", name="pk_dicom_orphan"),
    )
    op.create_index("ix_dicom_orphan_next", "dicom_orphan", ["next_at"])
