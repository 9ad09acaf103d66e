"""WADO-RS: bytes as stored, metadata as pydicom reads it, frames, bulk values, and 404 for the foreign."""

import gzip
import json
from pathlib import Path

import httpx
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import MPEG4HP41, ExplicitVRBigEndian, JPEG2000Lossless

from tests.dicom_node import oracle
from tests.dicom_node.objects import a_ct, dataset_of, file_bytes
from tests.viewer.dicomweb.conftest import CITY, Archive
from tests.viewer.dicomweb.parts import parts

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
DICOM = "application/dicom"


def address(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


@pytest.fixture
def ct(archived: Archive) -> Dataset:
    """One archived CT slice."""
    dataset = a_ct()
    archived(file_bytes(dataset))
    return dataset


@pytest.fixture
def jpeg(archived: Archive) -> Dataset:
    """An archived object with three compressed frames."""
    frames = [b"\xff\x4f\xff\x51" + bytes([n]) * 20 for n in range(3)]
    dataset = a_ct(NumberOfFrames="3", PixelData=encapsulate(frames, fragments_per_frame=2))
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEG2000Lossless))
    return dataset


async def test_an_instance_is_the_file_as_stored(web: httpx.AsyncClient, ct: Dataset) -> None:
    single = await web.get(address(ct), headers={"Accept": DICOM})
    assert single.headers["content-type"] == DICOM
    assert dataset_of(single.content) == dataset_of(file_bytes(ct))
    several = await web.get(address(ct), headers={"Accept": f'multipart/related; type="{DICOM}"'})
    assert several.headers["content-type"].startswith(f'multipart/related; type="{DICOM}"; boundary=')
    assert parts(several) == [(f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.1", single.content)]
    assert parts(await web.get(address(ct)))[0][1] == single.content


async def test_a_series_and_a_study_are_all_their_instances(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    first = a_ct()
    others = [
        a_ct(StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=s, InstanceNumber=str(n))
        for n, s in ((2, first.SeriesInstanceUID), (3, "1.2.3.4"))
    ]
    for dataset in (first, *others):
        archived(file_bytes(dataset))
    series = parts(await web.get(f"/studies/{first.StudyInstanceUID}/series/{first.SeriesInstanceUID}"))
    study = parts(await web.get(f"/studies/{first.StudyInstanceUID}"))
    assert [dataset_of(content) for _, content in series] == [
        dataset_of(file_bytes(d)) for d in (first, others[0])
    ]
    assert {dataset_of(content) for _, content in study} == {
        dataset_of(file_bytes(d)) for d in (first, *others)
    }


async def test_etag_and_range(web: httpx.AsyncClient, ct: Dataset) -> None:
    whole = await web.get(address(ct), headers={"Accept": DICOM})
    tag, size = whole.headers["etag"], len(whole.content)
    assert int(whole.headers["content-length"]) == size
    assert (await web.get(address(ct), headers={"Accept": DICOM, "If-None-Match": tag})).status_code == 304
    for given, start, end in (
        ("0-9", 0, 10),
        ("100-", 100, size),
        ("-7", size - 7, size),
        (f"5-{size * 2}", 5, size),
    ):
        part = await web.get(address(ct), headers={"Accept": DICOM, "Range": f"bytes={given}"})
        assert (part.status_code, part.content) == (206, whole.content[start:end])
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for odd in ("bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=9-3"):
        assert (await web.get(address(ct), headers={"Accept": DICOM, "Range": odd})).content == whole.content
    beyond = await web.get(address(ct), headers={"Accept": DICOM, "Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    stale = await web.get(address(ct), headers={"Accept": DICOM, "Range": "bytes=0-9", "If-Range": '"old"'})
    assert (stale.status_code, stale.content) == (200, whole.content)


@pytest.mark.parametrize(
    "accept",
    [
        "image/png",
        "application/dicom+json",
        f'multipart/related; type="{DICOM}"; transfer-syntax=1.2.840.10008.1.2.4.91',
        "application/dicom;q=0",
        "x" * 5_000,
    ],
)
async def test_what_we_cannot_send_is_said(web: httpx.AsyncClient, ct: Dataset, accept: str) -> None:
    answer = await web.get(address(ct), headers={"Accept": accept})
    assert answer.json()["code"] == "dicomweb.not_acceptable"
    assert answer.status_code == 406


@pytest.mark.samples
async def test_metadata_is_what_pydicom_reads_and_bulk_values_can_be_fetched(
    web: httpx.AsyncClient, archived: Archive, samples: Path
) -> None:
    file = samples / "ecg" / "dicom" / "waveform_ecg.dcm"
    archived(file.read_bytes())
    dataset = pydicom.dcmread(file)
    (document,) = (await web.get(f"{address(dataset)}/metadata")).json()
    assert oracle.differences(document, dataset) == []
    for index, group in enumerate(dataset.WaveformSequence):
        place = document["54000100"]["Value"][index]["54001010"]["BulkDataURI"]
        assert place.startswith(f"http://archive.test/dicom-web{address(dataset)}/bulkdata/")
        value = await web.get(place, headers={"Accept": "application/octet-stream"})
        assert value.content == group.WaveformData
        assert parts(await web.get(place)) == [("application/octet-stream", group.WaveformData)]


async def test_bulk_places_that_the_metadata_does_not_name_do_not_exist(
    web: httpx.AsyncClient, ct: Dataset
) -> None:
    for place in ("0-100", "9-3"):
        assert (await web.get(f"{address(ct)}/bulkdata/{place}")).status_code == 404
    assert parts(await web.get(f"{address(ct)}/bulkdata/pixels"))[0][1] == ct.PixelData


@pytest.mark.samples
async def test_a_whole_series_in_one_answer_sent_as_kept(
    web: httpx.AsyncClient, archived: Archive, samples: Path, tmp_path: Path
) -> None:
    files = sorted((samples / "ct" / "philips_54").glob("I?0"))
    datasets = {str(d.SOPInstanceUID): d for d in map(pydicom.dcmread, files)}
    for file in files:
        archived(file.read_bytes())
    some = next(iter(datasets.values()))
    path = f"/studies/{some.StudyInstanceUID}/series/{some.SeriesInstanceUID}/metadata"
    cold = await web.get(path)
    documents = {d["00080018"]["Value"][0]: d for d in cold.json()}
    assert documents.keys() == datasets.keys()
    assert all(oracle.differences(documents[uid], dataset) == [] for uid, dataset in datasets.items())
    kept = list((tmp_path / "cache" / "metadata").glob("*/*"))
    assert len(kept) == 1
    assert json.loads(gzip.decompress(kept[0].read_bytes())) == cold.json()
    plain = await web.get(path, headers={"Accept-Encoding": "identity"})
    assert (plain.content, plain.headers.get("content-encoding")) == (cold.content, None)
    assert (await web.get(path, headers={"If-None-Match": cold.headers["etag"]})).status_code == 304
    study = await web.get(f"/studies/{some.StudyInstanceUID}/metadata")
    assert study.json() == cold.json()


async def test_metadata_follows_the_series_as_it_grows(
    web: httpx.AsyncClient, ct: Dataset, archived: Archive, tmp_path: Path
) -> None:
    path = f"/studies/{ct.StudyInstanceUID}/series/{ct.SeriesInstanceUID}/metadata"
    before = await web.get(path)
    archived(
        file_bytes(
            a_ct(
                StudyInstanceUID=ct.StudyInstanceUID,
                SeriesInstanceUID=ct.SeriesInstanceUID,
                InstanceNumber="2",
            )
        )
    )
    after = await web.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert (len(before.json()), after.status_code, len(after.json())) == (1, 200, 2)
    assert len(list((tmp_path / "cache" / "metadata").glob("*/*"))) == 1


async def test_native_frames(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct(NumberOfFrames="3", PixelData=bytes(range(72)))
    archived(file_bytes(dataset))
    octets = "application/octet-stream"
    one = await web.get(f"{address(dataset)}/frames/2", headers={"Accept": octets})
    assert one.content == dataset.PixelData[24:48]
    assert one.headers["content-type"] == f"{octets}; transfer-syntax=1.2.840.10008.1.2.1"
    several = await web.get(
        f"{address(dataset)}/frames/3,1", headers={"Accept": f'multipart/related; type="{octets}"'}
    )
    assert [content for _, content in parts(several)] == [dataset.PixelData[48:72], dataset.PixelData[:24]]
    tag = one.headers["etag"]
    assert (
        await web.get(f"{address(dataset)}/frames/2", headers={"Accept": octets, "If-None-Match": tag})
    ).status_code == 304


async def test_big_endian_frames_leave_in_little_endian(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct()
    archived(file_bytes(dataset, ExplicitVRBigEndian))
    sent = (
        await web.get(f"{address(dataset)}/frames/1", headers={"Accept": "application/octet-stream"})
    ).content
    assert sent[::2] == dataset.PixelData[1::2]
    assert sent[1::2] == dataset.PixelData[::2]
    whole = parts(await web.get(f"{address(dataset)}/bulkdata/pixels"))
    assert whole == [("application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1", sent)]


async def test_compressed_frames_in_their_stored_syntax(web: httpx.AsyncClient, jpeg: Dataset) -> None:
    frames = [b"\xff\x4f\xff\x51" + bytes([n]) * 20 for n in range(3)]
    kind = "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90"
    assert parts(await web.get(f"{address(jpeg)}/frames/1,2,3")) == [(kind, frame) for frame in frames]
    one = await web.get(f"{address(jpeg)}/frames/3", headers={"Accept": "image/jp2"})
    assert (one.headers["content-type"], one.content) == (kind, frames[2])
    png = await web.get(f"{address(jpeg)}/frames/1", headers={"Accept": "image/png"})
    assert (png.status_code, png.json()["code"]) == (406, "dicomweb.not_acceptable")
    assert png.json()["params"]["offered"][0] == kind


@pytest.mark.parametrize(
    "frames, status",
    [("4", 404), ("0", 404), ("1,4", 404), ("x", 400), ("1,,2", 400), (",".join(["1"] * 1001), 400)],
)
async def test_frames_that_are_not_there(
    web: httpx.AsyncClient, jpeg: Dataset, frames: str, status: int
) -> None:
    assert (await web.get(f"{address(jpeg)}/frames/{frames}")).status_code == status


async def test_a_video_is_one_stream(web: httpx.AsyncClient, archived: Archive) -> None:
    stream = b"\0\0\0\x18ftypmp42" + bytes(range(100))
    dataset = a_ct(NumberOfFrames="25", PixelData=encapsulate([stream], has_bot=False))
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, MPEG4HP41))
    kind = f"video/mp4; transfer-syntax={MPEG4HP41}"
    for tail in ("pixeldata", "bulkdata/pixels", "frames/1"):
        assert parts(await web.get(f"{address(dataset)}/{tail}")) == [(kind, stream)]
    alone = await web.get(f"{address(dataset)}/pixeldata", headers={"Accept": "video/mp4"})
    assert (alone.headers["content-type"], alone.content) == (kind, stream)
    second = await web.get(f"{address(dataset)}/frames/2")
    assert (second.status_code, second.json()["code"]) == (409, "dicom.frame_not_addressable")
    picture = await web.get(f"{address(dataset)}/rendered", headers={"Accept": "image/png"})
    assert picture.status_code == 409
    assert picture.json()["params"]["fault"] == "pixels.video"


async def test_frames_of_an_object_without_pixels(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct(PixelData=None)
    archived(file_bytes(dataset))
    assert (await web.get(f"{address(dataset)}/frames/1")).json()["code"] == "dicom.frame_not_found"


async def test_frames_that_nothing_tells_apart(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_ct(
        NumberOfFrames="2",
        PixelData=encapsulate([b"x" * 40, b"y" * 40], fragments_per_frame=2, has_bot=False),
    )
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEG2000Lossless))
    assert (await web.get(f"{address(dataset)}/frames/1")).json()["code"] == "dicom.frame_not_addressable"
    assert (await web.get(f"{address(dataset)}/bulkdata/pixels")).json()[
        "code"
    ] == "dicom.frame_not_addressable"


async def test_foreign_and_unknown_are_the_same_404_on_every_route(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    foreign = a_ct()
    archived(file_bytes(foreign), CITY)
    unknown = a_ct()
    tails = ("", "/metadata", "/frames/1", "/bulkdata/pixels")
    for dataset_paths in zip(_paths(foreign, tails), _paths(unknown, tails), strict=True):
        theirs, nobodys = [await web.get(path) for path in dataset_paths]
        assert (theirs.status_code, nobodys.status_code) == (404, 404)
        assert {theirs.json()["code"], nobodys.json()["code"]} == {"dicom.study_not_found"}
        assert (await web.get(dataset_paths[0], headers={"X-Who": ""})).status_code == 401
        assert (await web.get(dataset_paths[0], headers={"X-Who": "city"})).status_code == 200


def _paths(dataset: Dataset, tails: tuple[str, ...]) -> list[str]:
    study = f"/studies/{dataset.StudyInstanceUID}"
    series = f"{study}/series/{dataset.SeriesInstanceUID}"
    return [
        study,
        f"{study}/metadata",
        series,
        f"{series}/metadata",
        *(address(dataset) + tail for tail in tails),
    ]


async def test_an_instance_is_found_only_under_its_own_series(web: httpx.AsyncClient, ct: Dataset) -> None:
    elsewhere = f"/studies/{ct.StudyInstanceUID}/series/1.2.3/instances/{ct.SOPInstanceUID}"
    assert (await web.get(elsewhere)).json()["code"] == "dicom.instance_not_found"
    assert (await web.get(f"/studies/{ct.StudyInstanceUID}/series/1.2.3/metadata")).json()[
        "code"
    ] == "dicom.series_not_found"


async def test_nested_bulk_values_of_big_endian_objects(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset, step = a_ct(), Dataset()
    step.add_new(0x54001010, "OW", bytes(range(256)) * 8)
    dataset.WaveformSequence = Sequence([step])
    archived(file_bytes(dataset, ExplicitVRBigEndian))
    (document,) = (await web.get(f"{address(dataset)}/metadata")).json()
    value = await web.get(
        document["54000100"]["Value"][0]["54001010"]["BulkDataURI"],
        headers={"Accept": "*/*;q=0.1, application/octet-stream"},
    )
    assert value.content[:4] == b"\x01\x00\x03\x02"
