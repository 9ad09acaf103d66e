"""Which certificate a peer must show, where one is bound to it."""

import sqlalchemy as sa
from alembic import op

revision = "0004_pre"
down_revision = "0003_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No peer is bound to a certificate yet."""
    op.add_column("dicom_peer", sa.Column("certificate", sa.String(80), nullable=True))
