"""Objects on their way to a bucket: verified there, tried again when it fails, never lost meanwhile."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from config.kernel.objects import ObjectMissing
from dicom_node.keeping import queries, whereabouts
from dicom_node.keeping.copies import PIECE_BYTES, BucketDiffers, LocalCopyDamaged, carry, digest_of
from dicom_node.keeping.uploading import FIRST_REST, LONGEST_REST, NEWS_AT_ONCE
from dicom_node.keeping.whereabouts import LONGEST_WAIT, State, wait_after
from tests.dicom_node.keeping.conftest import Warehouse

LONG = bytes(range(256)) * (PIECE_BYTES // 256 * 2) + b"end"


def test_what_is_stored_gets_to_the_bucket_whole_and_is_said_to_be_there(warehouse: Warehouse) -> None:
    contents = [b"one", b"two" * 1000, LONG]
    keys = [warehouse.store_one(content) for content in contents]
    warehouse.send_all()
    assert [warehouse.bucket.read(key) for key in keys] == contents
    for key, content in zip(keys, contents, strict=True):
        row = warehouse.row(key)
        assert (row.state, row.object_bytes, row.is_local) == (State.STORED, len(content), True)
        assert (row.attempts, row.reason_code, row.verified_at) == (0, "", warehouse.clock.now())
    assert warehouse.store.news(10) == []
    assert queries.figures_now(warehouse.reader).unsent == 0
    assert warehouse.uploader.once() == 0


def test_while_the_bucket_is_away_everything_waits_and_then_goes(warehouse: Warehouse) -> None:
    warehouse.bucket.is_away = True
    first = [warehouse.store_one(b"a%d" % number) for number in range(10)]
    warehouse.send_all()
    asked = warehouse.bucket.asked
    assert warehouse.uploader.once() == 0
    assert warehouse.bucket.asked == asked, "nothing is tried during a rest"
    later = [warehouse.store_one(b"b%d" % number) for number in range(3)]
    warehouse.send_all()
    backlog = queries.figures_now(warehouse.reader)
    assert (backlog.unsent, backlog.unsent_bytes) == (13, sum(len(b"a0") for _ in range(13)))
    assert backlog.oldest_unsent == warehouse.clock.now()
    assert 1 <= backlog.failed <= 4, "one batch finds out, on few streams"
    assert [warehouse.store.read(key) for key in first[:2]] == [b"a0", b"a1"]
    warehouse.bucket.is_away = False
    warehouse.clock.advance(LONGEST_WAIT.total_seconds())
    warehouse.send_all()
    assert {row.state for row in warehouse.rows()} == {State.STORED}
    assert warehouse.bucket.read(later[2]) == b"b2"


def test_a_bucket_that_stays_away_is_asked_ever_more_seldom(small_warehouse: Warehouse) -> None:
    small_warehouse.bucket.is_away = True
    for number in range(300):
        small_warehouse.store_one(b"%d" % number)
    small_warehouse.send_all()
    rests = []
    for _ in range(6):
        rest, asked = timedelta(), small_warehouse.bucket.asked
        while small_warehouse.bucket.asked == asked:
            small_warehouse.clock.advance(1)
            rest += timedelta(seconds=1)
            small_warehouse.uploader.once()
        rests.append(rest)
    assert rests == sorted(rests)
    assert rests[0] == FIRST_REST
    assert rests[-1] == LONGEST_REST


def test_one_object_that_fails_does_not_hold_up_the_others(warehouse: Warehouse) -> None:
    damaged, whole = warehouse.store_one(b"to be damaged"), warehouse.store_one(b"whole")
    warehouse.path(damaged).write_bytes(b"to be DAMAGED")
    warehouse.send_all()
    assert warehouse.row(whole).state == State.STORED
    row = warehouse.row(damaged)
    assert (row.state, row.attempts, row.reason_code) == (State.FAILED, 1, LocalCopyDamaged.code)
    with pytest.raises(ObjectMissing):
        warehouse.bucket.read(damaged)
    for attempts in (2, 3):
        warehouse.clock.advance(wait_after(attempts - 1).total_seconds())
        warehouse.send_all()
        assert warehouse.row(damaged).attempts == attempts


def test_other_bytes_in_the_bucket_are_found_out_and_replaced(warehouse: Warehouse) -> None:
    key = warehouse.store_one(b"as it came")
    warehouse.bucket.put(key, b"as it came, and more")
    warehouse.send_all()
    row = warehouse.row(key)
    assert (row.state, row.reason_code) == (State.FAILED, BucketDiffers.code)
    warehouse.clock.advance(wait_after(1).total_seconds())
    warehouse.send_all()
    assert warehouse.row(key).state == State.STORED
    assert warehouse.bucket.read(key) == b"as it came"


def test_after_a_loss_of_power_what_lies_in_the_folder_is_found_without_news(warehouse: Warehouse) -> None:
    keys = [warehouse.store_one(b"%d" % number) for number in range(4)]
    page = "reports/2026/1.pdf"
    warehouse.store.put(page, b"a page")
    warehouse.store.forget_news([*keys, page])
    (warehouse.store.local.root / ".spool").mkdir()
    (warehouse.store.local.root / ".spool" / "half.part").write_bytes(b"arriving")
    warehouse.uploader = warehouse.new_uploader()
    warehouse.send_all()
    assert {row.object_key for row in warehouse.rows()} == {*keys, page}
    assert warehouse.bucket.read(page) == b"a page"


def test_a_start_writes_nothing_about_what_is_known(warehouse: Warehouse) -> None:
    key = warehouse.store_one(b"known")
    warehouse.send_all()
    noted_at = warehouse.row(key).noted_at
    warehouse.clock.advance(60)
    warehouse.uploader = warehouse.new_uploader()
    warehouse.send_all()
    row = warehouse.row(key)
    assert (row.state, row.noted_at, row.read_at) == (State.STORED, noted_at, noted_at)


def test_what_was_deleted_on_its_way_is_nowhere_in_the_end(warehouse: Warehouse) -> None:
    before, already_there = warehouse.store_one(b"before"), warehouse.store_one(b"there")
    warehouse.bucket.put(already_there, b"there")
    for key in (before, already_there):
        warehouse.path(key).unlink()
    warehouse.uploader.once()
    assert warehouse.rows() == [], "no file, no row: nothing was there when the news was read"
    keys = [warehouse.store_one(content) for content in (b"x", b"there")]
    warehouse.bucket.is_away = True
    warehouse.send_all()
    for key in keys:
        warehouse.path(key).unlink()
    warehouse.bucket.is_away = False
    warehouse.clock.advance(LONGEST_WAIT.total_seconds())
    warehouse.send_all()
    assert [(row.object_key, row.state) for row in warehouse.rows()] == [(already_there, State.STORED)]


def test_the_same_object_again_after_it_left_the_folder_is_there_twice(warehouse: Warehouse) -> None:
    key = warehouse.store_one(b"again")
    warehouse.send_all()
    assert warehouse.cache(bytes_max=0).once() == 1
    assert not warehouse.row(key).is_local
    warehouse.store_one(b"again")
    warehouse.send_all()
    row = warehouse.row(key)
    assert (row.state, row.is_local, row.attempts) == (State.STORED, True, 0)


def test_many_news_are_taken_in_turns(small_warehouse: Warehouse) -> None:
    keys = {small_warehouse.store_one(b"%d" % number) for number in range(NEWS_AT_ONCE + 1)}
    small_warehouse.bucket.is_away = True
    small_warehouse.send_all()
    assert {row.object_key for row in small_warehouse.rows()} == keys


@pytest.mark.parametrize("change", [b"", b"short", LONG[:-1], LONG + b"!", LONG[:-1] + b"D"])
def test_a_digest_is_of_exactly_so_many_bytes(small_warehouse: Warehouse, change: bytes) -> None:
    key = small_warehouse.store_one(LONG)
    whole = digest_of(small_warehouse.store.local, key, len(LONG))
    assert whole in key
    small_warehouse.bucket.put(key, change)
    assert digest_of(small_warehouse.bucket, key, len(LONG)) != whole
    with pytest.raises(BucketDiffers):
        carry(small_warehouse.store, key, len(LONG))
    carry(small_warehouse.store, key, len(LONG))
    assert digest_of(small_warehouse.bucket, key, len(LONG)) == whole


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_waits_grow_up_to_a_bound(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert whereabouts.FIRST_WAIT <= wait_after(fewer) <= wait_after(more) <= LONGEST_WAIT
    assert wait_after(2) == 2 * wait_after(1) == 2 * wait_after(0)
