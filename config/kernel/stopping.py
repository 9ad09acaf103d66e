"""Ending a loop that runs for ever. Python 3.11's `asyncio.wait_for`, which our clients use, can
swallow a CancelledError in the moment its own wait ends; the request stays counted on the task.
"""

import asyncio


def goes_on() -> bool:
    """False once somebody has asked the running task to stop."""
    task = asyncio.current_task()
    return task is None or not task.cancelling()
