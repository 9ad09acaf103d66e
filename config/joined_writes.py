"""The head of an answer leaves together with its body, and not as a packet of its own before it.

uvicorn writes the two one after the other, and its event loop gives each to the system at once: a peer is
woken for a head, finds no body, and waits again. Here a short write waits for the next one, and for nothing
else: it leaves when the loop turns to something else.
"""

import asyncio
from typing import Any

HELD_BYTES_MAX = 4 * 1024


class JoinedWrites:
    """A transport as uvicorn uses it. What is not here goes to the one below."""

    def __init__(self, below: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._below, self._loop, self._held = below, loop, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._below, name)

    def write(self, data: bytes) -> None:
        """Send, in the order of the calls."""
        if self._held:
            held, self._held = self._held, b""
            self._below.writelines([held, data])
        elif 0 < len(data) <= HELD_BYTES_MAX:
            self._held = data
            self._loop.call_soon(self._flush)
        else:
            self._below.write(data)

    def close(self) -> None:
        """End the connection once everything is sent."""
        self._flush()
        self._below.close()

    def as_it_was(self) -> asyncio.Transport:
        """The transport below, which has everything that was written here."""
        self._flush()
        return self._below

    def _flush(self) -> None:
        held, self._held = self._held, b""
        if held and not self._below.is_closing():  # or nobody is there any more
            self._below.write(held)
