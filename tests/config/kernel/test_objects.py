"""One contract for every object store: local files and S3, on real ones."""

import hashlib
import random
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given, strategies as st

from config.kernel.objects import (
    ObjectKeyRefused,
    ObjectMissing,
    ObjectStore,
    ReadsAtOnce,
    StoreFailed,
    checked_key,
)
from config.kernel.objects_local import LocalObjects
from config.objects_s3 import S3Objects, open_bucket
from config.stores import ObjectsUrlRefused, open_store, spool_folder
from tests.fixtures.servers import free_port

ESCAPES = [
    "", ".", "..", "../x", "a/../b", "a/..", "/abs", "a//b", "a/", ".hidden", "a/.b", "a\\b", "a\0b", "a b",
    "甲", "a?b", "a%2e%2e", "~", "a\n",
]  # fmt: skip


@pytest.fixture(params=["local", "s3", "spooled"])
def objects_kind(request: pytest.FixtureRequest) -> str:
    """Here also S3 with a folder before it."""
    return str(request.param)


def test_what_was_put_is_read(objects: ObjectStore) -> None:
    objects.put("ab/cd.dcm", b"\x00\xff" * 1000)
    assert objects.read("ab/cd.dcm") == b"\x00\xff" * 1000


def test_what_is_in_memory_is_read_without_waiting(objects: ObjectStore) -> None:
    content = random.Random(5).randbytes(200_000)
    objects.put("ab/cd.dcm", content)
    assert objects.read("ab/cd.dcm") == content
    if not isinstance(objects, ReadsAtOnce):
        assert isinstance(objects, S3Objects)
        return
    whole = memoryview(bytearray(7))
    assert objects.read_now("ab/cd.dcm", [(100_000, whole[:4]), (3, whole[4:])])
    assert bytes(whole) == content[100_000:100_004] + content[3:6]
    for place, key in ((199_999, "ab/cd.dcm"), (200_000, "ab/cd.dcm"), (0, "ab/none.dcm")):
        assert not objects.read_now(key, [(place, memoryview(bytearray(2)))])
    with pytest.raises(ObjectKeyRefused):
        objects.read_now("../x", [(0, whole)])


def test_an_empty_object_is_an_object(objects: ObjectStore) -> None:
    objects.put("empty", b"")
    assert (objects.read("empty"), objects.read("empty", 0, 5)) == (b"", b"")


def test_a_second_put_changes_nothing(objects: ObjectStore) -> None:
    objects.put("a/b", b"first")
    objects.put("a/b", b"second")
    assert objects.read("a/b") == b"first"


