"""What finds a person's registrations and consults, and hanging protocols."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008_pre"
down_revision = "0007_pre"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Make the indexes and the table."""
    op.create_index("ix_consult_patient_id_no", "consult_patient", ["id_no"])
    op.create_index("ix_consult_request_patient", "consult_request", ["patient_id"])
    op.create_table(
        "consult_hanging_protocol",
        sa.Column("protocol_id", sa.String(36), nullable=False),
        sa.Column("institution_id", sa.String(36), nullable=False),
        sa.Column("owner_id", sa.String(36), nullable=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(36), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["consult_institution.institution_id"],
            name="fk_consult_hanging_protocol_institution_id",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["consult_account.account_id"], name="fk_consult_hanging_protocol_owner_id"
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["consult_account.account_id"], name="fk_consult_hanging_protocol_changed_by"
        ),
        sa.PrimaryKeyConstraint("protocol_id", name="pk_consult_hanging_protocol"),
    )
    op.create_index(
        "ix_consult_hanging_protocol_institution",
        "consult_hanging_protocol",
        ["institution_id", "owner_id", "position"],
    )
