"""C-STORE into our node and into Debian's Orthanc, in turns, with fresh objects each time.

Ours answers success after fsync of the file, of its folder and of the index (SQLite FULL); Orthanc
as Debian configures it syncs the file only. So "equal durability" is in Orthanc's favour here.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from dicom_node.migrate import upgrade
from tests.bench.nodes import CT, SMALL, STORESCU, Corpus, fresh, running_node, sent_seconds
from tests.bench.report import Figure, write
from tests.fixtures.orthanc import Orthanc, running_orthanc

pytestmark = pytest.mark.timeout(1800)
ROUNDS = 5
NOTES = (
    f"Loopback, {ROUNDS} rounds, the two servers in turns, medians (range of the rounds in brackets).",
    "Ours syncs file, folder and index before it answers; Orthanc (Debian's configuration) the file only.",
)


@dataclass(frozen=True)
class Contender:
    """One server under measurement."""

    name: str
    port: int
    ae_title: str
    pid: int

    def cpu_seconds(self) -> float:
        """CPU used until now by it and its children."""
        whole = psutil.Process(self.pid)
        family = [whole, *whole.children(recursive=True)]
        return sum(sum(member.cpu_times()[:2]) for member in family)


@dataclass(frozen=True)
class Run:
    """One corpus sent once."""

    per_second: float
    cpu_ms: float


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contender]:
    """Our node by itself, as `lianzhen dicom` runs it."""
    home = tmp_path_factory.mktemp("ours")
    url = f"sqlite:///{home / 'lianzhen.db'}"
    upgrade(url)
    with running_node(url, home) as node:
        yield Contender("ours", node.port, "LIANZHEN", node.pid)


def beside(ours: Contender, orthanc: Orthanc) -> list[Contender]:
    """Both."""
    return [ours, Contender("Orthanc", orthanc.dicom_port, orthanc.ae_title, orthanc.pid)]


@pytest.fixture(scope="module")
def contenders(ours: Contender, orthanc: Orthanc) -> list[Contender]:
    """Both as a site starts them."""
    return beside(ours, orthanc)


@pytest.fixture(scope="module")
def without_nagle(
    ours: Contender, orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Contender]]:
    """Both, Orthanc with TCP_NODELAY in its environment; `orthanc` decides whether there is one."""
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), TCP_NODELAY="1") as running:
        yield beside(ours, running)


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    write("intake", "C-STORE beside Orthanc", NOTES, found)


def by_storescu(dcmtk: Path, contender: Contender, folder: Path) -> float:
    """DCMTK's client as a site starts it; seconds, its start included."""
    environment = {name: value for name, value in os.environ.items() if name != "TCP_NODELAY"}
    names = ["-aet", STORESCU, "-aec", contender.ae_title]
    node = ["127.0.0.1", str(contender.port), str(folder)]
    began = time.perf_counter()
    subprocess.run(
        [dcmtk / "storescu", *names, "+sd", *node],
        check=True,
        env=environment,
        capture_output=True,
        timeout=600,
    )
    return time.perf_counter() - began


def in_turns(
    contenders: list[Contender], corpus: Corpus, folder: Path, send: Callable[[Contender, Path], float]
) -> dict[str, list[Run]]:
    """Every round both, the order changing."""
    runs: dict[str, list[Run]] = {each.name: [] for each in contenders}
    for turn in range(ROUNDS + 1):
        for each in contenders[:: 1 if turn % 2 else -1]:
            files = fresh(corpus, folder / f"{turn}-{each.name}")
            before = each.cpu_seconds()
            seconds = send(each, files)
            cpu_ms = (each.cpu_seconds() - before) / corpus.count * 1000
            if turn:  # the first round warms both up
                runs[each.name].append(Run(corpus.count / seconds, cpu_ms))
    return runs


def spread(values: list[float]) -> str:
    """The range of the rounds."""
    return f"{min(values):.3g} to {max(values):.3g}"


def compare(
    figures: list[Figure], what: str, runs: dict[str, list[Run]], at_least: float | None, cpu: float | None
) -> None:
    """Add the rates of both, their ratio, and the ratio of CPU."""
    medians = {}
    for name, each in runs.items():
        rates = [run.per_second for run in each]
        medians[name] = statistics.median(rates)
        figures.append(
            Figure(name=f"{what}, {name}", measured=round(medians[name], 1), unit="/s", spread=spread(rates))
        )
    ratio = round(medians["ours"] / medians["Orthanc"], 2)
    figures.append(Figure(name=f"{what}, ratio", measured=ratio, unit="×", at_least=at_least))
    costs = {name: statistics.median(run.cpu_ms for run in each) for name, each in runs.items()}
    share = round(costs["ours"] / costs["Orthanc"], 2)
    words = f"{costs['ours']:.2f} against {costs['Orthanc']:.2f} ms"
    name = f"{what}, CPU for each instance, ratio"
    figures.append(Figure(name=name, measured=share, unit="×", at_most=cpu, spread=words))


@pytest.mark.parametrize("corpus, at_least", [(SMALL, 10.0), (CT, 4.0)], ids=["small", "CT"])
def test_unmodified_storescu(
    contenders: list[Contender],
    figures: list[Figure],
    tmp_path: Path,
    dcmtk: Path,
    corpus: Corpus,
    at_least: float,
) -> None:
    runs = in_turns(contenders, corpus, tmp_path, lambda each, folder: by_storescu(dcmtk, each, folder))
    compare(figures, f"storescu, 1 association, {corpus.name}", runs, at_least, None)


@pytest.mark.parametrize(
    "corpus, associations, at_least",
    [(SMALL, 1, 1.5), (SMALL, 16, 3.0), (CT, 1, None), (CT, 4, None)],
    ids=["small-1", "small-16", "CT-1", "CT-4"],
)
def test_nagle_off_on_both_sides(
    without_nagle: list[Contender],
    figures: list[Figure],
    tmp_path: Path,
    corpus: Corpus,
    associations: int,
    at_least: float | None,
) -> None:
    runs = in_turns(
        without_nagle,
        corpus,
        tmp_path,
        lambda each, folder: sent_seconds(each.port, each.ae_title, associations, folder),
    )
    what = f"TCP_NODELAY, {associations} associations, {corpus.name}"
    compare(figures, what, runs, at_least, 1 / 3)
