"""What peers asked us to commit to, and whether they have been told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006_pre"
down_revision = "0005_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "dicom_commitment",
        sa.Column("commitment_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("ae_title", sa.String(16), nullable=False),
        sa.Column("transaction_uid", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("duplicate", sa.Boolean(), nullable=False),
        sa.Column("objects", JSON, nullable=False),
        sa.Column("failures", JSON, nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(80), nullable=False),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=True),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("commitment_id", name="pk_dicom_commitment"),
        sa.UniqueConstraint(
            "ae_title",
            "transaction_uid",
            "fingerprint",
            name="uq_dicom_commitment_ae_title_transaction_uid_fingerprint",
        ),
    )
    op.create_index("ix_dicom_commitment_state_next", "dicom_commitment", ["state", "next_at"])
