"""Masks and contours by the routes: exact, for readers of the study alone, and never a fault of ours."""

import zlib
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pydicom import dcmread
from pydicom.dataset import FileDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    RLELossless,
)

from consult_server.web import errors
from tests.factories.outlined import (
    STUDY,
    Drawn,
    Labelled,
    Named,
    Patch,
    a_label_map,
    a_segmentation,
    a_structure_set,
)
from tests.viewer.objects.reread import kept
from tests.viewer.reading.archive import INSTITUTION, archived
from tests.viewer.reading.conftest import SharedPool
from viewer.access import ViewerPorts
from viewer.decode_pool import DecodePool
from viewer.frame_records import Encoding, records_in
from viewer.objects import regions_router as routes
from viewer.objects.regions_router import regions_router
from viewer.objects.router import objects_router

NATIVE = (ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
SQUARE = ((0.0, 0.0, 5.0), (10.0, 0.0, 5.0), (10.0, 10.0, 5.0))


@pytest.fixture(scope="module")
def decoding() -> Iterator[ProcessPoolExecutor]:
    executor = DecodePool(processes=1).new_executor(1)
    yield executor
    executor.shutdown(cancel_futures=True)


@pytest.fixture
async def client(ports: ViewerPorts, decoding: ProcessPoolExecutor) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    errors.install(app)
    app.include_router(objects_router(ports))
    app.include_router(regions_router(ports, SharedPool(decoding)))
    async with LifespanManager(app) as running:
        transport = httpx.ASGITransport(app=running.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers={"x-institution": INSTITUTION}
        ) as opened:
            yield opened


def patches(count: int = 5, rows: int = 9, columns: int = 7) -> list[Patch]:
    """Frames that look random and are the same in each run; their bits end within bytes."""
    random = np.random.default_rng(7)
    return [
        Patch(segment=1, pixels=random.integers(0, 2, (rows, columns), np.uint8), position=(0, 0, z))
        for z in range(count)
    ]


def written(made: FileDataset, folder: Path) -> Path:
    """The object as a file of its transfer syntax, in big endian too."""
    if made.file_meta.TransferSyntaxUID != ExplicitVRBigEndian:
        return kept(made, folder)
    big = FileDataset(
        "", dict(made), bytes(128), made.file_meta, is_implicit_VR=False, is_little_endian=False
    )
    return kept(big, folder)


async def stored(ports: ViewerPorts, folder: Path, *made: FileDataset) -> list[str]:
    """The objects in the archive; the address of each."""
    await archived(ports.database, ports.objects, [written(one, folder) for one in made])
    words = {"SEG": "segmentations", "RTSTRUCT": "structure-sets"}
    return [f"/api/studies/{one.StudyInstanceUID}/{words[one.Modality]}/{one.SOPInstanceUID}" for one in made]


def unpacked(content: bytes, shape: tuple[int, int]) -> list[list[int]]:
    """The pixels of each record, which must all be whole and in order."""
    found = list(records_in(content))
    assert [one.frame for one in found] == list(range(len(found)))
    assert {one.encoding for one in found} <= {Encoding.OVERLAY, Encoding.ZLIB}
    size = shape[0] * shape[1]
    return [
        list(np.frombuffer(raw, np.uint8))
        if one.encoding is Encoding.ZLIB
        else list(np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")[:size])
        for one in found
        for raw in [zlib.decompress(one.payload)]
    ]


@pytest.mark.parametrize(
    "syntax, fractional",
    [(syntax, fractional) for syntax in NATIVE for fractional in (None, 255)] + [(RLELossless, 255)],
)
async def test_masks_leave_as_pydicom_reads_them(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path, syntax: UID, fractional: int | None
) -> None:
    made = a_segmentation(patches(), fractional=fractional)
    expected = made.pixel_array.reshape(5, -1).tolist()
    if syntax == RLELossless:
        made.compress(RLELossless, encoding_plugin="pydicom")
    elif syntax == ExplicitVRBigEndian:
        made["PixelData"].VR = "OW"
        made.PixelData = np.frombuffer(made.PixelData, "<u2").astype(">u2").tobytes()
    made.file_meta.TransferSyntaxUID = syntax
    (address,) = await stored(ports, tmp_path, made)
    answer = await client.get(f"{address}/masks")
    assert answer.status_code == 200
    assert unpacked(answer.content, (9, 7)) == expected


@pytest.mark.parametrize(
    "bits, syntax", [(8, ExplicitVRLittleEndian), (16, ExplicitVRLittleEndian), (8, RLELossless)]
)
async def test_label_maps_leave_as_pydicom_reads_them(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path, bits: int, syntax: UID
) -> None:
    random = np.random.default_rng(9)
    grids = [random.choice(np.array(drawn, np.uint8), (9, 7)) for drawn in ([0, 2], [0, 2, 5, 9], [9], [0])]
    made = a_label_map(
        [Patch(segment=0, pixels=one, position=(0, 0, z)) for z, one in enumerate(grids)],
        {2: Named(label="L"), 5: Named(label="S")},
        form=Labelled(bits=bits, padding=9),
    )
    expected = made.pixel_array
    if syntax == RLELossless:
        made.compress(RLELossless, encoding_plugin="pydicom")
    (address,) = await stored(ports, tmp_path, made)
    told = (await client.get(address)).json()
    assert told["label_map"] is True
    present = [sorted({int(n) for n in frame.ravel()} - {0, 9}) for frame in expected]
    assert [one["segments"] for one in told["frames"]] == present == [[2], [2, 5], [], []]
    found = list(records_in((await client.get(f"{address}/masks")).content))
    assert [one.frame for one in found] == [0, 1, 2, 3]
    for record, frame in zip(found, expected, strict=True):
        numbers = np.frombuffer(zlib.decompress(record.payload), "<u2").reshape(frame.shape)
        assert np.array_equal(numbers, np.where(frame == 9, 0, frame))
    (listed,) = (await client.get(f"/api/studies/{STUDY}/objects")).json()["segmentations"]
    assert [(one["number"], one["frames"]) for one in listed["segments"]] == [(2, 4), (5, 4)]


async def test_a_label_map_with_numbers_that_it_does_not_describe_is_refused_by_name(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    patches = [Patch(segment=0, pixels=np.full((3, 3), 4, np.uint8))]
    (address,) = await stored(ports, tmp_path, a_label_map(patches, {1: Named()}))
    answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (422, "objects.labels_undescribed")


async def test_masks_come_in_blocks_without_a_seam(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    side = 1447
    assert routes.BLOCK_PIXELS // side**2 == 8
    made = a_segmentation(patches(10, side, side))
    (address,) = await stored(ports, tmp_path, made)
    answer = await client.get(f"{address}/masks")
    found = unpacked(answer.content, (side, side))
    assert [
        np.array_equal(one, frame.ravel()) for one, frame in zip(found, made.pixel_array, strict=True)
    ] == [True] * 10


async def test_what_is_told_can_be_asked_again_for_nothing(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    drawn = a_structure_set([Drawn(points=SQUARE)])
    mask, contours = await stored(ports, tmp_path, a_segmentation(patches()), drawn)
    frames = await client.get(mask)
    assert [one["position"] for one in frames.json()["frames"]] == [[0, 0, z] for z in range(5)]
    outlined = await client.get(contours)
    assert outlined.json()["contours"][0]["points"] == [axis for point in SQUARE for axis in point]
    for address in (mask, f"{mask}/masks", contours):
        tag = (await client.get(address)).headers["etag"]
        again = await client.get(address, headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "no-cache" in again.headers["cache-control"]


async def test_nobody_else_learns_that_they_exist(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    drawn = a_structure_set([Drawn(points=SQUARE)])
    mask, contours = await stored(ports, tmp_path, a_segmentation(patches()), drawn)
    elsewhere = {"x-institution": "inst-elsewhere"}
    for address in (mask, f"{mask}/masks", contours):
        known = await client.get(address, headers=elsewhere)
        unknown = await client.get(address.replace(STUDY, "1.2.3.4"), headers=elsewhere)
        assert known.status_code == unknown.status_code == 404
        assert known.json()["code"] == unknown.json()["code"] == "dicom.study_not_found"


async def test_an_object_of_another_kind_is_refused_by_name(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    drawn = a_structure_set([Drawn(points=SQUARE)])
    mask, contours = await stored(ports, tmp_path, a_segmentation(patches()), drawn)
    wrong = {
        mask.replace("segmentations", "structure-sets"): "objects.not_a_structure_set",
        contours.replace("structure-sets", "segmentations"): "objects.not_a_segmentation",
        contours.replace("structure-sets", "segmentations") + "/masks": "objects.not_a_segmentation",
    }
    for address, code in wrong.items():
        answer = await client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    missing = await client.get(f"/api/studies/{STUDY}/segmentations/1.2.3/masks")
    assert missing.status_code == 404


async def test_broken_ones_are_named_in_the_list_and_refused_when_asked_for(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    broken, empty = a_segmentation(patches()), a_structure_set([])
    del broken.SegmentSequence
    del empty.StructureSetROISequence
    sound = a_segmentation(patches()), a_structure_set([Drawn(points=SQUARE)])
    mask, contours, *_ = await stored(ports, tmp_path, broken, empty, *sound)
    told = (await client.get(f"/api/studies/{STUDY}/objects")).json()
    assert {one["code"] for one in told["unreadable"]} == {
        "objects.segments_missing",
        "objects.regions_missing",
    }
    assert [len(told[part]) for part in ("segmentations", "structure_sets")] == [1, 1]
    assert told["segmentations"][0]["segments"][0]["frames"] == 5
    for address in (mask, f"{mask}/masks", contours):
        answer = await client.get(address)
        assert answer.status_code == 422
        assert answer.json()["code"].startswith("objects.")


async def test_bytes_that_are_gone_are_said_frame_by_frame(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    made = a_segmentation(patches())
    (address,) = await stored(ports, tmp_path, made)
    for path in (tmp_path / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    found = list(records_in((await client.get(f"{address}/masks")).content))
    assert [one.encoding for one in found] == [Encoding.UNREADABLE] * 5


@pytest.mark.samples
@pytest.mark.parametrize("name", ["liver.dcm", "partial_overlaps.dcm"])
async def test_sample_masks_leave_as_pydicom_reads_them(
    client: httpx.AsyncClient, ports: ViewerPorts, samples: Path, name: str
) -> None:
    path = samples / "seg" / "dcmqi_liver" / name
    (study,) = await archived(ports.database, ports.objects, [path])
    read = dcmread(path)
    answer = await client.get(f"/api/studies/{study}/segmentations/{read.SOPInstanceUID}/masks")
    found = unpacked(answer.content, (read.Rows, read.Columns))
    assert len(found) == read.NumberOfFrames
    for one, frame in zip(found, read.pixel_array, strict=True):
        assert np.array_equal(one, frame.ravel())
    assert int(np.sum(found)) == int(read.pixel_array.sum()) > 0
