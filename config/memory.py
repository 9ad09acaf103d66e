"""How the C library keeps memory that Python has given back.

By default glibc hands every freed block of a few hundred KB back to the system, and each page of the next
one is a fault: an image of 512 KB costs four times as much to send as its bytes. After a large block it
keeps as much as that one took. Processes that handle images keep some of it, and never more.
"""

import ctypes
import sys

from config.kernel.limits import MIB

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 8 * MIB
MAPPED_FROM_BYTES = 4 * MIB
"""Blocks from this size on are mapped by themselves and go back to the system when they are freed."""


def keep_freed_memory() -> bool:
    """Keep up to KEPT_BYTES at hand in this process; False where the C library has no such setting."""
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    kept = set_option(M_TRIM_THRESHOLD, KEPT_BYTES)
    return bool(kept and set_option(M_MMAP_THRESHOLD, MAPPED_FROM_BYTES))
