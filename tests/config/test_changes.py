"""The mark of a database: the same while nothing is committed, another one afterwards, whoever commits."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from config.changes import Changes


def open_database(path: Path) -> sqlite3.Connection:
    """A writer of its own, in the journal mode of the product."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS facts (fact INTEGER)")
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database lies."""
    return tmp_path / "facts.db"


@pytest.fixture
def writer(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody who commits."""
    with closing(open_database(path)) as connection:
        yield connection


@pytest.fixture
def changes(writer: sqlite3.Connection, path: Path) -> Iterator[Changes]:
    """The ear at the database."""
    with closing(Changes(f"sqlite:///{path}")) as listening:
        yield listening


def test_reading_changes_nothing(writer: sqlite3.Connection, changes: Changes) -> None:
    before = changes.mark()
    writer.execute("SELECT count(*) FROM facts").fetchall()
    assert before is not None
    assert changes.mark() == before


def test_what_is_not_committed_has_not_happened(writer: sqlite3.Connection, changes: Changes) -> None:
    before = changes.mark()
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO facts VALUES (1)")
    assert changes.mark() == before
    writer.execute("ROLLBACK")
    assert changes.mark() == before


def test_another_process_is_heard(writer: sqlite3.Connection, path: Path, changes: Changes) -> None:
    before = changes.mark()
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])"
    subprocess.run([sys.executable, "-c", script, str(path), "INSERT INTO facts VALUES (2)"], check=True)
    assert writer.execute("SELECT fact FROM facts").fetchall() == [(2,)]
    assert changes.mark() != before


def test_a_mark_is_had_while_somebody_writes(writer: sqlite3.Connection, changes: Changes) -> None:
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO facts VALUES (1)")
    assert changes.mark() is not None
    before = changes.mark()
    writer.execute("COMMIT")
    assert changes.mark() != before


@given(st.lists(st.sampled_from(["commit", "roll back", "read", "checkpoint"]), max_size=12))
def test_marks_tell_commits_apart(tmp_path_factory: pytest.TempPathFactory, acts: list[str]) -> None:
    path = tmp_path_factory.mktemp("marks") / "facts.db"
    with closing(open_database(path)) as writer, closing(Changes(f"sqlite:///{path}")) as changes:
        seen = {changes.mark()}
        for act in acts:
            before = changes.mark()
            if act == "read":
                writer.execute("SELECT * FROM facts").fetchall()
            elif act == "checkpoint":
                writer.execute("PRAGMA wal_checkpoint(PASSIVE)")
            else:
                writer.execute("BEGIN IMMEDIATE")
                writer.execute("INSERT INTO facts VALUES (3)")
                writer.execute("COMMIT" if act == "commit" else "ROLLBACK")
            after = changes.mark()
            if act == "commit":
                assert after not in seen
            elif act in {"read", "roll back"}:
                assert after == before
            seen.add(after)


def test_nobody_can_say_of_a_database_behind_a_socket() -> None:
    changes = Changes("postgresql://nobody@127.0.0.1:1/nothing")
    assert changes.mark() is None
    changes.close()


def test_closed_it_knows_nothing(changes: Changes) -> None:
    assert changes.mark() is not None
    changes.close()
    assert changes.mark() is None
