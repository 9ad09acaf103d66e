"""Several receiving processes on the same ports (SO_REUSEPORT), kept running by one that serves nothing.

The kernel gives each connection to one of them, so an association never spans processes. What they
must agree on, the numbers of associations, they hold in locked files (`seats`).
"""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from config.kernel.clock import SystemClock
from config.kernel.database import DatabaseUnavailable, open_sync_engine
from config.settings import Settings
from config.supervise import Child, Supervisor
from dicom_node.app import serve
from dicom_node.exposition import exposition_now
from dicom_node.health import HealthPage
from dicom_node.keeping.queries import figures_now
from dicom_node.reporting.queries import receivers_now

logger = logging.getLogger(__name__)

PROCESSES_BY_THEMSELVES = 2
STOP_SECONDS = 9.0


def processes_of(settings: Settings) -> int:
    """How many processes receive. The setting 0 leaves it to us: SQLite has one writer (see DECISIONS)."""
    several = 1 if settings.database_url.startswith("sqlite:") else PROCESSES_BY_THEMSELVES
    return settings.dicom.processes or min(several, os.cpu_count() or 1)


def run(settings: Settings) -> None:
    """Receive until SIGTERM or SIGINT, in this process or in several that it watches."""
    processes = processes_of(settings)
    if processes == 1:
        serve(settings)
    else:
        asyncio.run(_watch(settings, processes))


def free_port(host: str, port: int) -> int:
    """The port to use, if nobody listens there: those who share a port would not notice. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as alone:
        return int(alone.getsockname()[1])


def _child(number: int, processes: int, port: int) -> Child:
    return Child(
        name=f"dicom {number}",
        command=[sys.executable, "-m", "dicom_node.receiver", str(number), str(processes)],
        environment={"LIANZHEN_DICOM__PORT": str(port)},
        stop_seconds=STOP_SECONDS,
    )


async def _watch(settings: Settings, processes: int) -> None:
    dicom = settings.dicom
    with ExitStack() as stack:
        port = free_port(dicom.host, dicom.port)
        if dicom.tls_port:
            free_port(dicom.host, dicom.tls_port)
        children = [_child(number, processes, port) for number in range(processes)]
        if dicom.health_port:
            group = _Group(settings, children)
            stack.enter_context(HealthPage(dicom.host, dicom.health_port, group.facts, group.metrics))
        async with Supervisor() as supervisor:
            for child in children:
                await supervisor.start(child)
            await supervisor.stopping.wait()
            _ask_all_to_stop(children)


def _ask_all_to_stop(children: Sequence[Child]) -> None:
    """At once and not one after the other: each may take some seconds to finish what it began."""
    for child in children:
        if child.process is not None and child.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()


class _Group:
    """What the health page says of all receivers together."""

    def __init__(self, settings: Settings, children: Sequence[Child]) -> None:
        self._engine = open_sync_engine(settings.database_url, writes=False)
        self._children, self._clock = children, SystemClock()

    def facts(self) -> dict[str, object]:
        """Ready when the index answers and a receiver runs."""
        running = {
            one.process.pid
            for one in self._children
            if one.process is not None and one.process.returncode is None
        }
        try:
            rows = receivers_now(self._engine, self._clock.now())
            found = figures_now(self._engine)
        except DatabaseUnavailable:
            return {"ready": False, "reason": "the database does not answer"}
        if not running:
            return {"ready": False, "reason": "no receiver runs"}
        receiving = [one for row in rows if row.process_id in running for one in row.facts["open"]]
        return {
            "ready": True,
            "receivers": len(running),
            "associations": len(receiving),
            "receiving": receiving,
            "objects": found.facts(),
        }

    def metrics(self) -> str:
        """The figures of every receiver on this database. Raises DatabaseUnavailable."""
        return exposition_now(self._engine, self._clock.now())
