"""What came last is listed in the order of an index: a list that people keep open reads no other study."""

from alembic import op

revision = "0017_pre"
down_revision = "0016_pre"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "ix_dicom_study_institution_arrived", "dicom_study", ["institution_id", "last_received_at"]
    )
