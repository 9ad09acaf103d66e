"""Rounds of sending that end in kill -9, and what each of them cost."""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from dicom_node.intake.failpoints import NAMES
from tests.faults.checking import Toll, toll
from tests.faults.node_process import NodeProcess
from tests.faults.pushing import Ledger, senders
from tests.fixtures.waiting import wait_until

SENDERS = 4
STRIKE_SECONDS = 120.0


@dataclass(frozen=True)
class Strike:
    """When to kill: at the Nth passing of a failpoint, or after so many acknowledgements."""

    seed: int
    failpoint: str = ""
    acknowledged: int = 0


@dataclass
class Campaign:
    """All strikes together."""

    ledger: Ledger = field(default_factory=Ledger)
    cost: Toll = field(default_factory=Toll)
    kills: int = 0


def strikes(count: int) -> Iterator[Strike]:
    """Every third at a failpoint, each failpoint in turn; the others at a random moment."""
    for number in range(count):
        chance = random.Random(number)
        if number % 3 == 2:
            name = NAMES[number // 3 % len(NAMES)]
            yield Strike(number, failpoint=f"{name}:{chance.randint(20, 130)}")
        else:
            yield Strike(number, acknowledged=chance.randint(0, 320))


def struck(node: NodeProcess, strike: Strike) -> Ledger:
    """Send with several senders to a node that runs, and let it die."""
    with senders(node.port, SENDERS, strike.seed) as heard:
        if strike.failpoint:
            node.wait_for_death(STRIKE_SECONDS)
        else:
            wait_until(lambda: heard.count >= strike.acknowledged, STRIKE_SECONDS)
            node.kill()
    return heard


def campaign(node: NodeProcess, count: int) -> Campaign:
    """So many kills; each start looks for everything that was acknowledged before the kill.

    The node, which does not run at first, runs at the end.
    """
    done, heard = Campaign(), Ledger()
    for strike in [*strikes(count), None]:
        node.start(strike.failpoint if strike else "")
        cost = toll(node, heard)
        done.ledger.add(heard)
        done.cost += cost
        sys.stdout.write(f"{heard.count} acknowledged, {cost.words}; next {strike}\n")
        if strike:
            heard = struck(node, strike)
            done.kills += 1
    return done
