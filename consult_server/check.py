"""`lianzhen check`: the settings in effect, one a line, secrets masked, and what is wrong with them."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from config.kernel.clock import SystemClock
from config.kernel.database import open_sync_engine
from config.settings import Settings, unknown_variables
from consult_server import data_folder
from consult_server.listening import AddressRefused, port_is_free
from dicom_node.certificates import NoCertificate, certificates_in, validity
from dicom_node.tls import CA_FILE, CERTIFICATE_FILE, KEY_FILE, TlsNotUsable, server_context

SECRETS = ("join_ticket", "turn_secret", "audit_key", "metrics_token", "s3_key_id", "s3_secret")
GIB = 1 << 30
DISK_BYTES_MIN = 1 * GIB
DISK_BYTES_LOW = 10 * GIB
REDIS_SECONDS = 3
CERTIFICATE_RUNS_OUT = timedelta(days=30)
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `fault` keeps the server from working, `warning` does not."""

    level: str
    subject: str
    words: str

    def __str__(self) -> str:
        return f"{self.level:<8}{self.subject:<10}{self.words}"


def ok(subject: str, words: str) -> Finding:
    """Nothing is wrong."""
    return Finding("ok", subject, words)


def warning(subject: str, words: str) -> Finding:
    """Somebody should look at it."""
    return Finding("warning", subject, words)


def fault(subject: str, words: str) -> Finding:
    """It does not work like this."""
    return Finding("FAULT", subject, words)


def _lines(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name} = {without_password(value) if name == 'url' else value!r}"


def without_password(url: str) -> str:
    """An address as it may be shown: `user:password@` and what follows `?` left out.

    The password goes first: it may hold a `?`, and half of it would be shown.
    """
    before, slashes, rest = url.partition("://")
    return f"{before}{slashes}{rest.rpartition('@')[2].split('?', maxsplit=1)[0]}"


def effective(settings: Settings) -> str:
    """Every setting as it is, then what follows from it."""
    followed = {
        "home": str(settings.home_path),
        "database": without_password(settings.database_url),
        "redis": without_password(settings.redis_url),
        "objects": without_password(settings.objects_url),
        "public_url": settings.public_url,
    }
    kept = [f"secret {name} = ***" for name in SECRETS if (settings.home_path / "secrets" / name).exists()]
    return "\n".join([*_lines(settings.model_dump()), "", *_lines(followed, "in effect: "), *kept])


def findings(settings: Settings) -> list[Finding]:
    """Everything an operator would want to know before a telephone rings."""
    running = data_folder.is_held(settings.home_path)
    return [
        *_variables(),
        *_folder(settings.home_path),
        *_disk(settings.home_path),
        _database(settings.database_url),
        _redis(settings, running=running),
        *_ports(settings, running=running),
        *_tls(settings, SystemClock().now()),
        *_client(settings),
        *_public(settings),
    ]


def _variables() -> Iterator[Finding]:
    for name in unknown_variables(os.environ):
        yield warning("settings", f"the variable {name} names no setting and does nothing")


def _folder(home: Path) -> Iterator[Finding]:
    if not home.exists():
        yield warning("folder", f"{home} does not exist yet; `lianzhen serve` makes it")
        return
    if not os.access(home, os.W_OK | os.X_OK):
        yield fault("folder", f"{home} can not be written by this user")
    loose = data_folder.open_to_others(home)
    for path in loose:
        yield fault("folder", f"others on this machine may look into {path}: chmod go-rwx it")
    if not loose:
        yield ok("folder", f"{home}, closed to others")


def _disk(home: Path) -> Iterator[Finding]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    words = f"{free / GIB:.1f} GiB free below {there}"
    if free < DISK_BYTES_MIN:
        yield fault("disk", f"{words}: studies will be refused soon")
    elif free < DISK_BYTES_LOW:
        yield warning("disk", f"{words}: a CT study takes about 0.3 GiB")
    else:
        yield ok("disk", words)


