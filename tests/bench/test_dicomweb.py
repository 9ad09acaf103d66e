"""DICOMweb, measured: the product and Debian's Orthanc answer the same questions in turns.

`LIANZHEN_BENCH_INSTANCES` sets how many objects the archives hold (2,000; the promise is for 50,000).
Figures go to tests/bench/results/dicomweb.md and .json. Run as root, as Debian's Orthanc wants it;
without Orthanc the product is measured alone and no ratio is claimed.
"""

import gzip
import http.client
import json
import os
import random
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from consult_server.demo import cast
from tests.bench.dicomweb_archive import SLICES, Synthetic, load_orthanc, load_ours
from tests.bench.report import machine, save, where
from tests.fixtures.orthanc import running_orthanc, shipped_version, why_no_orthanc
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(7_200)

ROUNDS, REPETITIONS = 5, 8
JSON = {"Accept": "application/dicom+json", "Accept-Encoding": "gzip"}
FRAME = {"Accept": 'multipart/related; type="application/octet-stream"', "Accept-Encoding": "identity"}
WARM, FIRST, QIDO, FRAMES = 500.0, 7.0, 30.0, 5.0
"""How many times as fast as Orthanc each kind of answer is to be (issue 3)."""


@dataclass
class Line:
    """One connection to one server that is kept open while a question is repeated."""

    port: int
    root: str
    headers: Mapping[str, str]
    _connection: http.client.HTTPConnection = field(
        default_factory=lambda: http.client.HTTPConnection("127.0.0.1")
    )

    def open(self) -> None:
        """Connect anew: the other server's turn may have been longer than this one waits."""
        self._connection.close()
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        self._connection.connect()

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def get(self, path: str, headers: Mapping[str, str]) -> tuple[float, bytes, str]:
        """Milliseconds until the whole answer is here, its content, and its coding."""
        began = time.perf_counter()
        self._connection.request("GET", self.root + path, headers={**headers, **self.headers})
        answer = self._connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        assert answer.status == 200, (path, answer.status, content[:300])
        return took, content, answer.headers.get("content-encoding", "")


@dataclass(frozen=True)
class Question:
    """What is asked, `path` anew each time; how many results there are to be; the promised ratio."""

    name: str
    path: Callable[[random.Random], str]
    headers: Mapping[str, str]
    target: float
    count: int | None = None
    repetitions: int = REPETITIONS
    never_before: bool = False

    def asked_before_by_nobody(self) -> "Question":
        """The same with a header of its own each time, so that no answer can be given again."""
        return replace(self, name=f"{self.name}; asked for the first time", never_before=True)


