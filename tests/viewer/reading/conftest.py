"""What tests of the imaging path stand on: an archive with files, packs, and the routes over them."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from config.kernel.database import Database
from config.kernel.limits import GIB
from config.kernel.objects_local import LocalObjects
from consult_server.web import errors
from dicom_node.archive.scope import NOTHING, StudyScope
from tests.fixtures.clock import HandClock
from tests.viewer.access import ReadingAs
from tests.viewer.reading.archive import INSTITUTION, archived
from viewer.access import ViewerPorts
from viewer.decode_pool import DecodePool
from viewer.packs import Packs
from viewer.reading import reading_router
from viewer.spatial import spatial_router


class HeaderAccess:
    """The caller's institution is what the header `x-institution` says; without it nothing is visible."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        self.asked.append(study_instance_uid)
        institution = connection.headers.get("x-institution")
        return StudyScope(institution_ids=frozenset({institution})) if institution else NOTHING


@pytest.fixture
async def archive_database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = Database(sqlite_url)
    yield opened
    await opened.close()


@pytest.fixture
def access() -> HeaderAccess:
    return HeaderAccess()


@pytest.fixture
def ports(archive_database: Database, access: HeaderAccess, clock: HandClock, tmp_path: Path) -> ViewerPorts:
    return ViewerPorts(
        access=ReadingAs(archive_database, access),
        database=archive_database,
        objects=LocalObjects(tmp_path / "objects"),
        cache_folder=tmp_path / "cache",
        clock=clock,
    )


@pytest.fixture
async def pool() -> AsyncIterator[DecodePool]:
    """A pool of this test's own, to be maltreated."""
    async with DecodePool(processes=1) as opened:
        yield opened


class SharedPool(DecodePool):
    """A pool on processes that outlive it: starting them anew for each test would take a second each."""

    def __init__(self, executor: ProcessPoolExecutor) -> None:
        super().__init__(processes=1, kept_bytes_max=GIB)
        self._executor = executor

    async def __aexit__(self, *_: object) -> None:
        self._executor = None


@pytest.fixture(scope="session")
def decoding_processes() -> Iterator[ProcessPoolExecutor]:
    executor = DecodePool(processes=1).new_executor(1)
    yield executor
    executor.shutdown(cancel_futures=True)


@pytest.fixture
def packs(ports: ViewerPorts, decoding_processes: ProcessPoolExecutor) -> Packs:
    return Packs(ports, pool=SharedPool(decoding_processes))


@pytest.fixture
async def client(ports: ViewerPorts, packs: Packs) -> AsyncIterator[httpx.AsyncClient]:
    """The routes as somebody of INSTITUTION reaches them."""
    app = FastAPI()
    errors.install(app)
    app.include_router(reading_router(ports, packs))
    app.include_router(spatial_router(ports))
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-institution": INSTITUTION}
        ) as opened:
            yield opened


class Shelf:
    """Puts files into the archive of this test."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def store(self, files: Sequence[Path], institution_id: str = INSTITUTION) -> list[str]:
        """The Study Instance UIDs of the stored files."""
        return await archived(self._ports.database, self._ports.objects, files, institution_id)

    def empty_cache(self) -> None:
        """The cache is rebuildable: here it goes."""
        shutil.rmtree(self._ports.cache_folder)


@pytest.fixture
def shelf(ports: ViewerPorts) -> Shelf:
    return Shelf(ports)
