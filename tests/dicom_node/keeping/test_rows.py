"""The rows of keeping by themselves: what each step leaves, on both databases, and what questions find."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from config.kernel.database import Database, open_sync_engine
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.tables import Instance
from dicom_node.archive.verification import Expected, Integrity
from dicom_node.intake.receive import Source
from dicom_node.keeping import damages, queries, whereabouts
from dicom_node.keeping.damages import Mended
from dicom_node.keeping.queries import Due, InUse, Stored
from dicom_node.keeping.tables import Damage, Whereabouts
from dicom_node.keeping.whereabouts import FIRST_WAIT, State, wait_after
from dicom_node.quotas import use
from dicom_node.quotas.tables import Quota
from tests.dicom_node.intake.test_ingest import House
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock

TOWN = Source(institution_id="town", ae_title="TOWN", issuer_of_patient_id="")


class Rows:
    """One database, written to by hand."""

    def __init__(self, url: str, clock: HandClock) -> None:
        self.writer, self.reader, self.clock = (
            open_sync_engine(url),
            open_sync_engine(url, writes=False),
            clock,
        )

    def note(self, **sizes: int) -> None:
        """These lie in the folder."""
        with self.writer.begin() as connection:
            whereabouts.note(connection, {f"dicom/{name}": size for name, size in sizes.items()}, self.now)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def row(self, name: str) -> Whereabouts:
        (found,) = [row for row in rows_of(self.reader, Whereabouts) if row.object_key == f"dicom/{name}"]
        return found

    def due(self, most: int = 10) -> list[Due]:
        """What is to be sent now."""
        return queries.due(self.reader, self.now, most)

    def find(self, key: str, integrity: Integrity, mended: Mended | None = None) -> None:
        """An object is not whole."""
        with self.writer.begin() as connection:
            damages.found(connection, key, integrity, mended, self.now)

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


@pytest.fixture
def rows(database_url: str, clock: HandClock) -> Iterator[Rows]:
    """On SQLite and PostgreSQL in turn."""
    made = Rows(database_url, clock)
    yield made
    made.close()


def test_a_row_goes_from_noted_to_stored(rows: Rows) -> None:
    rows.note(a=3, b=4)
    assert rows.due() == [Due("dicom/a", 3, 0), Due("dicom/b", 4, 0)]
    with rows.writer.begin() as connection:
        whereabouts.begin(connection, ["dicom/a"])
    assert rows.row("a").state == State.UPLOADING
    assert len(rows.due()) == 2, "what a killed process was sending is due still"
    rows.clock.advance(5)
    with rows.writer.begin() as connection:
        whereabouts.stored(connection, ["dicom/a"], rows.now)
    assert (rows.row("a").state, rows.row("a").verified_at) == (State.STORED, rows.now)
    assert rows.due() == [Due("dicom/b", 4, 0)]


def test_a_failure_is_due_again_after_its_wait_and_not_before(rows: Rows) -> None:
    rows.note(a=3)
    for attempts in (1, 2, 3):
        with rows.writer.begin() as connection:
            whereabouts.failed(connection, "dicom/a", attempts, "objects.failed", rows.now)
        wait = wait_after(attempts)
        rows.clock.advance((wait - timedelta(seconds=1)).total_seconds())
        assert rows.due() == []
        rows.clock.advance(1)
        assert rows.due() == [Due("dicom/a", 3, attempts)]
    assert rows.row("a").reason_code == "objects.failed"
    with rows.writer.begin() as connection:
        whereabouts.stored(connection, ["dicom/a"], rows.now)
    assert rows.row("a").reason_code == ""


def test_the_longest_due_comes_first_and_only_so_many(rows: Rows) -> None:
    for name in ("c", "a", "b"):
        rows.note(**{name: 1})
        rows.clock.advance(FIRST_WAIT.total_seconds())
    assert [one.key for one in rows.due(2)] == ["dicom/c", "dicom/a"]


def test_noting_again_changes_what_lies_there_and_no_more(rows: Rows) -> None:
    rows.note(a=3)
    with rows.writer.begin() as connection:
        whereabouts.stored(connection, ["dicom/a"], rows.now)
        whereabouts.left_folder(connection, ["dicom/a"])
    assert queries.noted(rows.reader, ["dicom/a", "dicom/b"]) == set()
    assert queries.local_bytes(rows.reader) == 0
    noted_at = rows.now
    rows.clock.advance(60)
    rows.note(a=3, b=5)
    row = rows.row("a")
    assert (row.state, row.is_local, row.noted_at, row.read_at) == (State.STORED, True, noted_at, rows.now)
    assert queries.noted(rows.reader, ["dicom/a", "dicom/b"]) == {"dicom/a", "dicom/b"}
    assert queries.local_bytes(rows.reader) == 8


def test_the_longest_unread_are_named_in_order_of_reading(rows: Rows) -> None:
    rows.note(a=1, b=2, c=3, d=4)
    with rows.writer.begin() as connection:
        whereabouts.stored(connection, ["dicom/a", "dicom/b", "dicom/c"], rows.now)
        whereabouts.read_later(
            connection, {"dicom/a": rows.now + timedelta(hours=2), "dicom/c": rows.now + timedelta(hours=1)}
        )
    found = [key for key, _size, _read_at in queries.longest_unread(rows.reader, 10)]
    assert found == ["dicom/b", "dicom/c", "dicom/a"]
    with rows.writer.begin() as connection:
        whereabouts.send_again(connection, ["dicom/b"], rows.now)
        whereabouts.forget(connection, ["dicom/c"])
    assert [key for key, *_rest in queries.longest_unread(rows.reader, 10)] == ["dicom/a"]
    assert [one.key for one in rows.due()] == ["dicom/b", "dicom/d"]


def test_what_was_found_first_stays_until_it_is_mended(rows: Rows) -> None:
    rows.find("dicom/a", Integrity.MISSING)
    found_at = rows.now
    rows.clock.advance(60)
    rows.find("dicom/a", Integrity.DAMAGED)
    (row,) = rows_of(rows.reader, Damage)
    assert (row.integrity, row.found_at, row.checked_at) == (Integrity.MISSING, found_at, rows.now)
    with rows.writer.begin() as connection:
        damages.whole_again(connection, "dicom/a", rows.now)
        damages.whole_again(connection, "dicom/unknown", rows.now)
    (row,) = rows_of(rows.reader, Damage)
    assert (row.mended_by, row.mended_at) == (Mended.BY_ITSELF, rows.now)
    rows.clock.advance(60)
    rows.find("dicom/a", Integrity.DAMAGED)
    (row,) = rows_of(rows.reader, Damage)
    assert (row.integrity, row.found_at, row.mended_by, row.mended_at) == (
        Integrity.DAMAGED,
        rows.now,
        "",
        None,
    )
    with rows.writer.begin() as connection:
        damages.forget(connection, "dicom/a")
    assert rows_of(rows.reader, Damage) == []


def test_any_history_of_one_object_ends_as_its_last_look_said(rows: Rows) -> None:
    chance = random.Random(5)
    last: str | None = None
    for _ in range(40):
        rows.clock.advance(1)
        look = chance.choice(["whole", "fault", "mended"])
        if look == "whole":
            with rows.writer.begin() as connection:
                damages.whole_again(connection, "dicom/a", rows.now)
            last = last and "whole"
        else:
            rows.find("dicom/a", Integrity.DAMAGED, Mended.BY_OTHER_COPY if look == "mended" else None)
            last = look
        open_now = queries.not_whole(rows.reader, rows.now, 10)
        assert open_now == (["dicom/a"] if last == "fault" else [])
        assert len(rows_of(rows.reader, Damage)) == int(last is not None)


def test_what_is_looked_at_again_is_what_was_looked_at_longest_ago(rows: Rows) -> None:
    for key in ("dicom/b", "dicom/a", "dicom/c"):
        rows.find(key, Integrity.MISSING)
        rows.clock.advance(10)
    assert queries.not_whole(rows.reader, rows.now, 2) == ["dicom/b", "dicom/a"]
    assert queries.not_whole(rows.reader, rows.now - timedelta(seconds=15), 9) == ["dicom/b", "dicom/a"]


def test_use_and_quota_of_institutions_that_have_either(rows: Rows) -> None:
    with rows.writer.begin() as connection:
        use.grow(connection, {"a": 10, "b": 5, "c": 0})
        use.grow(connection, {"a": -3})
        use.set_quota(connection, "b", 100, rows.now)
        use.set_quota(connection, "d", 7, rows.now)
    assert queries.in_use(rows.reader) == {
        "a": InUse(used=7, quota=0),
        "b": InUse(used=5, quota=100),
        "d": InUse(used=0, quota=7),
    }
    with rows.writer.begin() as connection:
        use.set_quota(connection, "b", 200, rows.now)
        use.set_quota(connection, "d", 0, rows.now)
        use.set_quota(connection, "d", 0, rows.now)
    assert [(row.institution_id, row.bytes) for row in rows_of(rows.reader, Quota)] == [("b", 200)]


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, clock: HandClock) -> Iterator[House]:
    """Intake on SQLite and local files."""
    made = House(sqlite_url, LocalObjects(tmp_path / "objects"), tmp_path, clock)
    yield made
    made.close()


def expected_of(engine: Engine, key: str) -> Expected:
    """What the rows say of an object."""
    row = next(row for row in rows_of(engine, Instance) if row.object_key == key)
    return Expected(
        object_bytes=row.object_bytes, dataset_offset=row.dataset_offset, dataset_sha256=row.dataset_sha256
    )


def test_an_object_of_two_institutions_is_read_once(house: House) -> None:
    dataset = a_ct()
    data, uid = dataset_bytes(dataset), str(dataset.SOPInstanceUID)
    house.take(data, uid)
    house.take(data, uid, TOWN)
    (key,) = {row.object_key for row in house.rows(Instance)}
    assert queries.stored_after(house.engine, "", 10) == [
        Stored(key, expected_of(house.engine, key), in_bucket=False)
    ]
    assert queries.stored_after(house.engine, key, 10) == []
    house.ingest.run(lambda c, now: whereabouts.note(c, {key: 1}, now))
    assert not queries.stored_as(house.engine, [key])[key].in_bucket
    house.ingest.run(lambda c, now: whereabouts.stored(c, [key], now))
    assert queries.stored_as(house.engine, [key, "dicom/other"])[key].in_bucket
    assert list(queries.stored_as(house.engine, [key, "dicom/other"])) == [key]


def found_missing(key: str, connection: Connection, now: datetime) -> None:
    """As the checker writes it down."""
    damages.found(connection, key, Integrity.MISSING, None, now)


async def test_faults_are_told_within_reach_and_newest_first(house: House, clock: HandClock) -> None:
    shared = a_ct()
    for source in (None, TOWN):
        data, uid = dataset_bytes(shared), str(shared.SOPInstanceUID)
        house.take(data, uid, source) if source else house.take(data, uid)
    for _ in range(2):
        dataset = a_ct()
        house.take(dataset_bytes(dataset), str(dataset.SOPInstanceUID))
    keys = sorted({row.object_key for row in house.rows(Instance)})
    for key in keys:
        house.ingest.run(partial(found_missing, key))
        clock.advance(60)
    database = Database(str(house.engine.url))
    async with database.read() as view:
        all_of_them = await queries.faults(view, None, mended=False)
        town = await queries.faults(view, "town", mended=False)
        counts = [await queries.fault_counts(view, reach) for reach in (None, "county", "town", "else")]
        mended = await queries.faults(view, None, mended=True)
    await database.close()
    assert [fault.object_key for fault in all_of_them if fault.institution_id == "county"] == keys[::-1]
    assert len(all_of_them) == 4
    assert [fault.sop_instance_uid for fault in town] == [shared.SOPInstanceUID]
    assert counts == [{"missing": 3}, {"missing": 3}, {"missing": 1}, {}]
    assert mended == []
