"""The migrations make exactly the tables the code uses, on both databases, once and again."""

import re
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import inspect

from config.kernel.database import open_sync_engine
from config.kernel.ids import new_id
from consult_server.migrate import upgrade
from consult_server.schema import metadata

VERSION_TABLE = "consult_alembic_version"
VERSIONS = Path("consult_server/migrations/versions")


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
            opts={"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True},
        )
        assert compare_metadata(context, metadata) == []
        newest = max(file.stem for file in VERSIONS.glob("[0-9]*.py"))
        assert context.get_current_heads() == ("_".join(newest.split("_")[:2]),)
    engine.dispose()


def test_every_table_is_ours_by_name_and_refers_to_ours_alone(empty_url: str) -> None:
    upgrade(empty_url)
    engine = open_sync_engine(empty_url)
    seen = inspect(engine)
    names = seen.get_table_names()
    assert {name for name in names if not name.startswith("consult_")} == set()
    foreign = {key["referred_table"] for name in names for key in seen.get_foreign_keys(name)}
    assert foreign <= set(names)
    engine.dispose()


def test_every_foreign_key_a_list_follows_has_an_index(empty_url: str) -> None:
    """A case, an account and an institution are looked up by what refers to them."""
    upgrade(empty_url)
    engine = open_sync_engine(empty_url)
    seen = inspect(engine)
    wanted = {
        "consult_step": "consult_id",
        "consult_evidence": "consult_id",
        "consult_report": "consult_id",
        "consult_session": "account_id",
        "consult_api_token": "account_id",
        "consult_account": "institution_id",
        "consult_patient": "institution_id",
        "consult_invitation": "consult_id",
        "consult_agreement": "inviting_institution_id",
        "consult_repeat": "created_at",
    }
    for table, column in wanted.items():
        firsts = {index["column_names"][0] for index in seen.get_indexes(table)}
        firsts |= {unique["column_names"][0] for unique in seen.get_unique_constraints(table)}
        assert column in firsts, table
    engine.dispose()


def test_a_failed_step_leaves_the_database_as_it_was(empty_url: str) -> None:
    """All steps are one transaction: a table in the way stops the whole migration."""
    engine = open_sync_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE consult_patient (x INTEGER)")
    with pytest.raises(Exception, match=re.compile("already exists", re.IGNORECASE)):
        upgrade(empty_url)
    assert inspect(engine).get_table_names() == ["consult_patient"]
    engine.dispose()


def test_every_migration_says_before_or_after_the_deploy() -> None:
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    assert files
    for number, file in enumerate(files, 1):
        prefix, when, *what = file.stem.split("_")
        assert (prefix, when in {"pre", "post"}, bool(what)) == (f"{number:04}", True, True)
