"""The index that lists read in its own order holds all that the order names."""

from alembic import op

revision = "0009_pre"
down_revision = "0008_pre"
branch_labels = None
depends_on = None

NEWEST = ["institution_id", "study_date", "study_time", "study_key"]


def upgrade() -> None:
    """The shorter index goes once the longer one is there."""
    op.create_index("ix_dicom_study_institution_newest", "dicom_study", NEWEST)
    op.drop_index("ix_dicom_study_institution_date", "dicom_study")
