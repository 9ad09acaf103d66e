"""Short reads on the loop's own thread, long and locked ones in another, never a wait of the loop."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.kernel.sqlite_inline import INLINE_SECONDS, InlineConnection

LONG = """
with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ?)
select count(*), max(n) from counted
"""
MANY, ENDLESS = 200_000, 10**15
PATIENCE_MS = 10_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with three rows."""
    found = tmp_path / "some.db"
    with sqlite3.connect(found) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table numbers (n integer, name text)")
        connection.executemany("insert into numbers values (?, ?)", [(1, "一"), (2, "二"), (3, "三")])
    connection.close()
    return found


@pytest.fixture
def connection(path: Path) -> Iterator[InlineConnection]:
    """A connection to it."""
    opened = InlineConnection(str(path), ["pragma query_only=on"], PATIENCE_MS)
    yield opened
    opened.stop()


class Turns:
    """Counts how often the loop comes round."""

    def __init__(self) -> None:
        self.taken = 0
        self._next()

    def _next(self) -> None:
        self.taken += 1
        asyncio.get_running_loop().call_later(0.0005, self._next)


async def rows(connection: InlineConnection, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """What a statement finds, by way of a cursor."""
    cursor = await connection.cursor().__aenter__()
    await cursor.execute(statement, parameters)
    return await cursor.fetchall()


async def test_rows_and_their_names_come_from_the_statement(connection: InlineConnection) -> None:
    cursor = connection.cursor()
    await cursor.execute("select n, name from numbers where n > ? order by n", (1,))
    assert await cursor.fetchall() == [(2, "二"), (3, "三")]
    assert [column[0] for column in cursor.description] == ["n", "name"]
    await cursor.execute("begin")
    assert (await cursor.fetchall(), cursor.description) == ([], None)
    await connection.rollback()


async def test_what_was_to_be_prepared_holds(connection: InlineConnection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await rows(connection, "delete from numbers")
    assert len(await rows(connection, "select * from numbers")) == 3


async def test_a_short_statement_stays_on_this_thread(connection: InlineConnection) -> None:
    """Nothing else of the loop runs meanwhile: it was not waited for."""
    turns: list[str] = []
    asyncio.get_running_loop().call_soon(turns.append, "somebody else")
    assert await rows(connection, "select count(*) from numbers") == [(3,)]
    assert turns == []


async def test_a_long_statement_leaves_the_loop_alone_and_is_finished(connection: InlineConnection) -> None:
    where: list[int] = []

    def here() -> int:
        where.append(threading.get_ident())
        return 0

    await connection.create_function("here", 0, here)
    turns = Turns()
    assert await rows(connection, LONG.replace("max(n)", "max(n) + here()"), MANY) == [(MANY, MANY)]
    assert turns.taken > 10
    assert where[-1] != threading.get_ident()


async def test_a_statement_that_is_given_up_ends_and_the_connection_lives(
    connection: InlineConnection,
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(INLINE_SECONDS * 20):
            await rows(connection, LONG, ENDLESS)
    assert await rows(connection, "select max(n) from numbers") == [(3,)]


async def test_a_lock_is_waited_for_in_another_thread(path: Path, tmp_path: Path) -> None:
    """A rollback journal, where a writer shuts readers out while it commits."""
    other = tmp_path / "locked.db"
    writer = sqlite3.connect(other, isolation_level=None, check_same_thread=False)
    writer.execute("create table numbers (n integer)")
    writer.execute("begin exclusive")
    writer.execute("insert into numbers values (7)")
    reader = InlineConnection(str(other), [], PATIENCE_MS)
    asyncio.get_running_loop().call_later(INLINE_SECONDS * 5, writer.execute, "commit")
    turns = Turns()
    assert await rows(reader, "select n from numbers") == [(7,)]
    assert turns.taken > 10
    await reader.close()
    writer.close()


async def test_a_lock_that_stays_is_an_error_after_the_patience(tmp_path: Path) -> None:
    other = tmp_path / "locked.db"
    writer = sqlite3.connect(other, isolation_level=None)
    writer.execute("create table numbers (n integer)")
    writer.execute("begin exclusive")
    reader = InlineConnection(str(other), [], 20)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await rows(reader, "select n from numbers")
    writer.execute("commit")
    assert await rows(reader, "select n from numbers") == []
    await reader.close()
    writer.close()


async def test_a_view_is_one_state_until_it_ends(path: Path, connection: InlineConnection) -> None:
    await rows(connection, "begin")
    assert await rows(connection, "select count(*) from numbers") == [(3,)]
    with sqlite3.connect(path) as writer:
        writer.execute("insert into numbers values (4, '四')")
    writer.close()
    assert await rows(connection, "select count(*) from numbers") == [(3,)]
    await connection.commit()
    assert await rows(connection, "select count(*) from numbers") == [(4,)]


async def test_a_mistake_in_a_statement_is_told(connection: InlineConnection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await rows(connection, "select * from nowhere")
