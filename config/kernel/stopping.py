"""Ending a loop that runs for ever. Python 3.11's `asyncio.wait_for`, which our clients use, can
swallow a CancelledError in the moment its own wait ends; the request stays counted on the task.
"""

import asyncio

AGAIN_SECONDS = 0.1


def goes_on() -> bool:
    """False once somebody has asked the running task to stop."""
    task = asyncio.current_task()
    return task is None or not task.cancelling()


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel it until it has ended: what is swallowed within one long wait has to be said again."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)
