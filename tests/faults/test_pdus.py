"""Wrong PDUs by the thousand: no crash, no hang, no growth, and others are served meanwhile."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.conftest import Record
from tests.faults.findings import Finding, scaled
from tests.faults.node_process import NodeProcess
from tests.faults.pdus import KINDS, REQUEST, Case, a_case, outcome

pytestmark = pytest.mark.timeout(7_200)

PDUS, GROWTH_MB_MAX = 20_000, 50
TOGETHER, BETWEEN_PROBES = 4, 200


def warmed_up(node: NodeProcess) -> float:
    """Memory after honest work."""
    for _ in range(20):
        assert node.echoes()
    assert outcome(node.port, Case("honest", REQUEST)) == "closed"
    return node.memory_mb


def test_wrong_pdus_neither_kill_nor_hold_nor_bloat(node: NodeProcess, record: Record) -> None:
    count, outcomes = scaled(PDUS, least=BETWEEN_PROBES), Counter[str]()
    before = most = warmed_up(node)
    failed, slowest, kinds = 0, 0.0, set[str]()
    with ThreadPoolExecutor(TOGETHER) as pool:
        for start in range(0, count, BETWEEN_PROBES):
            cases = [a_case(seed) for seed in range(start, min(start + BETWEEN_PROBES, count))]
            kinds |= {case.kind for case in cases}
            outcomes += Counter(pool.map(lambda case: outcome(node.port, case), cases))
            if node.has_ended:
                break
            began = time.monotonic()
            failed += not node.echoes()
            slowest = max(slowest, time.monotonic() - began)
            most = max(most, node.memory_mb)
    died, growth = node.has_ended, most - before
    assert died or outcomes.total() == count
    assert len(kinds) == len(KINDS)
    probes = f"{failed} failed C-ECHO between (slowest {slowest:.2f} s)"
    record(
        Finding(
            promise="mutated PDUs",
            measured=f"{outcomes.total():,} of {len(kinds)} kinds: {int(died)} crashes,"
            f" {outcomes['hang']} hangs, {probes}, memory {growth:+.0f} MB",
            target=f"{PDUS:,}: 0 crashes, 0 hangs, ≤ +{GROWTH_MB_MAX} MB",
            kept=not (died or outcomes["hang"] or failed) and growth <= GROWTH_MB_MAX,
            size=outcomes.total() / PDUS,
        )
    )
