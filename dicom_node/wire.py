"""One peer's socket as a stream of PDUs, every wait with a deadline, every length with a cap.

TCP_QUICKACK is asked for again after each read: DCMTK-based peers leave Nagle on and wait for our
ACK between command and data, 40 ms each (the kernel clears the option by itself). TCP_NODELAY and
one write for each answer take away the same stall on our side.
"""

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass

from dicom_node.pdu import HEADER_BYTES, AbortReason, PduType, abort

PDU_TYPES = {int(kind): kind for kind in PduType}
QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
CONTROL_BYTES_MAX = 256 * 1024
AHEAD_BYTES = 64 * 1024
"""How far one read may go beyond the PDU at hand: a command and its short data set come together."""
LINGER_SECONDS = 1.0


class PeerGone(Exception):
    """The connection ended, broke or fell silent; there is nobody to answer."""


class PduRefused(Exception):
    """The peer sent a PDU that we do not take; the association is to be aborted with `reason`."""

    def __init__(self, reason: AbortReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """Seconds: for one whole PDU once it began, and for the next one to begin."""

    pdu_seconds: float
    idle_seconds: float


class Wire:
    """Reads and writes PDUs on a connected socket. Used by one thread."""

    def __init__(self, connection: socket.socket, deadlines: Deadlines, data_bytes_max: int) -> None:
        self._socket, self._deadlines = connection, deadlines
        self._data_bytes_max = data_bytes_max
        self._buffer = bytearray(HEADER_BYTES + max(data_bytes_max, CONTROL_BYTES_MAX) + AHEAD_BYTES)
        self._view, self._start, self._end = memoryview(self._buffer), 0, 0
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_pdu(self) -> tuple[PduType, memoryview]:
        """The next PDU's type and body; the body is valid until the next call.

        Raises PeerGone, or PduRefused for an unknown type or a length over our cap.
        """
        self._move_to_front()
        if not self._end:
            self._receive(time.monotonic() + self._deadlines.idle_seconds)
        deadline = time.monotonic() + self._deadlines.pdu_seconds
        self._fill(HEADER_BYTES, deadline)
        kind, length = self._buffer[0], int.from_bytes(self._buffer[2:HEADER_BYTES], "big")
        if kind not in PDU_TYPES:
            raise PduRefused(AbortReason.UNRECOGNIZED_PDU)
        if length > (self._data_bytes_max if kind == PduType.DATA else CONTROL_BYTES_MAX):
            raise PduRefused(AbortReason.INVALID_PARAMETER)
        self._start = HEADER_BYTES + length
        self._fill(self._start, deadline)
        return PDU_TYPES[kind], self._view[HEADER_BYTES : self._start]

    def has_input(self) -> bool:
        """True when a PDU has begun to come; never waits, and ends the last PDU's body. Raises PeerGone.

        Bytes are taken, not peeked at: under TLS only a read tells words from ceremony.
        """
        self._move_to_front()
        if not self._end:
            try:
                self._take(0)
            except (BlockingIOError, ssl.SSLWantReadError):
                return False
        return True

    def _move_to_front(self) -> None:
        rest = self._end - self._start
        if rest and self._start:
            self._view[:rest] = self._view[self._start : self._end]
        self._start, self._end = 0, rest

    def _fill(self, count: int, deadline: float) -> None:
        """Read until `count` bytes are in the buffer; never past `deadline`."""
        while self._end < count:
            self._receive(deadline)

    def _receive(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise PeerGone("too slow")
        try:
            self._take(left)
        except (BlockingIOError, ssl.SSLWantReadError) as error:
            raise PeerGone(type(error).__name__) from error

    def _take(self, seconds: float) -> None:
        """What there is now, or comes within `seconds`; 0 does not wait. Raises PeerGone."""
        try:
            self._socket.settimeout(seconds)
            count = self._socket.recv_into(self._view[self._end :])
        except (BlockingIOError, ssl.SSLWantReadError):
            raise
        except OSError as error:
            raise PeerGone(type(error).__name__) from error
        if count == 0:
            raise PeerGone("closed")
        self._end += count
        self._acknowledge_quickly()

    def _acknowledge_quickly(self) -> None:
        if QUICKACK is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)

    def write(self, pdus: bytes) -> None:
        """Send `pdus` in one write. Raises PeerGone."""
        try:
            self._socket.settimeout(self._deadlines.pdu_seconds)
            self._socket.sendall(pdus)
        except OSError as error:
            raise PeerGone(type(error).__name__) from error

    def abort(self, reason: AbortReason) -> None:
        """Say A-ABORT if anybody listens, then end."""
        with contextlib.suppress(PeerGone):
            self.write(abort(reason))
        self.drain()

    def drain(self, seconds: float = LINGER_SECONDS) -> None:
        """Let the peer read our last words: closing on unread input would make the kernel take them back."""
        deadline = time.monotonic() + seconds
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._socket.settimeout(seconds)
                self._socket.unwrap()  # says close_notify (RFC 8446 6.1): nobody has cut us off
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv_into(self._buffer):
                    return
