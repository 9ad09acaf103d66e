"""Requests with an Idempotency-Key and what they were answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002_pre"
down_revision = "0001_pre"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "consult_repeat",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["consult_account.account_id"], name="fk_consult_repeat_account_id"
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_consult_repeat"),
    )
    op.create_index("ix_consult_repeat_created_at", "consult_repeat", ["created_at"])
