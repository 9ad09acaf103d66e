"""May this person read this study? The one port of this package, supplied by the floor above."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.clock import Clock
from config.kernel.database import Database
from config.kernel.objects import ObjectStore
from dicom_node.archive.scope import StudyScope


class StudyAccess(Protocol):
    """Turns a request into what its sender may see."""

    def reading(
        self, connection: HTTPConnection, study_instance_uid: str | None
    ) -> AbstractAsyncContextManager[tuple[AsyncSession, StudyScope]]:
        """A view of the database and the caller's reach in it, at least for `study_instance_uid` if named.

        Raises a Forbidden error when nobody is signed in. Naming a study records the access.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ViewerPorts:
    """What the routers of this package need from the process that runs them."""

    access: StudyAccess
    database: Database
    objects: ObjectStore
    cache_folder: Path
    clock: Clock
