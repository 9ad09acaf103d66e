"""What a hostile frame could make a decoding process do; run only inside such processes."""

import ctypes
import os
import signal
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def process_id(_: int) -> int:
    return os.getpid()


def backtraces(_: int) -> str:
    """What a decoder's panic would find in the environment of the process, as C has it."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    found: bytes | None = getenv(b"RUST_BACKTRACE")
    return (found or b"").decode()


def crash(_: int) -> int:
    """Die as a broken decoder does."""
    ctypes.string_at(0)
    return 0


def spin(_: int) -> int:
    """Use the processor for ever."""
    while True:
        pass


def hoard(size: int) -> int:
    """Take memory; the answer is how much was had."""
    try:
        return len(bytearray(size))
    except MemoryError:
        return -1


def crash_once(mark: str) -> int:
    """Die the first time, work the second."""
    path = Path(mark)
    if path.exists():
        return 1
    path.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fail(number: int) -> int:
    raise ValueError(number)


KEPT = list[bytes]()


def keep(size: int) -> int:
    """Take `size` bytes and never give them back, as a decoder does that loses memory."""
    KEPT.append(b"\1" * size)
    return size
