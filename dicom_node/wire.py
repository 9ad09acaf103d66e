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

QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
CONTROL_BYTES_MAX = 256 * 1024
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
        self._buffer = bytearray(max(data_bytes_max, CONTROL_BYTES_MAX))
        self._ahead = 0
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read_pdu(self) -> tuple[PduType, memoryview]:
        """The next PDU's type and body; the body is valid until the next call.

        Raises PeerGone, or PduRefused for an unknown type or a length over our cap.
        """
        view, ahead, self._ahead = memoryview(self._buffer), self._ahead, 0
        began = self._fill(view[ahead:HEADER_BYTES], self._deadlines.idle_seconds, first=True)
        deadline = began + self._deadlines.pdu_seconds
        kind, length = self._buffer[0], int.from_bytes(self._buffer[2:HEADER_BYTES], "big")
        if kind not in PduType.__members__.values():
            raise PduRefused(AbortReason.UNRECOGNIZED_PDU)
        if length > (self._data_bytes_max if kind == PduType.DATA else CONTROL_BYTES_MAX):
            raise PduRefused(AbortReason.INVALID_PARAMETER)
        self._fill(view[:length], deadline - time.monotonic(), first=False)
        return PduType(kind), view[:length]

    def has_input(self) -> bool:
        """True when a PDU has begun to come; never waits, and ends the last PDU's body. Raises PeerGone.

        The first byte is taken, not peeked at: under TLS only a read tells words from ceremony.
        """
        if not self._ahead:
            try:
                self._socket.settimeout(0)
                count = self._socket.recv_into(self._buffer, 1)
            except (BlockingIOError, ssl.SSLWantReadError):
                return False
            except OSError as error:
                raise PeerGone(type(error).__name__) from error
            if count == 0:
                raise PeerGone("closed")
            self._ahead = 1
        return True

    def _fill(self, target: memoryview, seconds: float, *, first: bool) -> float:
        """Fill `target` before `seconds` have passed; once the first byte is here, the PDU deadline counts.

        Returns the moment the first byte came.
        """
        deadline = time.monotonic() + seconds
        began, filled = 0.0, 0
        while filled < len(target):
            try:
                self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
                count = self._socket.recv_into(target[filled:])
            except OSError as error:
                raise PeerGone(type(error).__name__) from error
            if count == 0:
                raise PeerGone("closed")
            if first and not filled:
                began = time.monotonic()
                deadline = began + self._deadlines.pdu_seconds
            filled += count
            if time.monotonic() > deadline and filled < len(target):
                raise PeerGone("too slow")
        self._acknowledge_quickly()
        return began

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

    def drain(self) -> None:
        """Let the peer read our last words: closing on unread input would make the kernel take them back."""
        deadline = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                if not self._socket.recv_into(self._buffer):
                    return
