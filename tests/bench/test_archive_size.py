"""Searching an archive a hundred times as large: the product beside itself, 50,000 and 5,000,000 instances.

`LIANZHEN_BENCH_LARGE` sets how many the large index has. Figures go to tests/bench/results/archive_size.md.
"""

import math
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from consult_server.demo import cast
from tests.bench.dicomweb_archive import Synthetic, load_ours
from tests.bench.index_rows import grow
from tests.bench.report import Figure, write
from tests.bench.test_dicomweb import JSON, QIDO, Line, Question, institution_of
from tests.fixtures.serving import a_serving

pytestmark = pytest.mark.timeout(7_200)

STORED, SMALL, LARGE = 2_000, 50_000, 5_000_000
ROUNDS, REPETITIONS = 6, 30
TIMES_MAX = 2.0


@dataclass(frozen=True)
class Side:
    """One archive, and the line to the product that holds it."""

    name: str
    archive: Synthetic
    line: Line


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Side]]:
    """The small and the large archive, each in a product of its own."""
    large = int(os.environ.get("LIANZHEN_BENCH_LARGE", str(LARGE)))
    stored, found = Synthetic(STORED), list[Side]()
    with ExitStack() as stack:
        for instances in (SMALL, large):
            running = a_serving(tmp_path_factory.mktemp("serving"))
            running.start()
            stack.callback(running.stop)
            owner = institution_of(running.home, cast.TOWNSHIP.name)
            load_ours(stored.files(), home=running.home, institution_id=owner)
            archive = Synthetic(instances)
            grow(running.home, stored, archive)
            doctor = next(p for p in cast.PEOPLE if p.institution == cast.TOWNSHIP.key)
            token = running.command("token", "create", "--user", doctor.user)
            line = Line(running.http_port, "/dicom-web", {"Authorization": f"Bearer {token}"})
            stack.callback(line.close)
            found.append(Side(f"{archive.total:,}", archive, line))
        yield found


def questions(archive: Synthetic) -> list[Question]:
    """What people and viewers ask of a large archive."""

    def patient(at: random.Random) -> str:
        return archive.patient_id(at)

    asked = [
        Question("by Patient ID", lambda at: f"/studies?PatientID={patient(at)}", JSON, QIDO, 1),
        Question("by name Wang*, 50", lambda _: "/studies?PatientName=Wang*&limit=50", JSON, QIDO),
        Question(
            "by whole name",
            lambda at: f"/studies?PatientName=*Patient{int(patient(at)[1:])}&limit=50",
            JSON,
            QIDO,
        ),
        Question(
            "by accession number",
            lambda at: f"/studies?AccessionNumber=A{int(patient(at)[1:]):07}",
            JSON,
            QIDO,
            1,
        ),
        Question("by a week, 50", lambda _: "/studies?StudyDate=20250101-20250107&limit=50", JSON, QIDO),
        Question(
            "of all, 50 of the first 1,000",
            lambda at: f"/studies?limit=50&offset={at.randrange(950)}",
            JSON,
            QIDO,
        ),
        Question("instances of a series", lambda _: f"{archive.large.path}/instances", JSON, QIDO),
    ]
    return [replace(one, repetitions=REPETITIONS) for one in asked]


def p99(times: list[float]) -> float:
    """The 99th percentile."""
    return sorted(times)[math.ceil(len(times) * 0.99) - 1]


def test_a_hundred_times_as_many_take_no_longer(sides: list[Side]) -> None:
    times: dict[str, dict[str, list[float]]] = {}
    for turn in range(ROUNDS + 1):
        for side in sides:
            at = random.Random(turn)
            side.line.open()
            for one in questions(side.archive):
                took = [
                    side.line.get(one.path(at), {**one.headers, "X-Asked": f"{turn}.{number}"})[0]
                    for number in range(one.repetitions)
                ]
                if turn:  # the first round warms both up
                    times.setdefault(one.name, {}).setdefault(side.name, []).extend(took)
    small, large = (side.name for side in sides)
    figures = [
        Figure(
            name=f"QIDO {name}, p99 ratio",
            measured=round(p99(each[large]) / p99(each[small]), 2),
            unit="×",
            at_most=TIMES_MAX,
            spread=f"{p99(each[large]):.2f} against {p99(each[small]):.2f} ms",
        )
        for name, each in times.items()
    ]
    notes = (
        f"{small} and {large} instances in SQLite, two products on one machine asked in turns,",
        f"{ROUNDS} rounds of {REPETITIONS} of each question; none is a question that was asked before.",
    )
    write("archive_size", "Searching a hundred times as many", notes, figures)
    assert len(figures) == len(questions(sides[0].archive))
