"""Waits for connections and their A-ASSOCIATE-RQ, then gives each association a thread of its own.

Connections that say nothing cost a socket and a deadline here, never a thread or an association:
forty silent peers do not keep anybody else from a C-ECHO.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from dicom_node.pdu import HEADER_BYTES, LIMIT_EXCEEDED, AbortReason, PduType, abort, associate_reject
from dicom_node.peers import plain_address
from dicom_node.seats import Seats
from dicom_node.wire import CONTROL_BYTES_MAX

logger = logging.getLogger(__name__)

BACKLOG = 128
WAITING_MAX = 512
LAST_WORDS_SECONDS = 1.0
READ_BYTES = 64 * 1024
STOP_SECONDS = 8.0
IN_ALL = "in all"

Serve: TypeAlias = Callable[[socket.socket, str, bytes], None]
"""Serves one association on a blocking socket: (connection, address, body of the A-ASSOCIATE-RQ)."""


@dataclass(slots=True)
class _Waiting:
    """A connection that has not made its request yet, or is being let go."""

    connection: socket.socket
    address: str
    deadline: float
    received: bytearray = field(default_factory=bytearray)
    leaving: bool = False
    shaken: bool = False


def listening_socket(host: str, port: int, *, share_port: bool = False) -> socket.socket:
    """A listening socket; with `share_port` other processes of the same user may listen there too."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=share_port)


