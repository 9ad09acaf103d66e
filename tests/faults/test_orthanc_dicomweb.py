"""Debian's Orthanc and its DICOMweb plug-in as a client of ours: it searches, retrieves and stores. And
dicomweb-client carries what we hold over to Orthanc's own STOW-RS.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from asgi_lifespan import LifespanManager
from dicomweb_client.api import DICOMwebClient
from fastapi import FastAPI
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.objects_local import LocalObjects
from consult_server.web.errors import install
from tests.dicom_node.objects import a_ct, file_bytes
from tests.fixtures.listening import listening
from tests.fixtures.orthanc import Orthanc
from tests.viewer.access import ReadingAs
from tests.viewer.dicomweb.conftest import ByHeader
from viewer.access import ViewerPorts
from viewer.dicomweb import dicomweb_router

pytestmark = [pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore")]
SLICES = 4
WHO = {"X-Who": "county"}


def known(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


def client_of(port: int, **headers: str) -> DICOMwebClient:
    """dicomweb-client, signed in. Left to itself it says Host without the port."""
    made = DICOMwebClient(f"http://127.0.0.1:{port}/dicom-web", headers=headers)
    made.host = f"127.0.0.1:{port}"
    return made


@dataclass(frozen=True)
class Sides:
    """Our root and Orthanc, which knows it."""

    port: int
    orthanc: Orthanc

    async def told(self, path: str, body: Any = None, method: str = "POST") -> Any:
        """Orthanc's REST interface."""
        async with httpx.AsyncClient(timeout=60) as web:
            answer = await web.request(method, f"http://127.0.0.1:{self.orthanc.http_port}{path}", json=body)
        assert answer.is_success, (self.orthanc.folder / "log").read_text(errors="replace")[-2000:]
        return answer.json() if answer.content else None

    async def given(self, dataset: Dataset) -> str:
        """An object put into Orthanc; its name there."""
        async with httpx.AsyncClient(timeout=60) as web:
            address = f"http://127.0.0.1:{self.orthanc.http_port}/instances"
            answer = await web.post(address, content=file_bytes(dataset))
        return str(answer.raise_for_status().json()["ID"])

    async def theirs(self) -> dict[str, Dataset]:
        """What Orthanc holds, by SOP Instance UID."""
        found: dict[str, Dataset] = {}
        async with httpx.AsyncClient(timeout=60) as web:
            for name in await self.told("/instances", method="GET"):
                answer = await web.get(f"http://127.0.0.1:{self.orthanc.http_port}/instances/{name}/file")
                dataset = pydicom.dcmread(io.BytesIO(answer.raise_for_status().content))
                found[str(dataset.SOPInstanceUID)] = dataset
        return found

    async def ours(self, dataset: Dataset) -> Dataset:
        """What we hold under the same UIDs."""
        async with httpx.AsyncClient(timeout=60, headers=WHO) as web:
            address = f"http://127.0.0.1:{self.port}/dicom-web{known(dataset)}"
            answer = await web.get(address, headers={"Accept": "application/dicom"})
        return pydicom.dcmread(io.BytesIO(answer.raise_for_status().content))

    async def a_study(self) -> list[Dataset]:
        """A study that was stored with us by dicomweb-client."""
        uid = generate_uid()
        made = [a_ct(StudyInstanceUID=uid, InstanceNumber=str(n)) for n in range(SLICES)]
        files = [pydicom.dcmread(io.BytesIO(file_bytes(one))) for one in made]
        await asyncio.to_thread(client_of(self.port, **WHO).store_instances, files)
        return made


@pytest.fixture
async def sides(sqlite_url: str, tmp_path: Path, orthanc: Orthanc) -> AsyncIterator[Sides]:
    """Our root on a real socket, and Orthanc with a header that signs it in."""
    database = Database(sqlite_url)
    ports = ViewerPorts(
        access=ReadingAs(database, ByHeader()),
        database=database,
        objects=LocalObjects(tmp_path / "objects"),
        cache_folder=tmp_path / "cache",
        clock=SystemClock(),
    )
    app = FastAPI()
    install(app)
    app.include_router(dicomweb_router(ports))
    async with LifespanManager(app, startup_timeout=60, shutdown_timeout=60), listening(app) as url:
        made = Sides(int(url.rpartition(":")[2]), orthanc)
        await made.told("/dicom-web/servers/ours", {"Url": f"{url}/dicom-web/", "HttpHeaders": WHO}, "PUT")
        yield made
    await database.close()


async def test_it_searches_and_retrieves(sides: Sides) -> None:
    study = await sides.a_study()
    await sides.a_study()
    uid = study[0].StudyInstanceUID
    keys = {"PatientName": "wang*", "ModalitiesInStudy": "CT", "StudyInstanceUID": uid}
    (found,) = await sides.told("/dicom-web/servers/ours/qido", {"Uri": "/studies", "Arguments": keys})
    assert uid in str(found)
    body = {"Resources": [{"Study": uid}], "Synchronous": True}
    await sides.told("/dicom-web/servers/ours/retrieve", body)
    there = await sides.theirs()
    assert [dataset for dataset in study if there.get(dataset.SOPInstanceUID) != dataset] == []


async def test_it_stores(sides: Sides) -> None:
    made = [a_ct(PatientID="ORTHANC-STOW") for _ in range(2)]
    names = [await sides.given(dataset) for dataset in made]
    await sides.told("/dicom-web/servers/ours/stow", {"Resources": names, "Synchronous": True})
    for dataset in made:
        assert await sides.ours(dataset) == dataset


async def test_what_we_hold_is_carried_to_its_own_root(sides: Sides) -> None:
    study = await sides.a_study()
    ours, theirs = client_of(sides.port, **WHO), client_of(sides.orthanc.http_port)
    retrieved = await asyncio.to_thread(ours.retrieve_study, study[0].StudyInstanceUID)
    assert len(retrieved) == SLICES
    await asyncio.to_thread(theirs.store_instances, retrieved)
    there = await sides.theirs()
    assert [dataset for dataset in study if there.get(dataset.SOPInstanceUID) != dataset] == []


async def test_without_signing_in_it_gets_nothing(sides: Sides) -> None:
    study = await sides.a_study()
    stranger = {"Url": f"http://127.0.0.1:{sides.port}/dicom-web/"}
    await sides.told("/dicom-web/servers/stranger", stranger, "PUT")
    body = {"Resources": [{"Study": study[0].StudyInstanceUID}], "Synchronous": True}
    async with httpx.AsyncClient(timeout=60) as web:
        address = f"http://127.0.0.1:{sides.orthanc.http_port}/dicom-web/servers/stranger/retrieve"
        assert (await web.post(address, json=body)).is_error
    assert study[0].SOPInstanceUID not in await sides.theirs()
