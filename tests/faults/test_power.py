"""Power cuts: what the block device holds in that moment is all there is. Nothing acknowledged is lost."""

from pathlib import Path

import pytest

from tests.faults.checking import toll
from tests.faults.conftest import Record
from tests.faults.cutting import cuts
from tests.faults.findings import Finding, scaled
from tests.faults.node_process import new_node
from tests.fixtures.mounts import loop_volume

pytestmark = [pytest.mark.timeout(7_200), pytest.mark.mounts]

CUTS, IMAGE_MEGABYTES = 30, 768


def test_nothing_acknowledged_is_lost_when_the_power_is_cut(tmp_path: Path, record: Record) -> None:
    """Database, spool and objects all lie on the file system that is cut."""
    promised = scaled(CUTS, least=2)
    with loop_volume(tmp_path, IMAGE_MEGABYTES) as volume:
        node = new_node(volume.mounted / "home", tmp_path / "log")
        try:
            done = cuts(node, volume, promised)
            at_the_end = toll(node, done.ledger)
        finally:
            node.end()
    record(
        Finding(
            promise="simulated power loss",
            measured=f"{done.kills} cuts, {done.ledger.count:,} acknowledged: {done.cost.words} after its"
            f" restart, {at_the_end.words} at the end",
            target=f"0 lost, {CUTS} cuts",
            kept=done.cost.nothing and at_the_end.nothing and done.ledger.count > 0,
            size=done.kills / CUTS,
        )
    )
