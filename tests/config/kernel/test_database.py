"""Transactions on real databases: nothing lost, nothing half done, failures told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from config.kernel.database import (
    BUSY_TIMEOUT_MS,
    Database,
    DatabaseUnavailable,
    driver_url,
    open_sync_engine,
    sync_transaction,
)
from tests.fixtures.servers import free_port

WRITERS, ROUNDS = 4, 25

metadata = MetaData()
counter = Table(
    "t_counter", metadata, Column("id", Integer, primary_key=True), Column("value", Integer, nullable=False)
)
leaf = Table(
    "t_leaf",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("counter_id", ForeignKey("t_counter.id", deferrable=True, initially="DEFERRED"), nullable=False),
)


def make_tables(url: str) -> None:
    engine = open_sync_engine(url)
    metadata.create_all(engine)
    with sync_transaction(engine) as tx:
        tx.execute(insert(counter).values(id=1, value=0))
    engine.dispose()


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Both databases in turn, with a counter at 0."""
    make_tables(database_url)
    opened = Database(database_url)
    yield opened
    await opened.close()


async def value_of(db: Database) -> int:
    async with db.read() as view:
        return int((await view.execute(select(counter.c.value).where(counter.c.id == 1))).scalar_one())


async def set_value(db: Database, value: int) -> None:
    async with db.write() as tx:
        await tx.execute(update(counter).values(value=value))


async def count_up(url: str) -> None:
    db = Database(url)
    for _ in range(ROUNDS):
        async with db.write() as tx:
            now = (await tx.execute(select(counter.c.value))).scalar_one()
            await tx.execute(update(counter).values(value=now + 1))
    await db.close()


def count_up_blocking(url: str) -> None:
    engine = open_sync_engine(url)
    for _ in range(ROUNDS):
        with sync_transaction(engine) as tx:
            now = tx.execute(select(counter.c.value)).scalar_one()
            tx.execute(update(counter).values(value=now + 1))
    engine.dispose()


async def test_sqlite_loses_no_update_of_eight_writers(sqlite_url: str) -> None:
    """Read-then-write from eight connections, half blocking, half async: BEGIN IMMEDIATE."""
    make_tables(sqlite_url)
    async with asyncio.TaskGroup() as group:
        for _ in range(WRITERS):
            group.create_task(count_up(sqlite_url))
            group.create_task(asyncio.to_thread(count_up_blocking, sqlite_url))
    db = Database(sqlite_url)
    assert await value_of(db) == 2 * WRITERS * ROUNDS
    await db.close()


@pytest.mark.parametrize(
    "pragma,expected",
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", BUSY_TIMEOUT_MS),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    ],
)
async def test_sqlite_runs_with_its_pragmas(sqlite_url: str, pragma: str, expected: object) -> None:
    db = Database(sqlite_url)
    async with db.write() as tx:
        assert (await tx.execute(text(f"PRAGMA {pragma}"))).scalar() == expected
    async with db.read() as view:
        found = (await view.execute(text(f"PRAGMA {pragma}"))).scalar()
        assert found == (0 if pragma == "busy_timeout" else expected), "locks are waited for elsewhere"
    await db.close()


async def test_a_finished_block_is_kept(db: Database) -> None:
    await set_value(db, 7)
    assert await value_of(db) == 7


async def test_a_raising_block_leaves_nothing(db: Database) -> None:
    with pytest.raises(LookupError):
        async with db.write() as tx:
            await tx.execute(update(counter).values(value=7))
            raise LookupError
    assert await value_of(db) == 0


async def test_a_cancelled_block_leaves_nothing_and_frees_the_writer(db: Database) -> None:
    entered = asyncio.Event()

    async def hang() -> None:
        async with db.write() as tx:
            await tx.execute(update(counter).values(value=7))
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await set_value(db, 8)
    assert await value_of(db) == 8


async def test_a_failing_commit_is_an_error_and_leaves_nothing(db: Database) -> None:
    """A deferred foreign key is checked by COMMIT itself."""
    reached_the_end = False
    with pytest.raises(IntegrityError):
        async with db.write() as tx:
            await tx.execute(update(counter).values(value=7))
            await tx.execute(insert(leaf).values(id=1, counter_id=99))
            reached_the_end = True
    assert reached_the_end
    assert await value_of(db) == 0


async def test_a_view_is_consistent(db: Database) -> None:
    async with db.read() as view:
        first = (await view.execute(select(counter.c.value))).scalar_one()
        await set_value(db, 9)
        assert (await view.execute(select(counter.c.value))).scalar_one() == first == 0
    assert await value_of(db) == 9


async def test_what_is_done_in_a_view_is_not_kept(db: Database) -> None:
    async with db.read() as view:
        await view.execute(update(counter).values(value=5))
    assert await value_of(db) == 0


def test_blocking_transactions_roll_back_too(sqlite_url: str) -> None:
    make_tables(sqlite_url)
    engine = open_sync_engine(sqlite_url)
    with pytest.raises(LookupError), sync_transaction(engine) as tx:
        tx.execute(update(counter).values(value=7))
        raise LookupError
    with sync_transaction(engine) as tx:
        assert tx.execute(select(counter.c.value)).scalar_one() == 0
    engine.dispose()


async def test_a_missing_sqlite_folder_is_unavailable(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(DatabaseUnavailable):
        async with db.write() as tx:
            await tx.execute(text("SELECT 1"))
    with pytest.raises(DatabaseUnavailable):
        async with db.read() as view:
            await view.execute(text("SELECT 1"))
    await db.close()


async def test_a_server_that_is_away_is_unavailable() -> None:
    db = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(DatabaseUnavailable) as refused:
        async with db.write() as tx:
            await tx.execute(text("SELECT 1"))
    assert "nobody" not in str(refused.value)
    await db.close()


def test_blocking_engines_say_unavailable_too(tmp_path: Path) -> None:
    engine = open_sync_engine(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(DatabaseUnavailable), sync_transaction(engine) as tx:
        tx.execute(text("SELECT 1"))
    engine.dispose()


@pytest.mark.parametrize(
    "url,sync,driver",
    [
        ("sqlite:///a.db", True, "sqlite"),
        ("sqlite:///a.db", False, "sqlite+aiosqlite"),
        ("postgresql://u@h/d", True, "postgresql+psycopg"),
        ("postgresql://u@h/d", False, "postgresql+psycopg"),
    ],
)
def test_the_driver_is_ours(url: str, sync: bool, driver: str) -> None:
    assert driver_url(url, sync=sync).drivername == driver
