"""Requests word for word as known clients send them, over a real archive."""

import gzip
import io
import json

import httpx
import numpy as np
import pydicom
import pytest
from imagecodecs import jpegls_encode
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRBigEndian, JPEGLSLossless, RLELossless

from tests.dicom_node.objects import a_ct, dataset_of, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from tests.viewer.dicomweb.parts import parts

EXPLICIT = "1.2.840.10008.1.2.1"
SIDE = 16


def address(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


def pixels(frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint16]]:
    """Frames of 12-bit samples, every one different."""
    return (np.arange(frames * SIDE * SIDE).reshape(frames, SIDE, SIDE) * 7 % 4096).astype("<u2")


def a_compressed_ct(frames: int, **attributes: object) -> Dataset:
    """A CT of JPEG-LS frames, each cut into two fragments."""
    streams = [bytes(jpegls_encode(frame)) for frame in pixels(frames)]
    described: dict[str, object] = {
        "Rows": SIDE,
        "Columns": SIDE,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "NumberOfFrames": str(frames),
        "PixelData": encapsulate(streams, fragments_per_frame=2),
    }
    dataset = a_ct(**(described | attributes))
    dataset["PixelData"].VR = "OB"
    return dataset


@pytest.fixture
def cine(archived: Archive) -> Dataset:
    """An archived object of five compressed frames."""
    dataset = a_compressed_ct(5)
    archived(file_bytes(dataset, JPEGLSLossless))
    return dataset


async def test_ohif_lists_opens_and_draws(web: httpx.AsyncClient, cine: Dataset) -> None:
    page = await web.get(
        "/studies?limit=101&offset=0&fuzzymatching=false&includefield=00081030%2C00080060",
        headers={"Accept": "application/dicom+json"},
    )
    (study,) = page.json()
    uid = study["0020000D"]["Value"][0]
    series = await web.get(f"/studies/{uid}/series?includefield=0008103E")
    assert series.json()[0]["00201209"]["Value"] == [1]
    metadata = await web.get(
        f"/studies/{uid}/series/{series.json()[0]['0020000E']['Value'][0]}/metadata",
        headers={"Accept": "application/dicom+json", "Accept-Encoding": "gzip, deflate, br, zstd"},
    )
    assert metadata.headers["content-encoding"] == "gzip"
    assert metadata.json()[0]["7FE00010"]["BulkDataURI"].endswith("/bulkdata/pixels")
    for number in range(1, 6):
        frame = await web.get(
            f"{address(cine)}/frames/{number}",
            headers={"Accept": "multipart/related; type=application/octet-stream; transfer-syntax=*"},
        )
        ((content_type, stream),) = parts(frame)
        assert content_type == f"application/octet-stream; transfer-syntax={JPEGLSLossless}"
        assert stream.rstrip(b"\0") == bytes(jpegls_encode(pixels(5)[number - 1]))


async def test_dicomweb_client_takes_frames_apart(web: httpx.AsyncClient, cine: Dataset) -> None:
    natural = await web.get(
        f"{address(cine)}/frames/1,3,5", headers={"Accept": 'multipart/related; type="*/*"'}
    )
    assert [kind for kind, _ in parts(natural)] == [f"image/jls; transfer-syntax={JPEGLSLossless}"] * 3
    decoded = await web.get(
        f"{address(cine)}/frames/5,1,3",
        headers={"Accept": f'multipart/related; type="application/octet-stream"; transfer-syntax={EXPLICIT}'},
    )
    wanted = [pixels(5)[n].tobytes() for n in (4, 0, 2)]
    assert parts(decoded) == [(f"application/octet-stream; transfer-syntax={EXPLICIT}", f) for f in wanted]
    alone = await web.get(f"{address(cine)}/frames/2", headers={"Accept": "application/octet-stream"})
    assert alone.content == pixels(5)[1].tobytes()


async def test_weasis_downloads_objects(web: httpx.AsyncClient, cine: Dataset) -> None:
    fields = "00080030,00080050,00080061,00081030,00100010,00100020,00100030,00100040,0020000D,00200010"
    found = await web.get(f"/studies?StudyInstanceUID={cine.StudyInstanceUID}&includefield={fields}")
    assert len(found.json()) == 1
    as_stored = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    rather_explicit = ",".join(
        f"multipart/related;type=application/dicom;transfer-syntax={syntax}"
        for syntax in (f"{EXPLICIT};q=0.9", "*;q=0.8")
    )
    for path in (address(cine), f"/studies/{cine.StudyInstanceUID}"):
        ((content_type, content),) = parts(await web.get(path, headers={"Accept": as_stored}))
        assert content_type == f"application/dicom; transfer-syntax={JPEGLSLossless}"
        assert dataset_of(content) == dataset_of(file_bytes(cine, JPEGLSLossless))
        ((content_type, content),) = parts(await web.get(path, headers={"Accept": rather_explicit}))
        assert content_type == f"application/dicom; transfer-syntax={EXPLICIT}"
        assert pydicom.dcmread(io.BytesIO(content)).PixelData == pixels(5).tobytes()


