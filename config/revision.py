"""Drafts a migration: `python -m config.revision OWNER pre|post what_it_does` (`make migration`).

The owner's migrations so far run in an empty SQLite file, which is then compared with its mapped
tables. A person reads and mends the draft: `pre` runs before the deploy, `post` after it.
"""

import importlib
import re
import sys
import tempfile
from pathlib import Path

from alembic import command

from config.kernel.database import open_sync_engine
from config.migrations import configuration

USAGE = "make migration m=what_it_does [o=consult_server|dicom_node] [w=pre|post]"
OWNERS, PHASES = ("consult_server", "dicom_node"), ("pre", "post")
WHAT = re.compile(r"[a-z][a-z0-9_ ]{2,59}")


def draft(owner: str, phase: str, what: str, root: Path = Path(__file__).parents[1]) -> Path:
    """Write the next numbered file into the owner's tree below `root`. Raises ValueError."""
    if owner not in OWNERS or phase not in PHASES or not WHAT.fullmatch(what):
        raise ValueError(USAGE)
    folder = root / owner / "migrations"
    number = len(list((folder / "versions").glob("[0-9]*.py"))) + 1
    with tempfile.TemporaryDirectory() as scratch:
        url = f"sqlite:///{scratch}/now.db"
        importlib.import_module(f"{owner}.migrate").upgrade(url)
        engine = open_sync_engine(url)
        with engine.begin() as connection:
            settings = configuration(connection, folder)
            command.revision(settings, what, autogenerate=True, rev_id=f"{number:04}_{phase}")
        engine.dispose()
    [made] = (folder / "versions").glob(f"{number:04}_{phase}_*.py")
    return made


def main(words: list[str]) -> int:
    """Draft what the command line says; 2 when it says it wrongly."""
    try:
        owner, phase, what = words
        made = draft(owner, phase, what)
    except ValueError:
        sys.stderr.write(f"{USAGE}\n")
        return 2
    sys.stdout.write(f"{made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
