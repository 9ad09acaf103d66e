"""What the running product refuses: strangers' eyes, broken objects, bodies without end, old sessions.

Each refusal names what is wrong, nothing is stored by halves, nothing is answered with a 5xx.
"""

import json
import re
import select
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest

from tests.dicom_node.objects import a_ct, dataset_bytes, file_bytes
from tests.dicom_node.raw_scu import CT, IMPLICIT, comment, status, storing
from tests.factories.intake import Receiving, arrival, named, retrieved
from tests.viewer.dicomweb.parts import body, post_headers

pytestmark = [pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]
SENDER = "SQZX_PACS"
NOBODYS = "1.2.826.0.1.3680043.10.543.404"
HUNDRED_MEGABYTES = 100 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
LIMIT_BYTES = 1024 * 1024
STUDY_PATHS = (
    "/dicom-web/studies/{study}",
    "/dicom-web/studies/{study}/metadata",
    "/dicom-web/studies/{study}/series",
    "/dicom-web/studies/{study}/instances",
    "/dicom-web/studies/{study}/rendered",
    "/dicom-web/studies/{study}/series/{series}",
    "/dicom-web/studies/{study}/series/{series}/metadata",
    "/dicom-web/studies/{study}/series/{series}/instances",
    "/dicom-web/studies/{study}/series/{series}/instances/{instance}",
    "/dicom-web/studies/{study}/series/{series}/instances/{instance}/metadata",
    "/dicom-web/studies/{study}/series/{series}/instances/{instance}/frames/1",
    "/dicom-web/studies/{study}/series/{series}/instances/{instance}/bulkdata/pixels",
    "/dicom-web/studies/{study}/series/{series}/instances/{instance}/rendered",
    "/api/studies/{study}/manifest",
    "/api/studies/{study}/series/{series}/thumbnail",
)

# What this version does not offer, and what follows only when the study was packed.
NOT_SERVED = {path for path in STUDY_PATHS if path.endswith(("rendered", "manifest", "thumbnail"))}


@pytest.fixture
def own(receiving: Receiving) -> pydicom.Dataset:
    """A township hospital's object, stored by C-STORE."""
    dataset = a_ct()
    assert status(receiving.store(SENDER, dataset_bytes(dataset), dataset.SOPInstanceUID)) == 0
    return dataset


@pytest.fixture(scope="module")
def township(receiving: Receiving) -> Iterator[httpx.Client]:
    """Somebody of the hospital whose archive sends."""
    with closing(receiving.serving.client("zhouli")) as client:
        yield client


