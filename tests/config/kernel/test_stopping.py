"""A loop ends when it is told to, even where a library swallows the cancellation."""

import asyncio
import contextlib

from config.kernel.stopping import goes_on


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
