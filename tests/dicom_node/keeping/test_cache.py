"""What leaves the folder before a bucket, in which order, and what never does."""

import os
import random
import threading
from datetime import timedelta

import pytest

from config.kernel.objects import ObjectMissing
from dicom_node.keeping.queries import local_bytes
from dicom_node.keeping.whereabouts import State
from tests.dicom_node.keeping.conftest import Warehouse

SIZE = 10


def some(warehouse: Warehouse, count: int) -> list[str]:
    """Objects of SIZE bytes that are safe in the bucket, each noted a minute after the one before."""
    keys = []
    for number in range(count):
        keys.append(warehouse.store_one(b"%0*d" % (SIZE, number)))
        warehouse.send_all()
        warehouse.clock.advance(minutes=1)
    return keys


def there(warehouse: Warehouse, keys: list[str]) -> list[int]:
    """Which of the keys lie in the folder, by number."""
    return [number for number, key in enumerate(keys) if warehouse.path(key).exists()]


def bound(warehouse: Warehouse, bytes_max: int) -> None:
    """Let the chore do all it wants to."""
    cache = warehouse.cache(bytes_max)
    while cache.once():
        continue


def test_the_longest_unread_leaves_first_and_is_read_from_the_bucket(warehouse: Warehouse) -> None:
    keys = some(warehouse, 5)
    bound(warehouse, 5 * SIZE)
    assert there(warehouse, keys) == [0, 1, 2, 3, 4]
    bound(warehouse, 3 * SIZE)
    assert there(warehouse, keys) == [2, 3, 4]
    assert warehouse.store.read(keys[0]) == b"0" * SIZE
    assert local_bytes(warehouse.reader) == 3 * SIZE
    assert {row.state for row in warehouse.rows()} == {State.STORED}


def test_a_reading_since_keeps_an_object(warehouse: Warehouse) -> None:
    keys = some(warehouse, 4)
    warehouse.clock.advance(minutes=10)
    warehouse.read_now(keys[0])
    warehouse.read_now(keys[2])
    bound(warehouse, 2 * SIZE)
    assert there(warehouse, keys) == [0, 2]
    assert warehouse.row(keys[0]).read_at == warehouse.clock.now()


def test_any_history_of_readings_leaves_the_last_read(small_warehouse: Warehouse) -> None:
    keys = some(small_warehouse, 12)
    random_readings = random.Random(7).choices(keys, k=30)
    for key in random_readings:
        small_warehouse.clock.advance(minutes=2)
        small_warehouse.read_now(key)
    order = sorted(keys, key=lambda key: small_warehouse.path(key).stat().st_mtime)
    bound(small_warehouse, 5 * SIZE)
    assert {key for key in keys if small_warehouse.path(key).exists()} == set(order[-5:])


def test_what_the_bucket_does_not_have_whole_never_leaves(warehouse: Warehouse) -> None:
    safe = some(warehouse, 2)
    warehouse.bucket.is_away = True
    waiting = [warehouse.store_one(b"waiting %d" % number) for number in range(3)]
    warehouse.send_all()
    bound(warehouse, 0)
    assert there(warehouse, safe) == []
    assert there(warehouse, waiting) == [0, 1, 2]


def test_what_is_not_named_by_its_content_stays(small_warehouse: Warehouse) -> None:
    small_warehouse.store.put("reports/1.pdf", b"first")
    small_warehouse.send_all()
    bound(small_warehouse, 0)
    small_warehouse.store.put("reports/1.pdf", b"second")
    assert small_warehouse.store.read("reports/1.pdf") == b"first"


def test_a_disk_short_of_room_empties_the_folder_below_its_bound(warehouse: Warehouse) -> None:
    keys = some(warehouse, 4)
    assert warehouse.cache(bytes_max=100 * SIZE, short_of=lambda: SIZE + 1).once() == 2
    assert there(warehouse, keys) == [2, 3]


def test_a_file_that_is_gone_already_is_counted_no_more(small_warehouse: Warehouse) -> None:
    keys = some(small_warehouse, 3)
    small_warehouse.path(keys[0]).unlink()
    bound(small_warehouse, 2 * SIZE)
    assert there(small_warehouse, keys) == [1, 2]
    assert local_bytes(small_warehouse.reader) == 2 * SIZE


def test_a_reading_within_the_same_minute_does_not_matter(small_warehouse: Warehouse) -> None:
    (key,) = some(small_warehouse, 1)
    moment = (small_warehouse.row(key).read_at + timedelta(seconds=30)).timestamp()
    os.utime(small_warehouse.path(key), (moment, moment))
    bound(small_warehouse, 0)
    with pytest.raises(ObjectMissing):
        small_warehouse.store.local.read(key)


def test_while_something_is_looked_at_nothing_leaves(small_warehouse: Warehouse) -> None:
    keys = some(small_warehouse, 1)
    chore = threading.Thread(target=small_warehouse.cache(bytes_max=0).once)
    with small_warehouse.leaving:
        chore.start()
        chore.join(0.2)
        assert chore.is_alive()
        assert there(small_warehouse, keys) == [0]
    chore.join(10)
    assert there(small_warehouse, keys) == []
