"""The way in on both databases and both stores: durable, once, and each failure its own."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Connection, Engine, insert, select, text

from config.kernel.database import open_sync_engine
from config.kernel.objects import ObjectStore, StoreFailed, StoreFull
from config.kernel.objects_local import LocalObjects
from config.stores import spool_folder
from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.archive.files import quarantine_key
from dicom_node.archive.reader import read_dataset, read_file, read_frame
from dicom_node.archive.tables import Instance, Peer, Quarantine, Series, Study, outbox
from dicom_node.intake.door import MISREAD, Door
from dicom_node.intake.errors import NotDicom, NotStored, ObjectTooLarge, SameUidOtherContent, StudyMismatch
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import HOLD_SECONDS, QUEUE_JOBS_MAX, Ingest
from dicom_node.intake.parse import Facts
from dicom_node.intake.part10 import Announced, head_of
from dicom_node.intake.receive import Received, Reception, Source, Spool
from dicom_node.intake.rows import saw_peer
from dicom_node.intake.settled import BATCH_STUDIES, LOOK_SECONDS, Settler, settle
from dicom_node.rounds import Rounds
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.dicom_node.rows import Row, rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.waiting import wait_until

COUNTY = Source(institution_id="county", ae_title="COUNTY", issuer_of_patient_id="")

LEFT = ["lock", "source.json"]
"""What stays in the spool of a process between objects."""


class House:
    """The parts of intake on one database and store."""

    def __init__(self, url: str, objects: ObjectStore, folder: Path, clock: HandClock) -> None:
        self.engine: Engine = open_sync_engine(url, writes=False)
        self.ingest = Ingest(open_sync_engine(url), clock, Failpoints())
        self.spool = Spool(spool_folder(objects, folder / "spool"), Failpoints())
        self.objects, self.clock = objects, clock
        self.door = Door(spool=self.spool, objects=objects, ingest=self.ingest, object_bytes_max=1_000_000)

    def take(self, data: bytes, uid: str, source: Source = COUNTY, study: str | None = None) -> None:
        """Store one object."""
        reception = self.door.begin(
            Announced(sop_class_uid=CT, sop_instance_uid=uid, transfer_syntax_uid=EXPLICIT)
        )
        reception.write(data)
        self.door.admit(reception, source, study_instance_uid=study)

    def rows(self, table: type[Row]) -> list[Row]:
        """All rows of a table."""
        return rows_of(self.engine, table)

    def events(self) -> list[str]:
        """Names of all events, in order."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(outbox.table.c.name).order_by(outbox.table.c.position)))

    def close(self) -> None:
        """Let go."""
        self.ingest.close()
        self.spool.close()
        self.engine.dispose()


