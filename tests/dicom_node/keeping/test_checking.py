"""What is said of stored objects after they were lost or changed, how they are mended, and at what pace."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Lock

import pytest

from config.kernel.objects import ObjectStore, StoreFailed
from config.kernel.objects_local import LocalObjects
from config.spooled_objects import SpooledObjects
from dicom_node.archive.tables import Instance
from dicom_node.archive.verification import Integrity
from dicom_node.intake.failpoints import Failpoints
from dicom_node.keeping import queries
from dicom_node.keeping.checking import LOOK_AGAIN, REST_AFTER_FAILURE_SECONDS, Checker
from dicom_node.keeping.damages import Mended
from dicom_node.keeping.tables import Check, Damage, Whereabouts
from dicom_node.keeping.uploading import Uploader
from dicom_node.keeping.whereabouts import State, wait_after
from tests.dicom_node.intake.test_ingest import House
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket

PERIOD = timedelta(days=30)


@dataclass
class Watch:
    """Seconds that pass when told."""

    now: float = 0.0
    rests: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now


class Archive(House):
    """Intake with a checker; `kept` holds what was sent, by object key."""

    def __init__(self, url: str, objects: ObjectStore, folder: Path, clock: HandClock) -> None:
        super().__init__(url, objects, folder, clock)
        self.watch, self.kept = Watch(), dict[str, tuple[str, bytes]]()
        self.checker = self.new_checker()

    def new_checker(self, bytes_per_second: int = 10**9) -> Checker:
        """As after a start."""
        return Checker(
            objects=self.objects,
            reader=self.engine,
            ingest=self.ingest,
            clock=self.clock,
            period=PERIOD,
            bytes_per_second=bytes_per_second,
            leaving=threading.Lock(),
            seconds=self.watch,
        )

    def receive(self, count: int = 1) -> list[str]:
        """Take objects in; their keys."""
        before = set(self.kept)
        for _ in range(count):
            dataset = a_ct()
            uid, data = str(dataset.SOPInstanceUID), dataset_bytes(dataset)
            self.take(data, uid)
            (row,) = [row for row in self.rows(Instance) if row.sop_instance_uid == uid]
            self.kept[row.object_key] = (uid, data)
        return [key for key in self.kept if key not in before]

    def send_again(self, key: str) -> None:
        """As a hospital that is asked for it does."""
        uid, data = self.kept[key]
        self.take(data, uid)

    def check_all(self) -> None:
        """One whole round."""
        self.clock.advance(days=PERIOD.days)
        self.watch.now += 1
        self.checker.once()
        while self.the_round.ended_at is None:
            self.watch.now += 1
            self.checker.once()

    def look_again(self) -> None:
        """When the next look at what is not whole is due."""
        self.clock.advance(LOOK_AGAIN.total_seconds())
        self.watch.now += REST_AFTER_FAILURE_SECONDS
        self.checker.once()

    @property
    def the_round(self) -> Check:
        (row,) = self.rows(Check)
        return row

    def damages(self) -> dict[str, tuple[str, str]]:
        """What is known of each object that is not, or was not, whole."""
        return {row.object_key: (row.integrity, row.mended_by) for row in self.rows(Damage)}


@pytest.fixture
def archive(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Archive]:
    """Local files, on both databases."""
    made = Archive(database_url, LocalObjects(tmp_path / "objects"), tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def doubled(sqlite_url: str, bucket: Bucket, tmp_path: Path, clock: HandClock) -> Iterator["Doubled"]:
    """A folder before a bucket; everything that is received gets to both."""
    made = Doubled(sqlite_url, SpooledObjects(LocalObjects(tmp_path / "objects"), bucket), tmp_path, clock)
    yield made
    made.close()


class Doubled(Archive):
    """An archive with two copies of each object."""

    objects: SpooledObjects

    def send_on(self) -> None:
        """Let the bucket have what it does not."""
        uploader = Uploader(
            store=self.objects,
            reader=self.engine,
            ingest=self.ingest,
            clock=self.clock,
            failpoints=Failpoints(),
            sending=Lock(),
        )
        while uploader.once():
            continue

    def whereabouts(self, key: str) -> Whereabouts:
        (row,) = [row for row in self.rows(Whereabouts) if row.object_key == key]
        return row


def path_of(store: ObjectStore, key: str) -> Path:
    """Where the local copy lies."""
    local = store.local if isinstance(store, SpooledObjects) else store
    assert isinstance(local, LocalObjects)
    return local.root / key


def flip(path: Path) -> None:
    """Change one bit near the end."""
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)


def test_whole_objects_give_no_finding(archive: Archive) -> None:
    archive.receive(3)
    archive.check_all()
    assert archive.damages() == {}
    row = archive.the_round
    sizes = [instance.object_bytes for instance in archive.rows(Instance)]
    assert (row.objects, row.bytes, row.faults) == (3, sum(sizes), 0)
    assert (row.began_at, row.ended_at) == (archive.clock.now(), archive.clock.now())


def test_what_is_lost_or_changed_is_written_down_with_when(archive: Archive) -> None:
    lost, flipped, cut, whole = archive.receive(4)
    path_of(archive.objects, lost).unlink()
    flip(path_of(archive.objects, flipped))
    path_of(archive.objects, cut).write_bytes(path_of(archive.objects, cut).read_bytes()[:-1])
    archive.check_all()
    found_at = archive.clock.now()
    archive.clock.advance(days=1)
    archive.look_again()
    assert archive.damages() == {
        lost: (Integrity.MISSING, ""),
        flipped: (Integrity.DAMAGED, ""),
        cut: (Integrity.DAMAGED, ""),
    }
    assert {row.found_at for row in archive.rows(Damage)} == {found_at}
    assert {row.checked_at for row in archive.rows(Damage)} == {archive.clock.now()}
    assert (archive.the_round.objects, archive.the_round.faults) == (4, 3)
    assert whole not in archive.damages()


def test_the_same_object_sent_again_is_the_repair(archive: Archive) -> None:
    lost, flipped, emptied = archive.receive(3)
    before = {key: archive.objects.read(key) for key in archive.kept}
    path_of(archive.objects, lost).unlink()
    flip(path_of(archive.objects, flipped))
    path_of(archive.objects, emptied).write_bytes(b"")
    archive.check_all()
    for key in (lost, flipped, emptied):
        archive.send_again(key)
    assert {key: archive.objects.read(key) for key in before} == before
    assert len(archive.rows(Instance)) == 3
    archive.look_again()
    assert {mended for _integrity, mended in archive.damages().values()} == {Mended.BY_ITSELF}
    assert {row.mended_at for row in archive.rows(Damage)} == {archive.clock.now()}


def test_a_damage_that_nobody_has_seen_yet_is_mended_by_sending_again_too(archive: Archive) -> None:
    (key,) = archive.receive()
    before = archive.objects.read(key)
    flip(path_of(archive.objects, key))
    archive.send_again(key)
    assert archive.objects.read(key) == before
    archive.check_all()
    assert archive.damages() == {}


def test_an_object_that_breaks_again_is_listed_again(archive: Archive) -> None:
    (key,) = archive.receive()
    flip(path_of(archive.objects, key))
    archive.check_all()
    archive.send_again(key)
    archive.look_again()
    path_of(archive.objects, key).unlink()
    archive.check_all()
    assert archive.damages() == {key: (Integrity.MISSING, "")}
    assert [row.found_at for row in archive.rows(Damage)] == [archive.clock.now()]


def test_a_round_goes_on_where_it_stopped_and_begins_anew_after_its_period(archive: Archive) -> None:
    archive.receive(4)
    archive.checker = archive.new_checker(bytes_per_second=1)
    archive.checker.once()
    assert archive.the_round.objects == 0
    size = archive.rows(Instance)[0].object_bytes
    for expected in (1, 2):
        archive.checker.once()
        archive.checker.once()
        assert archive.the_round.objects == expected, "the pace allows one, and then a rest"
        archive.watch.now += size + 200
    archive.checker = archive.new_checker(bytes_per_second=1)
    for _ in range(3):
        archive.checker.once()
        archive.watch.now += size + 200
    assert archive.the_round.objects == 4
    assert archive.the_round.ended_at is not None
    archive.clock.advance(days=PERIOD.days, seconds=-1)
    archive.checker.once()
    assert archive.the_round.objects == 4
    archive.clock.advance(1)
    archive.checker.once()
    assert archive.the_round.objects == 0
    assert [row.ended_at for row in archive.rows(Check)] == [None]


@pytest.mark.parametrize("bytes_per_second", [2_000, 50_000])
def test_no_more_is_read_than_the_pace_allows(archive: Archive, bytes_per_second: int) -> None:
    archive.receive(12)
    archive.checker = archive.new_checker(bytes_per_second)
    archive.checker.once()
    largest = max(row.object_bytes for row in archive.rows(Instance))
    began = archive.watch.now
    while archive.the_round.ended_at is None:
        archive.watch.now += 0.25
        archive.checker.once()
        allowed = bytes_per_second * (archive.watch.now - began + 1) + largest
        assert archive.the_round.bytes <= allowed
    assert archive.the_round.objects == 12


def test_more_than_one_piece_of_objects_is_gone_through(archive: Archive) -> None:
    archive.receive(5)
    seen, key = list[str](), ""
    while batch := queries.stored_after(archive.engine, key, 2):
        seen += [one.key for one in batch]
        key = seen[-1]
    assert seen == sorted(archive.kept)


def test_a_damaged_local_copy_gives_way_to_the_bucket(doubled: Doubled) -> None:
    (key,) = doubled.receive()
    before = doubled.objects.read(key)
    doubled.send_on()
    flip(path_of(doubled.objects, key))
    doubled.check_all()
    assert doubled.damages() == {key: (Integrity.DAMAGED, Mended.BY_OTHER_COPY)}
    assert doubled.objects.read(key) == before
    assert (doubled.whereabouts(key).state, doubled.whereabouts(key).is_local) == (State.STORED, False)


@pytest.mark.parametrize("loss", ["deleted", "changed", "emptied"])
def test_what_the_bucket_lost_is_sent_again_from_the_folder(doubled: Doubled, loss: str) -> None:
    (key,) = doubled.receive()
    before = doubled.objects.read(key)
    doubled.send_on()
    doubled.objects.remote.delete(key)
    if loss != "deleted":
        doubled.objects.remote.put(key, b"" if loss == "emptied" else before[:-1] + b"?")
    doubled.check_all()
    integrity = Integrity.MISSING if loss == "deleted" else Integrity.DAMAGED
    assert doubled.damages() == {key: (integrity, Mended.BY_OTHER_COPY)}
    assert doubled.whereabouts(key).state == State.LOCAL, "so that it may not leave the folder"
    doubled.send_on()
    doubled.clock.advance(wait_after(1).total_seconds())
    doubled.send_on()
    assert doubled.whereabouts(key).state == State.STORED
    assert doubled.objects.remote.read(key) == before


def test_an_object_that_is_whole_nowhere_stands_until_it_is_sent_again(doubled: Doubled) -> None:
    (key,) = doubled.receive()
    before = doubled.objects.read(key)
    doubled.send_on()
    path_of(doubled.objects, key).unlink()
    doubled.objects.remote.delete(key)
    doubled.objects.remote.put(key, before[:-1])
    doubled.check_all()
    assert doubled.damages() == {key: (Integrity.DAMAGED, "")}
    doubled.send_again(key)
    assert doubled.objects.read(key) == before
    doubled.look_again()
    assert doubled.damages() == {key: (Integrity.DAMAGED, Mended.BY_OTHER_COPY)}
    for _ in range(2):
        doubled.send_on()
        doubled.clock.advance(wait_after(1).total_seconds())
    assert doubled.objects.remote.read(key) == before


def test_what_only_the_bucket_has_is_read_there(doubled: Doubled) -> None:
    (key,) = doubled.receive()
    doubled.send_on()
    path_of(doubled.objects, key).unlink()
    doubled.check_all()
    assert doubled.damages() == {}


def test_while_the_bucket_is_away_nothing_is_said_of_it(doubled: Doubled, bucket: Bucket) -> None:
    doubled.receive()
    doubled.send_on()
    bucket.is_away = True
    doubled.checker.once()
    with pytest.raises(StoreFailed):
        doubled.checker.once()
    asked = bucket.asked
    doubled.checker.once()
    assert bucket.asked == asked, "it is left alone for a while"
    assert (doubled.damages(), doubled.the_round.objects) == ({}, 0)
    bucket.is_away = False
    doubled.watch.now += REST_AFTER_FAILURE_SECONDS
    doubled.checker.once()
    assert doubled.the_round.objects == 1


class Watched(LocalObjects):
    """Notes at each reading whether the lock is taken."""

    def __init__(self, root: Path, lock: threading.Lock) -> None:
        super().__init__(root)
        self.lock, self.seen = lock, list[bool]()

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        self.seen.append(self.lock.locked())
        return super().read(key, start, end)


def test_nothing_may_leave_the_folder_during_a_look(doubled: Doubled) -> None:
    doubled.receive(2)
    lock = threading.Lock()
    watched = Watched(doubled.objects.local.root, lock)
    checker = Checker(
        objects=watched,
        reader=doubled.engine,
        ingest=doubled.ingest,
        clock=doubled.clock,
        period=PERIOD,
        bytes_per_second=10**9,
        leaving=lock,
        seconds=doubled.watch,
    )
    checker.once()
    checker.once()
    assert watched.seen
    assert all(watched.seen)
    assert not lock.locked()
