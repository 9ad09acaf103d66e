"""Which marks the values of a report were measured by."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006_pre"
down_revision = "0005_pre"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Reports that were written before have none."""
    op.add_column("consult_report", sa.Column("measurements", DOCUMENT, nullable=False, server_default="[]"))
