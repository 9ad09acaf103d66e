"""What an institution may have, counted in the transaction of the rows, and what a disk keeps free."""

import os
import random
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from config.kernel.objects import StoreFull
from config.kernel.objects_local import LocalObjects
from dicom_node.app import Node
from dicom_node.archive.tables import Instance, Study
from dicom_node.intake.errors import SameUidOtherContent
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Source
from dicom_node.keeping.errors import OverQuota
from dicom_node.keeping.queries import in_use
from dicom_node.keeping.room import KNOWN_SECONDS, BoundedDoor, Disk, Room, disk_of, short_of
from dicom_node.keeping.whereabouts import LONGEST_WAIT
from dicom_node.quotas import use
from dicom_node.quotas.tables import Use
from tests.dicom_node.conftest import HOME_INSTITUTION
from tests.dicom_node.intake.test_ingest import House
from tests.dicom_node.keeping.conftest import Warehouse
from tests.dicom_node.keeping.test_checking import Watch
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, comment, status, storing
from tests.fixtures.clock import HandClock
from tests.fixtures.waiting import wait_until

COUNTY = Source(institution_id="county", ae_title="COUNTY", issuer_of_patient_id="")
TOWN = Source(institution_id="town", ae_title="TOWN", issuer_of_patient_id="")


class Bounded(House):
    """Intake by a door that asks for room first."""

    def __init__(self, url: str, folder: Path, clock: HandClock) -> None:
        super().__init__(url, LocalObjects(folder / "objects"), folder, clock)
        self.watch, self.reserve = Watch(), 0
        self.door: BoundedDoor = self.new_door()

    def new_door(self, reserve_bytes: int = 0, disk_of: Callable[[Path], Disk] = disk_of) -> BoundedDoor:
        """As of another process."""
        room = Room(
            reader=self.engine,
            folders=[self.spool.own],
            reserve_bytes=reserve_bytes,
            seconds=self.watch,
            disk_of=disk_of,
        )
        return BoundedDoor(
            spool=self.spool, objects=self.objects, ingest=self.ingest, object_bytes_max=10**6, room=room
        )

    def receive(self, source: Source = COUNTY, door: BoundedDoor | None = None) -> int:
        """A new object; its size."""
        dataset = a_ct()
        self.send(dataset_bytes(dataset), str(dataset.SOPInstanceUID), source, door)
        return next(
            row.object_bytes for row in self.rows(Instance) if row.sop_instance_uid == dataset.SOPInstanceUID
        )

    def send(self, data: bytes, uid: str, source: Source = COUNTY, door: BoundedDoor | None = None) -> None:
        """One object through a door."""
        through = door or self.door
        reception = through.begin(
            Announced(sop_class_uid=CT, sop_instance_uid=uid, transfer_syntax_uid=EXPLICIT)
        )
        reception.write(data)
        through.admit(reception, source)

    def allow(self, institution_id: str, quota_bytes: int) -> None:
        """Set a quota and let the door hear of it."""
        self.ingest.run(lambda c, now: use.set_quota(c, institution_id, quota_bytes, now))
        self.watch.now += KNOWN_SECONDS

    def used(self) -> dict[str, int]:
        """The counters."""
        return {name: found.used for name, found in in_use(self.engine).items()}

    def counted(self) -> dict[str, int]:
        """What the counters ought to be, from the rows themselves."""
        sums = dict[str, int]()
        for row in self.rows(Instance):
            sums[row.institution_id] = sums.get(row.institution_id, 0) + row.object_bytes
        return sums


@pytest.fixture
def bounded(database_url: str, tmp_path: Path, clock: HandClock) -> Iterator[Bounded]:
    """Bounded intake on both databases."""
    made = Bounded(database_url, tmp_path, clock)
    yield made
    made.close()


def test_the_counter_is_what_the_rows_say_whatever_came_how_often(bounded: Bounded) -> None:
    chance = random.Random(11)
    sent: list[tuple[bytes, str]] = []
    for _ in range(25):
        source = chance.choice([COUNTY, TOWN])
        if sent and chance.random() < 0.4:
            bounded.send(*chance.choice(sent), source)
        else:
            dataset = a_ct(StudyInstanceUID=f"1.2.{chance.randint(1, 3)}")
            sent.append((dataset_bytes(dataset), str(dataset.SOPInstanceUID)))
            bounded.send(*sent[-1], source)
    conflicting = a_ct(SOPInstanceUID=sent[0][1], PatientID="OTHER")
    bounded.send(*sent[0], COUNTY)
    bounded.send(*sent[0], TOWN)
    for source in (COUNTY, TOWN):
        with pytest.raises(SameUidOtherContent):
            bounded.send(dataset_bytes(conflicting), sent[0][1], source)
    assert bounded.used() == bounded.counted()
    with bounded.engine.connect() as connection:
        by_study = connection.execute(select(Study.institution_id, Study.byte_count)).all()
    assert sum(row.byte_count for row in by_study) == sum(bounded.used().values())


def test_writers_at_once_lose_no_byte(bounded: Bounded) -> None:
    with ThreadPoolExecutor(8) as pool:
        datasets = [a_ct(StudyInstanceUID="1.2.3") for _ in range(40)]
        list(pool.map(lambda d: bounded.send(dataset_bytes(d), str(d.SOPInstanceUID)), datasets))
    assert bounded.used() == bounded.counted()
    assert {row.slot for row in bounded.rows(Use)} == {os.getpid() % use.SLOTS}


