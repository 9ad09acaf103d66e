"""Bringing one owner's tables up to date: one process at a time, failing fast on locks."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from config.kernel.database import open_sync_engine

LOCK_TIMEOUT = "5s"


def upgrade(url: str, folder: Path, *, advisory_lock: int) -> None:
    """Run the Alembic tree in `folder` on the database at `url`, all steps in one transaction."""
    engine = open_sync_engine(url)
    try:
        with engine.begin() as connection:
            _one_at_a_time(connection, advisory_lock)
            command.upgrade(configuration(connection, folder), "head")
    finally:
        engine.dispose()


def _one_at_a_time(connection: Connection, advisory_lock: int) -> None:
    """On PostgreSQL queue behind another migration, then refuse to wait long for table locks."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": advisory_lock})
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


def configuration(connection: Connection, folder: Path) -> Config:
    """Alembic's settings for the tree in `folder` and one open connection."""
    settings = Config()
    settings.set_main_option("script_location", str(folder).replace("%", "%%"))
    settings.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    settings.attributes["connection"] = connection
    return settings
