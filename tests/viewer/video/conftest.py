"""An archive with videos, and the routes over it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from config.kernel.database import Database
from config.kernel.objects_local import LocalObjects
from config.routing import joined
from consult_server.web import errors
from tests.fixtures.clock import HandClock
from tests.viewer.access import ReadingAs
from tests.viewer.reading.archive import INSTITUTION
from tests.viewer.reading.conftest import HeaderAccess
from viewer.access import ViewerPorts
from viewer.packs import Packs
from viewer.reading import reading_router
from viewer.videos_router import videos_router


@pytest.fixture
async def ports(sqlite_url: str, clock: HandClock, tmp_path: Path) -> AsyncIterator[ViewerPorts]:
    database = Database(sqlite_url)
    yield ViewerPorts(
        access=ReadingAs(database, HeaderAccess()),
        database=database,
        objects=LocalObjects(tmp_path / "objects"),
        cache_folder=tmp_path / "cache",
        clock=clock,
    )
    await database.close()


@pytest.fixture
def packs(ports: ViewerPorts) -> Packs:
    return Packs(ports)


@pytest.fixture
async def client(ports: ViewerPorts, packs: Packs) -> AsyncIterator[httpx.AsyncClient]:
    """The routes as somebody of INSTITUTION reaches them."""
    router = joined([reading_router(ports, packs), videos_router(ports, packs)])
    app = FastAPI(lifespan=router.lifespan_context)
    errors.install(app)
    app.router.routes += router.routes
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-institution": INSTITUTION}
        ) as opened:
            yield opened
