"""What was set aside: its size, both hashes of a conflict, how often it came, what was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0003_pre"
down_revision = "0002_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything set aside before waits for a decision; its size and hashes are not known."""
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="refused"),
        sa.Column("object_bytes", sa.BigInteger(), nullable=True),
        sa.Column("dataset_sha256", sa.String(64), nullable=True),
        sa.Column("kept_sha256", sa.String(64), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("decision", sa.String(16), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.String(200), nullable=True),
    ):
        op.add_column("dicom_quarantine", column)
    op.execute(
        "UPDATE dicom_quarantine SET kind = 'conflict' WHERE reason_code = 'dicom.same_uid_other_content'"
    )
    op.create_index("ix_dicom_quarantine_decision_received", "dicom_quarantine", ["decision", "received_at"])
    op.create_index("ix_dicom_quarantine_object", "dicom_quarantine", ["object_key"])
