"""Brings the `consult_` tables up to date."""

from pathlib import Path

from config.kernel import migrations

ADVISORY_LOCK = 0x636F6E73  # "cons"


def upgrade(url: str) -> None:
    """Migrate the database at `url` to the newest schema."""
    migrations.upgrade(url, Path(__file__).with_name("migrations"), advisory_lock=ADVISORY_LOCK)
