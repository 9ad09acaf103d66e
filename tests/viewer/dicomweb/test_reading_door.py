"""What is read is answered at once by its endpoint, and says what is said without the door."""

import re
from collections.abc import Sequence

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given, strategies as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from config.kernel.errors import Invalid
from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from viewer.routes import BULK, FRAMES, UID, ReadingDoor, Readings

STUDY, SERIES, OBJECT = "1.2.3", "1.2.3.4", "1.2.3.4.5"
SERIES_PATH = f"/studies/{STUDY}/series/{SERIES}"
PATHS = (
    "/studies",
    "/studies?PatientID=P1&limit=1",
    "/studies?includefield=all",
    "/studies?NoSuchThing=1",
    "/series",
    "/instances",
    f"/studies/{STUDY}",
    f"/studies/{STUDY}/metadata",
    f"/studies/{STUDY}/series",
    f"/studies/{STUDY}/nothing",
    f"/studies/{STUDY}/instances",
    f"{SERIES_PATH}/metadata",
    f"{SERIES_PATH}/instances",
    f"{SERIES_PATH}/instances/{OBJECT}",
    f"{SERIES_PATH}/instances/{OBJECT}/frames/1",
    f"{SERIES_PATH}/instances/{OBJECT}/frames/2",
    f"{SERIES_PATH}/instances/{OBJECT}/frames/one",
    f"{SERIES_PATH}/instances/{OBJECT}/bulkdata/pixels",
    f"{SERIES_PATH}/instances/{OBJECT}/bulkdata/nothing",
    f"{SERIES_PATH}/instances/9.9",
    "/studies/9.9/series",
    "/studies/x.y/series",
    f"/studies/{'1' * 65}/series",
    "/studies/1.2.3/",
    "/nothing",
)
WHO: Sequence[dict[str, str]] = ({}, {"X-Who": "city"}, {"X-Who": "nobody"}, {"If-None-Match": "*"})
UNIQUE = re.compile(rb"lianzhen-[0-9a-f]{32}|\"number\":\"[^\"]*\"")


def shown(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """An answer without what is unlike in any two."""
    headers = [
        (name, UNIQUE.sub(b"", value.encode()).decode())
        for name, value in sorted(answer.headers.items())
        if name != "content-length"
    ]
    return answer.status_code, headers, UNIQUE.sub(b"", answer.content)


def an_object() -> bytes:
    """One CT slice."""
    return file_bytes(a_ct(StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, SOPInstanceUID=OBJECT))


async def answers(web: httpx.AsyncClient) -> list[tuple[int, list[tuple[str, str]], bytes]]:
    """What is said to everybody about everything."""
    return [shown(await web.get(path, headers=who)) for path in PATHS for who in WHO]


async def test_the_door_says_what_is_said_without_it(
    web: httpx.AsyncClient, web_without_door: httpx.AsyncClient, archived: Archive
) -> None:
    archived(an_object())
    said = await answers(web)
    assert said == await answers(web_without_door)
    assert {status for status, _, _ in said} >= {200, 304, 400, 401, 404}


async def test_other_methods_pass_by(web: httpx.AsyncClient, web_without_door: httpx.AsyncClient) -> None:
    for method in ("HEAD", "OPTIONS", "DELETE", "PUT"):
        answer, other = [await each.request(method, "/studies") for each in (web, web_without_door)]
        assert shown(answer) == shown(other)


class Refused(Invalid):
    """Nothing is said."""

    code = "t.refused"


def a_door(sent: list[str]) -> ReadingDoor:
    """A door with one endpoint that answers, and one that refuses."""
    readings = Readings()

    async def study(_request: Request, study_instance_uid: str) -> Response:
        return Response(f"study {study_instance_uid}")

    async def refusing(_request: Request) -> Response:
        raise Refused

    async def behind(scope: Scope, _receive: Receive, _send: Send) -> None:
        sent.append(f"behind {scope['path']}")

    router = APIRouter()
    readings.add(router, "/studies/{study_instance_uid}", study)
    readings.add(router, "/studies", refusing)

    async def refusal(_request: Request, error: Exception) -> Response:
        return Response(type(error).__name__)

    return ReadingDoor(behind, readings=readings, refusal=refusal)


@pytest.mark.parametrize(
    "path, method, said",
    [
        ("/dicom-web/studies/1.2", "GET", "study 1.2"),
        ("/dicom-web/studies", "GET", "Refused"),
        ("/dicom-web/studies/x", "GET", "behind /dicom-web/studies/x"),
        ("/dicom-web/studies/1.2", "HEAD", "behind /dicom-web/studies/1.2"),
        ("/dicom-web/studies/1.2\n", "GET", "behind /dicom-web/studies/1.2\n"),
        ("/dicom-web/studies/1.2/series", "GET", "behind /dicom-web/studies/1.2/series"),
        ("/elsewhere/studies/1.2", "GET", "behind /elsewhere/studies/1.2"),
    ],
)
async def test_only_what_is_answered_ends_at_the_door(path: str, method: str, said: str) -> None:
    sent = list[str]()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            sent.append(message["body"].decode())

    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await a_door(sent)(scope, receive, send)
    assert sent == [said]


PATTERNS = {"study_instance_uid": (UID, 64), "frame_list": (FRAMES, 8_000), "place": (BULK, 64)}


@given(
    st.sampled_from(sorted(PATTERNS)),
    st.one_of(st.text(alphabet="0123456789.,-pixels\n", max_size=70), st.text(max_size=5)),
)
def test_values_are_let_in_by_the_rules_of_the_routes(name: str, value: str) -> None:
    readings = Readings()

    async def endpoint(_request: Request) -> Response:
        return Response()

    readings.add(APIRouter(), f"/studies/{{{name}}}", endpoint)
    pattern, most = PATTERNS[name]
    fits = "\n" not in value and len(value) <= most and re.search(pattern, value) is not None
    assert (readings.find(f"studies/{value}") is not None) == (fits and "/" not in value)
