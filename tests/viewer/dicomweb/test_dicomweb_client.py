"""dicomweb-client, which nobody here wrote, against our root over a real socket."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, TypeVar

import imagecodecs
import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from asgi_lifespan import LifespanManager
from dicomweb_client.api import DICOMwebClient
from fastapi import FastAPI
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless
from requests import HTTPError

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.objects_local import LocalObjects
from consult_server.web.errors import install
from tests.dicom_node.objects import a_ct, file_bytes
from tests.fixtures.listening import listening
from tests.viewer.access import ReadingAs
from tests.viewer.dicomweb.conftest import Archive, ByHeader
from viewer.access import ViewerPorts
from viewer.dicomweb import dicomweb_router

pytestmark = pytest.mark.filterwarnings("ignore")
SIDE = 16
Found = TypeVar("Found")
Ask = Callable[[Callable[[DICOMwebClient], Found]], Any]


@pytest.fixture
async def client(
    sqlite_url: str, store: LocalObjects, tmp_path: Path, access: ByHeader
) -> AsyncIterator[Ask[Any]]:
    """Runs calls of a client that is signed in at the county hospital, in a thread."""
    database = Database(sqlite_url)
    ports = ViewerPorts(
        access=ReadingAs(database, access),
        database=database,
        objects=store,
        cache_folder=tmp_path / "cache",
        clock=SystemClock(),
    )
    app = FastAPI()
    install(app)
    app.include_router(dicomweb_router(ports))
    async with LifespanManager(app, shutdown_timeout=60), listening(app) as url:
        signed_in = DICOMwebClient(f"{url}/dicom-web", headers={"X-Who": "county"})
        # Left to itself it says Host without the port, and so is told addresses without one.
        signed_in.host = url.removeprefix("http://")

        async def ask(call: Callable[[DICOMwebClient], Found]) -> Found:
            return await asyncio.to_thread(call, signed_in)

        yield ask
    await database.close()


def status_of(refusal: HTTPError) -> int | None:
    """The status that the client was answered."""
    return None if refusal.response is None else refusal.response.status_code


def pixels(frames: int) -> npt.NDArray[np.uint16]:
    """Frames of 12-bit samples, every one different."""
    return (np.arange(frames * SIDE * SIDE).reshape(frames, SIDE, SIDE) * 7 % 4096).astype("<u2")


def an_object(frames: int = 1, **attributes: object) -> Dataset:
    """Frames that are stored natively."""
    described = {
        "Rows": SIDE,
        "Columns": SIDE,
        "NumberOfFrames": str(frames),
        "PixelData": pixels(frames).tobytes(),
    }
    return a_ct(**(described | attributes))


def uids(dataset: Dataset) -> tuple[str, str, str]:
    """Study, series and instance."""
    return dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID


@pytest.fixture
def cine(archived: Archive) -> Dataset:
    """Three compressed frames, archived."""
    streams = [bytes(imagecodecs.jpegls_encode(frame)) for frame in pixels(3)]
    dataset = an_object(3, PixelData=encapsulate(streams), PatientName="Zhang^San=张^三", PatientID="CINE")
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGLSLossless))
    return dataset


async def test_it_searches_at_every_level(client: Ask[Any], cine: Dataset, archived: Archive) -> None:
    for number in range(5):
        archived(file_bytes(an_object(PatientID=f"P{number}", StationName="S")))
    study, series, instance = uids(cine)
    everything = await client(lambda c: c.search_for_studies())
    assert len(everything) == 6
    page = await client(lambda c: c.search_for_studies(limit=2, offset=4))
    assert page == everything[4:6]
    remaining = await client(lambda c: c.search_for_studies(limit=2, get_remaining=True))
    assert remaining == everything
    (fuzzy,) = await client(
        lambda c: c.search_for_studies(fuzzymatching=True, search_filters={"PatientName": "zhangsan"})
    )
    assert Dataset.from_json(fuzzy).StudyInstanceUID == study
    (found,) = await client(lambda c: c.search_for_series(study, fields=["StationName", "BodyPartExamined"]))
    assert Dataset.from_json(found).SeriesInstanceUID == series
    assert Dataset.from_json(found).BodyPartExamined == "HEAD"
    for call in (
        lambda c: c.search_for_instances(study, series),
        lambda c: c.search_for_instances(search_filters={"SOPInstanceUID": instance}),
    ):
        (one,) = await client(call)
        assert Dataset.from_json(one).SOPInstanceUID == instance
    assert await client(lambda c: c.search_for_studies(search_filters={"PatientID": "NOBODY"})) == []


async def test_it_retrieves_objects(client: Ask[Any], cine: Dataset) -> None:
    study, series, instance = uids(cine)
    stored = (("application/dicom", "*"),)
    for call in (
        lambda c: c.retrieve_study(study, media_types=stored),
        lambda c: c.retrieve_series(study, series, media_types=stored),
        lambda c: [c.retrieve_instance(study, series, instance, media_types=stored)],
        lambda c: list(c.iter_series(study, series, media_types=stored)),
    ):
        (found,) = await client(call)
        assert found.PixelData == cine.PixelData
    explicit = await client(
        lambda c: c.retrieve_instance(
            study, series, instance, media_types=(("application/dicom", str(ExplicitVRLittleEndian)),)
        )
    )
    assert np.array_equal(explicit.pixel_array, pixels(3))


async def test_it_retrieves_metadata_and_what_it_names(client: Ask[Any], cine: Dataset) -> None:
    study, series, instance = uids(cine)
    document = await client(lambda c: c.retrieve_instance_metadata(study, series, instance))
    (of_series,) = await client(lambda c: c.retrieve_series_metadata(study, series))
    (of_study,) = await client(lambda c: c.retrieve_study_metadata(study))
    assert document == of_series == of_study
    assert str(Dataset.from_json(document, lambda _: b"").PatientName) == "Zhang^San=张^三"
    uri = document["7FE00010"]["BulkDataURI"]
    streams = await client(lambda c: c.retrieve_bulkdata(uri))
    found = [imagecodecs.jpegls_decode(stream) for stream in streams]
    assert np.array_equal(np.stack(found), pixels(3))


@pytest.mark.parametrize(
    "media_types, decode",
    [
        (None, None),
        ([("application/octet-stream", ExplicitVRLittleEndian)], None),
        ([("image/jls", JPEGLSLossless)], imagecodecs.jpegls_decode),
        ([("image/jp2", "1.2.840.10008.1.2.4.90")], imagecodecs.jpeg2k_decode),
    ],
)
async def test_it_retrieves_frames(client: Ask[Any], cine: Dataset, media_types: Any, decode: Any) -> None:
    frames = await client(
        lambda c: c.retrieve_instance_frames(*uids(cine), frame_numbers=[3, 1], media_types=media_types)
    )
    assert len(frames) == 2
    for content, number in zip(frames, (2, 0), strict=True):
        if decode is None and content.startswith(b"\xff\xd8"):
            assert np.array_equal(imagecodecs.jpegls_decode(content), pixels(3)[number])
        elif decode is None:
            assert content == pixels(3)[number].tobytes()
        else:
            assert np.array_equal(decode(content), pixels(3)[number])


async def test_it_shows_pictures(client: Ask[Any], cine: Dataset) -> None:
    study, series, instance = uids(cine)
    calls = (
        lambda c: c.retrieve_instance_rendered(study, series, instance, media_types=["image/png"]),
        lambda c: c.retrieve_instance_frames_rendered(
            study, series, instance, frame_numbers=[2], media_types=["image/jpeg"]
        ),
        lambda c: c.retrieve_instance_rendered(
            study,
            series,
            instance,
            media_types=["image/jpeg"],
            params={"quality": 95, "viewport": "8,8", "window": "2048,4096,linear"},
        ),
    )
    sizes = [Image.open(io.BytesIO(await client(call))).size for call in calls]
    assert sizes == [(SIDE, SIDE), (SIDE, SIDE), (8, 8)]


async def test_it_stores_and_hears_of_failures(client: Ask[Any]) -> None:
    datasets = [pydicom.dcmread(io.BytesIO(file_bytes(one))) for one in (an_object(), an_object())]
    said = await client(lambda c: c.store_instances(datasets))
    stored = {item.ReferencedSOPInstanceUID for item in said.ReferencedSOPSequence}
    assert stored == {one.SOPInstanceUID for one in datasets}
    again = await client(lambda c: c.retrieve_instance(*uids(datasets[0])))
    assert again.PixelData == datasets[0].PixelData
    with pytest.raises(HTTPError) as refused:
        await client(lambda c: c.store_instances(datasets, study_instance_uid="1.2.3"))
    assert status_of(refused.value) == 409


async def test_it_is_told_what_does_not_exist(client: Ask[Any]) -> None:
    for call in (
        lambda c: c.retrieve_study_metadata("1.2.3"),
        lambda c: c.retrieve_instance("1.2.3", "1.2.3.4", "1.2.3.4.5"),
    ):
        with pytest.raises(HTTPError) as refused:
            await client(call)
        assert status_of(refused.value) == 404
    with pytest.raises(HTTPError) as unmatched:
        await client(lambda c: c.search_for_studies(search_filters={"PixelSpacing": "1"}))
    assert status_of(unmatched.value) == 400
