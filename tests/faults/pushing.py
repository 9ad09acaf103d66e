"""Senders that push until the node dies or they are told to stop, and remember what was acknowledged."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu
from tests.faults.mint import Mint, Series
from tests.faults.node_process import SENDER

GONE = -1
JOIN_SECONDS = 60


@dataclass
class Ledger:
    """Of each series the acknowledged objects, UID and digest; and every status that was heard.

    Many threads write: each a series of its own, and list.append is atomic.
    """

    acknowledged: dict[Series, dict[str, str]] = field(default_factory=dict)
    statuses: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many were acknowledged."""
        return sum(map(len, list(self.acknowledged.values())))

    def add(self, other: "Ledger") -> None:
        """Take over what another heard."""
        self.acknowledged |= other.acknowledged
        self.statuses += other.statuses


def push(port: int, mint: Mint, ledger: Ledger, stop: threading.Event) -> None:
    """One association that stores objects of a series of its own."""
    series = mint.series()
    kept = ledger.acknowledged.setdefault(series, {})
    with suppress(OSError), RawScu(port, SENDER) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        while not stop.is_set():
            made = mint.one(series)
            status = scu.store(1, CT, made.uid, made.data)
            ledger.statuses.append(status)
            if status == GONE:
                return
            if status == 0:
                kept[made.uid] = made.digest


@contextmanager
def senders(port: int, count: int, seed: int) -> Iterator[Ledger]:
    """So many at once, each with its own association; all have ended when the block has."""
    ledger, stop = Ledger(), threading.Event()
    threads = [
        threading.Thread(target=push, args=(port, Mint(seed * 1000 + number), ledger, stop))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_SECONDS)
            assert not thread.is_alive(), "a sender hangs"
