"""Brings the tables up to date: those of consult_server, or every owner's."""

from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from config import migrations
from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import Conflict
from dicom_node import migrate as dicom_node

ADVISORY_LOCK = 0x636F6E73  # "cons"


class DatabaseNewer(Conflict):
    """The database was made by a newer version of this program; install that version or a later one."""

    code = "serve.database_newer"


def upgrade(url: str) -> None:
    """Migrate the tables of consult_server at `url` to the newest schema."""
    migrations.upgrade(url, Path(__file__).with_name("migrations"), advisory_lock=ADVISORY_LOCK)


def upgrade_all(url: str) -> None:
    """Migrate every owner's tables. Raises DatabaseUnavailable, DatabaseNewer."""
    try:
        upgrade(url)
        dicom_node.upgrade(url)
    except DBAPIError as error:
        raise DatabaseUnavailable(reason=str(error.orig).strip().splitlines()[0]) from error
    except CommandError as error:
        raise DatabaseNewer(reason=str(error)) from error
