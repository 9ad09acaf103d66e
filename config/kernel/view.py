"""A view of the database that only reads, and the short way through it where the database is a file.

A session costs some hundred microseconds around each statement. SQL made once goes to SQLite as it is.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from config.kernel.sqlite_inline import InlineConnection

IDLE_MAX = 8


class PlainReads:
    """Connections that wait for the next view; the one used last comes first, its pages are at hand."""

    def __init__(self, make: Callable[[], InlineConnection]) -> None:
        self._make, self._idle = make, list[InlineConnection]()

    async def begin(self) -> InlineConnection:
        """A connection that nobody else has, in a view of its own from its first statement on."""
        connection = self._idle.pop() if self._idle else self._make()
        await connection.results("BEGIN", ())
        return connection

    async def end(self, connection: InlineConnection) -> None:
        """The view is over."""
        await connection.rollback()
        keep = self._idle.append if len(self._idle) < IDLE_MAX else InlineConnection.stop
        keep(connection)

    def stop(self) -> None:
        """Give the file back."""
        while self._idle:
            self._idle.pop().stop()


class View(AsyncSession):
    """A session that only reads, and `plain` besides it; each sees one state, from its first statement on."""

    def __init__(self, engine: AsyncEngine, reads: PlainReads | None) -> None:
        self._of, self._reads = engine, reads
        self._connection: InlineConnection | None = None

    def __getattr__(self, name: str) -> Any:
        """The session is made when it is first asked for anything: what is plain needs none."""
        if name not in {"sync_session", "_proxied"}:
            raise AttributeError(name)
        super().__init__(self._of, expire_on_commit=False)
        return self.__dict__[name]

    async def plain(self, statement: Callable[[], tuple[str, Sequence[Any]]]) -> list[Any] | None:
        """Rows of a statement as SQLite has them; None, and nothing is made, where it is another database."""
        if self._reads is None:
            return None
        if self._connection is None:
            self._connection = await self._reads.begin()
        return (await self._connection.results(*statement()))[0]

    async def close(self) -> None:
        """Give back what was used; a session that asked nothing has nothing to wait for."""
        connection, self._connection = self._connection, None
        if connection is not None and self._reads is not None:
            await self._reads.end(connection)
        if "sync_session" in self.__dict__ and self.sync_session.in_transaction():
            await asyncio.shield(asyncio.create_task(super().close()))
