"""SQLite reads on the event loop's own thread while they are short; what is not done in time goes to another.

A read by a key takes tens of microseconds; aiosqlite hands each statement to a thread and back four
times, which costs a busy machine milliseconds. A statement that has used up its time, or meets a lock,
is begun again in a thread, in the same transaction: the loop never waits longer than INLINE_SECONDS.
The classes have what SQLAlchemy's dialect of aiosqlite uses of its interface.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeAlias

INLINE_SECONDS = 0.004
STEPS = 2_000
"""Instructions of SQLite's machine between two looks at the clock: some tens of microseconds."""
Results: TypeAlias = tuple[list[Any], Any, int]
"""Rows, description and row count, as sqlite3 has them."""


class Cursor:
    """One statement's results, all read when it was executed."""

    arraysize = 1

    def __init__(self, connection: "InlineConnection") -> None:
        self._connection, self._rows = connection, list[Any]()
        self.description: Any = None
        self.rowcount, self.lastrowid = -1, 0

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement and read all its rows."""
        self._rows, self.description, self.rowcount = await self._connection.results(statement, parameters)

    async def fetchall(self) -> list[Any]:
        """The rows of the last statement."""
        return self._rows

    async def close(self) -> None:
        """Nothing is held."""


class InlineConnection:
    """A connection that only reads, `prepare`d before its first statement."""

    def __init__(self, path: str, prepare: Sequence[str], busy_timeout_ms: int) -> None:
        self._busy_timeout_ms = busy_timeout_ms
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in prepare:
            self._connection.execute(pragma)
        self._connection.execute("PRAGMA busy_timeout=0")

    def cursor(self) -> Cursor:
        """A cursor of this connection."""
        return Cursor(self)

    async def results(self, statement: str, parameters: Sequence[Any]) -> Results:
        """Rows, description and row count of a statement. Raises what sqlite3 raises."""
        until = time.monotonic() + INLINE_SECONDS
        self._connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
        try:
            return self._run(statement, parameters)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY}:
                raise
        finally:
            self._connection.set_progress_handler(None, 0)
        return await self._elsewhere(lambda: self._run_waiting(statement, parameters))

    def _run(self, statement: str, parameters: Sequence[Any]) -> Results:
        cursor = self._connection.execute(statement, parameters)
        try:
            return cursor.fetchall(), cursor.description, cursor.rowcount
        finally:
            cursor.close()

    def _run_waiting(self, statement: str, parameters: Sequence[Any]) -> Results:
        self._connection.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
        try:
            return self._run(statement, parameters)
        finally:
            self._connection.execute("PRAGMA busy_timeout=0")

    async def _elsewhere(self, work: Callable[[], Results]) -> Results:
        """`work` in a thread; whoever gives up waiting ends it, because the connection is in its hands."""
        done = asyncio.get_running_loop().run_in_executor(None, work)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            self._connection.interrupt()
            await asyncio.wait([done])
            raise

    async def rollback(self) -> None:
        """End the view."""
        self._connection.rollback()

    commit = rollback

    async def create_function(self, *arguments: Any, **options: Any) -> None:
        """Make a function known to SQL."""
        self._connection.create_function(*arguments, **options)

    async def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def stop(self) -> None:
        """Give the file back, from anywhere."""
        self._connection.close()
