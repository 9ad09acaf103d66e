"""STOW-RS: each part stored by itself, each refusal named, nothing half stored."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from config.kernel.database import open_sync_engine
from dicom_node.quotas.use import set_quota
from tests.dicom_node.objects import a_ct, dataset_of, file_bytes
from tests.dicom_node.refusals import outcome_of
from tests.viewer.dicomweb.conftest import BODY_BYTES_MAX, COUNTY, OBJECT_BYTES_MAX
from tests.viewer.dicomweb.parts import body, post_headers
from viewer.multipart import Happening, MultipartReader, MultipartRefused

FAILED, STORED, OTHER = "00081198", "00081199", "0008119A"


def references(answer: httpx.Response, tag: str) -> list[str]:
    """The SOP Instance UIDs in a sequence of the answer."""
    return [i["00081155"]["Value"][0] for i in answer.json().get(tag, {}).get("Value", [])]


async def post(
    web: httpx.AsyncClient, content: bytes, path: str = "/studies", **headers: str
) -> httpx.Response:
    """A STOW-RS request."""
    return await web.post(path, content=content, headers=post_headers() | headers)


async def test_several_objects_are_stored_and_can_be_read(web: httpx.AsyncClient) -> None:
    first = a_ct()
    second = a_ct(StudyInstanceUID=first.StudyInstanceUID)
    answer = await post(web, body([file_bytes(first), file_bytes(second)]))
    assert answer.status_code == 200, answer.text
    assert references(answer, STORED) == [first.SOPInstanceUID, second.SOPInstanceUID]
    assert answer.json()["00081190"]["Value"] == [
        f"http://archive.test/dicom-web/studies/{first.StudyInstanceUID}"
    ]
    place = answer.json()[STORED]["Value"][0]["00081190"]["Value"][0]
    read = await web.get(place, headers={"Accept": "application/dicom"})
    assert dataset_of(read.content) == dataset_of(file_bytes(first))
    again = await post(web, body([file_bytes(first)]))
    assert (again.status_code, references(again, STORED)) == (200, [first.SOPInstanceUID])


async def test_each_failure_is_its_own_and_says_why(web: httpx.AsyncClient) -> None:
    good, bad, conflict = a_ct(), a_ct(StudyInstanceUID=None), a_ct()
    first = file_bytes(conflict)
    conflict.PatientID = "P2"
    files = [
        file_bytes(good),
        file_bytes(bad),
        b"this is no DICOM file" * 20,
        b"",
        first,
        file_bytes(conflict),
        file_bytes(good)[:-9],
    ]
    answer = await post(web, body(files))
    assert answer.status_code == 202
    assert references(answer, STORED) == [good.SOPInstanceUID, conflict.SOPInstanceUID]
    failures = {i["00081155"]["Value"][0]: i for i in answer.json()[FAILED]["Value"]}
    assert failures[bad.SOPInstanceUID]["00081197"]["Value"] == [0xC000]
    assert failures[bad.SOPInstanceUID]["00000902"]["Value"] == ["StudyInstanceUID is missing"]
    assert failures[conflict.SOPInstanceUID]["00081197"]["Value"] == [0x0111]
    assert "ends inside an element" in failures[good.SOPInstanceUID]["00000902"]["Value"][0]
    assert [i["00000902"]["Value"] for i in answer.json()[OTHER]["Value"]] == [
        ["no DICM after 128 bytes"],
        ["the part is empty"],
    ]
    (row,) = (await web.get(f"/instances?SOPInstanceUID={good.SOPInstanceUID}")).json()
    assert row["00080018"]["Value"] == [good.SOPInstanceUID]


async def test_all_failed_is_a_conflict(web: httpx.AsyncClient) -> None:
    answer = await post(web, body([b"nothing"]))
    assert answer.status_code == 409
    assert references(answer, STORED) == []


async def test_a_study_in_the_path_takes_only_its_own(web: httpx.AsyncClient) -> None:
    mine, other = a_ct(), a_ct()
    answer = await post(web, body([file_bytes(mine), file_bytes(other)]), f"/studies/{mine.StudyInstanceUID}")
    assert (answer.status_code, references(answer, STORED), references(answer, FAILED)) == (
        202,
        [mine.SOPInstanceUID],
        [other.SOPInstanceUID],
    )
    assert (await web.get(f"/studies?StudyInstanceUID={other.StudyInstanceUID}")).json() == []


async def test_what_is_stored_belongs_to_the_callers_institution(web: httpx.AsyncClient) -> None:
    dataset = a_ct()
    assert (await post(web, body([file_bytes(dataset)]), **{"X-Who": "city"})).status_code == 200
    assert (await web.get("/studies")).json() == []
    assert len((await web.get("/studies", headers={"X-Who": "city"})).json()) == 1


@pytest.mark.parametrize("who, status", [("", 401), ("auditor", 403), ("nothing", 403)])
async def test_only_who_may_store_does(web: httpx.AsyncClient, who: str, status: int) -> None:
    assert (await post(web, body([file_bytes(a_ct())]), **{"X-Who": who})).status_code == status


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({"Content-Type": "application/octet-stream"}, 415, "media_type_refused"),
        ({"Content-Type": "multipart/form-data; boundary=xyz"}, 415, "media_type_refused"),
        (
            {"Content-Type": 'multipart/related; type="application/dicom+json"; boundary=xyz'},
            415,
            "media_type_refused",
        ),
        ({"Content-Type": 'multipart/related; type="application/dicom"'}, 400, "multipart_refused"),
        ({"Content-Type": "multipart/related; boundary=other"}, 400, "multipart_refused"),
        ({"Content-Type": f"multipart/related; boundary={'x' * 257}"}, 400, "multipart_refused"),
        ({"Content-Encoding": "gzip"}, 415, "media_type_refused"),
        ({"Accept": "text/html"}, 406, "not_acceptable"),
    ],
)
async def test_requests_of_another_kind(
    web: httpx.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    answer = await post(web, body([file_bytes(a_ct())]), **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, f"dicomweb.{code}")
    assert (await web.get("/studies")).json() == []


CONTENT_TYPES = (
    'multipart/related; type="application/dicom"; boundary="xyz"',
    "multipart/related; type=application/dicom; boundary=xyz",
    "Multipart/Related;boundary=xyz;type=Application/DICOM",
    "multipart/related; boundary=xyz",
)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
async def test_the_body_may_be_announced_in_several_ways(web: httpx.AsyncClient, content_type: str) -> None:
    answer = await post(web, body([file_bytes(a_ct())]), **{"Content-Type": content_type})
    assert answer.status_code == 200, answer.text


async def test_one_object_may_come_by_itself(web: httpx.AsyncClient) -> None:
    """PS3.18 8.6.1.1: a single-part payload."""
    dataset = a_ct()
    answer = await post(web, file_bytes(dataset), **{"Content-Type": "application/dicom"})
    assert (answer.status_code, references(answer, STORED)) == (200, [dataset.SOPInstanceUID])
    cut = await post(web, file_bytes(a_ct())[:-9], **{"Content-Type": "application/dicom"})
    assert cut.status_code == 409
    empty = await post(web, b"", **{"Content-Type": "application/dicom"})
    assert empty.status_code == 409


async def test_what_stands_around_the_parts_is_skipped(web: httpx.AsyncClient) -> None:
    dataset = a_ct()
    for before in (b"\r\n", b"This is a message in several parts.\r\n"):
        answer = await post(web, before + body([file_bytes(dataset)]) + b"the end")
        assert (answer.status_code, references(answer, STORED)) == (200, [dataset.SOPInstanceUID])


@pytest.mark.parametrize("content", [b"", b"--xyz--\r\n", b"x" * 10_000, b"--xyz\r\n" + b"A" * 5_000])
async def test_a_body_without_parts_is_malformed(web: httpx.AsyncClient, content: bytes) -> None:
    answer = await post(web, content)
    assert (answer.status_code, answer.json()["code"]) == (400, "dicomweb.multipart_refused")


async def test_an_answer_is_json_as_asked(web: httpx.AsyncClient) -> None:
    for accept in ("application/json", "application/dicom+json"):
        answer = await post(web, body([file_bytes(a_ct())]), Accept=accept)
        assert answer.headers["content-type"] == accept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no boundary at all",
        b"--xyz\r\nContent-Type: application/dicom\r\n\r\ncut",
        b"--xyz\r\n" + b"A: b\r\n" * 40,
    ],
)
async def test_broken_bodies_store_nothing(web: httpx.AsyncClient, content: bytes, tmp_path: Path) -> None:
    answer = await post(web, content)
    assert answer.json()["code"] == "dicomweb.multipart_refused"
    spooled = list((tmp_path / "objects").rglob("*.part"))
    assert spooled == []


async def test_a_body_cut_in_its_second_part_keeps_the_first_and_says_so(web: httpx.AsyncClient) -> None:
    first, second = a_ct(), a_ct()
    answer = await post(web, body([file_bytes(first), file_bytes(second)])[:-200])
    assert (answer.status_code, references(answer, STORED)) == (202, [first.SOPInstanceUID])
    assert "ends inside" in answer.json()[OTHER]["Value"][0]["00000902"]["Value"][0]


async def test_a_body_over_the_cap_is_refused_by_its_length_and_by_its_bytes(web: httpx.AsyncClient) -> None:
    announced = await post(web, b"--xyz\r\n" + bytes(BODY_BYTES_MAX))
    assert (announced.status_code, announced.json()["code"]) == (413, "dicomweb.body_too_large")

    async def streamed() -> AsyncIterator[bytes]:
        yield b"--xyz\r\nContent-Type: application/dicom\r\n\r\n"
        for _ in range(BODY_BYTES_MAX // 100_000 + 1):
            yield bytes(100_000)

    counted = await web.post("/studies", content=streamed(), headers=post_headers())
    assert (counted.status_code, counted.json()["code"]) == (413, "dicomweb.body_too_large")


async def test_an_object_over_the_cap_fails_alone(web: httpx.AsyncClient) -> None:
    large = a_ct(Rows=1000, Columns=1000, PixelData=bytes(2_000_000))
    small = a_ct()
    assert len(file_bytes(large)) > OBJECT_BYTES_MAX
    answer = await post(web, body([file_bytes(large), file_bytes(small)]))
    assert (answer.status_code, references(answer, STORED)) == (202, [small.SOPInstanceUID])
    assert answer.json()[FAILED]["Value"][0]["00081197"]["Value"] == [0xA700]


async def test_too_many_parts(web: httpx.AsyncClient) -> None:
    answer = await post(web, body([b"x"] * 21))
    assert (answer.status_code, answer.json()["code"]) == (413, "dicomweb.parts_too_many")


@pytest.mark.samples
async def test_bad_files_of_the_samples(web: httpx.AsyncClient, samples: Path) -> None:
    limit = OBJECT_BYTES_MAX // 2
    files = [path for path in sorted((samples / "bad").iterdir()) if path.stat().st_size < limit][:20]
    answer = await post(web, body([path.read_bytes() for path in files]))
    assert answer.status_code == 202
    outcome = answer.json()
    counted = sum(len(outcome.get(tag, {}).get("Value", [])) for tag in (FAILED, STORED, OTHER))
    assert counted == len(files)
    for failure in outcome[FAILED]["Value"] + outcome[OTHER]["Value"]:
        assert failure["00000902"]["Value"][0]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.binary(max_size=80), min_size=1, max_size=4), st.integers(1, 50))
def test_a_body_is_the_same_however_it_is_cut(files: list[bytes], step: int) -> None:
    raw = body(files)
    reader, found = MultipartReader("xyz", 10_000), list[bytes]()
    for start in range(0, len(raw), step):
        for event in reader.feed(raw[start : start + step]):
            if event.happening is Happening.BEGAN:
                found.append(b"")
            elif event.happening is Happening.DATA:
                found[-1] += event.data
    reader.close()
    assert found == files


@given(st.binary(max_size=300))
def test_any_body_is_read_or_refused(raw: bytes) -> None:
    reader = MultipartReader("xyz", 10_000)
    found = outcome_of(lambda: reader.feed(b"--xyz\r\n" + raw))
    assert isinstance(found, (list, MultipartRefused))


def allow(url: str, quota_bytes: int) -> None:
    """Set the county hospital's quota."""
    engine = open_sync_engine(url)
    with engine.begin() as connection:
        set_quota(connection, COUNTY, quota_bytes, datetime.now(UTC))
    engine.dispose()