def test_an_institution_over_its_quota_is_told_so_and_no_other(bounded: Bounded) -> None:
    size = bounded.receive()
    bounded.allow("county", 3 * size + size // 2)
    county = size + bounded.receive() + bounded.receive()
    with pytest.raises(OverQuota) as refusal:
        bounded.receive()
    assert refusal.value.params == {"quota_bytes": 3 * size + size // 2}
    town = bounded.receive(TOWN)
    assert bounded.used() == bounded.counted() == {"county": county, "town": town}
    assert [path.name for path in bounded.spool.own.iterdir() if path.suffix == ".part"] == []
    bounded.allow("county", 10 * size)
    bounded.receive()
    bounded.allow("county", size)
    with pytest.raises(OverQuota):
        bounded.receive()
    bounded.allow("county", 0)
    bounded.receive()


def test_another_process_hears_of_it_within_a_second(bounded: Bounded) -> None:
    other = bounded.new_door()
    size = bounded.receive(door=other)
    bounded.allow("county", 2 * size + size // 2)  # UIDs differ in length, so do objects
    bounded.receive()
    bounded.watch.now += KNOWN_SECONDS
    with pytest.raises(OverQuota):
        bounded.receive(door=other)


@pytest.mark.parametrize(
    "reserve,size,kept",
    [(100, 10_000, 100), (100, 2_000, 100), (100, 1_000, 50), (0, 1_000, 0), (10**9, 200, 10)],
)
def test_of_a_small_disk_less_is_kept_free(reserve: int, size: int, kept: int) -> None:
    assert Disk(size=size, free=0).keeps_free(reserve) == kept


def test_the_disk_is_the_real_one(tmp_path: Path) -> None:
    disk, told = disk_of(tmp_path), shutil.disk_usage(tmp_path)
    assert disk.size == told.total
    assert 0 < disk.free <= told.total


def test_nothing_is_begun_below_the_reserve(bounded: Bounded) -> None:
    disk = Disk(size=10**6, free=1_000)
    door = bounded.new_door(reserve_bytes=1_000, disk_of=lambda _folder: disk)
    bounded.receive(door=door)
    disk = Disk(size=10**6, free=999)
    with pytest.raises(StoreFull):
        bounded.receive(door=door)
    assert [path.suffix for path in bounded.spool.own.iterdir() if path.suffix] == []
    disk = Disk(size=10**6, free=2_000)
    bounded.receive(door=door)
    assert short_of(bounded.spool.own, 1_000, lambda _folder: disk) == 0
    assert short_of(bounded.spool.own, 1_500, lambda _folder: disk) == 1_000


def test_with_the_bucket_away_intake_goes_on_to_the_reserve_and_comes_back_by_itself(
    small_warehouse: Warehouse,
) -> None:
    """A disk of thirty objects: everything taken is there in the end, in the bucket too."""
    room_for, size, reserve = 30, 100, 500
    root = small_warehouse.store.local.root

    def disk_now(_folder: Path) -> Disk:
        lying = sum(path.stat().st_size for path in (root / "dicom").rglob("*") if path.is_file())
        return Disk(size=10**6, free=room_for * size - lying)

    room = Room(reader=small_warehouse.reader, folders=[root], reserve_bytes=reserve, disk_of=disk_now)
    cache = small_warehouse.cache(10**9, lambda: short_of(root, reserve, disk_now))

    def take_until_refused(first: int) -> list[str]:
        taken = list[str]()
        with pytest.raises(StoreFull):
            for number in range(first, first + 10 * room_for):
                room.check_disk()
                taken.append(small_warehouse.store_one(b"%0*d" % (size, number)))
                small_warehouse.uploader.once()
                cache.once()
        return taken

    small_warehouse.bucket.is_away = True
    taken = take_until_refused(0)
    assert len(taken) == (room_for * size - reserve) // size + 1
    small_warehouse.bucket.is_away = False
    small_warehouse.clock.advance(LONGEST_WAIT.total_seconds())
    small_warehouse.send_all()
    while cache.once():
        continue
    room.check_disk()
    for number in range(1_000, 1_100):
        room.check_disk()
        taken.append(small_warehouse.store_one(b"%0*d" % (size, number)))
        small_warehouse.send_all()
        cache.once()
    assert {small_warehouse.bucket.read(key) == small_warehouse.store.read(key) for key in taken} == {True}
    assert len(set(taken)) == len(taken) == len(small_warehouse.rows())


def test_a_peer_is_told_in_words_and_goes_on_when_there_is_room(start_node: Callable[..., Node]) -> None:
    node = start_node()

    def stored() -> dict[int, bytes]:
        dataset = a_ct()
        return storing(node.listener.port, CT, str(dataset.SOPInstanceUID), dataset_bytes(dataset))

    assert status(stored()) == 0
    node.ingest.run(lambda c, now: use.set_quota(c, HOME_INSTITUTION, 1, now))
    refused = wait_until(lambda: found if status(found := stored()) else None)
    assert (status(refused), comment(refused)) == (0xA700, str(OverQuota.__doc__))
    node.ingest.run(lambda c, now: use.set_quota(c, HOME_INSTITUTION, 0, now))
    wait_until(lambda: status(stored()) == 0)
    assert node.activity.snapshot(0)["refusals"]["A700"] >= 1
