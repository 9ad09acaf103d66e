"""A full disk: refused with A7xx and never a false success; C-ECHO and reads go on; room heals it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.checking import Toll, toll
from tests.faults.conftest import Record
from tests.faults.filling import Sender, only_out_of_resources, shown
from tests.faults.findings import Finding
from tests.faults.mint import Mint
from tests.faults.node_process import NodeProcess, new_node
from tests.fixtures.mounts import MEBIBYTE, Volume, loop_volume, memory_volume

pytestmark = [pytest.mark.timeout(1_200), pytest.mark.mounts]

REFUSALS, AFTERWARDS, SENT_MAX = 40, 20, 4_000
Open = Callable[[Path, int], AbstractContextManager[Volume]]


@dataclass(frozen=True)
class Disk:
    """Which file system fills up, what lies on it, and how large the objects are that fill it."""

    name: str
    open: Open
    megabytes: int
    leave_megabytes: int
    side: int
    index_only: bool = False


DISKS = (
    Disk("tmpfs", memory_volume, 64, 16, 512),
    Disk("ext4", loop_volume, 64, 16, 512),
    Disk("index disk only", loop_volume, 24, 2, 64, index_only=True),
)


@dataclass
class Filled:
    """A node on a disk with hardly any room left."""

    disk: Disk
    node: NodeProcess
    ballast: Path


def filled_node(disk: Disk, folder: Path, volume: Volume) -> Filled:
    """Everything on the volume, or the database alone; most of the volume is taken."""
    inside = volume.mounted / "home"
    inside.mkdir()
    home = folder / "objects-home" if disk.index_only else inside
    made = new_node(home, folder / "log", database=inside / "lianzhen.db")
    return Filled(disk, made, volume.fill(disk.leave_megabytes * MEBIBYTE))


@pytest.fixture(params=DISKS, ids=[disk.name for disk in DISKS])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Filled]:
    """A running node of ours on each kind of disk."""
    disk: Disk = request.param
    with disk.open(tmp_path, disk.megabytes) as volume:
        made = filled_node(disk, tmp_path, volume)
        made.node.start()
        try:
            yield made
        finally:
            made.node.end()


def test_a_full_disk_is_told_and_survived(filled: Filled, record: Record) -> None:
    node, sender = filled.node, Sender(filled.node.port, Mint(7, filled.disk.side))
    while_full = sender.fill(REFUSALS, SENT_MAX)
    lives, echoes, tolls = not node.has_ended, node.echoes(), [toll(node, sender.ledger)]
    filled.ballast.unlink()
    after = sender.send(AFTERWARDS)
    tolls.append(toll(node, sender.ledger))
    node.stop()
    node.start()
    tolls.append(toll(node, sender.ledger))
    says_so = only_out_of_resources(while_full) and while_full[0] > 0
    false_successes = sum(tolls, Toll())
    words = (
        f"{shown(while_full)}; {false_successes.words} of {sender.ledger.count} acknowledged",
        f"C-ECHO and reads while full: {'yes' if echoes else 'NO'}",
        f"without a restart, once there was room: {shown(after)}",
    )
    record(
        Finding(
            promise=f"full disk: {filled.disk.name}",
            measured="; ".join(words),
            target="A7xx, 0 false successes, recovers by itself",
            kept=lives and echoes and says_so and false_successes.nothing and after[0] == AFTERWARDS,
        )
    )
