"""From which address a peer was last here."""

import sqlalchemy as sa
from alembic import op

revision = "0002_pre"
down_revision = "0001_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Peers seen before have no known address."""
    op.add_column("dicom_peer", sa.Column("last_seen_address", sa.String(64), nullable=True))
