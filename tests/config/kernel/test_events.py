"""Outbox → relay → stream → consumer on real servers: each event takes effect exactly once."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database, open_sync_engine
from config.kernel.envelope import Envelope
from config.kernel.errors import Conflict
from config.kernel.inbox import Inbox
from config.kernel.outbox import Event, Outbox
from config.kernel.redis import connect, decode, encode, groups, stream_name
from config.kernel.relay import Relay
from config.kernel.streams import ATTEMPTS_MAX, Consumer, Handler, Job
from config.logging import JsonLines
from tests.fixtures.clock import HandClock
from tests.fixtures.redis import running_redis
from tests.fixtures.waiting import eventually

EVENTS = 25

metadata = MetaData()
outbox = Outbox("t", metadata)
inbox = Inbox("t", metadata)
effects = Table(
    "t_effect",
    metadata,
    Column("position", Integer, primary_key=True),
    Column("subject", String(80), nullable=False),
)


@dataclass(frozen=True, kw_only=True)
class BellRung(Event):
    """A bell rang so many times."""

    name: ClassVar[str] = "t.bell_rung"
    times: int


class BellBroken(Conflict):
    """The bell has a crack."""

    code = "t.bell_broken"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """Both databases in turn, with the tables of owner `t`."""
    engine = open_sync_engine(database_url)
    metadata.create_all(engine)
    engine.dispose()
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def ring(db: Database, clock: HandClock, *subjects: str) -> None:
    async with db.write() as tx:
        for subject in subjects:
            await outbox.add(tx, BellRung(subject=subject, times=1), clock.now())


async def count_effect(tx: AsyncSession, envelope: Envelope) -> None:
    await tx.execute(insert(effects).values(subject=envelope.payload["subject"]))


async def effects_by_subject(db: Database) -> dict[str, int]:
    async with db.read() as view:
        rows = await view.execute(select(effects.c.subject, func.count()).group_by(effects.c.subject))
        return {row[0]: row[1] for row in rows}


async def buried(db: Database) -> list[str]:
    async with db.read() as view:
        return list((await view.execute(select(inbox.buried.c.payload["subject"].as_string()))).scalars())


class Hasty(Consumer):
    """Waits as long as a test may."""

    retry_seconds = 0.01
    left_after_ms = 200


def consumer(
    db: Database, redis: Redis, clock: HandClock, *handlers: Handler, jobs: tuple[Job, ...] = ()
) -> Consumer:
    return Hasty(
        database=db,
        redis=redis,
        outbox=outbox,
        inbox=inbox,
        clock=clock,
        group="g",
        handlers={BellRung.name: handlers},
        jobs={BellRung.name: jobs},
    )


async def drain(work: Callable[[], Awaitable[int]]) -> int:
    """Repeat until there is nothing left; how much was done."""
    done = 0
    while count := await work():
        done += count
    return done


async def test_events_travel_in_order_and_leave_once(db: Database, redis: Redis, clock: HandClock) -> None:
    await ring(db, clock, "a", "b")
    await ring(db, clock, "c")
    relay = Relay(db, redis, outbox, clock)
    assert await drain(relay.once) == 3
    assert await relay.once() == 0
    answer = groups(await redis.xread({stream_name("t"): "0"}))
    envelopes = [decode(fields) for _stream, entries in answer for _, fields in entries]
    assert [envelope.payload for envelope in envelopes] == [{"subject": s, "times": 1} for s in "abc"]
    assert {envelope.occurred_at for envelope in envelopes} == {clock.now().isoformat()}


async def test_a_rolled_back_transaction_says_nothing(db: Database, redis: Redis, clock: HandClock) -> None:
    with pytest.raises(LookupError):
        async with db.write() as tx:
            await outbox.add(tx, BellRung(subject="a", times=1), clock.now())
            raise LookupError
    assert await Relay(db, redis, outbox, clock).once() == 0


def test_an_envelope_survives_the_wire() -> None:
    envelope = Envelope(
        event_id="1", name="t.x", occurred_at="2026", payload={"name": "联诊", "n": [1, None]}
    )
    fields = {str(name).encode(): str(value).encode() for name, value in encode(envelope).items()}
    assert decode(fields) == envelope


class TroubledRedis(Redis):
    """A connection that drops at random when an entry is to be acknowledged."""

    dice: random.Random

    async def xack(self, *arguments: Any) -> Any:
        if self.dice.random() < 0.03:
            raise RedisGone
        return await super().xack(*arguments)


class TroubledHandler:
    """Fails or dies at random, before or after writing, but no event more than twice."""

    def __init__(self, dice: random.Random) -> None:
        self._dice, self._failures = dice, dict[str, int]()

    async def handle(self, tx: AsyncSession, envelope: Envelope) -> None:
        fate = self._dice.choices(["well", "fails early", "fails late", "dies"], [8, 1, 1, 1])[0]
        failed = self._failures.get(envelope.event_id, 0)
        if fate == "well" or failed > 1:
            await count_effect(tx, envelope)
            return
        self._failures[envelope.event_id] = failed + 1
        if fate != "fails early":
            await count_effect(tx, envelope)
        raise asyncio.CancelledError if fate == "dies" else OSError


@pytest.mark.parametrize("seed", [1, 2])
async def test_each_event_takes_effect_once_whatever_fails(
    db: Database, redis_url: str, clock: HandClock, seed: int
) -> None:
    """Handlers fail, processes die, acknowledgements get lost, Redis forgets everything."""
    dice = random.Random(seed)
    redis = TroubledRedis(unix_socket_path=redis_url.removeprefix("unix://"))
    redis.dice = dice
    subjects = [f"bell {number}" for number in range(EVENTS)]
    for subject in subjects:
        await ring(db, clock, subject)
    relay, handler = Relay(db, redis, outbox, clock), TroubledHandler(dice).handle

    async def step() -> bool:
        clock.advance(1)
        try:
            await relay.once()
            await consumer(db, redis, clock, handler).once(block_ms=1)
        except (RedisGone, asyncio.CancelledError):
            await redis.flushall()
        return set(await effects_by_subject(db)) == set(subjects)

    await eventually(step, seconds=60)
    await redis.flushall()
    await relay.once()
    with contextlib.suppress(RedisGone):
        await drain(lambda: consumer(db, redis, clock, handler).once(block_ms=1))
    await redis.aclose()
    assert await effects_by_subject(db) == dict.fromkeys(subjects, 1)
    assert await buried(db) == []


async def test_redis_may_forget_between_relay_and_consumer(
    db: Database, redis: Redis, clock: HandClock
) -> None:
    relay, reader = Relay(db, redis, outbox, clock), consumer(db, redis, clock, count_effect)
    await ring(db, clock, "a")
    await relay.once()
    await redis.flushall()
    await reader.once(block_ms=1)
    assert await effects_by_subject(db) == {}
    await relay.once()
    await reader.once(block_ms=1)
    assert await effects_by_subject(db) == {"a": 1}


async def test_an_old_event_is_not_sent_again(db: Database, redis: Redis, clock: HandClock) -> None:
    relay, reader = Relay(db, redis, outbox, clock), consumer(db, redis, clock, count_effect)
    await reader.prepare()
    await ring(db, clock, "a")
    await relay.once()
    await reader.once(block_ms=1)
    clock.advance(hours=2)
    await redis.flushall()
    await reader.once(block_ms=1)
    assert await relay.once() == 0


async def test_what_a_dead_consumer_left_is_taken_over(db: Database, redis: Redis, clock: HandClock) -> None:
    async def dies(_tx: AsyncSession, _envelope: Envelope) -> None:
        raise asyncio.CancelledError

    await ring(db, clock, "a")
    await Relay(db, redis, outbox, clock).once()
    with pytest.raises(asyncio.CancelledError):
        await consumer(db, redis, clock, dies).once(block_ms=1)
    reader = consumer(db, redis, clock, count_effect)
    await eventually(lambda: reader.once(block_ms=1), seconds=20)
    assert await effects_by_subject(db) == {"a": 1}


async def test_a_handler_that_cannot_is_set_aside_and_the_rest_goes_on(
    db: Database, redis: Redis, clock: HandClock
) -> None:
    tries = []

    async def refuses_a(tx: AsyncSession, envelope: Envelope) -> None:
        if envelope.payload["subject"] == "a":
            tries.append(envelope.event_id)
            raise ValueError
        await count_effect(tx, envelope)

    relay, reader = Relay(db, redis, outbox, clock), consumer(db, redis, clock, refuses_a)
    await ring(db, clock, "a", "b")
    await relay.once()
    await drain(lambda: reader.once(block_ms=1))
    assert len(tries) == ATTEMPTS_MAX
    assert await buried(db) == ["a"]
    assert await effects_by_subject(db) == {"b": 1}
    await redis.flushall()
    await reader.once(block_ms=1)
    await relay.once()
    await drain(lambda: reader.once(block_ms=1))
    assert await buried(db) == ["a"]
    assert await effects_by_subject(db) == {"b": 1}


async def test_a_failed_handler_is_logged_by_class_and_code_and_quotes_nobody(
    db: Database, redis: Redis, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A driver's message names values ("Key (name)=(…) already exists"): none of it reaches the log."""
    seeded = "仇大山 990005195502030036"

    async def quotes(_tx: AsyncSession, envelope: Envelope) -> None:
        raise ValueError(seeded)

    async def refuses(_tx: AsyncSession, envelope: Envelope) -> None:
        raise BellBroken(bell=seeded) from LookupError(seeded)

    await ring(db, clock, "a")
    await Relay(db, redis, outbox, clock).once()
    await consumer(db, redis, clock, quotes, refuses).once(block_ms=1)
    failed = [record for record in caplog.records if record.getMessage() == "handler.failed"]
    told = {(vars(line)["error"], vars(line)["code"]) for line in failed}
    assert told == {("ValueError", ""), (f"{__name__}.BellBroken", "t.bell_broken")}
    assert [vars(line)["attempt"] for line in failed] == [*range(1, ATTEMPTS_MAX + 1)] * 2
    written = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert [word for word in seeded.split() if word in written] == []
    assert await buried(db) == ["a", "a"]


