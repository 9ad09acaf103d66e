"""A store with its chores, on both databases, a bucket that can be away and a clock that is set by hand."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.kernel.database import open_sync_engine
from config.kernel.objects_local import LocalObjects
from config.spooled_objects import SpooledObjects
from dicom_node.archive.files import object_key
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping.cache import Cache
from dicom_node.keeping.tables import Whereabouts
from dicom_node.keeping.uploading import Uploader
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket


class Warehouse:
    """The parts of keeping on one database, before one bucket."""

    def __init__(self, url: str, bucket: Bucket, folder: Path, clock: HandClock) -> None:
        self.url, self.clock, self.bucket = url, clock, bucket
        self.store = SpooledObjects(LocalObjects(folder / "objects"), bucket)
        self.reader: Engine = open_sync_engine(url, writes=False)
        self.ingest = Ingest(open_sync_engine(url), clock, Failpoints())
        self.leaving, self.sending = threading.Lock(), threading.Lock()
        self.uploader = self.new_uploader()

    def new_uploader(self) -> Uploader:
        """As after a start of the node."""
        return Uploader(
            store=self.store,
            reader=self.reader,
            ingest=self.ingest,
            clock=self.clock,
            failpoints=Failpoints(),
            sending=self.sending,
        )

    def cache(self, bytes_max: int, short_of: Callable[[], int] = lambda: 0) -> Cache:
        """The chore that bounds the folder."""
        return Cache(
            store=self.store,
            reader=self.reader,
            ingest=self.ingest,
            failpoints=Failpoints(),
            bytes_max=bytes_max,
            leaving=self.leaving,
            short_of=short_of,
        )

    def store_one(self, content: bytes) -> str:
        """Put an object in, written at the clock's time; its key."""
        key = object_key(hashlib.sha256(content).hexdigest())
        self.store.put(key, content)
        self.read_now(key)
        return key

    def read_now(self, key: str) -> None:
        """Leave the file as a reading at the clock's time does."""
        moment = self.clock.now().timestamp()
        os.utime(self.path(key), (moment, moment))

    def send_all(self) -> None:
        """Send on until nothing more can be done now."""
        while self.uploader.once():
            continue

    def path(self, key: str) -> Path:
        """Where the local copy lies."""
        return self.store.local.root / key

    def row(self, key: str) -> Whereabouts:
        """The object's row."""
        (found,) = [row for row in self.rows() if row.object_key == key]
        return found

    def rows(self) -> list[Whereabouts]:
        """All rows."""
        return rows_of(self.reader, Whereabouts)

    def close(self) -> None:
        """Let go."""
        self.ingest.close()
        self.reader.dispose()


@pytest.fixture
def warehouse(database_url: str, bucket: Bucket, tmp_path: Path, clock: HandClock) -> Iterator[Warehouse]:
    """Keeping on SQLite and PostgreSQL in turn."""
    made = Warehouse(database_url, bucket, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def small_warehouse(sqlite_url: str, bucket: Bucket, tmp_path: Path, clock: HandClock) -> Iterator[Warehouse]:
    """Keeping on SQLite only."""
    made = Warehouse(sqlite_url, bucket, tmp_path, clock)
    yield made
    made.close()
