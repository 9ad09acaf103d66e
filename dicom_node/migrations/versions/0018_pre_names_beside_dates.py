"""The name stands beside the date: who looks for a name among the newest studies reads no study without it."""

from alembic import op

revision = "0018_pre"
down_revision = "0017_pre"
branch_labels = None
depends_on = None

INDEX, ORDER = "ix_dicom_study_institution_newest", ["institution_id", "study_date", "study_time", "study_key"]


def upgrade() -> None:
    """Make the index anew, one column wider."""
    op.drop_index(INDEX, "dicom_study")
    op.create_index(INDEX, "dicom_study", [*ORDER, "patient_name"])
