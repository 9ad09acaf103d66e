"""Drafts a migration: `python -m config.revision OWNER pre|post what_it_does` (`make migration`).

The owner's migrations so far run in an empty SQLite file, which is then compared with its mapped
tables. A person reads and mends the draft: `pre` runs before the deploy, `post` after it.
"""

import importlib
import sys
import tempfile
from pathlib import Path

from alembic import command

from config.kernel.database import open_sync_engine
from config.kernel.migrations import configuration


def draft(owner: str, phase: str, what: str) -> None:
    """Write the next numbered file into the owner's tree."""
    folder = Path(__file__).parents[1] / owner / "migrations"
    number = len(list((folder / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/now.db"
        importlib.import_module(f"{owner}.migrate").upgrade(url)
        engine = open_sync_engine(url)
        with engine.begin() as connection:
            settings = configuration(connection, folder)
            command.revision(settings, what, autogenerate=True, rev_id=f"{number:04}_{phase}")
        engine.dispose()


if __name__ == "__main__":
    draft(*sys.argv[1:4])