def _database(url: str) -> Finding:
    shown = without_password(url)
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:///")).exists():
        return warning("database", f"{shown} does not exist yet; `lianzhen migrate` makes it")
    engine = open_sync_engine(url, writes=False)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            tables = inspect(connection).get_table_names()
    except DBAPIError as error:
        return fault("database", f"{shown}: {str(error.orig).strip().splitlines()[0]}")
    finally:
        engine.dispose()
    if not {"consult_alembic_version", "dicom_alembic_version"} <= set(tables):
        return warning("database", f"{shown} answers but has no tables; `lianzhen migrate` makes them")
    return ok("database", f"{shown} answers")


def _redis(settings: Settings, *, running: bool) -> Finding:
    shown = without_password(settings.redis_url)
    if not settings.redis.url and not running:
        return ok("redis", "a private one, started by `lianzhen serve`")
    client = Redis.from_url(
        settings.redis_url, socket_connect_timeout=REDIS_SECONDS, socket_timeout=REDIS_SECONDS
    )
    try:
        client.ping()
    except (RedisError, OSError) as error:
        return fault("redis", f"{shown} does not answer: {error}")
    finally:
        client.close()
    return ok("redis", f"{shown} answers")


def _ports(settings: Settings, *, running: bool) -> Iterator[Finding]:
    http, dicom = settings.http, settings.dicom
    for name, host, port in (("http", http.host, http.port), ("dicom", dicom.host, dicom.port)):
        where = f"{host}:{port}"
        try:
            free = port_is_free(host, port)
        except AddressRefused as error:
            yield fault(name, f"{where}: {error.params['reason']}")
            continue
        if running:
            yield fault(name, f"nobody listens at {where}") if free else ok(name, f"we listen at {where}")
        else:
            yield ok(name, f"{where} is free") if free else fault(name, f"another program uses {where}")


def _tls(settings: Settings, now: datetime) -> Iterator[Finding]:
    """The files for DICOM over TLS: there, readable, fitting each other, in force."""
    folder = settings.home_path / "secrets"
    own = [(folder / name).exists() for name in (CERTIFICATE_FILE, KEY_FILE)]
    if settings.dicom.tls_port or any(own):
        try:
            server_context(folder)
        except TlsNotUsable as error:
            yield fault("tls", f"certificate, key or CA file in {folder}: {error.params['reason']}")
            return
        yield from _dates(folder / CERTIFICATE_FILE, now)
    if (folder / CA_FILE).exists():
        yield from _dates(folder / CA_FILE, now)
    elif settings.dicom.tls_port or any(own):
        yield warning("tls", f"no {CA_FILE}: peers show no certificate, and none can be called over TLS")


def _dates(path: Path, now: datetime) -> Iterator[Finding]:
    try:
        held = [validity(der) for der in certificates_in(path)]
    except (OSError, NoCertificate) as error:
        yield fault("tls", f"{path.name} can not be read: {error}")
        return
    begins, ends = max(first for first, _ in held), min(last for _, last in held)
    words = f"{path.name} holds from {begins:%Y-%m-%d} until {ends:%Y-%m-%d %H:%M} UTC"
    if not begins <= now <= ends:
        yield fault("tls", f"{words}: it is not in force")
    elif ends - now < CERTIFICATE_RUNS_OUT:
        yield warning("tls", f"{words}: it runs out soon")
    else:
        yield ok("tls", words)


def _client(settings: Settings) -> Iterator[Finding]:
    page = settings.client_path / "index.html"
    if not page.exists():
        yield fault("client", f"{page} is missing: build it (`make ready-to-run`), or set web.client_folder")
    elif not (settings.client_path / "report-fonts").exists():
        yield fault("client", "the typeface of printed reports is missing from the client's folder")


def _public(settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.public_url)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        yield warning(
            "address", f"{settings.public_url} is not https: browsers allow no camera or microphone there"
        )
