"""The outermost ring and the error translator, around an application of a few lines."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from sqlalchemy.exc import IntegrityError

from config.kernel.errors import AppError, Kind, VersionPassed, all_errors
from consult_server.web import errors
from consult_server.web.middleware import Edge, security_headers
from consult_server.web.schemas import Heard, has_control
from tests.fixtures.waiting import eventually

HOST = "lianzhen.example"
BYTES_MAX, STOW_MAX = 600, 1000


class Word(Heard):
    """A body with one text at some depth."""

    text: str
    more: dict[str, Any] | None = None


def an_app(
    public_url: str = "http://127.0.0.1:8080", concurrency_max: int = 8
) -> tuple[FastAPI, asyncio.Event]:
    """Echoes, failures of each kind, and two routes that wait for the event."""
    app, going = FastAPI(), asyncio.Event()
    errors.install(app)
    app.add_middleware(
        Edge,
        public_url=public_url,
        headers=security_headers(public_url, ""),
        json_bytes_max=BYTES_MAX,
        stow_bytes_max=STOW_MAX,
        concurrency_max=concurrency_max,
    )

    @app.post("/api/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.post("/dicom-web/studies")
    async def store(request: Request) -> int:
        return len(await request.body())

    @app.post("/api/word")
    async def word(word: Word) -> str:
        return word.text

    async def wait() -> str:
        await going.wait()
        return "done"

    app.get("/api/live")(wait)
    app.get("/api/slow")(wait)

    @app.get("/health/live")
    async def alive() -> str:
        return "live"

    @app.get("/api/fail/{how}")
    async def fail(how: str) -> None:
        failure = FAILURES[how]()
        raise failure

    return app, going


def refused_by_the_database() -> Exception:
    return IntegrityError("INSERT", {}, ValueError("Key (identifier)=(SQZX2600005) already exists."))


def a_browser(app: FastAPI, host: str = "127.0.0.1:8080", **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers)


FAILURES: dict[str, Callable[[], Exception]] = {
    "unique": refused_by_the_database,
    "teapot": lambda: HTTPException(418, headers={"X-Pot": "tea"}),
    "bug": lambda: ZeroDivisionError("仇大山"),
    "passed": lambda: VersionPassed(version=7),
}


@pytest.mark.parametrize(
    "public_url,host,origin,allowed",
    [
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("http://127.0.0.1:8080", "192.168.1.5:8080", "http://192.168.1.5:8080", True),
        ("http://127.0.0.1:8080", "192.168.1.5:8080", "http://127.0.0.1:8080", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "https://127.0.0.1:8080", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8081", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "null", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://[::1", False),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080@evil.example", False),
        (f"https://{HOST}", HOST, f"https://{HOST}", True),
        (f"https://{HOST}", HOST, f"http://{HOST}", False),
        (f"https://{HOST}", "evil.example", "https://evil.example", False),
        (f"https://{HOST}", HOST, f"https://{HOST}.evil.example", False),
    ],
)
async def test_a_change_comes_from_our_own_pages(
    public_url: str, host: str, origin: str, allowed: bool
) -> None:
    app, _ = an_app(public_url)
    async with a_browser(app, host, Origin=origin) as client:
        answer = await client.post("/api/echo", content=b"12")
        assert answer.status_code == (200 if allowed else 403), answer.text
        assert (await client.get("/health/live")).status_code == 200, "reading is no change"


@pytest.mark.parametrize(
    "path,size,status",
    [
        ("/api/echo", BYTES_MAX, 200),
        ("/api/echo", BYTES_MAX + 1, 413),
        ("/dicom-web/studies", STOW_MAX, 200),
        ("/dicom-web/studies", STOW_MAX + 1, 413),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_bodies_end_at_their_cap(path: str, size: int, status: int, announced: bool) -> None:
    app, _ = an_app()

    async def pieces() -> Any:
        for _ in range(size):
            yield b"x"

    async with a_browser(app) as client:
        answer = await client.post(path, content=b"x" * size if announced else pieces())
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["params"] == {"bytes_max": STOW_MAX if size > STOW_MAX else BYTES_MAX}
        assert answer.json()["code"] == "general.too_large"
    else:
        assert answer.json() == size


async def test_requests_over_the_cap_are_told_to_come_back_and_lines_do_not_count() -> None:
    app, going = an_app(concurrency_max=2)
    async with a_browser(app) as client, asyncio.TaskGroup() as tasks:
        lines = [tasks.create_task(client.get("/api/live")) for _ in range(5)]
        slow = [tasks.create_task(client.get("/api/slow")) for _ in range(2)]

        async def full() -> bool:
            return (await client.post("/api/echo")).status_code == 503

        await eventually(full)
        busy = await client.post("/api/echo")
        assert (busy.json()["code"], busy.headers["retry-after"]) == ("general.busy", "5")
        assert (await client.get("/health/live")).status_code == 200
        going.set()
    assert {task.result().status_code for task in [*lines, *slow]} == {200}
    async with a_browser(app) as client:
        assert (await client.post("/api/echo")).status_code == 200, "places are given back"


@pytest.mark.parametrize("address", ["/api/fail/%00", "/api/echo?q=%00", "/%00"])
async def test_an_address_with_a_nul_is_refused(address: str) -> None:
    app, _ = an_app()
    async with a_browser(app) as client:
        answer = await client.get(address)
    assert (answer.status_code, answer.json()["code"]) == (400, "general.http_400")


@pytest.mark.parametrize(
    "how,status,code",
    [
        ("unique", 409, "general.conflict"),
        ("teapot", 418, "general.http_418"),
        ("bug", 500, "general.unexpected"),
        ("passed", 412, "general.version_passed"),
    ],
)
async def test_failures_have_one_shape_and_quote_nothing(how: str, status: int, code: str) -> None:
    app, _ = an_app()
    async with a_browser(app) as client:
        answer = await client.get(f"/api/fail/{how}")
    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (status, code, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"urn:lianzhen:problem:{code}"
    assert "SQZX2600005" not in answer.text
    assert "仇" not in answer.text
    assert answer.headers.get("x-pot") == ("tea" if how == "teapot" else None)
    if status != 500:  # ServerErrorMiddleware answers outside the ring
        assert answer.headers["x-request-id"].startswith(body["number"])


def test_every_kind_and_code_has_one_status() -> None:
    assert set(errors.STATUS) == set(Kind)
    codes = {kind.code for kind in all_errors(AppError)}
    assert set(errors.SPECIAL) <= codes
    assert {errors.STATUS[kind].value for kind in Kind} == {403, 404, 409, 413, 422, 503}


@pytest.mark.parametrize("character", ["\0", "\x01", "\x08", "\x0b", "\x1b", "\x7f", "\x85", "\x9f"])
@pytest.mark.parametrize(
    "body",
    [
        {"text": "a{}b"},
        {"text": "a", "more": {"deep": [{"er": ["{}"]}]}},
        {"text": "a", "more": {"key{}": 1}},
    ],
)
async def test_control_characters_are_refused_wherever_they_stand(
    character: str, body: dict[str, Any]
) -> None:
    def put(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("{}", character)
        if isinstance(value, list):
            return [put(inner) for inner in value]
        return {put(k): put(v) for k, v in value.items()} if isinstance(value, dict) else value

    app, _ = an_app()
    async with a_browser(app) as client:
        answer = await client.post("/api/word", json=put(body))
    assert (answer.status_code, answer.json()["code"]) == (422, "general.fields_refused")
    assert answer.json()["params"]["fields"][0]["rule"] == "control_character"


@pytest.mark.parametrize("text", ["", "一行\n二行\r\n\t三", "𠮷田 䶮", "👩‍⚕️", "\u200b", "\u202e"])
async def test_any_other_text_is_taken(text: str) -> None:
    app, _ = an_app()
    async with a_browser(app) as client:
        assert (await client.post("/api/word", json={"text": text})).json() == text


def test_a_deep_body_does_not_exhaust_the_stack() -> None:
    deep: Any = "\0"
    for _ in range(50_000):
        deep = [deep]
    assert has_control(deep)


@pytest.mark.parametrize("name", ["x" * 5_000, "仇大山" * 100])
async def test_an_unknown_fields_name_is_cut_short(name: str) -> None:
    app, _ = an_app()
    async with a_browser(app) as client:
        answer = await client.post("/api/word", content=f'{{"text":"a","{name[:150]}":1}}'.encode())
    assert answer.status_code == 422
    assert max(len(field["field"]) for field in answer.json()["params"]["fields"]) <= 80


@pytest.mark.parametrize(
    "public_url,signaling_url,websockets",
    [
        ("http://127.0.0.1:8080", "", "ws://127.0.0.1:8080"),
        (f"https://{HOST}", "", f"wss://{HOST}"),
        (f"https://{HOST}", "wss://rooms.example/ws", f"wss://{HOST} wss://rooms.example/ws"),
    ],
)
def test_the_policy_names_our_sockets_alone(public_url: str, signaling_url: str, websockets: str) -> None:
    policy = security_headers(public_url, signaling_url)["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["connect-src"] == f"'self' {websockets}"
    assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert "'unsafe-inline'" not in rules["script-src"]
