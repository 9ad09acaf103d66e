"""Kept series answers: one for each state and address, bounded in memory and on disk."""

import gzip
import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import pytest
from hypothesis import given, settings, strategies as st
from pydicom.dataset import Dataset

from dicom_node.archive.tables import Instance, Series, Study
from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from viewer.metadata import MetadataCache

ROOT = "http://archive.test/dicom-web"


@dataclass
class Row:
    """The columns that answers are made of."""

    series_key: str = "key-1"
    version: int = 1
    instance_count: int = 1
    study_instance_uid: str = "1.2"
    series_instance_uid: str = "1.2.3"
    sop_instance_uid: str = "1.2.3.4"
    metadata_json: bytes = zlib.compress(b'{"7FE00010":{"vr":"OW","BulkDataURI":"bulk/pixels"}}')


def made(cache: MetadataCache, row: Row, root: str = ROOT, instances: int = 1) -> bytes:
    """The answer about a series of so many equal objects."""
    series, study = cast("Series", row), cast("Study", row)
    return cache.make(study, series, [cast("Instance", row)] * instances, root)


def files(folder: Path) -> list[str]:
    """What is kept on disk."""
    return sorted(str(path.relative_to(folder)) for path in folder.glob("*/*"))


def test_an_answer_is_kept_as_it_is_sent(tmp_path: Path) -> None:
    cache, row = MetadataCache(tmp_path), Row()
    assert cache.remembered(cast("Series", row), ROOT) is None
    assert cache.find(cast("Series", row), ROOT) is None
    answer = made(cache, row)
    (document,) = json.loads(gzip.decompress(answer))
    address = f"{ROOT}/studies/1.2/series/1.2.3/instances/1.2.3.4/bulkdata/pixels"
    assert document["7FE00010"]["BulkDataURI"] == address
    assert cache.remembered(cast("Series", row), ROOT) == answer
    another_process = MetadataCache(tmp_path)
    assert another_process.remembered(cast("Series", row), ROOT) is None
    assert another_process.find(cast("Series", row), ROOT) == answer
    assert another_process.remembered(cast("Series", row), ROOT) == answer


def test_a_new_state_replaces_the_old_one_but_not_other_addresses(tmp_path: Path) -> None:
    cache = MetadataCache(tmp_path)
    made(cache, Row())
    made(cache, Row(), "https://elsewhere.test/dicom-web")
    assert len(files(tmp_path)) == 2
    made(cache, Row(version=2, instance_count=2), instances=2)
    assert len(files(tmp_path)) == 2
    assert cache.find(cast("Series", Row()), ROOT) is None or "1-1" not in "".join(files(tmp_path))
    assert cache.find(cast("Series", Row(version=2, instance_count=2)), ROOT) is not None
    assert cache.find(cast("Series", Row()), "https://elsewhere.test/dicom-web") is not None


def test_an_answer_that_misses_instances_is_not_kept(tmp_path: Path) -> None:
    """The series grew between two queries: what was read belongs to no state."""
    cache = MetadataCache(tmp_path)
    made(cache, Row(instance_count=3), instances=2)
    assert files(tmp_path) == []
    assert cache.remembered(cast("Series", Row(instance_count=3)), ROOT) is None


def test_the_folder_is_bounded(tmp_path: Path) -> None:
    size = len(made(MetadataCache(tmp_path / "one"), Row()))
    cache = MetadataCache(tmp_path / "many", bytes_max=size * 10)
    for number in range(40):
        made(cache, Row(series_key=f"key-{number}"))
    kept = files(tmp_path / "many")
    assert 5 <= len(kept) <= 11
    assert any(name.startswith("key-39/") for name in kept), "the latest stays"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.integers(1, 6))
def test_memory_holds_the_latest_and_no_more_than_it_may(asked: list[int], room: int) -> None:
    cache = MetadataCache(Path("/nowhere"), memory_bytes_max=room * 100)
    rows = {number: cast("Series", Row(series_key=f"key-{number}")) for number in set(asked)}
    for number in asked:
        cache._remember(rows[number], ROOT, bytes([number]) * 100)
    latest = list(dict.fromkeys(reversed(asked)))
    for place, number in enumerate(latest):
        found = cache.remembered(rows[number], ROOT)
        assert found == (bytes([number]) * 100 if place < room else None)
    assert cache._memory_bytes == 100 * min(room, len(latest))


@pytest.fixture
def ct(archived: Archive) -> Dataset:
    """One archived slice."""
    dataset = a_ct()
    archived(file_bytes(dataset))
    return dataset


async def test_kept_answers_may_be_lost_or_swept_at_any_time(
    web: httpx.AsyncClient, ct: Dataset, tmp_path: Path
) -> None:
    path = f"/studies/{ct.StudyInstanceUID}/series/{ct.SeriesInstanceUID}/metadata"
    first = await web.get(path)
    for kept in (tmp_path / "cache" / "metadata").glob("*/*"):
        kept.unlink()
    again = await web.get(path)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["etag"] == first.headers["etag"]
    other = await web.get(path, headers={"Host": "other.test"})
    assert other.json()[0]["7FE00010"]["BulkDataURI"].startswith("http://other.test/")
    assert other.headers["etag"] != first.headers["etag"]