async def test_a_body_that_has_no_room_is_refused_before_it_is_read(
    web: httpx.AsyncClient, sqlite_url: str
) -> None:
    content = body([file_bytes(a_ct())])
    allow(sqlite_url, len(content) - 1)
    answer = await post(web, content)
    assert (answer.status_code, answer.json()["code"]) == (507, "dicom.over_quota")
    assert answer.json()["params"] == {"quota_bytes": len(content) - 1}
    assert (await web.get("/instances")).status_code in {200, 204}
    assert (await web.get("/instances")).json() == []


async def test_a_body_of_unknown_size_is_taken_as_far_as_there_is_room(
    web: httpx.AsyncClient, sqlite_url: str
) -> None:
    files = [file_bytes(a_ct()) for _ in range(3)]
    allow(sqlite_url, sum(map(len, files[:2])) + len(files[2]) // 2)

    async def pieces() -> AsyncIterator[bytes]:
        yield body(files)

    answer = await web.post("/studies", content=pieces(), headers=post_headers())
    assert answer.status_code == 202
    assert len(references(answer, STORED)) == 2
    (failure,) = answer.json()[FAILED]["Value"]
    assert failure["00081197"]["Value"] == [0xA700]
    assert failure["00000902"]["Value"] == ["The institution's storage quota is used up."]
