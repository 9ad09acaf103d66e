"""A StudyAccess for tests: somebody says who may see what, and it is read in a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.database import Database
from dicom_node.archive.scope import StudyScope


class Says(Protocol):
    """Who may see what."""

    def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        """What the sender of a request may see."""
        ...


class ReadingAs:
    """`viewer.access.StudyAccess` as somebody says."""

    def __init__(self, database: Database, says: Says) -> None:
        self._database, self._says = database, says

    @asynccontextmanager
    async def reading(
        self, connection: HTTPConnection, study_instance_uid: str | None
    ) -> AsyncIterator[tuple[AsyncSession, StudyScope]]:
        """A view and the scope that was said."""
        scope = self._says.scope(connection, study_instance_uid)
        async with self._database.read() as view:
            yield view, scope
