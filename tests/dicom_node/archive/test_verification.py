"""What is said of stored bytes after they were lost, cut, lengthened or changed, in files and in a bucket."""

import hashlib
import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from config.kernel.objects import ObjectStore, StoreFailed
from config.kernel.objects_local import LocalObjects
from config.stores import open_store
from dicom_node.archive.files import object_key
from dicom_node.archive.reader import CHUNK_BYTES
from dicom_node.archive.verification import Expected, Integrity, verified
from tests.fixtures.servers import free_port

HEAD_BYTES = 300
SIZES = (HEAD_BYTES + 1, 5_000, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 77)


def a_file(size: int) -> tuple[bytes, str, Expected]:
    """Content, its key, and what an index would say of it."""
    content = random.Random(size).randbytes(size)
    expected = Expected(
        object_bytes=size,
        dataset_offset=HEAD_BYTES,
        dataset_sha256=hashlib.sha256(content[HEAD_BYTES:]).hexdigest(),
    )
    return content, object_key(hashlib.sha256(content).hexdigest()), expected


def flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    """`content` with one bit changed."""
    changed = bytearray(content)
    changed[place] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_stored_is_whole(objects: ObjectStore, size: int) -> None:
    content, key, expected = a_file(size)
    objects.put(key, content)
    assert verified(objects, key, expected) is Integrity.INTACT


def test_what_is_not_there_is_missing(objects: ObjectStore) -> None:
    content, key, expected = a_file(5_000)
    assert verified(objects, key, expected) is Integrity.MISSING
    objects.put(key, content)
    objects.delete(key)
    assert verified(objects, key, expected) is Integrity.MISSING


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cut", [1, HEAD_BYTES])
def test_a_cut_or_lengthened_file_is_damaged(objects: ObjectStore, size: int, cut: int) -> None:
    content, key, expected = a_file(size)
    objects.put(key, content[:-cut])
    assert verified(objects, key, expected) is Integrity.DAMAGED
    objects.delete(key)
    objects.put(key, content + bytes(cut))
    assert verified(objects, key, expected) is Integrity.DAMAGED


@pytest.mark.parametrize("place", [0, HEAD_BYTES - 1, HEAD_BYTES, CHUNK_BYTES - 1, CHUNK_BYTES, -1])
def test_one_bit_anywhere_is_seen(objects: ObjectStore, place: int) -> None:
    content, key, expected = a_file(2 * CHUNK_BYTES + 77)
    objects.put(key, flipped(content, place))
    assert verified(objects, key, expected) is Integrity.DAMAGED


def test_each_witness_alone_is_enough_to_doubt(objects: ObjectStore) -> None:
    """Another whole file under the key; and the right file of which the index says something else."""
    content, key, expected = a_file(5_000)
    other, other_key, _ = a_file(5_001)
    objects.put(other_key, other)
    objects.put(key, content)
    assert verified(objects, other_key, replace(expected, object_bytes=5_001)) is Integrity.DAMAGED
    assert verified(objects, key, replace(expected, dataset_sha256="0" * 64)) is Integrity.DAMAGED
    assert verified(objects, key, replace(expected, dataset_offset=HEAD_BYTES + 2)) is Integrity.DAMAGED


def test_a_name_that_promises_no_hash_is_never_whole(objects: ObjectStore) -> None:
    content, _key, expected = a_file(5_000)
    objects.put("dicom/ab/plain.dcm", content)
    assert verified(objects, "dicom/ab/plain.dcm", expected) is Integrity.DAMAGED


@given(data=st.data(), size=st.integers(HEAD_BYTES + 1, 4_000))
def test_whatever_changes_is_seen(
    data: st.DataObject, size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content, key, expected = a_file(size)
    place, bit = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, 7))
    store = LocalObjects(tmp_path_factory.mktemp("store"))
    store.put(key, flipped(content, place, bit))
    assert verified(store, key, expected) is Integrity.DAMAGED


class Watched(LocalObjects):
    """Remembers how much was asked for at once."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[int] = []

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        content = super().read(key, start, end)
        self.asked.append(len(content))
        return content


def test_a_large_object_is_never_held_whole(tmp_path: Path) -> None:
    store = Watched(tmp_path / "store")
    content, key, expected = a_file(5 * CHUNK_BYTES)
    store.put(key, content)
    assert verified(store, key, expected) is Integrity.INTACT
    assert sum(store.asked) - 4 == 5 * CHUNK_BYTES, "each piece after the first begins a byte early"
    assert max(store.asked) == CHUNK_BYTES + 1


def test_a_store_that_does_not_answer_is_no_finding() -> None:
    away = open_store(f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}", "key", "secret")
    _content, key, expected = a_file(5_000)
    with pytest.raises(StoreFailed):
        verified(away, key, expected)
