"""Rounds of sending that end in a power cut."""

import random
import sys

from tests.faults.checking import toll
from tests.faults.killing import SENDERS, STRIKE_SECONDS, Campaign
from tests.faults.node_process import NodeProcess
from tests.faults.pushing import Ledger, senders
from tests.fixtures.mounts import Volume
from tests.fixtures.waiting import wait_until

ACKNOWLEDGED_MAX = 160


def cuts(node: NodeProcess, volume: Volume, count: int) -> Campaign:
    """So many cuts; each start looks for everything that was acknowledged before the cut.

    The node, which does not run at first, runs at the end.
    """
    done, heard = Campaign(), Ledger()
    for number in range(count + 1):
        node.start()
        cost = toll(node, heard)
        done.ledger.add(heard)
        done.cost += cost
        sys.stdout.write(f"cut {number}: {heard.count} acknowledged, {cost.words}\n")
        if number < count:
            until = random.Random(number).randint(1, ACKNOWLEDGED_MAX)
            heard = pushed_until(node, number, until)
            volume.cut_power()
            done.kills += 1
    return done


def pushed_until(node: NodeProcess, seed: int, acknowledged: int) -> Ledger:
    """Send until so many are acknowledged and the node dies."""
    with senders(node.port, SENDERS, seed) as heard:
        wait_until(lambda: heard.count >= acknowledged, STRIKE_SECONDS)
        node.kill()
    return heard
