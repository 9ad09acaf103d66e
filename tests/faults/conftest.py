"""Every promise goes into the report, kept or not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.report import machine
from tests.faults.findings import Finding, write
from tests.faults.node_process import NodeProcess, new_node

Record = Callable[[Finding], None]
NewNode = Callable[..., NodeProcess]


@pytest.fixture(scope="session")
def findings() -> Iterator[list[Finding]]:
    """What was found; written at the end of the run."""
    found: list[Finding] = []
    yield found
    if found:
        write(found)


@pytest.fixture
def record(findings: list[Finding]) -> Record:
    """Notes a finding, then fails the test unless the promise was kept."""

    def note(finding: Finding) -> None:
        findings.append(replace(finding, at=str(machine()["at"])))
        assert finding.kept, finding.row

    return note


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProcess]:
    """`lianzhen dicom` on SQLite and local files, running; its senders are known."""
    made = new_node(tmp_path / "home", tmp_path / "log")
    made.start()
    yield made
    made.end()
