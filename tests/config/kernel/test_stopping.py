"""A loop ends when it is told to, even where a library swallows the cancellation."""

import asyncio
import contextlib

from config.kernel.stopping import end, goes_on


async def test_a_swallowed_cancellation_still_ends_the_loop() -> None:
    waits = 0
    waiting = asyncio.Event()

    async def loop() -> None:
        nonlocal waits
        while goes_on():
            waits += 1
            waiting.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

    task = asyncio.create_task(loop())
    await waiting.wait()
    task.cancel()
    await asyncio.wait_for(task, 10)
    assert waits == 1


async def test_a_loop_goes_on_until_then() -> None:
    assert goes_on()


async def test_what_swallows_a_cancellation_in_the_middle_of_a_wait_is_told_again() -> None:
    told = 0
    waiting = asyncio.Event()

    async def wait_twice() -> None:
        nonlocal told
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told += 1
        await asyncio.Event().wait()

    task = asyncio.create_task(wait_twice())
    await waiting.wait()
    await asyncio.wait_for(end(task), 10)
    assert (told, task.cancelled()) == (1, True)


async def test_what_has_ended_is_left_alone() -> None:
    async def nothing() -> None:
        return None

    task = asyncio.create_task(nothing())
    await task
    await end(task)
    assert not task.cancelled()
