"""The name stands beside the date: looking for it among the newest reads no study that has another."""

from alembic import op

revision = "0018_pre"
down_revision = "0017_pre"
branch_labels = None
depends_on = None

INDEX = "ix_dicom_study_institution_newest"
ORDER = ["institution_id", "study_date", "study_time", "study_key"]


def upgrade() -> None:
    """Make the index anew, one column wider."""
    op.drop_index(INDEX, "dicom_study")
    op.create_index(INDEX, "dicom_study", [*ORDER, "patient_name"])