async def test_orthanc_sends_and_asks(web: httpx.AsyncClient) -> None:
    """Its boundary is made of two UUIDs, three characters longer than RFC 2046 allows."""
    dataset, boundary = a_ct(), "-".join(["f3cc2b9e-56b6-4f46-ae1e-20bdc715ce2d"] * 2)
    body = (
        f"--{boundary}\r\nContent-Type: application/dicom\r\nContent-Length: ".encode()
        + str(len(file_bytes(dataset))).encode()
        + b"\r\nMIME-Version: 1.0\r\n\r\n"
        + file_bytes(dataset)
        + f"\r\n--{boundary}--".encode()
    )
    stored = await web.post(
        "/studies",
        content=body,
        headers={
            "Accept": "application/json",
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Expect": "",
        },
    )
    assert (stored.status_code, stored.headers["content-type"]) == (200, "application/json")
    assert stored.json()["00081199"]["Value"][0]["00081155"]["Value"] == [dataset.SOPInstanceUID]
    found = await web.get(
        "/instances?00080018=" + dataset.SOPInstanceUID, headers={"Accept": "application/json"}
    )
    assert found.headers["content-type"] == "application/json"
    assert found.json()[0]["00080018"]["Value"] == [dataset.SOPInstanceUID]


async def test_every_read_resource_answers_head(web: httpx.AsyncClient, cine: Dataset) -> None:
    study, series = cine.StudyInstanceUID, cine.SeriesInstanceUID
    tails = ("", "/metadata", "/frames/1", "/bulkdata/pixels")
    paths = [
        "/studies",
        "/series",
        "/instances",
        f"/studies/{study}/series",
        f"/studies/{study}/instances",
        f"/studies/{study}",
        f"/studies/{study}/metadata",
        f"/studies/{study}/series/{series}",
        *(address(cine) + tail for tail in tails),
    ]
    for path in paths:
        got, head = await web.get(path), await web.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers.keys() == got.headers.keys(), path
        assert (await web.head(path, headers={"X-Who": ""})).status_code == 401
    assert (await web.head("/studies/1.2.3")).status_code == 404


async def test_what_is_known_already_is_not_sent_again(web: httpx.AsyncClient, cine: Dataset) -> None:
    kinds = [
        (address(cine), "application/dicom"),
        (address(cine), "*/*"),
        (f"{address(cine)}/metadata", "application/dicom+json"),
        (f"{address(cine)}/frames/1", "image/jls"),
        (f"{address(cine)}/frames/1", "application/octet-stream"),
        (f"{address(cine)}/frames/1,2", "*/*"),
        (f"{address(cine)}/bulkdata/pixels", "*/*"),
        (f"/studies/{cine.StudyInstanceUID}/metadata", "application/dicom+json"),
    ]
    tags = set()
    for path, accept in kinds:
        full = await web.get(path, headers={"Accept": accept})
        tag = full.headers["etag"]
        tags.add(tag.removeprefix("W/"))
        for given in (tag, f'"other", {tag}', "*", tag.removeprefix("W/")):
            again = await web.get(path, headers={"Accept": accept, "If-None-Match": given})
            assert (again.status_code, again.content) == (304, b""), (path, given)
            assert again.headers["etag"] == tag
        changed = await web.get(path, headers={"Accept": accept, "If-None-Match": '"other"'})
        assert (changed.status_code, changed.headers["etag"]) == (200, tag)
    assert len(tags) >= len(kinds) - 2, "one name for two contents would mix them up in a cache"


async def test_frames_without_a_table_are_decoded_from_the_whole_file(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    streams = [bytes(jpegls_encode(frame)) for frame in pixels(1)]
    dataset = a_compressed_ct(1, PixelData=encapsulate(streams, fragments_per_frame=3, has_bot=False))
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGLSLossless))
    frame = await web.get(f"{address(dataset)}/frames/1", headers={"Accept": "application/octet-stream"})
    assert frame.content == pixels(1)[0].tobytes()


