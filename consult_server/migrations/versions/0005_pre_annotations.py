"""What readers mark on images, and what people set for themselves."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005_pre"
down_revision = "0004_pre"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "consult_annotation",
        sa.Column("annotation_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("series_instance_uid", sa.String(64), nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("frame_number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("points", DOCUMENT, nullable=False),
        sa.Column("text", sa.String(400), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["consult_account.account_id"], name="fk_consult_annotation_author_id"
        ),
        sa.PrimaryKeyConstraint("annotation_id", name="pk_consult_annotation"),
    )
    op.create_index(
        "ix_consult_annotation_study",
        "consult_annotation",
        ["study_instance_uid", "institution_id", "created_at"],
    )
    op.create_table(
        "consult_preference",
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("value", DOCUMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["consult_account.account_id"], name="fk_consult_preference_account_id"
        ),
        sa.PrimaryKeyConstraint("account_id", "name", name="pk_consult_preference"),
    )
