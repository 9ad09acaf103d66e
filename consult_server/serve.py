"""`lianzhen serve`: everything in one supervised process group, the county's one box."""

import asyncio
import contextlib
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import typer
from redis.exceptions import RedisError

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.errors import Conflict, Unavailable
from config.kernel.redis import connect
from config.logging import configure
from config.settings import Settings, secret
from config.supervise import Child, Supervisor
from consult_server import migrate, private_redis
from consult_server.data_folder import only_one
from consult_server.identity.service import offer_bootstrap
from consult_server.listening import port_is_free

READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
# What an earlier server left behind ends within this time, and lets go of its ports.
PORT_SECONDS = 8.0
RESTARTS_MAX = 3
PROCESSES = {
    "dicom": ["dicom_node"],
    "worker": ["consult_server", "worker"],
    "web": ["consult_server", "web"],
}


class PartNotReady(Unavailable):
    """A part of the server did not start; its log in the data folder says why."""

    code = "serve.part_not_ready"


class PortTaken(Conflict):
    """Another program listens there; end it, or choose another port in the settings."""

    code = "serve.port_taken"


async def _until_free(name: str, host: str, port: int) -> None:
    deadline = time.monotonic() + PORT_SECONDS
    while not port_is_free(host, port):
        if time.monotonic() > deadline:
            raise PortTaken(setting=f"{name}.port", host=host, port=port)
        await asyncio.sleep(LOOK_SECONDS)


async def _until_ready(part: Child | None, name: str, answers: Callable[[], Awaitable[bool]]) -> None:
    """Wait for an answer, but not for a part that ends again and again."""
    deadline = time.monotonic() + READY_SECONDS
    while not await answers():
        if time.monotonic() > deadline or (part is not None and part.restarts >= RESTARTS_MAX):
            raise PartNotReady(part=name)
        await asyncio.sleep(LOOK_SECONDS)


async def _port_answers(host: str, port: int, request: bytes = b"", wanted: bytes = b"") -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        writer.write(request)
        await writer.drain()
        return not wanted or wanted in await asyncio.wait_for(reader.read(64), 5)
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()


async def _redis_answers(url: str) -> bool:
    client = connect(url)
    try:
        return bool(await client.ping())
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


def reach(host: str) -> str:
    """Where to call a server that listens on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound


async def _start_all(supervisor: Supervisor, settings: Settings) -> None:
    http, dicom, logs = settings.http, settings.dicom, settings.home_path / "logs"
    await _until_free("http", http.host, http.port)
    await _until_free("dicom", dicom.host, dicom.port)
    redis = None
    if not settings.redis.url:
        redis = private_redis.child(settings)
        await supervisor.start(redis)
    await _until_ready(redis, "redis", lambda: _redis_answers(settings.redis_url))
    parts = {
        name: Child(name, [sys.executable, "-m", *words], log_file=logs / f"{name}.log")
        for name, words in PROCESSES.items()
    }
    for part in parts.values():
        await supervisor.start(part)
    request = b"GET /health/ready HTTP/1.0\r\n\r\n"
    await _until_ready(parts["dicom"], "dicom", lambda: _port_answers(reach(dicom.host), dicom.port))
    await _until_ready(
        parts["web"], "web", lambda: _port_answers(reach(http.host), http.port, request, b" 200 ")
    )


def prepare(settings: Settings) -> None:
    """Secrets and tables, before anything is started."""
    for name in ("join_ticket", "turn_secret", "audit_key", "metrics_token"):
        secret(settings, name)
    migrate.upgrade_all(settings.database_url)


class Show(Protocol):
    """The demonstration, as far as a server knows it."""

    async def set_up(self) -> None:
        """Bring it to its full state."""

    async def welcome(self) -> str:
        """The sign-ins as people read them."""


async def _greet(settings: Settings, show: Show | None) -> None:
    typer.echo(f"\n联诊 Lianzhen  {settings.public_url}")
    typer.echo(f"DICOM          {settings.dicom.ae_title} @ {settings.dicom.host}:{settings.dicom.port}")
    typer.echo(f"data           {settings.home_path}\n")
    if show is not None:
        typer.echo(await show.welcome())
        return
    database = Database(settings.database_url)
    try:
        async with database.write() as tx:
            token = await offer_bootstrap(tx, SystemClock().now())
    finally:
        await database.close()
    if token is not None:
        typer.echo("Nobody can sign in yet. Make the first administrator here (once, within 24 hours):")
        typer.echo("还没有人能登录。请在这里建立第一个管理员（只能用一次，24 小时内有效）：")
        typer.echo(f"{settings.public_url}/setup#{token}\n")


async def _begin(supervisor: Supervisor, settings: Settings, show: Show | None) -> None:
    began = time.monotonic()
    await _start_all(supervisor, settings)
    if show is not None and not supervisor.stopping.is_set():
        await show.set_up()
    if supervisor.stopping.is_set():  # wait_for may lose a cancellation that comes as its wait ends
        return
    await _greet(settings, show)
    typer.echo(f"ready after {time.monotonic() - began:.1f} s; Ctrl-C stops, data stays")


async def _serve(settings: Settings, show: Show | None) -> int:
    async with Supervisor() as supervisor:
        beginning = asyncio.create_task(_begin(supervisor, settings, show))
        asked = asyncio.create_task(supervisor.stopping.wait())
        await asyncio.wait({beginning, asked}, return_when=asyncio.FIRST_COMPLETED)
        if beginning.done():
            await beginning
            await asked
        typer.echo("stopping")
        for task in (beginning, asked):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beginning
    return 0


def run(settings: Settings, show: Show | None = None) -> int:
    """Serve until Ctrl-C, with the demonstration if one is given; the exit status.

    The terminal is for people: what machines read goes to logs/ in the data folder.
    """
    with only_one(settings.home_path):
        configure("serve", settings.home_path / "logs" / "serve.log")
        prepare(settings)
        return asyncio.run(_serve(settings, show))
