"""DICOMweb over a real archive: objects stored by our own intake, the application in-process."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection

from config.kernel.clock import SystemClock
from config.kernel.database import Database, open_sync_engine
from config.kernel.objects_local import LocalObjects
from config.stores import spool_folder
from consult_server.identity.domain import SignedOut
from consult_server.web.errors import app_error, install
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import HEAD_BYTES_MAX, read_head
from dicom_node.intake.receive import Source, Spool
from tests.viewer.access import ReadingAs
from viewer.access import ViewerPorts
from viewer.dicomweb import dicomweb_router
from viewer.routes import ReadingDoor, Readings
from viewer.stow_limits import StowLimits

COUNTY, CITY = "0190-county", "0190-city"
BODY_BYTES_MAX, OBJECT_BYTES_MAX = 4_000_000, 1_000_000


class ByHeader:
    """Says who asks from the header X-Who; nobody without it."""

    def __init__(self) -> None:
        self.scopes = {
            "county": StudyScope(institution_ids=frozenset({COUNTY}), store_as=COUNTY),
            "city": StudyScope(institution_ids=frozenset({CITY}), store_as=CITY),
            "auditor": StudyScope(institution_ids=frozenset({COUNTY})),
            "nothing": NOTHING,
        }
        self.asked: list[str | None] = []

    def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        """The scope of whoever the header names."""
        self.asked.append(study_instance_uid)
        who = connection.headers.get("x-who", "")
        if who not in self.scopes:
            raise SignedOut
        return self.scopes[who]


Archive = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> LocalObjects:
    """The archive's object store."""
    return LocalObjects(tmp_path / "objects")


@pytest.fixture
def archived(sqlite_url: str, store: LocalObjects) -> Iterator[Archive]:
    """Stores Part 10 files for an institution, as the node would."""
    ingest = Ingest(open_sync_engine(sqlite_url), SystemClock(), Failpoints())
    spool = Spool(spool_folder(store, Path("unused")), Failpoints())
    door = Door(spool=spool, objects=store, ingest=ingest, object_bytes_max=100_000_000)

    def take(content: bytes, institution_id: str = COUNTY) -> None:
        announced, offset = read_head(content[:HEAD_BYTES_MAX])
        reception = door.begin(announced)
        reception.write(content[offset:])
        door.admit(reception, Source(institution_id=institution_id, ae_title="TEST", issuer_of_patient_id=""))

    yield take
    ingest.close()
    spool.close()


@pytest.fixture
def access() -> ByHeader:
    """Who may see what."""
    return ByHeader()


@pytest.fixture
def stow_limits() -> StowLimits:
    """What a request to store may hold."""
    return StowLimits(body_bytes_max=BODY_BYTES_MAX, object_bytes_max=OBJECT_BYTES_MAX, parts_max=20)


@pytest.fixture
async def ports(
    sqlite_url: str, store: LocalObjects, tmp_path: Path, access: ByHeader
) -> AsyncIterator[ViewerPorts]:
    """What the routes are given."""
    database = Database(sqlite_url)
    yield ViewerPorts(
        access=ReadingAs(database, access),
        database=database,
        objects=store,
        cache_folder=tmp_path / "cache",
        clock=SystemClock(),
    )
    await database.close()


@asynccontextmanager
async def a_client(
    ports: ViewerPorts, limits: StowLimits, middleware: Callable[[Readings], list[Middleware]]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a DICOMweb root, signed in at the county hospital."""
    readings = Readings()
    app = FastAPI(middleware=middleware(readings))
    install(app)
    app.include_router(dicomweb_router(ports, limits, readings=readings))
    async with LifespanManager(app, shutdown_timeout=60) as manager:
        transport = httpx.ASGITransport(manager.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://archive.test/dicom-web", headers={"X-Who": "county"}
        ) as client:
            yield client


@pytest.fixture
async def web(ports: ViewerPorts, stow_limits: StowLimits) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the DICOMweb root with its door, as in the product."""

    def door(readings: Readings) -> list[Middleware]:
        return [Middleware(ReadingDoor, readings=readings, refusal=app_error)]

    async with a_client(ports, stow_limits, door) as client:
        yield client


@pytest.fixture
async def web_without_door(ports: ViewerPorts, stow_limits: StowLimits) -> AsyncIterator[httpx.AsyncClient]:
    """The same when every request goes through all routes."""
    async with a_client(ports, stow_limits, lambda _: []) as client:
        yield client