@pytest.fixture
def house(database_url: str, objects: ObjectStore, tmp_path: Path, clock: HandClock) -> Iterator[House]:
    """Intake on SQLite and PostgreSQL, local files and S3."""
    made = House(database_url, objects, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def plain(sqlite_url: str, tmp_path: Path, clock: HandClock) -> Iterator[House]:
    """Intake on SQLite and local files only."""
    from_files = House(sqlite_url, spooling_store(tmp_path), tmp_path, clock)
    yield from_files
    from_files.close()


def spooling_store(tmp_path: Path) -> ObjectStore:
    """Local files."""
    return LocalObjects(tmp_path / "plain")


def test_an_object_is_durable_indexed_announced_and_readable(house: House) -> None:
    dataset = a_ct()
    data = dataset_bytes(dataset)
    house.take(data, dataset.SOPInstanceUID)
    (study,), (series,), (instance,) = house.rows(Study), house.rows(Series), house.rows(Instance)
    assert (study.instance_count, study.series_count, study.modalities, study.version) == (1, 1, ["CT"], 0)
    assert (study.byte_count, instance.object_bytes) == (len(read_file(house.objects, instance)),) * 2
    assert (series.instance_count, series.version, series.study_key) == (1, 1, study.study_key)
    assert read_dataset(house.objects, instance) == data
    assert read_frame(house.objects, instance, 1) == dataset.PixelData
    assert house.events() == ["dicom.study_received"]
    assert study.first_received_at == house.clock.now()
    assert sorted(path.name for path in house.spool.own.rglob("*") if path.is_file()) == LEFT


def test_duplicates_conflicts_and_refusals(house: House) -> None:
    dataset = a_ct()
    uid = dataset.SOPInstanceUID
    first = dataset_bytes(dataset)
    house.take(first, uid)
    house.take(first, uid)
    dataset.PatientID = "P2"
    with pytest.raises(SameUidOtherContent):
        house.take(dataset_bytes(dataset), uid)
    with pytest.raises(DatasetUnreadable):
        house.take(first[:-5], uid)
    assert len(house.rows(Instance)) == 1
    reasons = sorted(row.reason_code for row in house.rows(Quarantine))
    assert reasons == ["dicom.dataset_truncated", "dicom.same_uid_other_content"]
    for row in house.rows(Quarantine):
        assert house.objects.read(row.object_key or "")


def test_an_object_announced_under_another_uid_is_kept_under_its_own(house: House) -> None:
    """As after anonymising, which leaves the file's head behind."""
    dataset = a_ct()
    house.take(dataset_bytes(dataset), "1.2.3")
    [instance] = house.rows(Instance)
    assert instance.sop_instance_uid == dataset.SOPInstanceUID
    assert not house.rows(Quarantine)


def test_eight_senders_of_one_object_make_one_copy(house: House) -> None:
    dataset = a_ct()
    data, faults = dataset_bytes(dataset), list[Exception]()

    def send() -> None:
        try:
            for _ in range(5):
                house.take(data, dataset.SOPInstanceUID)
        except Exception as error:  # noqa: BLE001 - shown below
            faults.append(error)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    (study,) = house.rows(Study)
    assert (len(house.rows(Instance)), study.instance_count) == (1, 1)


def test_many_at_once_are_counted_right(house: House) -> None:
    first = a_ct()
    series = [first.SeriesInstanceUID, "1.2.3.4"]
    made = [
        a_ct(
            StudyInstanceUID=first.StudyInstanceUID,
            SeriesInstanceUID=series[n % 2],
            Modality=("CT", "SR")[n % 2],
            InstanceNumber=str(n),
        )
        for n in range(24)
    ]
    threads = [threading.Thread(target=house.take, args=(dataset_bytes(d), d.SOPInstanceUID)) for d in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (study,) = house.rows(Study)
    assert (study.instance_count, study.series_count, study.modalities) == (24, 2, ["CT", "SR"])
    assert sorted(s.instance_count for s in house.rows(Series)) == [12, 12]
    assert house.events() == ["dicom.study_received"]


def test_two_writers_on_one_database_agree(house: House, database_url: str, tmp_path: Path) -> None:
    other = House(database_url, house.objects, tmp_path / "other", house.clock)
    first = a_ct()
    made = [
        a_ct(StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID)
        for _ in range(16)
    ]
    threads = [
        threading.Thread(target=(house, other)[n % 2].take, args=(dataset_bytes(d), d.SOPInstanceUID))
        for n, d in enumerate(made + made)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (study,) = house.rows(Study)
    assert (study.instance_count, study.series_count, len(house.rows(Instance))) == (16, 1, 16)
    other.close()


def test_a_study_settles_only_when_quiet_and_counts_versions(house: House) -> None:
    settler = Settler(reader=house.engine, ingest=house.ingest, clock=house.clock, quiet_seconds=2)
    dataset = a_ct()
    house.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    house.clock.advance(1.9)
    assert settler.once() == 0
    house.clock.advance(0.1)
    assert (settler.once(), settler.once()) == (1, 0)
    again = a_ct(StudyInstanceUID=dataset.StudyInstanceUID)
    house.take(dataset_bytes(again), again.SOPInstanceUID)
    assert house.rows(Study)[0].settled_at is None
    house.clock.advance(2)
    assert settler.once() == 1
    (study,) = house.rows(Study)
    assert (study.version, study.settled_at) == (2, house.clock.now())
    assert house.events() == ["dicom.study_received", "dicom.study_settled", "dicom.study_settled"]


def test_the_quiet_period_is_checked_again_inside_the_transaction(plain: House) -> None:
    dataset = a_ct()
    plain.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    assert plain.ingest.run(lambda connection, now: settle(connection, now, timedelta(seconds=2))) == 0


def test_more_studies_than_one_batch_settle_one_batch_after_the_other(plain: House) -> None:
    settler = Settler(reader=plain.engine, ingest=plain.ingest, clock=plain.clock, quiet_seconds=2)
    for _ in range(BATCH_STUDIES + 3):
        dataset = a_ct(PixelData=None)
        plain.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    plain.clock.advance(2)
    assert [settler.once() for _ in range(3)] == [BATCH_STUDIES, 3, 0]
    assert {row.version for row in plain.rows(Study)} == {1}
    assert plain.events().count("dicom.study_settled") == BATCH_STUDIES + 3


def test_the_settler_lives_through_a_database_that_is_away(plain: House, sqlite_url: str) -> None:
    """It looks again; what became quiet meanwhile settles then."""
    away = open_sync_engine(f"{sqlite_url}.away", writes=False)
    settler = Settler(reader=away, ingest=plain.ingest, clock=plain.clock, quiet_seconds=2)
    dataset = a_ct()
    plain.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    plain.clock.advance(2)
    rounds = Rounds("settler", LOOK_SECONDS, settler.once)
    rounds.start()
    home, elsewhere = (Path(url.removeprefix("sqlite:///")) for url in (sqlite_url, f"{sqlite_url}.away"))
    elsewhere.symlink_to(home)
    wait_until(lambda: plain.rows(Study)[0].settled_at)
    rounds.stop()
    away.dispose()


def test_a_bad_job_fails_alone(plain: House) -> None:
    started, go = threading.Event(), threading.Event()

    def hold(_connection: Connection, _now: object) -> None:
        started.set()
        go.wait(10)

    def insert_peer(connection: Connection, title: str) -> str:
        connection.execute(
            insert(Peer).values(
                ae_title=title,
                institution_id="i",
                institution_name="n",
                issuer_of_patient_id="",
                enabled=True,
                created_at=plain.clock.now(),
            )
        )
        return title

    def broken_sql(connection: Connection, _now: object) -> None:
        insert_peer(connection, "HALF")
        connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    def broken_code(connection: Connection, _now: object) -> None:
        insert_peer(connection, "HALF2")
        raise TypeError

    first = plain.ingest.submit(hold)
    started.wait(10)
    good = plain.ingest.submit(lambda c, _now: insert_peer(c, "GOOD"))
    bad = [plain.ingest.submit(broken_sql), plain.ingest.submit(broken_code)]
    refused = plain.ingest.submit(lambda c, _now: insert_peer(c, "GOOD"))
    last = plain.ingest.submit(lambda c, _now: insert_peer(c, "LAST"))
    go.set()
    assert first.result(10) is None
    assert (good.result(10), last.result(10)) == ("GOOD", "LAST")
    assert all(isinstance(future.exception(10), NotStored) for future in bad)
    assert isinstance(refused.exception(10), NotStored)
    with plain.engine.connect() as connection:
        assert sorted(connection.scalars(select(Peer.ae_title))) == ["GOOD", "LAST"]


def test_a_bad_one_among_those_done_together_fails_alone(plain: House) -> None:
    """The others are done again without it, and none of them twice."""
    started, go = threading.Event(), threading.Event()
    sizes: list[int] = []

    def hold(_connection: Connection, _now: object) -> None:
        started.set()
        go.wait(10)

    def add(connection: Connection, titles: Sequence[str], now: datetime) -> list[str]:
        sizes.append(len(titles))
        for title in titles:
            peer = {"ae_title": title, "institution_id": "i", "institution_name": "n"}
            more = {"issuer_of_patient_id": "", "enabled": True, "created_at": now}
            connection.execute(insert(Peer).values(**peer, **more))
        return [title.lower() for title in titles]

    plain.ingest.submit(hold)
    started.wait(10)
    names = ["A", "B", "A", "C"]
    with ThreadPoolExecutor(len(names)) as pool:
        futures = [pool.submit(plain.ingest.run_together, add, name) for name in names]
        wait_until(lambda: plain.ingest._queue.qsize() == len(names))
        go.set()
    assert sizes == [len(names), 1, 1, 1, 1]
    failures = [future.exception() for future in futures if future.exception()]
    assert [type(failure) for failure in failures] == [NotStored]
    assert sorted(future.result() for future in futures if not future.exception()) == ["a", "b", "c"]
    assert sorted(peer.ae_title for peer in plain.rows(Peer)) == ["A", "B", "C"]


def test_a_commit_that_fails_fails_every_waiter(plain: House) -> None:
    def forbid(connection: Connection, _now: object) -> None:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(text("INSERT INTO dicom_series VALUES ('k','nowhere','1','CT',1,'','','',0,0)"))

    with pytest.raises(NotStored):
        plain.ingest.run(forbid)
    plain.ingest.run(lambda c, now: saw_peer(c, "COUNTY", "10.0.0.7", now))
    assert plain.rows(Series) == []


def test_an_object_for_another_study_is_refused_and_not_kept(plain: House) -> None:
    dataset = a_ct()
    with pytest.raises(StudyMismatch):
        plain.take(dataset_bytes(dataset), dataset.SOPInstanceUID, study="1.2.3")
    assert (plain.rows(Instance), plain.rows(Quarantine)) == ([], [])


def test_the_same_refusal_again_adds_no_row(plain: House) -> None:
    for _ in range(3):
        with pytest.raises(DatasetUnreadable):
            plain.take(b"nonsense" * 9, "1.2.3")
    (row,) = plain.rows(Quarantine)
    assert (row.times, row.kind, row.kept_sha256) == (3, "refused", None)


def test_both_hashes_of_a_conflict_are_kept(house: House) -> None:
    dataset = a_ct()
    first, uid = dataset_bytes(dataset), dataset.SOPInstanceUID
    dataset.PatientID = "P2"
    second = dataset_bytes(dataset)
    house.take(first, uid)
    for _ in range(2):
        with pytest.raises(SameUidOtherContent):
            house.take(second, uid)
    (row,) = house.rows(Quarantine)
    hashes = [hashlib.sha256(data).hexdigest() for data in (first, second)]
    assert [row.kept_sha256, row.dataset_sha256] == hashes
    assert (row.kind, row.times, row.object_bytes) == (
        "conflict",
        2,
        len(house.objects.read(row.object_key or "")),
    )


def test_what_was_set_aside_is_taken_in_when_the_rules_allow_it(house: House) -> None:
    """From either store, in pieces, and exactly as it came."""
    dataset = a_ct(PixelData=bytes(24), ImageComments="x" * 10_000)
    announced = Announced(
        sop_class_uid=CT, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=EXPLICIT
    )
    content = head_of(announced) + dataset_bytes(dataset)
    key = quarantine_key(hashlib.sha256(content).hexdigest())
    house.objects.put(key, content)
    facts = house.door.readmit(key, len(content), COUNTY)
    assert facts.instance.sop_instance_uid == dataset.SOPInstanceUID
    (instance,) = house.rows(Instance)
    assert read_dataset(house.objects, instance) == dataset_bytes(dataset)
    house.door.readmit(key, len(content), COUNTY)
    assert len(house.rows(Instance)) == 1
    assert sorted(path.name for path in house.spool.own.rglob("*") if path.is_file()) == LEFT


def test_what_is_refused_again_leaves_no_trace(plain: House) -> None:
    dataset = a_ct()
    plain.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    other = a_ct(SOPInstanceUID=dataset.SOPInstanceUID)
    announced = Announced(
        sop_class_uid=CT, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=EXPLICIT
    )
    head = head_of(announced)
    for number, (content, error) in enumerate(
        [
            (head + dataset_bytes(other), SameUidOtherContent),
            (head + dataset_bytes(other)[:-5], DatasetUnreadable),
            (b"no file at all", NotDicom),
        ]
    ):
        key = quarantine_key(f"{number}" * 64)
        plain.objects.put(key, content)
        for size in (len(content), None):
            with pytest.raises(error):
                plain.door.readmit(key, size, COUNTY)
    assert (len(plain.rows(Instance)), plain.rows(Quarantine)) == (1, [])
    assert sorted(path.name for path in plain.spool.own.rglob("*") if path.is_file()) == LEFT


def test_size_is_capped_while_receiving(plain: House) -> None:
    reception = plain.door.begin(
        Announced(sop_class_uid=CT, sop_instance_uid="1.2", transfer_syntax_uid=EXPLICIT)
    )
    reception.write(bytes(900_000))
    with pytest.raises(ObjectTooLarge):
        reception.write(bytes(100_001))
    reception.discard()
    assert [path.name for path in plain.spool.own.iterdir()] == ["lock"]


class BrokenStore:
    """An object store whose disk fails at the worst moment."""

    def __init__(self, inner: ObjectStore, error: type[StoreFull] | type[StoreFailed]) -> None:
        self._inner, self._error = inner, error

    def adopt(self, key: str, path: Path) -> None:
        raise self._error(key=key)

    def put(self, key: str, content: bytes) -> None:
        raise self._error(key=key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        return self._inner.read(key, start, end)

    def delete(self, key: str) -> None:
        self._inner.delete(key)


def offered(door: Door, dataset: Dataset) -> Reception:
    """An object that has come whole."""
    reception = door.begin(
        Announced(sop_class_uid=CT, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=EXPLICIT)
    )
    reception.write(dataset_bytes(dataset))
    return reception


@pytest.mark.parametrize("error", [StoreFull, StoreFailed])
def test_a_failing_store_is_never_a_success(plain: House, error: type[StoreFull] | type[StoreFailed]) -> None:
    door = Door(
        spool=plain.spool,
        objects=BrokenStore(plain.objects, error),
        ingest=plain.ingest,
        object_bytes_max=10**6,
    )
    dataset = a_ct()
    reception = offered(door, dataset)
    with pytest.raises(error):
        door.admit(reception, COUNTY)
    assert (plain.rows(Instance), plain.rows(Quarantine)) == ([], [])


@pytest.mark.parametrize("mistake", MISREAD)
def test_what_nobody_foresaw_is_set_aside_and_told(plain: House, mistake: type[Exception]) -> None:
    def read(_received: Received) -> Facts:
        raise mistake

    door = Door(
        spool=plain.spool, objects=plain.objects, ingest=plain.ingest, object_bytes_max=10**6, read=read
    )
    dataset = a_ct()
    reception = offered(door, dataset)
    with pytest.raises(DatasetUnreadable):
        door.admit(reception, COUNTY)
    (kept,) = plain.rows(Quarantine)
    assert (kept.sop_instance_uid, kept.reason_code) == (dataset.SOPInstanceUID, DatasetUnreadable.code)
    assert plain.rows(Instance) == []


def test_what_a_dead_process_left_is_taken_up_or_set_aside(plain: House, tmp_path: Path) -> None:
    dataset = a_ct()
    announced = Announced(
        sop_class_uid=CT, sop_instance_uid=dataset.SOPInstanceUID, transfer_syntax_uid=EXPLICIT
    )
    good, bad = head_of(announced) + dataset_bytes(dataset), head_of(announced) + dataset_bytes(a_ct())[:-5]
    dead = Spool(plain.spool.folder, Failpoints())
    for content in (good, bad, b"no DICOM at all"):
        received = Received(
            path=dead.own / "whole",
            announced=announced,
            dataset_offset=0,
            file_bytes=len(content),
            file_sha256=sha256(content).hexdigest(),
            dataset_sha256="",
        )
        received.path.write_bytes(content)
        with pytest.raises(KeyboardInterrupt), dead.held(received, COUNTY):
            raise KeyboardInterrupt
    (dead.own / "half.part").write_bytes(b"half an object")
    living = Spool(plain.spool.folder, Failpoints())
    (living.own / "mine.part").write_bytes(b"still coming")
    dead.close()
    assert plain.door.recover() == 3
    assert [row.sop_instance_uid for row in plain.rows(Instance)] == [dataset.SOPInstanceUID]
    assert [row.reason_code for row in plain.rows(Quarantine)] == ["dicom.dataset_truncated"]
    assert not dead.own.exists()
    assert (living.own / "mine.part").exists()
    living.close()


def test_a_writer_whose_connection_was_cut_takes_a_new_one(postgres_url: str, tmp_path: Path) -> None:
    """One batch fails truthfully, the next is stored: no restart is needed."""
    clock = HandClock()
    house = House(postgres_url, spooling_store(tmp_path), tmp_path, clock)
    pid = house.ingest.run(lambda connection, _now: connection.scalar(text("SELECT pg_backend_pid()")))
    with house.engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    dataset = a_ct()
    with pytest.raises(NotStored):
        house.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    house.take(dataset_bytes(dataset), dataset.SOPInstanceUID)
    assert [row.sop_instance_uid for row in house.rows(Instance)] == [dataset.SOPInstanceUID]
    house.close()


def test_a_writer_that_is_idle_gives_its_connection_back(plain: House) -> None:
    """So that the pool tests it before it is used again."""
    plain.ingest.run(lambda _connection, _now: None)
    assert plain.ingest._connection is not None
    wait_until(lambda: plain.ingest._connection is None, HOLD_SECONDS * 20)
    plain.ingest.run(lambda c, now: saw_peer(c, "COUNTY", "10.0.0.7", now))


def test_an_overfull_queue_refuses_at_once(plain: House) -> None:
    started, go = threading.Event(), threading.Event()

    def hold(_connection: Connection, _now: object) -> None:
        started.set()
        go.wait(60)

    first = plain.ingest.submit(hold)
    started.wait(10)
    waiting = [plain.ingest.submit(lambda _connection, _now: None) for _ in range(QUEUE_JOBS_MAX)]
    with pytest.raises(NotStored):
        plain.ingest.submit(lambda _connection, _now: None)
    with pytest.raises(NotStored):
        plain.ingest.run(lambda _connection, _now: None)
    go.set()
    assert first.result(60) is None
    assert [future.result(60) for future in waiting] == [None] * QUEUE_JOBS_MAX
