"""Where the bytes of each object are."""

import sqlalchemy as sa
from alembic import op

revision = "0011_pre"
down_revision = "0010_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; the node fills it from the folder that lies before the bucket."""
    op.create_table(
        "dicom_whereabouts",
        sa.Column("object_key", sa.String(100), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("object_bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.String(80), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("object_key", name="pk_dicom_whereabouts"),
    )
    op.create_index("ix_dicom_whereabouts_due", "dicom_whereabouts", ["state", "next_attempt_at"])
    op.create_index("ix_dicom_whereabouts_read", "dicom_whereabouts", ["is_local", "read_at"])
