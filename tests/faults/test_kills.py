"""kill -9 at random moments and at each failpoint while four senders push: nothing acknowledged is lost."""

import pytest

from tests.faults.checking import all_kept, difference, retrieved, toll
from tests.faults.conftest import Record
from tests.faults.findings import Finding, scaled, share
from tests.faults.killing import SENDERS, campaign
from tests.faults.node_process import NodeProcess

pytestmark = pytest.mark.timeout(7_200)

KILLS, ACKNOWLEDGED = 100, 10_000


def test_nothing_acknowledged_is_lost_when_the_node_is_killed(node: NodeProcess, record: Record) -> None:
    """After each restart by C-FIND and in the files; after all of them everything again, and by C-GET."""
    node.kill()
    kills = scaled(KILLS, least=6)
    done = campaign(node, kills)
    at_the_end = toll(node, done.ledger)
    by_get = difference(all_kept(done.ledger), retrieved(node, done.ledger))
    count = done.ledger.count
    cost = f"{done.cost.words} after its restart, {at_the_end.words} at the end, {by_get.words} by C-GET"
    record(
        Finding(
            promise="kill -9 of the node, at random and at each failpoint",
            measured=f"{done.kills} kills under {SENDERS} senders, {count:,} acknowledged: {cost}",
            target=f"0 of ≥ {ACKNOWLEDGED:,} lost or altered, {KILLS} kills",
            kept=done.cost.nothing and at_the_end.nothing and by_get.nothing,
            size=min(share(), kills / KILLS, count / ACKNOWLEDGED),
        )
    )
