"""Brings the `dicom_` tables up to date."""

from pathlib import Path

from config import migrations

ADVISORY_LOCK = 0x6469636F  # "dico"


def upgrade(url: str) -> None:
    """Migrate the database at `url` to the newest schema, all steps in one transaction."""
    migrations.upgrade(url, Path(__file__).with_name("migrations"), advisory_lock=ADVISORY_LOCK)
