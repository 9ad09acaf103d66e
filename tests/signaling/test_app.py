"""The server as people start it, and what it says about itself."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from config.kernel.errors import Kind, all_errors
from config.settings import load
from signaling import errors, protocol
from signaling.app import allowed_origins, make_app, standalone, uvicorn_options
from signaling.caps import CloseCode
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until
from tests.signaling.conftest import House, serving

ROOT = Path(__file__).parents[2]
METRICS_TOKEN = "metrics-of-the-room"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    """`lianzhen signaling` in a process of its own; its address."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from config.settings import load; from signaling.app import run; run(load())",
        ],
        env=os.environ
        | {
            "LIANZHEN_HOME": str(tmp_path),
            "LIANZHEN_SIGNALING__PORT": str(port),
            "LIANZHEN_SECRET_METRICS_TOKEN": METRICS_TOKEN,
        },
        cwd=ROOT,
    )
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{address}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    try:
        wait_until(answers, 30)
        yield address
    finally:
        process.terminate()
        assert process.wait(10) in {0, -15}


def test_it_runs_alone(alone: str) -> None:
    bearer = {"Authorization": f"Bearer {METRICS_TOKEN}"}
    assert "signaling_ws_open" in httpx.get(f"{alone}/metrics", headers=bearer).text
    for refused in ({}, {"Authorization": "Bearer " + METRICS_TOKEN[:-1]}):
        answer = httpx.get(f"{alone}/metrics", headers=refused)
        assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
        assert "signaling_" not in answer.text
    for path in ("/docs", "/openapi.json", "/signaling/ws", "/"):
        assert httpx.get(alone + path).status_code == 404


def test_it_imports_nothing_of_the_floors_above_or_beside() -> None:
    code = "import sys, signaling.app; print([m for m in sys.modules if m.split('.')[0] in sys.argv[1:]])"
    loaded = subprocess.run(
        [sys.executable, "-c", code, "consult_server", "viewer", "dicom_node", "sqlalchemy"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert loaded.stdout.strip() == "[]"


async def test_mounted_by_the_web_process_it_needs_no_lifespan(tmp_path: Path) -> None:
    settings = load(home=str(tmp_path))
    async with Redis.from_url("unix:///nonexistent") as redis:
        app = make_app(settings, redis=redis, registry=CollectorRegistry())
        async with serving(app) as port, httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/ws")).status_code == 404
    assert standalone.__doc__


async def test_the_process_counts_what_it_does(house: House) -> None:
    async with house.inside("doctor"):
        assert house.figure("signaling_ws_open") == 1
        assert house.figure("signaling_rooms", state="open", mode="mesh") == 1
        assert house.figure("signaling_msgs_total", t="lobby.knock") == 1


@pytest.mark.parametrize(
    "public_url, origins",
    [
        ("https://lianzhen.example", {"https://lianzhen.example"}),
        ("https://lianzhen.example:8443/", {"https://lianzhen.example:8443"}),
        ("", {"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"}),
    ],
)
def test_only_the_public_address_may_open_sockets(tmp_path: Path, public_url: str, origins: set[str]) -> None:
    settings = load(home=str(tmp_path), http={"public_url": public_url})
    assert allowed_origins(settings) == origins


def test_the_carrier_limits_frames_and_compresses_nothing() -> None:
    options = uvicorn_options()
    assert options["ws_max_size"] == 65_536
    assert options["ws_per_message_deflate"] is False


def test_the_schema_file_is_the_protocol() -> None:
    assert protocol.SCHEMA_FILE.read_text(encoding="utf-8") == protocol.schema(), (
        "run: python -c 'from signaling.protocol import export_schema; export_schema()'"
    )


def test_the_protocol_page_names_every_message_error_and_close_code() -> None:
    page = (ROOT / "signaling" / "PROTOCOL.md").read_text(encoding="utf-8")
    schema = json.loads(protocol.schema())
    types = {
        t
        for side in ("browser_to_server", "server_to_browser")
        for t in schema[side]["discriminator"]["mapping"]
    }
    codes = {errors.wire_code(e) for e in all_errors() if e.__module__ == "signaling.errors"}
    missing = {word for word in types | codes | {str(int(c)) for c in CloseCode} if f"`{word}`" not in page}
    assert not missing


def test_every_refusal_has_a_kind_and_a_code_of_this_package() -> None:
    ours = [e for e in all_errors() if e.__module__ == "signaling.errors"]
    assert len(ours) >= 13
    for error in ours:
        assert error.code.startswith("signaling.")
        assert error.kind in Kind
        assert error.__doc__
