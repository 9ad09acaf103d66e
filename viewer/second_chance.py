"""Work on pixels that is given up only when it ends a process of its own."""

from collections.abc import Callable
from typing import TypeVar

from viewer.decode_pool import DecodePool, DecoderDied
from viewer.pixels import Fault

Work = TypeVar("Work")
Made = TypeVar("Made")


async def made_in(pool: DecodePool, function: Callable[[Work], Made | Fault], work: Work) -> Made | Fault:
    """`function(work)` in the pool; another task may have ended its process, so then alone once more."""
    try:
        return await pool.run(function, work)
    except DecoderDied:
        pass
    try:
        return await pool.run_alone(function, work)
    except DecoderDied:
        return Fault.DECODER_DIED
