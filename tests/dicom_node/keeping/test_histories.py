"""Whatever happens in whatever order, nothing that was acknowledged is lost, and nothing false is said of it.

A model of the store beside the real one: a folder, a real bucket that comes and goes, the chores, restarts,
damage to one copy at a time.
"""

import hashlib
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.kernel.objects import ObjectMissing
from dicom_node.archive.verification import Expected, Integrity
from dicom_node.keeping.checking import Finding, look_at
from dicom_node.keeping.queries import Stored
from dicom_node.keeping.whereabouts import LONGEST_WAIT, State
from tests.dicom_node.keeping.conftest import Warehouse
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket

STEPS, SEEDS = 60, (1, 2, 3)


class History:
    """A warehouse that things happen to; `kept` is what was acknowledged, by key."""

    def __init__(self, warehouse: Warehouse, chance: random.Random) -> None:
        self.warehouse, self.chance = warehouse, chance
        self.kept: dict[str, bytes] = {}

    def store(self) -> None:
        content = self.chance.randbytes(self.chance.choice([1, 50, 400]))
        self.kept[self.warehouse.store_one(content)] = content

    def store_again(self) -> None:
        if self.kept:
            self.warehouse.store_one(self.chance.choice(list(self.kept.values())))

    def bucket_goes(self) -> None:
        self.warehouse.bucket.is_away = True

    def bucket_comes(self) -> None:
        self.warehouse.bucket.is_away = False

    def time_passes(self) -> None:
        self.warehouse.clock.advance(self.chance.choice([1, 30, 900]))

    def send(self) -> None:
        self.warehouse.uploader.once()

    def bound(self) -> None:
        self.warehouse.cache(bytes_max=self.chance.choice([0, 200, 2_000])).once()

    def read(self) -> None:
        if self.kept:
            key = self.chance.choice(list(self.kept))
            if self.warehouse.path(key).exists():
                self.warehouse.read_now(key)

    def restart(self) -> None:
        self.warehouse.store.forget_news(self.warehouse.store.news(2))
        self.warehouse.uploader = self.warehouse.new_uploader()

    def local_copy_rots(self) -> None:
        """Only of what the bucket is known to have: one fault at a time."""
        safe = [row.object_key for row in self.warehouse.rows() if row.state == State.STORED and row.is_local]
        if safe:
            path = self.warehouse.path(self.chance.choice(safe))
            if path.exists():
                path.write_bytes(b"rotten")

    def check(self) -> None:
        """As the checker does; a bucket that is away says nothing."""
        if self.warehouse.bucket.is_away:
            return
        for key in self.kept:
            finding = look_at(self.warehouse.store, self.stored(key))
            assert finding.integrity is Integrity.INTACT or finding.mended_by is not None
            self.warehouse.ingest.run(finding.write_down)

    def stored(self, key: str) -> Stored:
        """What an index would expect of this object."""
        content = self.kept[key]
        expected = Expected(
            object_bytes=len(content), dataset_offset=0, dataset_sha256=hashlib.sha256(content).hexdigest()
        )
        in_bucket = any(row.object_key == key and row.state == State.STORED for row in self.warehouse.rows())
        return Stored(key, expected, in_bucket=in_bucket)

    def steps(self) -> list[Callable[[], None]]:
        """All that may happen, the usual more often."""
        usual = [self.store, self.send, self.send, self.time_passes, self.bound]
        seldom = [self.store_again, self.bucket_goes, self.bucket_comes, self.read, self.restart]
        return [*usual, *usual, *seldom, self.local_copy_rots, self.check]

    def nothing_is_lost(self) -> None:
        """Each object lies whole in the folder, or whole in the bucket with a row that says so."""
        states = {row.object_key: row.state for row in self.warehouse.rows()}
        for key, content in self.kept.items():
            path = self.warehouse.path(key)
            here = path.exists() and path.read_bytes() == content
            if not here:
                assert states[key] == State.STORED
                assert self.warehouse.bucket.inner.read(key) == content

    def everything_settles(self) -> None:
        """With the bucket back and time enough, all of it is there, whole, and said to be there."""
        self.bucket_comes()
        for _ in range(4):
            self.warehouse.clock.advance(LONGEST_WAIT.total_seconds())
            self.warehouse.uploader = self.warehouse.new_uploader()
            self.warehouse.send_all()
            self.check()
        for key, content in self.kept.items():
            assert self.warehouse.bucket.inner.read(key) == content
            assert self.warehouse.store.read(key) == content
        rows = {row.object_key: row.state for row in self.warehouse.rows()}
        assert rows == dict.fromkeys(self.kept, State.STORED)


@pytest.fixture(params=SEEDS)
def history(
    request: pytest.FixtureRequest, sqlite_url: str, bucket: Bucket, tmp_path: Path, clock: HandClock
) -> Iterator[History]:
    """A history that begins with nothing."""
    warehouse = Warehouse(sqlite_url, bucket, tmp_path, clock)
    yield History(warehouse, random.Random(request.param))
    warehouse.close()


def test_no_history_loses_anything(history: History) -> None:
    for _ in range(STEPS):
        history.chance.choice(history.steps())()
        history.nothing_is_lost()
    assert history.kept
    history.everything_settles()


def test_a_reader_sees_the_same_bytes_whatever_leaves_meanwhile(small_warehouse: Warehouse) -> None:
    """An object is read between its eviction and its coming back, piece by piece."""
    content = os.urandom(1_000)
    key = small_warehouse.store_one(content)
    small_warehouse.send_all()
    seen = bytearray()
    for start in range(0, len(content), 100):
        if start == 300:
            assert small_warehouse.cache(bytes_max=0).once() == 1
        if start == 600:
            small_warehouse.store_one(content)
        seen += small_warehouse.store.read(key, start, start + 100)
    assert bytes(seen) == content


def test_a_finding_changes_only_what_it_is_about(small_warehouse: Warehouse) -> None:
    keys = [small_warehouse.store_one(b"%d" % number) for number in range(3)]
    small_warehouse.send_all()
    expected = Expected(object_bytes=1, dataset_offset=0, dataset_sha256=hashlib.sha256(b"1").hexdigest())
    one = Stored(keys[1], expected, in_bucket=True)
    small_warehouse.bucket.delete(keys[1])
    finding = look_at(small_warehouse.store, one)
    assert isinstance(finding, Finding)
    small_warehouse.ingest.run(finding.write_down)
    states = {row.object_key: row.state for row in small_warehouse.rows()}
    assert states == {keys[0]: State.STORED, keys[1]: State.LOCAL, keys[2]: State.STORED}
    with pytest.raises(ObjectMissing):
        small_warehouse.bucket.read(keys[1])
    assert small_warehouse.cache(bytes_max=0).once() == 2
    assert small_warehouse.store.read(keys[1]) == b"1"
