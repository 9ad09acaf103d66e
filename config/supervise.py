"""One process group under one parent: start, watch, restart with patience, stop in order."""

import asyncio
import ctypes
import logging
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Self

logger = logging.getLogger(__name__)

STOP_SECONDS = 10.0
LOG_BYTES_MAX = 32 * 1024 * 1024
BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask Linux to end this process when its parent ends, however that happens; or did so already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)


@dataclass
class Child:
    """One supervised command, restarted whenever it ends by itself. It speaks to `log_file`, or as we do."""

    name: str
    command: Sequence[str]
    log_file: Path | None = None
    environment: dict[str, str] = field(default_factory=dict)
    stop_seconds: float = STOP_SECONDS
    process: Process | None = None
    restarts: int = 0

    async def start(self) -> Process:
        """Start the command; it dies with us."""
        with self._output() as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=os.environ | self.environment,
                preexec_fn=partial(die_with_parent, os.getpid()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    @contextmanager
    def _output(self) -> Iterator[IO[bytes] | None]:
        if self.log_file is None:
            yield None
            return
        self.log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES_MAX:
            self.log_file.replace(self.log_file.with_suffix(".old"))
        with self.log_file.open("ab") as file:
            yield file

    async def watch(self, stopping: asyncio.Event) -> None:
        """Keep the command running until we are stopping (Ctrl-C reaches the whole group at once)."""
        while True:
            running = self.process or await self.start()
            code = await running.wait()
            pause = BACKOFF_SECONDS[min(self.restarts, len(BACKOFF_SECONDS) - 1)]
            await asyncio.sleep(pause)
            if stopping.is_set():
                return
            logger.error("child.ended", extra={"child": self.name, "code": code, "waited_seconds": pause})
            self.restarts += 1
            self.process = None

    async def stop(self) -> None:
        """Ask politely, then insist."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), self.stop_seconds)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


class Supervisor:
    """Starts children in order and stops them in the opposite order."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._watches: list[asyncio.Task[None]] = []
        self.stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stopping.set)
        return self

    async def start(self, child: Child) -> None:
        """Start and watch one more child."""
        await child.start()
        self._children.append(child)
        self._watches.append(asyncio.create_task(child.watch(self.stopping), name=f"watch-{child.name}"))

    async def __aexit__(self, *_: object) -> None:
        for watch in self._watches:
            watch.cancel()
        for child in reversed(self._children):
            await child.stop()