@pytest.fixture(scope="module", params=["session", "token"])
def foreigner(receiving: Receiving, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Somebody of the city hospital, in a browser and as a script."""
    with ExitStack() as stack:
        if request.param == "session":
            yield stack.enter_context(closing(receiving.serving.client("guning")))
        else:
            token = receiving.serving.command("token", "create", "--user", "guning")
            headers = {"Authorization": f"Bearer {token}"}
            yield stack.enter_context(
                httpx.Client(base_url=receiving.serving.url, headers=headers, timeout=30)
            )


def without_names(answer: httpx.Response) -> Any:
    """An answer's body without the UIDs that were asked for and the number of the request."""
    assert answer.status_code < 500, answer.text
    text = re.sub(r"[0-9]+(\.[0-9]+){4,}", "UID", answer.text)
    return re.sub(r'"number": ?"[^"]*"', '"number":""', text)


def test_a_foreign_study_is_answered_as_one_that_does_not_exist(
    own: pydicom.Dataset, foreigner: httpx.Client, township: httpx.Client
) -> None:
    anything = {"Accept": "*/*"}
    uids = {"study": own.StudyInstanceUID, "series": own.SeriesInstanceUID, "instance": own.SOPInstanceUID}
    for path in STUDY_PATHS:
        foreign = foreigner.get(path.format(**uids), headers=anything)
        unknown = foreigner.get(path.format(**dict.fromkeys(uids, NOBODYS)), headers=anything)
        assert (foreign.status_code, unknown.status_code) == (404, 404), path
        assert without_names(foreign) == without_names(unknown), path
        assert foreign.json()["code"], path
        if path not in NOT_SERVED:
            assert township.get(path.format(**uids), headers=anything).status_code == 200, path


@pytest.mark.parametrize("level", ["studies", "series", "instances"])
def test_a_foreign_study_is_in_no_search(own: pydicom.Dataset, foreigner: httpx.Client, level: str) -> None:
    for query in ({"StudyInstanceUID": own.StudyInstanceUID}, {"PatientID": "P1"}, {"PatientName": "*"}):
        found = foreigner.get(f"/dicom-web/{level}", params=query | {"limit": "1000"})
        assert found.status_code == 200
        assert own.StudyInstanceUID not in found.text
    assert arrival(foreigner, own.StudyInstanceUID) is None


def test_a_foreigner_who_stores_the_same_uids_makes_a_study_of_their_own(
    receiving: Receiving, own: pydicom.Dataset, foreigner: httpx.Client, township: httpx.Client
) -> None:
    """Sending an instance with its UIDs opens nobody's study."""
    theirs = a_ct(StudyInstanceUID=own.StudyInstanceUID, PatientID="THEIRS")
    headers = post_headers()
    assert foreigner.post(
        "/dicom-web/studies", content=body([file_bytes(theirs)]), headers=headers
    ).is_success
    (seen,) = foreigner.get("/dicom-web/instances", params={"StudyInstanceUID": own.StudyInstanceUID}).json()
    assert seen["00080018"]["Value"] == [theirs.SOPInstanceUID]
    listed = arrival(township, own.StudyInstanceUID)
    assert listed is not None
    assert (listed["patient_id"], listed["instance_count"]) == ("P1", 1)


def wrong_vr(raw: bytes) -> bytes:
    """The Patient ID under a value representation that does not exist."""
    return raw.replace(b"\x10\0\x20\0LO", b"\x10\0\x20\0??")


def other_vr(raw: bytes) -> bytes:
    """The Patient ID as a floating point number."""
    return raw.replace(b"\x10\0\x20\0LO", b"\x10\0\x20\0FD")


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "prose": (lambda _: b"this is no data set, it is prose " * 9, r"\([0-9A-F]{4},[0-9A-F]{4}\)"),
    "cut in a value": (lambda raw: raw[:-5], r"\(7FE0,0010\)"),
    "cut in a header": (lambda raw: raw[: raw.index(b"\x28\0\x10\0") + 5], "header"),
    "wrong VR": (wrong_vr, r"\(0010,0020\)"),
    "another VR": (other_vr, "PatientID has the value representation FD"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_object_is_refused_by_name_on_both_ways_in(
    receiving: Receiving, case: str, township: httpx.Client
) -> None:
    spoil, words = BROKEN[case]
    dataset = a_ct(PatientID="12345678")
    whole, data = file_bytes(dataset), dataset_bytes(dataset)
    head = whole[: len(whole) - len(data)]
    before = receiving.holdings()
    answer = receiving.store(SENDER, spoil(data), dataset.SOPInstanceUID)
    assert status(answer) == 0xC000
    assert re.search(words, comment(answer)), comment(answer)
    posted = township.post("/dicom-web/studies", content=body([head + spoil(data)]), headers=post_headers())
    assert posted.status_code == 409
    (failure,) = posted.json()["00081198"]["Value"]
    assert failure["00081155"]["Value"] == [dataset.SOPInstanceUID]
    assert failure["00081197"]["Value"] == [0xC000]
    assert re.search(words, failure["00000902"]["Value"][0])
    assert receiving.holdings() == before
    assert len(receiving.set_aside(dataset.SOPInstanceUID)) == 2


@pytest.mark.parametrize(
    "content, words",
    [(b"%PDF-1.7 this is another kind of file" * 20, "DICM"), (b"", "empty"), (bytes(400), "DICM")],
)
def test_a_file_that_is_not_dicom_is_refused_by_name(
    receiving: Receiving, content: bytes, words: str, township: httpx.Client
) -> None:
    before = receiving.holdings()
    posted = township.post("/dicom-web/studies", content=body([content]), headers=post_headers())
    plain = township.post("/dicom-web/studies", content=content, headers={"Content-Type": "application/pdf"})
    assert posted.status_code == 409
    (failure,) = posted.json()["0008119A"]["Value"]
    assert words in failure["00000902"]["Value"][0]
    assert (plain.status_code, plain.json()["code"]) == (415, "dicomweb.media_type_refused")
    assert receiving.holdings() == before


def test_a_body_cut_off_leaves_the_whole_parts_and_nothing_of_the_half_one(
    receiving: Receiving, township: httpx.Client
) -> None:
    good, cut = a_ct(), a_ct()
    content = body([file_bytes(good), file_bytes(cut)])
    before = receiving.holdings()
    posted = township.post("/dicom-web/studies", content=content[:-60], headers=post_headers())
    assert posted.status_code == 202
    (failure,) = posted.json()["0008119A"]["Value"]
    assert failure["00000902"]["Value"] == ["the body ends inside this part"]
    assert retrieved(township, good.SOPInstanceUID).endswith(dataset_bytes(good))
    assert [b - a for a, b in zip(before, receiving.holdings(), strict=True)] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize("path", ["/api/consults", "/api/patients", "/api/sessions", "/dicom-web/studies"])
@pytest.mark.parametrize("announced", [True, False])
def test_a_json_body_of_a_hundred_megabytes_is_refused_before_it_is_sent(
    receiving: Receiving, township: httpx.Client, path: str, announced: bool
) -> None:
    before = receiving.holdings()
    cookie = "; ".join(f"{name}={value}" for name, value in township.cookies.items())
    size = f"Content-Length: {HUNDRED_MEGABYTES}" if announced else "Transfer-Encoding: chunked"
    lines = (f"POST {path} HTTP/1.1", "Host: x", f"Cookie: {cookie}", "Content-Type: application/json", size)
    head = "\r\n".join((*lines, "", "")).encode()
    answer, sent = answer_while_sending(receiving.serving.http_port, head, chunked=not announced)
    stores = path == "/dicom-web/studies"
    assert (b"dicomweb.media_type_refused" if stores else b"general.too_large") in answer
    assert answer.startswith(b"HTTP/1.1 415" if stores else b"HTTP/1.1 413")
    assert sent < HUNDRED_MEGABYTES / 4
    assert receiving.holdings() == before


def answer_while_sending(port: int, head: bytes, *, chunked: bool) -> tuple[bytes, int]:
    """What the server says to a body of a hundred megabytes, and how much of it had been sent by then."""
    block = b'{"name":' + b"x" * (BLOCK_BYTES - 8)
    piece = f"{len(block):x}\r\n".encode() + block + b"\r\n" if chunked else block
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(head)
        sent = 0
        while sent < HUNDRED_MEGABYTES and not select.select([wire], [], [], 0.05)[0]:
            wire.sendall(piece)
            sent += BLOCK_BYTES
        return whole_answer(wire), sent


def whole_answer(wire: socket.socket) -> bytes:
    """Head and body of one HTTP answer, however many segments it comes in (RFC 9112 section 6.3)."""
    with wire.makefile("rb") as reader:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline()
            assert line, head
            head += line
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        assert length is not None, head
        return head + reader.read(int(length[1]))


def test_the_answer_to_a_body_too_large_names_the_limit(township: httpx.Client) -> None:
    answer = township.post("/api/patients", content=b" " * (LIMIT_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "general.too_large")
    assert answer.json()["params"] == {"bytes_max": LIMIT_BYTES}


@pytest.mark.parametrize("characters", [65, 330])
def test_a_long_name_is_kept_whole(receiving: Receiving, characters: int, township: httpx.Client) -> None:
    """PS3.5 6.2 allows 64 characters a group; archives send more, and no part of a name is thrown away."""
    name = "王" * characters
    data, dataset = named("ISO_IR 192", name.encode())
    assert status(receiving.store(SENDER, data, dataset.SOPInstanceUID)) == 0
    listed = arrival(township, dataset.StudyInstanceUID)
    assert listed is not None
    assert listed["patient_name"] == name


@pytest.mark.parametrize("characters", [331, 60_000, 1_000_000])
def test_an_oversized_name_is_refused_by_name(receiving: Receiving, characters: int) -> None:
    """A megabyte fits into an element only without an explicit VR."""
    before = receiving.holdings()
    dataset = a_ct(PatientName="#" * 100)
    short = struct.pack("<L", 100) + b"#" * 100
    raw = dataset_bytes(dataset, implicit=True)
    long = raw.replace(short, struct.pack("<L", characters) + b"#" * characters)
    assert len(long) > characters
    answer = storing(receiving.serving.dicom_port, CT, dataset.SOPInstanceUID, long, IMPLICIT, SENDER)
    assert (status(answer), comment(answer)) == (0xC000, "PatientName longer than 330 characters")
    assert receiving.holdings() == before


@pytest.mark.parametrize("characters", [65, 900_000])
def test_an_oversized_name_in_a_form_is_refused_by_its_field(
    receiving: Receiving, characters: int, township: httpx.Client
) -> None:
    patient = {
        "identifier": "SQZX2699999",
        "name": "王" * (characters // 3 if characters > 1_000 else characters),
        "sex": "M",
        "birth_date": "1955-02-03",
        "id_no": "990005195502030036",
        "phone": "19900000005",
    }
    answer = township.post("/api/patients", json=patient)
    assert (answer.status_code, answer.json()["code"]) == (422, "general.fields_refused")
    assert [fault["field"] for fault in answer.json()["params"]["fields"]] == ["name"]
    assert "王王" not in answer.text


def test_an_expired_session_is_told_so_and_stores_nothing(receiving: Receiving, own: pydicom.Dataset) -> None:
    before = receiving.holdings()
    with closing(receiving.serving.client("hejing")) as client:
        assert client.get("/api/me").status_code == 200
        grow_old(receiving.serving.home, "hejing")
        answers = {
            path: client.get(path)
            for path in (
                "/api/me",
                "/api/arrivals",
                "/dicom-web/studies",
                f"/dicom-web/studies/{own.StudyInstanceUID}",
            )
        }
        answers["store"] = client.post(
            "/dicom-web/studies", content=body([file_bytes(a_ct())]), headers=post_headers()
        )
    assert {name: a.status_code for name, a in answers.items()} == dict.fromkeys(answers, 401)
    assert {a.json()["code"] for a in answers.values()} == {"identity.signed_out"}
    assert receiving.holdings() == before


def grow_old(home: Path, user: str) -> None:
    """Every sign-in of that person so far was last used yesterday."""
    long_ago = datetime.now(UTC) - timedelta(days=1)
    with closing(sqlite3.connect(home / "lianzhen.db", timeout=30)) as database, database:
        database.execute(
            "UPDATE consult_session SET seen_at = ? WHERE account_id ="
            " (SELECT account_id FROM consult_account WHERE user = ?)",
            (long_ago.strftime("%Y-%m-%d %H:%M:%S.%f"), user),
        )


@pytest.mark.parametrize(
    "path",
    [
        "/dicom-web/studies?limit=many",
        "/dicom-web/studies?NoSuchKey=1",
        "/dicom-web/studies?StudyDate=yesterday",
        "/dicom-web/studies/not-a-uid/metadata",
        f"/dicom-web/studies/{'9' * 65}/metadata",
        "/dicom-web/studies/1.2.3/series/1.2.3/instances/1.2.3/frames/0,x",
        f"/dicom-web/studies?PatientName={'x' * 5_000}",
        "/dicom-web/studies?PatientName=%00",
        "/dicom-web/studies?PatientID=%ff%fe",
    ],
)
def test_questions_that_make_no_sense_are_refused_plainly(
    receiving: Receiving, path: str, township: httpx.Client
) -> None:
    answer = township.get(path)
    assert answer.status_code in {200, 400, 404, 422}, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code != 200:
        assert json.loads(answer.text)["code"]


def test_only_the_stored_transfer_syntax_is_sent(
    receiving: Receiving, own: pydicom.Dataset, township: httpx.Client
) -> None:
    path = STUDY_PATHS[8].format(
        study=own.StudyInstanceUID, series=own.SeriesInstanceUID, instance=own.SOPInstanceUID
    )
    answer = township.get(
        path, headers={"Accept": "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50"}
    )
    assert (answer.status_code, answer.json()["code"]) == (406, "dicomweb.not_acceptable")
