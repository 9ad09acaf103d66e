"""The migrations make exactly the tables the code uses, on both databases, once and again."""

from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql

from config.kernel.database import open_sync_engine
from config.kernel.ids import new_id
from dicom_node.migrate import upgrade
from dicom_node.schema import is_mapped, metadata

VERSION_TABLE = "dicom_alembic_version"
VERSIONS = Path("dicom_node/migrations/versions")


@pytest.fixture
def empty_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server = str(request.getfixturevalue("postgres_server"))
    name = f"e_{new_id().replace('-', '')}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{server}/{name}"


def test_empty_to_head_equals_the_metadata(empty_url: str) -> None:
    upgrade(empty_url)
    upgrade(empty_url)
    engine = open_sync_engine(empty_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": VERSION_TABLE,
                "compare_type": True,
                "compare_server_default": True,
                "include_name": is_mapped,
            },
        )
        assert compare_metadata(context, metadata) == []
        newest = max(file.stem for file in VERSIONS.glob("[0-9]*.py"))
        assert context.get_current_heads() == ("_".join(newest.split("_")[:2]),)
    engine.dispose()


def test_every_migration_says_before_or_after_the_deploy() -> None:
    files = sorted(Path(__file__).parents[2].joinpath(VERSIONS).glob("[0-9]*.py"))
    assert files
    for number, file in enumerate(files, 1):
        prefix, when, *what = file.stem.split("_")
        assert (prefix, when in {"pre", "post"}, bool(what)) == (f"{number:04}", True, True)
