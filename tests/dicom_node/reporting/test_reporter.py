"""A receiver's row: written when there is news, now and then as a sign of life, gone at the end."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from config.kernel.database import Database, open_sync_engine
from dicom_node.app import Node
from dicom_node.archive.tables import Receiver
from dicom_node.archive.verification import Integrity
from dicom_node.commitment.model import State
from dicom_node.health import HealthPage
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.reporting.activity import COMMIT_SECONDS, Activity, Snapshot
from dicom_node.reporting.metrics import exposition
from dicom_node.reporting.queries import receivers, receivers_now
from dicom_node.reporting.reporter import ALIVE_SECONDS, DEAD_AFTER, Reporter
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu, command, pdu, pdv
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.waiting import wait_until

Make = Callable[..., Reporter]


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    """A reading engine on SQLite and on PostgreSQL."""
    opened = open_sync_engine(database_url, writes=False)
    yield opened
    opened.dispose()


@pytest.fixture
def make(database_url: str, clock: HandClock) -> Iterator[Make]:
    """Makes reporters that are moved by hand, with an index writer of their own."""
    with ExitStack() as stack:

        def one(activity: Activity, number: int = 0) -> Reporter:
            ingest = Ingest(open_sync_engine(database_url), clock, Failpoints(), activity.committed)
            stack.callback(ingest.close)

            def look() -> Snapshot:
                return activity.snapshot(0)

            return Reporter(ingest=ingest, clock=clock, look=look, number=number)

        yield one


def settled(reader: Engine, count: int) -> list[Receiver]:
    """The rows, once there are so many."""
    wait_until(lambda: len(rows_of(reader, Receiver)) == count)
    return rows_of(reader, Receiver)


def test_news_are_written_and_nothing_else(make: Make, reader: Engine, clock: HandClock) -> None:
    activity = Activity(clock)
    reporter = make(activity)
    assert reporter.once(), "the first word is news"
    assert not reporter.once()
    activity.accepted("COUNTY", "10.0.0.7")
    assert reporter.once()
    assert not reporter.once()
    wait_until(lambda: [row.facts["associations"] for row in rows_of(reader, Receiver)] == [1])
    clock.advance(seconds=ALIVE_SECONDS + 1)
    assert reporter.once(), "a sign of life"
    wait_until(lambda: rows_of(reader, Receiver)[0].seen_at == clock.now())
    (row,) = rows_of(reader, Receiver)
    assert row.facts == activity.snapshot(0)
    assert row.started_at < row.seen_at
    reporter.stop()
    settled(reader, 0)


def test_writing_a_report_is_no_news(make: Make, reader: Engine, clock: HandClock) -> None:
    reporter = make(Activity(clock))
    assert reporter.once()
    settled(reader, 1)
    assert [reporter.once() for _ in range(3)] == [False, False, False]
    reporter.stop()
    settled(reader, 0)


def test_every_receiver_has_a_row_and_the_dead_are_cleared(
    make: Make, reader: Engine, clock: HandClock
) -> None:
    first, second = make(Activity(clock), 0), make(Activity(clock), 1)
    for reporter in (first, second):
        assert reporter.once()
    settled(reader, 2)
    assert [row.number for row in receivers_now(reader, clock.now())] == [0, 1]
    clock.advance(seconds=DEAD_AFTER.total_seconds() + 1)
    assert receivers_now(reader, clock.now()) == [], "they gave no sign of life"
    third = make(Activity(clock), 0)
    third.once()
    wait_until(lambda: [row.seen_at for row in rows_of(reader, Receiver)] == [clock.now()])
    first.stop()
    third.stop()
    settled(reader, 0)


async def test_both_ways_of_asking_answer_the_same(
    database: Database, database_url: str, clock: HandClock
) -> None:
    async with database.write() as tx:
        for number in (1, 0):
            tx.add(a_row(clock, number))
    async with database.read() as view:
        found = [row.number for row in await receivers(view, clock.now())]
    engine = open_sync_engine(database_url, writes=False)
    assert found == [row.number for row in receivers_now(engine, clock.now())] == [0, 1]
    engine.dispose()


def a_row(clock: HandClock, number: int, **facts: object) -> Receiver:
    """A receiver that has done something."""
    activity = Activity(clock)
    activity.accepted("COUNTY", "10.0.0.7")
    activity.stored(1_000)
    activity.refused(0xA700)
    activity.unsound(Integrity.DAMAGED)
    for seconds in (0.004, 0.3, 60.0):
        activity.committed(seconds)
    return Receiver(
        receiver_id=f"r{number}",
        host_name='county "1"\\',
        process_id=100 + number,
        number=number,
        started_at=clock.now(),
        seen_at=clock.now(),
        facts=activity.snapshot(7) | facts,
    )


def test_the_figures_are_in_the_form_that_prometheus_reads(clock: HandClock) -> None:
    text = exposition([a_row(clock, 0), a_row(clock, 1, instances=41)], {State.WAITING: 3})
    families = {family.name: family for family in text_string_to_metric_families(text)}
    stored = families["lianzhen_dicom_instances_stored"].samples
    assert [sample.value for sample in stored] == [1.0, 41.0]
    assert stored[0].labels == {"host": 'county "1"\\', "receiver": "0", "process": "100"}
    (refused, _) = families["lianzhen_dicom_refusals"].samples
    assert (refused.labels["status"], refused.value) == ("A700", 1.0)
    (unsound, _) = families["lianzhen_dicom_objects_unsound"].samples
    assert (unsound.labels["found"], unsound.value) == ("damaged", 1.0)
    (waiting,) = families["lianzhen_dicom_commitments"].samples
    assert (waiting.labels, waiting.value) == ({"state": "waiting"}, 3.0)
    assert [sample.value for sample in families["lianzhen_dicom_index_queue"].samples] == [7.0, 7.0]
    assert families["lianzhen_dicom_associations"].type in {"gauge", "counter"}
    commits = [s for s in families["lianzhen_dicom_commit_seconds"].samples if s.labels["receiver"] == "0"]
    buckets = {s.labels["le"]: s.value for s in commits if s.name.endswith("_bucket")}
    assert buckets == {str(end): (1.0 if end < 0.5 else 2.0) for end in COMMIT_SECONDS} | {"+Inf": 3.0}
    assert {s.name.rpartition("_")[2]: s.value for s in commits if "bucket" not in s.name} == {
        "sum": 60.304,
        "count": 3.0,
    }


def test_without_a_receiver_there_are_no_figures() -> None:
    families = list(text_string_to_metric_families(exposition([], {})))
    assert len(families) >= 6
    assert [sample for family in families for sample in family.samples] == []


class Looking:
    """A node seen from its health page and from the table."""

    def __init__(self, page: HealthPage, engine: Engine) -> None:
        self.base, self.engine = f"http://127.0.0.1:{page.port}", engine

    def arriving(self) -> list[int]:
        """Bytes of the object under way: as the health page says, and as the table says."""
        shown = httpx.get(f"{self.base}/health/ready").json()["receiving"]
        told = [one for row in rows_of(self.engine, Receiver) for one in row.facts["open"]]
        return [int(one["bytes"] or 0) for one in (*shown, *told)]

    def stored(self) -> float:
        """Objects stored, as Prometheus reads it."""
        answer = httpx.get(f"{self.base}/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        families = {family.name: family for family in text_string_to_metric_families(answer.text)}
        return sum(sample.value for sample in families["lianzhen_dicom_instances_stored"].samples)


def pieces(scu: RawScu, data: bytes, start: int, end: int) -> None:
    """Send part of a data set."""
    for place in range(start, end, 50_000):
        last = place + 50_000 >= len(data)
        scu.send(pdu(4, pdv(1, data[place : place + 50_000], is_command=False, last=last)))


def test_a_large_object_is_seen_while_it_arrives(start_node: Callable[..., Node], engine: Engine) -> None:
    """On the health page and in the table, as it grows; then the figures count it."""
    node, dataset = start_node(), a_ct(PixelData=bytes(6_000_000), Rows=3_000, Columns=1_000)
    data, begun = dataset_bytes(dataset), command(1, 7, CT, dataset.SOPInstanceUID, data=True)
    with HealthPage("127.0.0.1", 0, node.facts, node.metrics) as page, RawScu(node.listener.port) as scu:
        looking = Looking(page, engine)
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(pdu(4, pdv(1, begun, is_command=True, last=True)))
        pieces(scu, data, 0, 1_000_000)
        wait_until(lambda: [1_000_000 < seen < 1_002_000 for seen in looking.arriving()] == [True, True])
        pieces(scu, data, 1_000_000, 4_000_000)
        wait_until(lambda: [4_000_000 < seen < 4_002_000 for seen in looking.arriving()] == [True, True])
        pieces(scu, data, 4_000_000, len(data))
        assert scu.answer()[0x0900] == b"\0\0"
        wait_until(lambda: looking.stored() == 1.0)


def test_figures_without_a_database_are_not_to_be_had(tmp_path: Path) -> None:
    engine = open_sync_engine(f"sqlite:///{tmp_path}/none.db", writes=False)

    def figures() -> str:
        return exposition(receivers_now(engine, HandClock().now()), {})

    with HealthPage("127.0.0.1", 0, lambda: {"ready": True}, figures) as page:
        answer = httpx.get(f"http://127.0.0.1:{page.port}/metrics")
        assert (answer.status_code, answer.json()) == (503, {"code": "general.database_unavailable"})
        assert httpx.get(f"http://127.0.0.1:{page.port}/health/ready").status_code == 200
    engine.dispose()
