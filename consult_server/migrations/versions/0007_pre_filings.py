"""What readers filed with studies as DICOM objects."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007_pre"
down_revision = "0006_pre"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "consult_filing",
        sa.Column("filing_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("author_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("marks", DOCUMENT, nullable=False),
        sa.Column("objects", DOCUMENT, nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["consult_account.account_id"], name="fk_consult_filing_author_id"
        ),
        sa.PrimaryKeyConstraint("filing_id", name="pk_consult_filing"),
        sa.UniqueConstraint(
            "study_instance_uid", "institution_id", "author_id", "number", name="uq_consult_filing_number"
        ),
    )
