"""kill -9 at every step between the folder and the bucket: afterwards everything is there, whole and read."""

import hashlib
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.objects_s3 import open_bucket
from config.settings import load
from config.stores import objects_of
from dicom_node.archive.tables import Instance
from dicom_node.keeping.chores import FAILPOINTS
from dicom_node.keeping.tables import Whereabouts
from dicom_node.keeping.whereabouts import State
from tests.dicom_node.conftest import register
from tests.dicom_node.processes import node_process
from tests.dicom_node.rows import rows_of
from tests.dicom_node.test_faults import send, some_objects
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until


@contextmanager
def with_a_bucket(
    home: Path, url: str, s3_url: str, port: int, failpoint: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """The node with a bucket, and almost no room in the folder before it."""
    objects = {"LIANZHEN_OBJECTS__URL": s3_url, "LIANZHEN_OBJECTS__FOLDER_BYTES_MAX": "1"}
    with node_process(home, url, port, failpoint, **objects) as process:
        yield process


@pytest.fixture
def engine(sqlite_url: str, engine: Engine) -> Engine:
    """A reading engine; peer COUNTY is known."""
    register(sqlite_url, "COUNTY")
    return engine


def test_kills_on_the_way_to_the_bucket_lose_nothing(
    sqlite_url: str, engine: Engine, s3_url: str, tmp_path: Path
) -> None:
    port, sent = free_port(), dict[str, bytes]()
    for step in FAILPOINTS:
        with with_a_bucket(tmp_path, sqlite_url, s3_url, port, step) as process:
            sent |= some_objects()
            send(port, dict(list(sent.items())[-4:]))
            assert process.wait(60) == -signal.SIGKILL, step
    with with_a_bucket(tmp_path, sqlite_url, s3_url, port) as process:
        assert send(port, sent) == sent.keys()
        wait_until(lambda: all_left_the_folder(engine, len(sent)), 60)
        process.terminate()
        assert process.wait(30) == 0
    store = objects_of(load(home=str(tmp_path), objects={"url": s3_url}))
    bucket = open_bucket(s3_url, "k", "s")
    for row in rows_of(engine, Instance):
        content = store.read(row.object_key)
        assert content[row.dataset_offset :] == sent[row.sop_instance_uid]
        assert hashlib.sha256(bucket.read(row.object_key)).hexdigest() in row.object_key


def all_left_the_folder(engine: Engine, count: int) -> bool:
    """True when so many objects are safe in the bucket and nowhere else."""
    rows = rows_of(engine, Whereabouts)
    return len(rows) == count and all(row.state == State.STORED and not row.is_local for row in rows)
