"""What the routes of objects stand on in these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.kernel.database import Database
from config.kernel.objects_local import LocalObjects
from tests.fixtures.clock import HandClock
from tests.viewer.access import ReadingAs
from tests.viewer.reading.conftest import HeaderAccess
from viewer.access import ViewerPorts


@pytest.fixture
async def ports(sqlite_url: str, clock: HandClock, tmp_path: Path) -> AsyncIterator[ViewerPorts]:
    """Access, index and files of one archive, for whoever a header names."""
    database = Database(sqlite_url)
    yield ViewerPorts(
        access=ReadingAs(database, HeaderAccess()),
        database=database,
        objects=LocalObjects(tmp_path / "objects"),
        cache_folder=tmp_path / "cache",
        clock=clock,
    )
    await database.close()
