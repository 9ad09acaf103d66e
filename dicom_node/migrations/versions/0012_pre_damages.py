"""What was found when stored objects were read again."""

import sqlalchemy as sa
from alembic import op

revision = "0012_pre"
down_revision = "0011_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; the first round of reading begins with the next start."""
    op.create_table(
        "dicom_damage",
        sa.Column("object_key", sa.String(100), nullable=False),
        sa.Column("integrity", sa.String(16), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mended_by", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("object_key", name="pk_dicom_damage"),
    )
    op.create_index("ix_dicom_damage_open", "dicom_damage", ["mended_by", "checked_at"])
    op.create_table(
        "dicom_check",
        sa.Column("check_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached_key", sa.String(100), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("faults", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("check_id", name="pk_dicom_check"),
    )
