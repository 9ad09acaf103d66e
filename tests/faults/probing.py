"""Somebody who asks for a C-ECHO all the time while others misbehave."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.faults.node_process import NodeProcess

PAUSE_SECONDS = 0.05
ECHO_SECONDS_MAX = 1.0


@dataclass
class Probe:
    """How long each C-ECHO took, association and all, and how many failed."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def in_time(self) -> bool:
        """True when every one was answered within a second."""
        return not self.failed and bool(self.seconds) and max(self.seconds) <= ECHO_SECONDS_MAX

    @property
    def words(self) -> str:
        """For the report."""
        slowest = max(self.seconds, default=0)
        return f"{len(self.seconds)} C-ECHO, slowest {slowest:.2f} s, {self.failed} failed"


@contextmanager
def probing(node: NodeProcess) -> Iterator[Probe]:
    """Ask until the end of the block."""
    probe, stop = Probe(), threading.Event()

    def ask() -> None:
        while not stop.wait(PAUSE_SECONDS):
            began = time.monotonic()
            probe.failed += not node.echoes()
            probe.seconds.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield probe
    finally:
        stop.set()
        asking.join()