def test_adopting_leaves_the_files_own_name_to_the_caller(objects: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "arrived"
    file.write_bytes(b"image")
    objects.adopt("a/b/c", file)
    assert objects.read("a/b/c") == b"image"
    file.unlink()
    assert objects.read("a/b/c") == b"image"


def test_adopting_a_known_key_keeps_the_first(objects: ObjectStore, tmp_path: Path) -> None:
    objects.put("a", b"first")
    file = tmp_path / "arrived"
    file.write_bytes(b"second")
    objects.adopt("a", file)
    assert objects.read("a") == b"first"


def content_named(content: bytes) -> str:
    return f"dicom/ab/{hashlib.sha256(content).hexdigest()}.dcm"


def test_the_same_bytes_again_mend_what_is_named_by_its_content(tmp_path: Path) -> None:
    """A flipped bit under the hash's own name gives way; a cut one too; the adopted file stays its own."""
    store, file, key = LocalObjects(tmp_path / "o"), tmp_path / "arrived", content_named(b"whole")
    file.write_bytes(b"whole")
    for damaged in (b"whale", b"who", b""):
        (tmp_path / "o" / key).unlink(missing_ok=True)
        store.put(key, damaged)
        store.adopt(key, file)
        assert store.read(key) == b"whole"
    store.adopt(key, file)
    assert (file.read_bytes(), (tmp_path / "o" / key).samefile(file)) == (b"whole", True)
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["dicom"]


@pytest.mark.parametrize("name", ["ab" * 31, "AB" * 32, "ab" * 33, "g" * 64])
def test_only_a_hash_names_its_content(tmp_path: Path, name: str) -> None:
    store, file = LocalObjects(tmp_path / "o"), tmp_path / "arrived"
    store.put(f"dicom/{name}", b"first")
    file.write_bytes(b"second")
    store.adopt(f"dicom/{name}", file)
    assert store.read(f"dicom/{name}") == b"first"


def test_a_large_file_goes_to_a_bucket_in_parts(s3_url: str, tmp_path: Path) -> None:
    """S3 marks the ETag of what came in parts with their number."""
    content = random.Random(4).randbytes(12 * 1024 * 1024)
    file = tmp_path / "large"
    file.write_bytes(content)
    store = open_bucket(s3_url, "k", "s")
    store.adopt("large", file)
    assert store.read("large") == content
    parts = urlsplit(s3_url)
    endpoint = parse_qs(parts.query)["endpoint"][0]
    tag = httpx.head(f"{endpoint}/{parts.netloc}{parts.path}/large").headers["ETag"]
    assert tag.strip(chr(34)).endswith("-3")


@pytest.mark.parametrize(
    "start,end,expected",
    [
        (0, None, b"0123456789"),
        (0, 4, b"0123"),
        (3, 7, b"3456"),
        (4, None, b"456789"),
        (9, 10, b"9"),
        (9, 99, b"9"),
        (10, None, b""),
        (10, 11, b""),
        (50, 60, b""),
    ],
)
def test_ranges(objects: ObjectStore, start: int, end: int | None, expected: bytes) -> None:
    objects.put("a", b"0123456789")
    assert objects.read("a", start, end) == expected


@pytest.mark.parametrize("start,end", [(0, None), (2, 5), (2, None)])
def test_a_missing_object_is_told_as_missing(objects: ObjectStore, start: int, end: int | None) -> None:
    with pytest.raises(ObjectMissing) as missing:
        objects.read("no/such", start, end)
    assert missing.value.params == {"key": "no/such"}


def test_deleting_is_done_once_or_never(objects: ObjectStore) -> None:
    objects.put("a", b"x")
    objects.delete("a")
    objects.delete("a")
    with pytest.raises(ObjectMissing):
        objects.read("a")


@pytest.mark.parametrize("key", ESCAPES)
def test_a_key_that_leaves_its_place_is_refused(objects: ObjectStore, key: str) -> None:
    with pytest.raises(ObjectKeyRefused):
        objects.put(key, b"x")
    with pytest.raises(ObjectKeyRefused):
        objects.read(key)
    with pytest.raises(ObjectKeyRefused):
        objects.delete(key)


@given(st.text(alphabet="ab.-_/~\\ é\0", max_size=12))
def test_an_accepted_key_stays_below_its_root(key: str) -> None:
    root = Path("/objects")
    try:
        path = root / checked_key(key)
    except ObjectKeyRefused:
        return
    parts = path.relative_to(root).parts
    assert "/".join(parts) == key
    assert not any(part.startswith(".") for part in parts)


@given(st.binary(max_size=200), st.integers(0, 200), st.integers(0, 200))
def test_a_local_range_is_a_slice(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, a: int, b: int
) -> None:
    store = LocalObjects(tmp_path_factory.mktemp("objects"))
    store.put("x", content)
    start, end = sorted((a, b))
    assert store.read("x", start, end) == content[start:end]


@contextmanager
def watched_calls(names: set[str]) -> Iterator[list[str]]:
    """The C functions of these names, in the order in which they are called meanwhile."""
    seen: list[str] = []

    def watch(_frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and argument.__name__ in names:
            seen.append(argument.__name__)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def test_bytes_are_on_disk_before_the_name_and_the_name_before_the_return(tmp_path: Path) -> None:
    """fsync of the file, each new folder with its parent, the object's name, fsync of the folder."""
    store = LocalObjects(tmp_path / "objects")
    with watched_calls({"fsync", "link", "mkdir"}) as calls:
        store.put("a/b/c", b"x")
    assert calls == ["fsync", "mkdir", "fsync", "mkdir", "fsync", "link", "fsync"]


def test_local_objects_are_private_and_leave_no_draft(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path / "objects")
    store.put("a/b", b"x")
    folders = [tmp_path / "objects", tmp_path / "objects" / "a"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700, 0o700]
    assert sorted(p.name for p in (tmp_path / "objects").rglob("*")) == ["a", "b"]


def test_a_file_where_a_folder_should_be_is_a_failure_and_leaves_nothing(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path / "objects")
    store.put("a", b"x")
    with pytest.raises(StoreFailed):
        store.put("a/b", b"y")
    assert [p.name for p in (tmp_path / "objects").rglob("*")] == ["a"]


def test_a_store_that_is_away_is_a_failure() -> None:
    away = open_bucket(f"s3://bucket/x?endpoint=http://127.0.0.1:{free_port()}", "k", "s")
    with pytest.raises(StoreFailed):
        away.put("a", b"x")
    with pytest.raises(StoreFailed):
        away.read("a")
    with pytest.raises(StoreFailed):
        away.delete("a")
    with pytest.raises(StoreFailed):
        away.adopt("a", Path(__file__))


def test_two_prefixes_of_a_bucket_do_not_meet(s3_url: str) -> None:
    one, other = open_bucket(s3_url, "k", "s"), open_bucket(s3_url.replace("/objects?", "/others?"), "k", "s")
    one.put("a", b"1")
    with pytest.raises(ObjectMissing):
        other.read("a")


def test_the_address_chooses_the_store(tmp_path: Path) -> None:
    assert isinstance(open_store("s3://bucket/x?endpoint=http://127.0.0.1:1", "k", "s"), S3Objects)
    local = open_store(f"file://{tmp_path}/with%20space")
    local.put("a", b"x")
    assert (tmp_path / "with space" / "a").read_bytes() == b"x"


@pytest.mark.parametrize("url", ["", "http://x/y", "file://host/path", "s3:///nobucket", "/plain/path"])
def test_another_address_is_refused(url: str) -> None:
    with pytest.raises(ObjectsUrlRefused):
        open_store(url)


def test_files_wait_beside_a_local_store_and_elsewhere_for_a_remote_one(tmp_path: Path) -> None:
    assert spool_folder(LocalObjects(tmp_path / "o"), tmp_path).parent == tmp_path / "o"
    remote = open_bucket("s3://bucket?endpoint=http://127.0.0.1:1", "k", "s")
    assert spool_folder(remote, tmp_path) == tmp_path
