"""A dishonest node goes through the same checks as ours and each lie is found: they can fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.checking import toll
from tests.faults.cutting import cuts
from tests.faults.filling import Sender
from tests.faults.killing import campaign
from tests.faults.mint import Mint
from tests.faults.node_process import NodeProcess, new_node
from tests.faults.test_disk_full import DISKS, filled_node
from tests.fixtures.mounts import loop_volume

pytestmark = pytest.mark.timeout(900)

LIAR = "tests.faults.lying_node"


@contextmanager
def lying(node: NodeProcess, lie: str) -> Iterator[NodeProcess]:
    """This node made dishonest."""
    node.program = (LIAR, lie)
    try:
        yield node
    finally:
        node.end()


@pytest.mark.mounts
def test_files_that_were_not_synced_are_missed_after_a_power_cut(tmp_path: Path) -> None:
    with (
        loop_volume(tmp_path, 256) as volume,
        lying(new_node(volume.mounted / "home", tmp_path / "log"), "no_fsync") as node,
    ):
        done = cuts(node, volume, 1)
    assert done.ledger.count > 0
    assert not done.cost.nothing


def test_success_before_the_index_is_missed_after_a_kill(tmp_path: Path) -> None:
    with lying(new_node(tmp_path / "home", tmp_path / "log"), "success_before_index") as node:
        done = campaign(node, 2)
    assert done.ledger.count > 0
    assert done.cost.missing > 0


@pytest.mark.mounts
def test_success_on_a_full_disk_is_missed_in_the_archive(tmp_path: Path) -> None:
    disk = DISKS[0]
    with disk.open(tmp_path, disk.megabytes) as volume:
        filled = filled_node(disk, tmp_path, volume)
        with lying(filled.node, "success_when_full") as node:
            node.start()
            sender = Sender(node.port, Mint(8, disk.side))
            fit = disk.leave_megabytes * 1024 * 1024 // (disk.side * disk.side * 2)
            assert sender.send(fit + 20)[0] > fit
            assert toll(node, sender.ledger).missing > 0
