"""A node whose disk fills up under it."""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu
from tests.faults.mint import Mint, Series
from tests.faults.node_process import SENDER
from tests.faults.pushing import GONE, Ledger

OUT_OF_RESOURCES = range(0xA700, 0xA800)


@dataclass
class Sender:
    """Sends objects of one series one after the other, with a new association where the last one ended."""

    port: int
    mint: Mint
    series: Series = field(init=False)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.series = self.mint.series()
        self.ledger.acknowledged[self.series] = {}

    def send(self, count: int) -> Counter[int]:
        """So many objects; how often each status was heard (GONE where the association ended instead)."""
        heard: Counter[int] = Counter()
        while heard.total() < count:
            with suppress(OSError), RawScu(self.port, SENDER) as scu:
                scu.associate([(1, CT, [EXPLICIT])])
                while heard.total() < count:
                    status = self._one(scu)
                    heard[status] += 1
                    if status == GONE:
                        break
        return heard

    def _one(self, scu: RawScu) -> int:
        made = self.mint.one(self.series)
        status = scu.store(1, CT, made.uid, made.data)
        if status == 0:
            self.ledger.acknowledged[self.series][made.uid] = made.digest
        return status

    def fill(self, refusals: int, most: int) -> Counter[int]:
        """Until so many were refused; how often each status was heard. Fails after `most` objects."""
        heard: Counter[int] = Counter()
        while heard.total() - heard[0] < refusals:
            heard += self.send(1)
            assert heard.total() < most, f"the disk does not fill: {heard}"
        return heard


def only_out_of_resources(statuses: Iterable[int]) -> bool:
    """True when whatever is no success says that it is our disk."""
    return all(status == 0 or status in OUT_OF_RESOURCES for status in statuses)


def shown(statuses: Counter[int]) -> str:
    """For the report."""
    return ", ".join(f"{count} × {status & 0xFFFF:04X}" for status, count in sorted(statuses.items()))
