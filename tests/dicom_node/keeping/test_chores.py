"""Which chores run for which store, and what a node with a bucket serves."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.kernel.database import open_sync_engine
from config.kernel.objects import ObjectMissing, StoreFailed
from config.kernel.objects_local import LocalObjects
from config.objects_s3 import open_bucket
from config.settings import load
from config.spooled_objects import SpooledObjects
from dicom_node.app import Node
from dicom_node.archive.tables import Instance, Study
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping.chores import Keeping
from dicom_node.keeping.tables import Whereabouts
from dicom_node.keeping.whereabouts import State
from dicom_node.quotas.tables import Use
from tests.dicom_node.conftest import HOME_INSTITUTION, node_settings, register, serving
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, status, storing
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket
from tests.fixtures.waiting import wait_until


@pytest.fixture
def keeping(database_url: str, clock: HandClock) -> Iterator[Keeping]:
    """What the chores work with."""
    reader = open_sync_engine(database_url, writes=False)
    ingest = Ingest(open_sync_engine(database_url), clock, Failpoints())
    yield Keeping(reader=reader, ingest=ingest, clock=clock, failpoints=Failpoints())
    ingest.close()
    reader.dispose()


@pytest.mark.parametrize("pace", [0, 1_000])
def test_store_and_index_have_the_chores_they_need(
    keeping: Keeping, bucket: Bucket, tmp_path: Path, database_kind: str, pace: int
) -> None:
    """A file has an index of names that somebody keeps; a server keeps its own."""
    settings = load(home=str(tmp_path), objects={"check_bytes_per_second": pace}).objects
    local = LocalObjects(tmp_path / "objects")
    common = int(pace > 0) + int(database_kind == "sqlite")
    assert len(keeping.chores(local, settings)) == common
    assert len(keeping.chores(SpooledObjects(local, bucket), settings)) == 2 + common


@pytest.fixture
def bucket_node(sqlite_url: str, s3_url: str, tmp_path: Path) -> Iterator[Node]:
    """A running node whose objects go to a bucket."""
    register(sqlite_url, "COUNTY")
    with ExitStack() as stack:
        yield stack.enter_context(serving(node_settings(tmp_path / "home", sqlite_url, s3_url)))


def test_what_a_node_takes_gets_to_the_bucket_while_it_serves(
    bucket_node: Node, engine: Engine, s3_url: str, tmp_path: Path
) -> None:
    dataset = a_ct()
    data = dataset_bytes(dataset)
    assert status(storing(bucket_node.listener.port, CT, str(dataset.SOPInstanceUID), data)) == 0
    (row,) = rows_of(engine, Instance)
    assert (tmp_path / "home" / "objects" / row.object_key).exists(), "durable before it was acknowledged"
    wait_until(lambda: [one.state for one in rows_of(engine, Whereabouts)] == [State.STORED], 30)
    bucket = open_bucket(s3_url, "k", "s")
    assert bucket.read(row.object_key, row.dataset_offset) == data
    assert bucket_node.facts()["objects"] == {"missing": 0, "damaged": 0, "unsent": 0}
    assert "lianzhen_objects_unsent 0" in bucket_node.metrics()


def test_a_node_whose_bucket_is_away_takes_everything(sqlite_url: str, tmp_path: Path) -> None:
    """Nobody listens at the bucket's address."""
    register(sqlite_url, "COUNTY")
    nowhere = "s3://bucket/x?endpoint=http://127.0.0.1:1"
    with serving(node_settings(tmp_path / "home", sqlite_url, nowhere)) as node:
        for _ in range(3):
            dataset = a_ct()
            answer = storing(node.listener.port, CT, str(dataset.SOPInstanceUID), dataset_bytes(dataset))
            assert status(answer) == 0
        reader = open_sync_engine(sqlite_url, writes=False)
        wait_until(lambda: any(row.state == State.FAILED for row in rows_of(reader, Whereabouts)), 60)
        assert len(rows_of(reader, Instance)) == 3
        reader.dispose()


def test_the_counter_of_an_institution_is_the_sum_of_its_studies(sqlite_url: str, tmp_path: Path) -> None:
    register(sqlite_url, "COUNTY")
    with serving(node_settings(tmp_path / "home", sqlite_url)) as node:
        for study in ("1.2.3", "1.2.3", "1.2.4"):
            dataset = a_ct(StudyInstanceUID=study)
            answer = storing(node.listener.port, CT, str(dataset.SOPInstanceUID), dataset_bytes(dataset))
            assert status(answer) == 0
    reader = open_sync_engine(sqlite_url, writes=False)
    studies = sum(row.byte_count for row in rows_of(reader, Study))
    uses = rows_of(reader, Use)
    assert {row.institution_id for row in uses} == {HOME_INSTITUTION}
    assert sum(row.bytes for row in uses) == studies
    reader.dispose()


def test_news_that_cannot_be_read_are_a_failure_and_not_the_end(bucket: Bucket, tmp_path: Path) -> None:
    """The folder of news is gone: the chore says so and works again when it is back."""
    store = SpooledObjects(LocalObjects(tmp_path / "objects"), bucket)
    store.put("a", b"x")
    news = tmp_path / "objects" / ".news"
    news.rename(tmp_path / "aside")
    with pytest.raises(StoreFailed):
        store.news(10)
    (tmp_path / "aside").rename(news)
    assert store.news(10) == ["a"]
    store.delete("a")
    with pytest.raises(ObjectMissing):
        store.read("a")