async def test_each_handler_has_its_own_memory(db: Database, redis: Redis, clock: HandClock) -> None:
    async def another(tx: AsyncSession, envelope: Envelope) -> None:
        await count_effect(tx, envelope)

    await ring(db, clock, "a")
    await Relay(db, redis, outbox, clock).once()
    await consumer(db, redis, clock, count_effect, another).once(block_ms=1)
    assert await effects_by_subject(db) == {"a": 2}


async def test_a_job_runs_outside_a_transaction_and_is_noted(
    db: Database, redis: Redis, clock: HandClock
) -> None:
    done: list[str] = []

    async def work(envelope: Envelope) -> None:
        async with db.write() as tx:
            await count_effect(tx, envelope)
        done.append(envelope.event_id)

    relay = Relay(db, redis, outbox, clock)
    await ring(db, clock, "a")
    for _ in range(2):
        await relay.once()
        await consumer(db, redis, clock, jobs=(work,)).once(block_ms=1)
        await redis.flushall()
        await consumer(db, redis, clock, jobs=(work,)).prepare()
    assert len(done) == 1


@pytest.fixture
def background() -> Iterator[list[asyncio.Task[None]]]:
    """Tasks that end with the test."""
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()


async def test_relay_and_consumer_wait_out_a_redis_that_dies(
    sqlite_url: str, clock: HandClock, background: list[asyncio.Task[None]]
) -> None:
    engine = open_sync_engine(sqlite_url)
    metadata.create_all(engine)
    engine.dispose()
    db = Database(sqlite_url)
    with running_redis() as server:
        client = connect(server.url)
        background.append(asyncio.create_task(Relay(db, client, outbox, clock).run()))
        background.append(asyncio.create_task(consumer(db, client, clock, count_effect).run()))
        await ring(db, clock, "before")
        await eventually(lambda: has_effects(db, {"before": 1}))
        server.kill()
        await ring(db, clock, "meanwhile")
        server.start()
        await eventually(lambda: has_effects(db, {"before": 1, "meanwhile": 1}), seconds=30)
        for task in background:
            task.cancel()
        await asyncio.wait(background)
        await client.aclose()
    await db.close()


async def has_effects(db: Database, expected: dict[str, int]) -> bool:
    return await effects_by_subject(db) == expected
