"""A folder before a bucket: taken at once, told as news, read from either, and readable while one is away."""

import os
from pathlib import Path

import pytest

from config.kernel.objects import ObjectMissing, StoreFailed
from config.kernel.objects_local import LocalObjects
from config.settings import load
from config.spooled_objects import NEWS_NAME, READ_AGAIN_SECONDS, SpooledObjects
from config.stores import objects_of, spool_folder
from tests.fixtures.clock import HandClock
from tests.fixtures.objects import Bucket

KEY = f"dicom/ab/{'ab' * 32}.dcm"


@pytest.fixture
def store(bucket: Bucket, tmp_path: Path, clock: HandClock) -> SpooledObjects:
    """An empty folder before an empty bucket."""
    return SpooledObjects(LocalObjects(tmp_path / "objects"), bucket, clock)


def test_what_is_stored_waits_for_nobody(store: SpooledObjects, bucket: Bucket, tmp_path: Path) -> None:
    bucket.is_away = True
    file = tmp_path / "arrived"
    file.write_bytes(b"image")
    store.adopt(KEY, file)
    store.put("reports/1.pdf", b"page")
    assert (store.read(KEY), store.read("reports/1.pdf", 1, 3)) == (b"image", b"ag")
    assert bucket.asked == 0


def test_what_left_the_folder_is_read_from_the_bucket(store: SpooledObjects, bucket: Bucket) -> None:
    store.put(KEY, b"0123456789")
    bucket.put(KEY, b"0123456789")
    store.local.delete(KEY)
    assert [store.read(KEY), store.read(KEY, 3), store.read(KEY, 2, 4)] == [b"0123456789", b"3456789", b"23"]
    bucket.is_away = True
    with pytest.raises(StoreFailed):
        store.read(KEY)
    bucket.is_away = False
    bucket.delete(KEY)
    with pytest.raises(ObjectMissing):
        store.read(KEY)


def test_each_key_is_told_once_until_it_is_taken_note_of(store: SpooledObjects, tmp_path: Path) -> None:
    keys = {f"a/{number}" for number in range(5)}
    for key in keys:
        store.put(key, b"x")
        store.put(key, b"again")
    assert len(store.news(3)) == 3
    assert set(store.news(100)) == keys
    store.forget_news(["a/1", "a/2", "never/told"])
    assert set(store.news(100)) == keys - {"a/1", "a/2"}
    reopened = SpooledObjects(LocalObjects(tmp_path / "objects"), store.remote)
    assert set(reopened.news(100)) == keys - {"a/1", "a/2"}


def test_news_of_what_is_gone_already_is_no_failure(store: SpooledObjects, bucket: Bucket) -> None:
    store.put(KEY, b"x")
    store.delete(KEY)
    assert store.news(10) == [KEY]
    with pytest.raises(ObjectMissing):
        bucket.read(KEY)


def test_deleting_reaches_both_or_says_that_it_did_not(store: SpooledObjects, bucket: Bucket) -> None:
    store.put(KEY, b"x")
    bucket.put(KEY, b"x")
    bucket.is_away = True
    with pytest.raises(StoreFailed):
        store.delete(KEY)
    bucket.is_away = False
    store.delete(KEY)
    with pytest.raises(ObjectMissing):
        store.read(KEY)


def test_the_last_reading_is_kept_but_not_each(store: SpooledObjects, clock: HandClock) -> None:
    store.put(KEY, b"x")
    path = store.local.root / KEY
    begin = clock.now().timestamp()
    os.utime(path, (begin, begin))
    for seconds, kept in ((READ_AGAIN_SECONDS, 0), (1, READ_AGAIN_SECONDS + 1), (1, READ_AGAIN_SECONDS + 1)):
        clock.advance(seconds)
        store.read(KEY)
        assert path.stat().st_mtime - begin == kept


def test_settings_choose_between_later_and_at_once(s3_url: str, tmp_path: Path) -> None:
    later = objects_of(load(home=str(tmp_path), objects={"url": s3_url}))
    assert isinstance(later, SpooledObjects)
    assert spool_folder(later, tmp_path / "elsewhere") == tmp_path / "objects" / ".spool"
    later.put("a", b"x")
    at_once = objects_of(load(home=str(tmp_path), objects={"url": s3_url, "upload_later": False}))
    assert spool_folder(at_once, tmp_path / "elsewhere") == tmp_path / "elsewhere"
    with pytest.raises(ObjectMissing):
        at_once.read("a")
    at_once.put("b", b"y")
    assert later.read("b") == b"y"


def test_a_file_where_the_news_should_be_is_told_before_anything_is_taken(
    bucket: Bucket, tmp_path: Path
) -> None:
    local = LocalObjects(tmp_path / "objects")
    (tmp_path / "objects" / NEWS_NAME).write_bytes(b"")
    with pytest.raises(FileExistsError):
        SpooledObjects(local, bucket)
