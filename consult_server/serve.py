"""`lianzhen serve`: everything in one supervised process group, the county's one box."""

import asyncio
import fcntl
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from redis.exceptions import RedisError

from config.kernel.clock import SystemClock
from config.kernel.database import Database
from config.kernel.errors import Conflict, Unavailable
from config.kernel.redis import connect
from config.kernel.supervise import Child, Supervisor
from config.settings import Settings, secret
from consult_server import migrate as consult_migrate, private_redis
from consult_server.demo.seed import Demonstration
from consult_server.identity.service import offer_bootstrap
from dicom_node import migrate as dicom_migrate

logger = logging.getLogger(__name__)

READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
PROCESSES = {"dicom": "dicom_node", "worker": "consult_server.worker", "web": "consult_server.serve_web"}


class AlreadyServing(Conflict):
    """Another server is using this data folder."""

    code = "serve.already_serving"


class PartNotReady(Unavailable):
    """A part of the server did not start; its log in the data folder says why."""

    code = "serve.part_not_ready"


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the data folder for this process. Raises AlreadyServing."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise AlreadyServing(home=str(home)) from error
    finally:
        os.close(handle)


async def _until_ready(name: str, answers: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not await answers():
        if time.monotonic() > deadline:
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


def _reach(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared, not bound


async def _start_all(supervisor: Supervisor, settings: Settings) -> None:
    logs = settings.home_path / "logs"
    if not settings.redis.url:
        await supervisor.start(private_redis.child(settings))
    await _until_ready("redis", lambda: _redis_answers(settings.redis_url))
    for name, module in PROCESSES.items():
        command = [sys.executable, "-m", module]
        await supervisor.start(Child(name, command, log_file=logs / f"{name}.log"))
    http, dicom = settings.http, settings.dicom
    request = b"GET /health/ready HTTP/1.0\r\n\r\n"
    await _until_ready("dicom", lambda: _port_answers(_reach(dicom.host), dicom.port))
    await _until_ready("web", lambda: _port_answers(_reach(http.host), http.port, request, b" 200 "))


def prepare(settings: Settings) -> None:
    """Secrets and tables, before anything is started."""
    for name in ("join_ticket", "turn_secret"):
        secret(settings, name)
    consult_migrate.upgrade(settings.database_url)
    dicom_migrate.upgrade(settings.database_url)


async def _greet(settings: Settings, *, demonstration: bool) -> None:
    typer.echo(f"\n联诊 Lianzhen  {settings.public_url}")
    typer.echo(f"DICOM          {settings.dicom.ae_title} @ {settings.dicom.host}:{settings.dicom.port}")
    typer.echo(f"data           {settings.home_path}\n")
    if demonstration:
        typer.echo(await Demonstration(settings).welcome())
        return
    database = Database(settings.database_url)
    try:
        async with database.write() as tx:
            token = await offer_bootstrap(tx, SystemClock().now())
    finally:
        await database.close()
    if token is not None:
        typer.echo("Nobody can sign in yet. Make the first administrator here (once, within 24 hours):")
        typer.echo(f"{settings.public_url}/setup#{token}\n")


async def _serve(settings: Settings, *, demonstration: bool) -> int:
    began = time.monotonic()
    async with Supervisor() as supervisor:
        await _start_all(supervisor, settings)
        if demonstration:
            await Demonstration(settings).set_up()
        await _greet(settings, demonstration=demonstration)
        typer.echo(f"ready after {time.monotonic() - began:.1f} s; Ctrl-C stops, data stays")
        await supervisor.stopping.wait()
        typer.echo("stopping")
    return 0


def run(settings: Settings, *, demonstration: bool) -> int:
    """Serve until Ctrl-C; the exit status."""
    with only_one(settings.home_path):
        prepare(settings)
        return asyncio.run(_serve(settings, demonstration=demonstration))
