"""Byte ranges of single frames, bulk values and documents, and the media types these are sent as."""

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ExplicitVRLittleEndian

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from tests.viewer.dicomweb.parts import parts

OCTETS = "application/octet-stream"
PDF = b"%PDF-1.7\r\n" + bytes(range(256)) * 20


def address(dataset: Dataset) -> str:
    """The path of an instance."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    return f"{series}/instances/{dataset.SOPInstanceUID}"


def a_document(media_type: str | None) -> Dataset:
    """An encapsulated document."""
    return a_ct(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1",
        Modality="DOC",
        PixelData=None,
        Rows=None,
        Columns=None,
        EncapsulatedDocument=PDF,
        MIMETypeOfEncapsulatedDocument=media_type,
    )


async def place_of(web: httpx.AsyncClient, dataset: Dataset, tag: str) -> str:
    """The address that the metadata gives a value."""
    (document,) = (await web.get(f"{address(dataset)}/metadata")).json()
    return str(document[tag]["BulkDataURI"])


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian]
)
async def test_frames_and_pixels_in_ranges(web: httpx.AsyncClient, archived: Archive, syntax: UID) -> None:
    dataset = a_ct(NumberOfFrames="3", PixelData=bytes(range(72)))
    archived(file_bytes(dataset, syntax))
    for path, total in ((f"{address(dataset)}/frames/2", 24), (f"{address(dataset)}/pixeldata", 72)):
        whole = await web.get(path, headers={"Accept": OCTETS})
        assert len(whole.content) == total
        assert whole.headers["accept-ranges"] == "bytes"
        for start in range(0, total, 5):
            asked = {"Accept": OCTETS, "Range": f"bytes={start}-{start + 6}"}
            part = await web.get(path, headers=asked | {"If-Range": whole.headers["etag"]})
            assert (part.status_code, part.content) == (206, whole.content[start : start + 7])
            assert part.headers["content-range"] == (f"bytes {start}-{min(start + 6, total - 1)}/{total}")
        stale = await web.get(path, headers={"Accept": OCTETS, "Range": "bytes=0-1", "If-Range": '"old"'})
        assert (stale.status_code, stale.content) == (200, whole.content)
        beyond = await web.get(path, headers={"Accept": OCTETS, "Range": f"bytes={total}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{total}")
        in_parts = await web.get(path, headers={"Range": "bytes=0-1"})
        assert (in_parts.status_code, parts(in_parts)[0][1]) == (200, whole.content)


async def test_padding_is_no_part_of_a_document(web: httpx.AsyncClient, archived: Archive) -> None:
    for length, sent in ((len(PDF) - 1, PDF[:-1]), (len(PDF), PDF), (7, PDF), (None, PDF)):
        dataset = a_document("application/pdf")
        if length is not None:
            dataset.EncapsulatedDocumentLength = length
        archived(file_bytes(dataset))
        place = await place_of(web, dataset, "00420011")
        assert (await web.get(place, headers={"Accept": "application/pdf"})).content == sent


async def test_documents_are_sent_as_what_they_are(web: httpx.AsyncClient, archived: Archive) -> None:
    dataset = a_document("application/pdf")
    archived(file_bytes(dataset))
    place = await place_of(web, dataset, "00420011")
    for accept in ("application/pdf", OCTETS, "application/*"):
        answer = await web.get(place, headers={"Accept": accept})
        kind = "application/pdf" if accept != OCTETS else OCTETS
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
        assert answer.content == PDF
    assert parts(await web.get(place)) == [("application/pdf", PDF)]
    part = await web.get(place, headers={"Accept": "application/pdf", "Range": "bytes=-7"})
    assert (part.status_code, part.content) == (206, PDF[-7:])
    refused = await web.get(place, headers={"Accept": "image/jpeg"})
    assert refused.status_code == 406
    assert [one.partition(";")[0] for one in refused.json()["params"]["offered"]] == [
        "application/pdf",
        OCTETS,
    ]


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "TEXT/HTML ", "no type", "a/b; c=d", "", None]
)
async def test_what_a_browser_would_run_is_octets(
    web: httpx.AsyncClient, archived: Archive, media_type: str | None
) -> None:
    dataset = a_document(media_type)
    archived(file_bytes(dataset))
    place = await place_of(web, dataset, "00420011")
    assert (await web.get(place, headers={"Accept": "text/html"})).status_code == 406
    assert parts(await web.get(place)) == [(OCTETS, PDF)]


async def test_overlays_private_values_and_waveforms_have_addresses(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    step = Dataset()
    step.add_new(0x54001010, "OW", bytes(range(256)) * 8)
    dataset = a_ct(WaveformSequence=Sequence([step]))
    dataset.add_new(0x60003000, "OW", bytes(range(200, 0, -1)) * 20)
    dataset.add_new(0x00090010, "LO", "SOMEBODY")
    dataset.add_new(0x00091001, "OB", b"private" * 400)
    archived(file_bytes(dataset))
    (document,) = (await web.get(f"{address(dataset)}/metadata")).json()
    wanted = {
        document["60003000"]["BulkDataURI"]: bytes(range(200, 0, -1)) * 20,
        document["00091001"]["BulkDataURI"]: b"private" * 400,
        document["54000100"]["Value"][0]["54001010"]["BulkDataURI"]: bytes(range(256)) * 8,
    }
    for place, value in wanted.items():
        assert (await web.get(place, headers={"Accept": OCTETS})).content == value
        assert parts(await web.get(place)) == [(OCTETS, value)]
        tag = (await web.get(place, headers={"Accept": OCTETS})).headers["etag"]
        again = await web.get(place, headers={"Accept": OCTETS, "If-None-Match": tag})
        assert again.status_code == 304


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 80), last=st.one_of(st.none(), st.integers(0, 80)))
async def test_any_range_is_what_slicing_gives(
    web: httpx.AsyncClient, archived: Archive, first: int, last: int | None
) -> None:
    dataset = a_ct(
        NumberOfFrames="3",
        PixelData=bytes(range(72)),
        SOPInstanceUID="1.2.3",
        StudyInstanceUID="1.2",
        SeriesInstanceUID="1.2.1",
    )
    archived(file_bytes(dataset))
    end = "" if last is None else str(last)
    answer = await web.get(
        f"{address(dataset)}/pixeldata", headers={"Accept": OCTETS, "Range": f"bytes={first}-{end}"}
    )
    stop = 72 if last is None else last + 1
    if first >= 72 and (last is None or last >= first):
        assert answer.status_code == 416
    elif last is not None and last < first:
        assert (answer.status_code, answer.content) == (200, bytes(range(72)))
    else:
        assert (answer.status_code, answer.content) == (206, bytes(range(72))[first:stop])