@dataclass
class Figure:
    """Milliseconds of each answer, by server."""

    name: str
    target: float
    times: dict[str, list[float]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def median(self, server: str) -> float | None:
        """The median, None when it was not measured."""
        return statistics.median(self.times[server]) if self.times.get(server) else None

    @property
    def ratio(self) -> float | None:
        """How many times as fast the product is."""
        ours, theirs = self.median("lianzhen"), self.median("orthanc")
        return theirs / ours if ours and theirs else None


def questions(archive: Synthetic) -> list[Question]:
    """The mix of issue 3."""
    large = archive.large

    def frame(at: random.Random) -> str:
        return f"{large.path}/instances/{at.choice(large.instances)}/frames/1"

    metadata = Question(
        "metadata of 400 instances, warm", lambda _: f"{large.path}/metadata", JSON, WARM, SLICES
    )
    searches = [
        Question(
            "QIDO by Patient ID", lambda at: f"/studies?PatientID={archive.patient_id(at)}", JSON, QIDO, 1
        ),
        Question("QIDO by name Wang*, 50", lambda _: "/studies?PatientName=Wang*&limit=50", JSON, QIDO),
        Question("QIDO by a week, 50", lambda _: "/studies?StudyDate=20250101-20250107&limit=50", JSON, QIDO),
        Question(
            "QIDO of all, 50 from anywhere",
            lambda at: f"/studies?limit=50&offset={at.randrange(max(1, archive.small_studies - 50))}",
            JSON,
            QIDO,
        ),
        Question("QIDO series of a study", lambda _: f"/studies/{large.study}/series", JSON, QIDO, 1),
        Question("QIDO 400 instances", lambda _: f"{large.path}/instances", JSON, QIDO, SLICES, 2),
    ]
    anew = [search.asked_before_by_nobody() for search in searches]
    return [metadata, *searches, *anew, Question("frame of 512 KB", frame, FRAME, FRAMES)]


def results_in(content: bytes, coding: str) -> int | None:
    """How many data sets an answer holds, None of what is no JSON."""
    plain = gzip.decompress(content) if coding == "gzip" else content
    return len(json.loads(plain)) if plain.startswith(b"[") else None


def measure(asked: Question, lines: Mapping[str, Line], figure: Figure, seed: int) -> None:
    """One round: each server in turn, the same questions to each, one straight after the other.

    What they hold is counted afterwards: taking answers apart takes longer than the next one.
    """
    for server, line in lines.items():
        at = random.Random(seed)
        line.open()
        answers: list[tuple[bytes, str]] = []
        for number in range(asked.repetitions):
            own = {"X-Asked": f"{seed}.{number}"} if asked.never_before else {}
            took, content, coding = line.get(asked.path(at), {**asked.headers, **own})
            figure.times.setdefault(server, []).append(took)
            answers.append((content, coding))
        for content, coding in answers:
            figure.bytes[server] = len(content)
            assert asked.count in {None, results_in(content, coding)}, (server, asked.name)


def measure_first(archive: Synthetic, lines: Mapping[str, Line]) -> Figure:
    """Metadata of long series that nobody has asked for before."""
    figure = Figure("metadata of 400 instances, first request", FIRST)
    for place in archive.firsts:
        for server, line in lines.items():
            line.open()
            took, content, coding = line.get(f"{place.path}/metadata", JSON)
            assert results_in(content, coding) == SLICES, server
            figure.times.setdefault(server, []).append(took)
            figure.bytes[server] = len(content)
    return figure


def institution_of(home: Path, name: str) -> str:
    """The id of the institution of that name."""
    with sqlite3.connect(home / "lianzhen.db") as database:
        (row,) = database.execute(
            "select institution_id from consult_institution where name = ?", (name,)
        ).fetchall()
    return str(row[0])


@pytest.fixture(scope="module")
def archive() -> Synthetic:
    """What both servers hold."""
    return Synthetic(int(os.environ.get("LIANZHEN_BENCH_INSTANCES", "2000")))


@pytest.fixture(scope="module")
def lines(
    serving: Serving, archive: Synthetic, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Line]]:
    """Connections to the product, and to Orthanc where it can run, both filled with the archive."""
    began = time.monotonic()
    owner = institution_of(serving.home, cast.TOWNSHIP.name)
    assert load_ours(archive.files(), home=serving.home, institution_id=owner) == archive.total
    say(f"product: {archive.total} objects stored in {time.monotonic() - began:.0f} s")
    doctor = next(p for p in cast.PEOPLE if p.institution == cast.TOWNSHIP.key)
    token = serving.command("token", "create", "--user", doctor.user)
    found = {"lianzhen": Line(serving.http_port, "/dicom-web", {"Authorization": f"Bearer {token}"})}
    why_not = why_no_orthanc()
    with ExitStack() as stack:
        if why_not is None:
            began = time.monotonic()
            running = stack.enter_context(running_orthanc(tmp_path_factory.mktemp("orthanc")))
            assert load_orthanc(archive.files(), running.http_port) == archive.total
            say(f"Orthanc: {archive.total} objects stored in {time.monotonic() - began:.0f} s")
            found["orthanc"] = Line(running.http_port, "/dicom-web", {})
        else:
            say(f"Orthanc is left out: {why_not}")
        for line in found.values():
            stack.callback(line.close)
        yield found


def test_dicomweb_beside_orthanc(archive: Synthetic, lines: dict[str, Line]) -> None:
    asked = questions(archive)
    first = measure_first(archive, lines)
    figures = {one.name: Figure(one.name, one.target) for one in asked}
    for one in asked:
        measure(one, lines, Figure(one.name, one.target), seed=0)
    for turn in range(ROUNDS):
        for one in asked:
            measure(one, lines, figures[one.name], seed=turn + 1)
    found = [first, *figures.values()]
    write(found, archive)
    assert all(figure.times.keys() == lines.keys() for figure in found)


def say(text: str) -> None:
    """A line for whoever waits."""
    sys.stdout.write(f"\n{text}\n")


def row(figure: Figure) -> str:
    """A figure as a row of the table."""
    ours, theirs, ratio = figure.median("lianzhen"), figure.median("orthanc"), figure.ratio
    shown = [f"{one:.2f}" if one is not None else "—" for one in (ours, theirs)]
    met = "—" if ratio is None else "yes" if ratio >= figure.target else "NO"
    times = "—" if ratio is None else f"{ratio:.1f}×"
    return f"| {figure.name} | {shown[0]} | {shown[1]} | {times} | ≥ {figure.target:g}× | {met} |"


def write(found: list[Figure], archive: Synthetic) -> None:
    """The figures as a table of both servers."""
    beside = shipped_version() if why_no_orthanc() is None else why_no_orthanc()
    facts = machine() | {"instances": archive.total, "beside": beside}
    rows = [
        {
            "name": one.name,
            "target": one.target,
            "ratio": one.ratio,
            "ms": {server: sorted(round(t, 3) for t in times) for server, times in one.times.items()},
            "bytes": one.bytes,
        }
        for one in found
    ]
    held = f"{archive.total} objects; {beside}. {where(facts)}"
    how = (
        f"The whole product with a bearer token; {ROUNDS} alternating rounds, medians in ms. Nothing arrives "
        "meanwhile, so the product gives an answer again that was asked for before. "
    )
    lines = [
        "# DICOMweb beside Debian's Orthanc",
        "",
        held,
        how + "Load above the number of cores means: only the ratio says something.",
        "",
        "| question | Lianzhen | Orthanc | ratio | promised | met |",
        "|---|---|---|---|---|---|",
        *map(row, found),
    ]
    save("dicomweb", facts, rows, lines)
