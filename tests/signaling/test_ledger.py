"""A token is used once, whoever remembers it and however often the process is started anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from redis.asyncio import Redis

from signaling.errors import Unauthorized
from signaling.ledger import KEY, Ledger, MemoryLedger, RedisLedger

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SOON = NOW + timedelta(minutes=2)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with aclosing(Redis.from_url(redis_url)) as opened:
        yield opened


@pytest.fixture(params=["memory", "redis"])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return MemoryLedger()
    opened: Redis = request.getfixturevalue("redis")
    return RedisLedger(opened)


async def test_the_first_use_is_good_and_no_other(ledger: Ledger) -> None:
    assert await ledger.use("once", SOON, NOW) is True
    assert [await ledger.use("once", SOON, NOW) for _ in range(3)] == [False, False, False]
    assert await ledger.use("another", SOON, NOW) is True


async def test_of_many_at_once_one_is_the_first(ledger: Ledger) -> None:
    used = await asyncio.gather(*(ledger.use("race", SOON, NOW) for _ in range(20)))
    assert sorted(used) == [False] * 19 + [True]


async def test_a_use_just_before_the_end_is_remembered_until_the_end(ledger: Ledger) -> None:
    almost = SOON - timedelta(milliseconds=1)
    assert await ledger.use("late", SOON, almost)
    assert not await ledger.use("late", SOON, almost)


async def test_memory_lets_go_of_what_has_expired() -> None:
    ledger = MemoryLedger()
    for number in range(100):
        assert await ledger.use(f"n{number}", NOW + timedelta(seconds=number), NOW)
    assert await ledger.use("later", SOON, NOW + timedelta(seconds=50))
    assert not await ledger.use("n51", SOON, NOW + timedelta(seconds=50))
    assert len(ledger._used) == 50


@given(
    uses=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(1, 50), st.integers(0, 20)), min_size=1, max_size=40
    )
)
def test_within_its_life_no_token_is_good_twice(uses: list[tuple[str, int, int]]) -> None:
    async def play() -> None:
        ledger, now = MemoryLedger(), NOW
        good_until: dict[str, datetime] = {}
        for jti, life, pause in uses:
            now += timedelta(seconds=pause)
            expires_at = now + timedelta(seconds=life)
            first = await ledger.use(jti, expires_at, now)
            assert first == (jti not in good_until or good_until[jti] <= now)
            if first:
                good_until[jti] = expires_at

    asyncio.run(play())


async def test_redis_forgets_by_itself_when_the_token_has_expired(redis: Redis) -> None:
    ledger = RedisLedger(redis)
    await ledger.use("short", NOW + timedelta(seconds=90), NOW)
    await ledger.use("over", NOW - timedelta(seconds=5), NOW)
    assert 0 < await redis.ttl(KEY.format("short")) <= 90
    assert await redis.ttl(KEY.format("over")) == 1


async def test_two_processes_share_what_was_used(redis: Redis) -> None:
    assert await RedisLedger(redis).use("shared", SOON, NOW)
    assert not await RedisLedger(redis).use("shared", SOON, NOW)


async def test_without_an_answer_nobody_gets_in() -> None:
    async with aclosing(Redis.from_url("unix:///nonexistent/redis.sock")) as gone:
        with pytest.raises(Unauthorized):
            await RedisLedger(gone).use("any", SOON, NOW)
