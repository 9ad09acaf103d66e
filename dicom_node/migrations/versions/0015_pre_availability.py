"""Who wants to be told that studies are there or gone, and what they are told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015_pre"
down_revision = "0014_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Nobody is told of anything before somebody switches it on."""
    told = sa.Column("availability", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("dicom_peer", told)
    op.create_table(
        "dicom_availability_notice",
        sa.Column("transfer_id", sa.String(36), nullable=False),
        sa.Column("availability", sa.String(16), nullable=False),
        sa.Column("objects", JSON, nullable=False),
        sa.PrimaryKeyConstraint("transfer_id", name="pk_dicom_availability_notice"),
    )
