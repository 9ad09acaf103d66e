"""Decoding processes: limited, replaceable, and no other task's trouble."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from config.kernel.limits import GIB, MIB
from tests.fixtures.waiting import wait_until
from tests.viewer.reading import hostile
from viewer.decode_pool import DecodePool, DecoderDied


async def test_work_is_done_in_another_process(pool: DecodePool) -> None:
    assert await pool.run(hostile.double, 21) == 42
    assert await pool.run(hostile.process_id, 0) != os.getpid()


async def test_an_error_of_the_task_comes_back_as_it_is(pool: DecodePool) -> None:
    with pytest.raises(ValueError, match="7"):
        await pool.run(hostile.fail, 7)
    assert await pool.run(hostile.double, 1) == 2


async def test_a_crash_ends_its_task_and_the_pool_goes_on(pool: DecodePool) -> None:
    with pytest.raises(DecoderDied):
        await pool.run(hostile.crash, 0)
    assert await pool.run(hostile.double, 4) == 8


async def test_a_crash_alone_leaves_the_others_at_work(pool: DecodePool) -> None:
    crashed, doubled = await asyncio.gather(
        pool.run_alone(hostile.crash, 0), pool.run(hostile.double, 5), return_exceptions=True
    )
    assert isinstance(crashed, DecoderDied)
    assert doubled == 10


def is_gone(process_id: int) -> bool:
    """True when it has ended, whether or not anybody has taken note."""
    try:
        return psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_the_process_that_they_are_copies_of_may_die_and_they_die_with_it(pool: DecodePool) -> None:
    child = await pool.run(hostile.process_id, 0)
    origin = psutil.Process(child).parent()
    assert origin is not None
    assert origin.pid != os.getpid()
    origin.kill()
    await asyncio.to_thread(wait_until, lambda: is_gone(child), 20)
    with suppress(DecoderDied):
        await pool.run(hostile.double, 1)
    assert await pool.run(hostile.double, 2) == 4


async def test_endless_work_is_ended(tmp_path: Path) -> None:
    async with DecodePool(processes=1, cpu_seconds_max=1) as impatient:
        with pytest.raises(DecoderDied):
            await asyncio.wait_for(impatient.run(hostile.spin, 0), 30)
        assert await impatient.run(hostile.double, 3) == 6


async def test_a_process_gets_only_so_much_memory() -> None:
    async with DecodePool(processes=1, memory_bytes_max=2 * GIB) as small:
        assert await small.run(hostile.hoard, 64 * MIB) == 64 * MIB
        assert await small.run(hostile.hoard, 3 * GIB) == -1


async def test_a_process_that_keeps_memory_is_replaced() -> None:
    async with DecodePool(processes=1, kept_bytes_max=32 * MIB) as watchful:
        first = await watchful.run(hostile.process_id, 0)
        assert await watchful.run(hostile.keep, 8 * MIB) == 8 * MIB
        assert await watchful.run(hostile.process_id, 0) == first
        assert await watchful.run(hostile.keep, 32 * MIB) == 32 * MIB
        assert await watchful.run(hostile.process_id, 0) != first
        await asyncio.to_thread(wait_until, lambda: is_gone(first), 20)


async def test_no_panic_looks_up_the_names_of_functions(pool: DecodePool) -> None:
    assert await pool.run(hostile.backtraces, 0) == "0"


async def test_what_waits_behind_one_that_keeps_memory_comes_back() -> None:
    async with DecodePool(processes=1, kept_bytes_max=32 * MIB) as watchful:
        kept, *doubled = await asyncio.gather(
            watchful.run(hostile.keep, 64 * MIB), *(watchful.run(hostile.double, n) for n in range(12))
        )
    assert kept == 64 * MIB
    assert doubled == [2 * n for n in range(12)]


async def test_cpu_time_of_earlier_tasks_does_not_count() -> None:
    async with DecodePool(processes=1, cpu_seconds_max=30) as patient:
        first = await patient.run(hostile.process_id, 0)
        for _ in range(20):
            await patient.run(hostile.double, 1)
        assert await patient.run(hostile.process_id, 0) == first


async def test_many_tasks_at_once_all_come_back(pool: DecodePool) -> None:
    answers = await asyncio.gather(*(pool.run(hostile.double, n) for n in range(40)))
    assert answers == [2 * n for n in range(40)]


async def test_a_closed_pool_leaves_no_process_behind() -> None:
    async with DecodePool(processes=1) as short:
        child = await short.run(hostile.process_id, 0)
    assert not psutil.pid_exists(child)
