"""What each institution uses of the store, and may use."""

import sqlalchemy as sa
from alembic import op

revision = "0013_pre"
down_revision = "0012_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and count what is there."""
    use = op.create_table(
        "dicom_use",
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", "slot", name="pk_dicom_use"),
    )
    op.create_table(
        "dicom_quota",
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name="pk_dicom_quota"),
    )
    study = sa.table("dicom_study", sa.column("institution_id"), sa.column("byte_count"))
    counted = sa.select(study.c.institution_id, sa.literal(0), sa.func.sum(study.c.byte_count))
    op.execute(
        sa.insert(use).from_select(
            ["institution_id", "slot", "bytes"], counted.group_by(study.c.institution_id)
        )
    )