async def test_single_bits_that_share_bytes_are_told_apart(web: httpx.AsyncClient, archived: Archive) -> None:
    bits = np.random.default_rng(7).integers(0, 2, (3, 3, 3), np.uint8)
    dataset = a_ct(
        Rows=3,
        Columns=3,
        BitsAllocated=1,
        BitsStored=1,
        HighBit=0,
        NumberOfFrames="3",
        PixelData=np.packbits(bits.ravel(), bitorder="little").tobytes(),
    )
    archived(file_bytes(dataset))
    answer = await web.get(f"{address(dataset)}/frames/1,2,3")
    found = [np.unpackbits(np.frombuffer(c, np.uint8), bitorder="little")[:9] for _, c in parts(answer)]
    assert np.array_equal(np.stack(found).reshape(3, 3, 3), bits)


@pytest.mark.parametrize("vr", ["OW", "OB"])
async def test_big_endian_bytes_of_any_width(web: httpx.AsyncClient, archived: Archive, vr: str) -> None:
    """PS3.5 A.3: 8-bit samples in words change places in pairs, also where a frame has an odd size."""
    samples = bytes(range(2 * 15))
    stored = samples if vr == "OB" else bytes(samples[n ^ 1] for n in range(len(samples)))
    dataset = a_ct(
        Rows=3,
        Columns=5,
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        NumberOfFrames="2",
        PixelData=stored,
    )
    dataset["PixelData"].VR = vr
    archived(file_bytes(dataset, ExplicitVRBigEndian))
    answer = await web.get(f"{address(dataset)}/frames/1,2")
    assert [content for _, content in parts(answer)] == [samples[:15], samples[15:]]


async def test_colour_by_plane_stays_by_plane(web: httpx.AsyncClient, archived: Archive) -> None:
    """What the metadata says about the order of colours holds for decoded frames too."""
    dataset = a_ct(
        Rows=4,
        Columns=6,
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        PixelData=bytes(range(72)),
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.PlanarConfiguration = 1
    archived(file_bytes(dataset, RLELossless))
    frame = await web.get(f"{address(dataset)}/frames/1", headers={"Accept": "application/octet-stream"})
    by_plane = np.moveaxis(np.arange(72, dtype=np.uint8).reshape(4, 6, 3), -1, 0)
    assert frame.content == by_plane.tobytes()


async def test_a_frame_that_cannot_be_decoded_says_why(web: httpx.AsyncClient, archived: Archive) -> None:
    whole = bytes(jpegls_encode(pixels(1)[0]))
    for stream, fault in (
        (whole[:-40], "pixels.truncated"),
        (b"\xff\xd8" + b"x" * 40 + b"\xff\xd9", "pixels.undecodable"),
    ):
        dataset = a_compressed_ct(1, PixelData=encapsulate([stream]))
        dataset["PixelData"].VR = "OB"
        archived(file_bytes(dataset, JPEGLSLossless))
        answer = await web.get(f"{address(dataset)}/frames/1", headers={"Accept": "application/octet-stream"})
        assert (answer.status_code, answer.json()["code"]) == (409, "dicomweb.frame_undecodable")
        assert answer.json()["params"] == {"frame": 1, "fault": fault}
        assert (await web.get(f"{address(dataset)}/frames/1")).status_code == 200, "as stored it can be had"


async def test_more_decoded_frames_than_memory_should_hold_are_refused(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    stream = bytes(jpegls_encode(np.zeros((4096, 4096), np.uint8)))
    dataset = a_compressed_ct(5)
    dataset.Rows = dataset.Columns = 4096
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelData = encapsulate([stream] * 5)
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGLSLossless))
    octets = {"Accept": 'multipart/related; type="application/octet-stream"'}
    refused = await web.get(f"{address(dataset)}/frames/1,2,3,4,5", headers=octets)
    assert (refused.status_code, refused.json()["code"]) == (400, "dicomweb.frame_list_refused")
    assert refused.json()["params"] == {"frames_max": 4}
    fewer = await web.get(f"{address(dataset)}/frames/5", headers=octets)
    assert parts(fewer)[0][1] == bytes(4096 * 4096)


async def test_compressed_metadata_is_the_same_metadata(web: httpx.AsyncClient, cine: Dataset) -> None:
    path = f"{address(cine)}/metadata"
    plain = await web.get(path, headers={"Accept-Encoding": "identity"})
    async with web.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])
    assert json.loads(gzip.decompress(raw)) == plain.json()


@pytest.mark.parametrize("path", ["/studies/1.2.x/series", "/studies/abc", "/studies/" + "1" * 65])
async def test_a_malformed_uid_is_a_bad_request(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "general.fields_refused")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_who_is_not_signed_in_is_told_how_to_be(web: httpx.AsyncClient) -> None:
    answer = await web.get("/studies", headers={"X-Who": ""})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="lianzhen"')
