"""Memory that is given back stays at hand: the next block of its size costs no page faults."""

import resource
import subprocess
import sys

BLOCK_BYTES = 512 * 1024
COUNTED = f"""
import resource, sys
from config.memory import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def use():
    for _ in range(200):
        blocks = [bytearray({BLOCK_BYTES}) for _ in range(4)]
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Page faults of 200 rounds of four blocks in a process of its own."""
    run = subprocess.run([sys.executable, "-c", COUNTED, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


def test_blocks_of_an_images_size_are_used_again() -> None:
    pages = 4 * 200 * BLOCK_BYTES // resource.getpagesize()
    assert faults("keep") < pages / 20
    assert faults("leave") > pages / 4
