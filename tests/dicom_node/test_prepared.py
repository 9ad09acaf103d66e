"""Statements given to the driver: the same rows as by SQLAlchemy's own way, and the same failures."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Engine,
    Insert,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from config.kernel.database import open_sync_engine
from config.kernel.tables import UtcDateTime
from dicom_node.prepared import Prepared

THING = Table(
    "prepared_thing",
    MetaData(),
    Column("name", String(20), primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("at", UtcDateTime(), nullable=True),
    Column("said", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    Column("raw", LargeBinary, nullable=False),
)
COLUMNS = THING.columns.keys()


def unless_there(dialect: Any) -> Insert:
    """An INSERT that passes over what is there."""
    made: Insert = dialect.insert(THING).on_conflict_do_nothing()
    return made


ADD = Prepared({"sqlite": unless_there(sqlite), "postgresql": unless_there(postgresql)}, COLUMNS)
STRICT = Prepared(insert(THING), COLUMNS)
COUNT = Prepared(
    update(THING)
    .where(THING.c.name == bindparam("of"))
    .values(count=THING.c.count + bindparam("more"), at=bindparam("now"), raw=b"changed")
)
FIND = Prepared(select(THING.c.name, THING.c.count).where(THING.c.name == bindparam("of")))

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - given its zone next
    lambda at: at.replace(tzinfo=timezone(timedelta(hours=8)))
)
things = st.fixed_dictionaries(
    {
        "name": st.text("abc王'\"%s:?", min_size=1, max_size=8),
        "count": st.integers(-(2**62), 2**62),
        "at": st.none() | moments,
        "said": st.lists(st.integers(0, 9) | st.text('xy王\\"', max_size=4), max_size=3),
        "raw": st.binary(max_size=12),
    }
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with the table of things."""
    opened = open_sync_engine(database_url)
    THING.metadata.create_all(opened)
    yield opened
    THING.metadata.drop_all(opened)
    opened.dispose()


def a_thing(name: str = "a", **changes: Any) -> dict[str, Any]:
    """One row."""
    return {"name": name, "count": 1, "at": None, "said": [], "raw": b""} | changes


def rows(connection: Connection) -> list[Any]:
    """All rows as SQLAlchemy reads them."""
    return sorted(tuple(row) for row in connection.execute(select(THING.c.name, THING.c.count, THING.c.raw)))


def whole(connection: Connection) -> list[dict[str, Any]]:
    """All rows, every column."""
    return [dict(row) for row in connection.execute(select(THING).order_by(THING.c.name)).mappings()]


@given(made=st.lists(things, max_size=5, unique_by=lambda thing: thing["name"]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_what_sqlalchemy_writes(engine: Engine, made: list[dict[str, Any]]) -> None:
    found = []
    for write in (lambda c: c.execute(insert(THING), made), lambda c: ADD.run_each(c, made)):
        with engine.begin() as connection:
            connection.execute(delete(THING))
            if made:
                write(connection)
            found.append(whole(connection))
    assert found[0] == found[1]
    assert [thing["name"] for thing in found[0]] == sorted(
        (thing["name"] for thing in made), key=[thing["name"] for thing in found[0]].index
    )


def test_each_row_says_whether_it_was_new(engine: Engine) -> None:
    names = ["a", "b", "a", "c", "b"]
    with engine.begin() as connection:
        added = ADD.run_each(connection, [a_thing(name, count=n) for n, name in enumerate(names)])
        assert added == [True, True, False, True, False]
        assert ADD.run_each(connection, [a_thing("c")]) == [False]
        assert rows(connection) == [("a", 0, b""), ("b", 1, b""), ("c", 3, b"")]


def test_an_update_is_done_for_every_row_with_what_the_statement_brings_along(engine: Engine) -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    with engine.begin() as connection:
        ADD.run_each(connection, [a_thing("a"), a_thing("b"), a_thing("c")])
        COUNT.run(connection, [{"of": name, "more": more, "now": now} for name, more in (("a", 5), ("b", 7))])
        assert rows(connection) == [("a", 6, b"changed"), ("b", 8, b"changed"), ("c", 1, b"")]
        assert [thing["at"] for thing in whole(connection)] == [now, now, None]
        assert FIND.first(connection, {"of": "b"}) == ("b", 8)
        assert FIND.first(connection, {"of": "z"}) is None


def test_a_failure_is_sqlalchemys_and_undone_to_the_savepoint(engine: Engine) -> None:
    with engine.begin() as connection:
        STRICT.run(connection, [a_thing("a")])
        for fails in (STRICT.run, STRICT.run_each):
            with pytest.raises(IntegrityError) as failure, connection.begin_nested():
                fails(connection, [a_thing("b", raw=b"a patient's"), a_thing("a", raw=b"a patient's")])
            assert "patient" not in str(failure.value)
        assert not connection.invalidated
        assert rows(connection) == [("a", 1, b"")]


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    with engine.begin() as connection, pytest.raises(ValueError, match="zone"):
        ADD.run_each(connection, [a_thing(at=datetime(2026, 3, 2))])  # noqa: DTZ001 - the fault


def test_a_missing_table_is_told_as_by_sqlalchemy(engine: Engine) -> None:
    with engine.begin() as connection:
        THING.drop(connection)
        with pytest.raises((OperationalError, ProgrammingError)):
            FIND.first(connection, {"of": "a"})


def test_a_lost_connection_is_known_as_lost(postgres_url: str) -> None:
    engine, other = open_sync_engine(postgres_url), open_sync_engine(postgres_url)
    THING.metadata.create_all(other)
    with engine.connect() as connection:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        with other.begin() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(OperationalError) as failure:
            FIND.first(connection, {"of": "a"})
        assert failure.value.connection_invalidated
        assert connection.invalidated
    with engine.begin() as connection:
        assert FIND.first(connection, {"of": "a"}) is None
    THING.metadata.drop_all(other)
    engine.dispose()
    other.dispose()