class Listener:
    """The listening socket. `run` blocks until `stop` is called from anywhere, a signal handler too."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        associate_seconds: float,
        seats: Seats,
        serve: Serve,
        share_port: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._associate_seconds, self._seats, self._serve, self._tls = associate_seconds, seats, serve, tls
        self._socket = listening_socket(host, port, share_port=share_port)
        self._socket.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_write.setblocking(False)
        self._waiting: dict[int, _Waiting] = {}
        self._active: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._stopping = False

    @property
    def port(self) -> int:
        """The port in use (of interest when 0 was asked for)."""
        return int(self._socket.getsockname()[1])

    @property
    def active(self) -> int:
        """Associations being served now."""
        with self._lock:
            return len(self._active)

    def stop(self) -> None:
        """Take no more, end what is open, make `run` return."""
        self._stopping = True
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")

    def run(self) -> None:
        """Serve until stopped."""
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        try:
            while not self._stopping:
                for key, _events in self._selector.select(self._patience()):
                    if key.fileobj is self._socket:
                        self._welcome()
                    elif key.fd in self._waiting:
                        self._hear(self._waiting[key.fd])
                self._let_go_of_the_late()
        finally:
            self._close()

    def _patience(self) -> float | None:
        if not self._waiting:
            return None
        return max(0.0, min(w.deadline for w in self._waiting.values()) - time.monotonic())

    def _welcome(self) -> None:
        try:
            connection, address = self._socket.accept()
        except OSError as error:
            logger.warning("listener.accept_failed", extra={"reason": type(error).__name__})
            time.sleep(0.01)  # out of file descriptors: the connection stays in the backlog meanwhile
            return
        connection.setblocking(False)
        if self._tls is not None:
            try:
                connection.getpeername()  # or ssl would drop what it cannot wrap without closing it
                connection = self._tls.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                )
            except OSError:  # it is gone already
                connection.close()
                return
        if len(self._waiting) >= WAITING_MAX:
            self._forget(min(self._waiting.values(), key=lambda w: w.deadline))
        waiting = _Waiting(connection, plain_address(address[0]), time.monotonic() + self._associate_seconds)
        self._waiting[connection.fileno()] = waiting
        self._selector.register(connection, selectors.EVENT_READ)

    def _hear(self, waiting: _Waiting) -> None:
        """Go on with the handshake or read on, whichever it is; never waits."""
        try:
            self._shake(waiting)
            piece = waiting.connection.recv(READ_BYTES if waiting.leaving else self._missing(waiting))
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except ssl.SSLWantWriteError:
            self._selector.modify(waiting.connection, selectors.EVENT_READ | selectors.EVENT_WRITE)
            return
        except OSError as error:
            self._broken(waiting, error)
            piece = b""
        if not piece:
            self._forget(waiting)
        elif not waiting.leaving:
            waiting.received += piece
            self._consider(waiting)
            self._hear_what_is_decrypted(waiting)

    def _shake(self, waiting: _Waiting) -> None:
        if isinstance(waiting.connection, ssl.SSLSocket) and not waiting.shaken:
            waiting.connection.do_handshake()
            waiting.shaken = True
            self._selector.modify(waiting.connection, selectors.EVENT_READ)

    def _hear_what_is_decrypted(self, waiting: _Waiting) -> None:
        """Bytes that left the kernel with an earlier record: the selector does not know of them."""
        connection = waiting.connection
        still_here = self._waiting.get(connection.fileno()) is waiting
        if still_here and isinstance(connection, ssl.SSLSocket) and connection.pending():
            self._hear(waiting)

    @staticmethod
    def _broken(waiting: _Waiting, error: OSError) -> None:
        if isinstance(error, ssl.SSLError) and not waiting.shaken:
            logger.warning(
                "listener.handshake_failed", extra={"address": waiting.address, "reason": error.reason or ""}
            )

    @staticmethod
    def _missing(waiting: _Waiting) -> int:
        """Never more than the request itself: what follows belongs to the association's thread."""
        have = waiting.received
        if len(have) < HEADER_BYTES:
            return HEADER_BYTES - len(have)
        return HEADER_BYTES + int.from_bytes(have[2:HEADER_BYTES], "big") - len(have)

    def _consider(self, waiting: _Waiting) -> None:
        have = waiting.received
        if len(have) < HEADER_BYTES:
            return
        if have[0] != PduType.ASSOCIATE_RQ:
            self._dismiss(waiting, abort(AbortReason.UNEXPECTED_PDU))
        elif int.from_bytes(have[2:HEADER_BYTES], "big") > CONTROL_BYTES_MAX:
            self._dismiss(waiting, abort(AbortReason.INVALID_PARAMETER))
        elif self._missing(waiting) == 0:
            self._seat(waiting)

    def _seat(self, waiting: _Waiting) -> None:
        place = self._seats.take(IN_ALL)
        if place is None:
            logger.warning(
                "association.rejected", extra={"address": waiting.address, "rejection": list(LIMIT_EXCEEDED)}
            )
            self._dismiss(waiting, associate_reject(LIMIT_EXCEEDED))
            return
        self._release(waiting)
        connection, body = waiting.connection, bytes(waiting.received[HEADER_BYTES:])
        connection.setblocking(True)
        thread = threading.Thread(
            target=self._serve_one,
            args=(connection, waiting.address, body, place),
            name="association",
            daemon=True,
        )
        with self._lock:
            self._active[thread] = connection
        try:
            thread.start()
        except RuntimeError:  # no more threads on this machine
            logger.warning("listener.no_thread", extra={"active": self.active})
            with self._lock:
                del self._active[thread]
            self._seats.give(IN_ALL, place)
            connection.close()

    def _serve_one(self, connection: socket.socket, address: str, body: bytes, place: int) -> None:
        try:
            self._serve(connection, address, body)
        finally:
            self._seats.give(IN_ALL, place)
            with self._lock:
                self._active.pop(threading.current_thread(), None)
            connection.close()

    def _dismiss(self, waiting: _Waiting, words: bytes) -> None:
        """Say `words` and wait a moment for the peer to hang up, reading past what it still sends."""
        with contextlib.suppress(OSError):
            waiting.connection.send(words)
            waiting.connection.shutdown(socket.SHUT_WR)
        waiting.leaving, waiting.deadline = True, time.monotonic() + LAST_WORDS_SECONDS

    def _let_go_of_the_late(self) -> None:
        now = time.monotonic()
        for waiting in [w for w in self._waiting.values() if w.deadline <= now]:
            self._forget(waiting)

    def _release(self, waiting: _Waiting) -> None:
        self._selector.unregister(waiting.connection)
        del self._waiting[waiting.connection.fileno()]

    def _forget(self, waiting: _Waiting) -> None:
        self._release(waiting)
        waiting.connection.close()

    def _close(self) -> None:
        self._socket.close()
        for waiting in list(self._waiting.values()):
            self._forget(waiting)
        with self._lock:
            open_now = dict(self._active)
        for connection in open_now.values():
            with contextlib.suppress(OSError):
                # Not the TLS socket's own: that forgets its keys, and the last answer would go in the clear.
                socket.socket.shutdown(connection, socket.SHUT_RD)
        deadline = time.monotonic() + STOP_SECONDS
        for thread in open_now:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._selector.close()
        self._wake_read.close()
        self._wake_write.close()
