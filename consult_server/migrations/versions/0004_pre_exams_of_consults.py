"""For which request an examination was ordered."""

import sqlalchemy as sa
from alembic import op

revision = "0004_pre"
down_revision = "0003_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Examinations that were ordered by themselves are for no request."""
    op.add_column("consult_exam", sa.Column("consult_id", sa.String(36), nullable=True))
    op.create_index("ix_consult_exam_consult", "consult_exam", ["consult_id"])
