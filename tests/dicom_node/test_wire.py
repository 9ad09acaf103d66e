"""A peer's socket as PDUs: every wait ends, every length has a cap, last words are heard."""

import socket
import struct
import threading
import time
from collections.abc import Iterator

import pytest

from dicom_node.pdu import AbortReason, PduType
from dicom_node.wire import CONTROL_BYTES_MAX, Deadlines, PduRefused, PeerGone, Wire
from tests.fixtures.waiting import wait_until

DATA_BYTES_MAX = 1_000
ABORT_BYTES = 10


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connected pair over loopback: the peer's end and ours."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        peer = socket.create_connection(server.getsockname())
        ours, _address = server.accept()
    with peer, ours:
        peer.settimeout(10)
        yield peer, ours


def wire_on(ours: socket.socket, pdu_seconds: float = 5.0, idle_seconds: float = 5.0) -> Wire:
    """A wire with these deadlines."""
    return Wire(ours, Deadlines(pdu_seconds=pdu_seconds, idle_seconds=idle_seconds), DATA_BYTES_MAX)


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    """A PDU, if need be with a length that is not its own."""
    return struct.pack(">BxL", kind, len(body) if length is None else length) + body


def test_pdus_are_read_one_by_one_however_they_come(ends: tuple[socket.socket, socket.socket]) -> None:
    peer, ours = ends
    wire = wire_on(ours)
    peer.sendall(pdu(4, b"abc") + pdu(5, bytes(4)) + pdu(4, b""))
    assert [(kind, bytes(body)) for kind, body in (wire.read_pdu() for _ in range(3))] == [
        (PduType.DATA, b"abc"),
        (PduType.RELEASE_RQ, bytes(4)),
        (PduType.DATA, b""),
    ]


def test_a_pdu_in_single_bytes_is_one_pdu(ends: tuple[socket.socket, socket.socket]) -> None:
    peer, ours = ends
    raw = pdu(4, bytes(range(200)))

    def trickle() -> None:
        for byte in raw:
            peer.sendall(bytes([byte]))

    thread = threading.Thread(target=trickle)
    thread.start()
    kind, body = wire_on(ours).read_pdu()
    thread.join()
    assert (kind, bytes(body)) == (PduType.DATA, bytes(range(200)))


@pytest.mark.parametrize(
    "kind, length, refused",
    [
        (4, DATA_BYTES_MAX, None),
        (4, DATA_BYTES_MAX + 1, AbortReason.INVALID_PARAMETER),
        (4, 0xFFFFFFFF, AbortReason.INVALID_PARAMETER),
        (1, CONTROL_BYTES_MAX, None),
        (1, CONTROL_BYTES_MAX + 1, AbortReason.INVALID_PARAMETER),
        (0, 4, AbortReason.UNRECOGNIZED_PDU),
        (8, 4, AbortReason.UNRECOGNIZED_PDU),
        (0x16, 4, AbortReason.UNRECOGNIZED_PDU),
    ],
)
def test_lengths_and_types_are_judged_by_the_header_alone(
    ends: tuple[socket.socket, socket.socket], kind: int, length: int, refused: AbortReason | None
) -> None:
    peer, ours = ends
    wire = wire_on(ours)
    peer.sendall(pdu(kind, b"", length))
    if refused is None:
        sender = threading.Thread(target=peer.sendall, args=(bytes(length),))
        sender.start()
        assert len(wire.read_pdu()[1]) == length
        sender.join()
        return
    with pytest.raises(PduRefused) as refusal:
        wire.read_pdu()
    assert refusal.value.reason is refused


def test_a_silent_peer_is_given_up_when_idle_for_too_long(ends: tuple[socket.socket, socket.socket]) -> None:
    began = time.monotonic()
    with pytest.raises(PeerGone):
        wire_on(ends[1], idle_seconds=0.2).read_pdu()
    assert 0.2 <= time.monotonic() - began < 2.0


@pytest.mark.parametrize("begun", [b"\4", b"\4\0\0\0\0", b"\4\0\0\0\0\x09", b"\4\0\0\0\0\x09half"])
def test_half_a_pdu_is_given_up_by_its_own_deadline(
    ends: tuple[socket.socket, socket.socket], begun: bytes
) -> None:
    peer, ours = ends
    peer.sendall(begun)
    began = time.monotonic()
    with pytest.raises(PeerGone):
        wire_on(ours, pdu_seconds=0.3, idle_seconds=60).read_pdu()
    assert 0.2 <= time.monotonic() - began < 3.0


def test_bytes_that_keep_coming_do_not_move_the_deadline(ends: tuple[socket.socket, socket.socket]) -> None:
    """A peer that sends a byte now and then would else hold its thread for ever."""
    peer, ours = ends
    over = threading.Event()

    def trickle() -> None:
        peer.sendall(b"\4\0\0\0\3\xe8")
        while not over.wait(0.02):
            peer.sendall(b"x")

    thread = threading.Thread(target=trickle)
    thread.start()
    began = time.monotonic()
    with pytest.raises(PeerGone):
        wire_on(ours, pdu_seconds=0.5).read_pdu()
    took = time.monotonic() - began
    over.set()
    thread.join()
    assert 0.4 <= took < 3.0


@pytest.mark.parametrize("before", [b"", b"\4\0\0", b"\4\0\0\0\0\x09abc"])
def test_a_peer_that_hangs_up_is_gone(ends: tuple[socket.socket, socket.socket], before: bytes) -> None:
    peer, ours = ends
    peer.sendall(before)
    peer.shutdown(socket.SHUT_WR)
    with pytest.raises(PeerGone):
        wire_on(ours).read_pdu()


def test_an_abort_is_heard_though_the_peer_was_still_talking(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """Closing on unread input would make the kernel send RST and the peer lose our last words."""
    peer, ours = ends
    peer.sendall(bytes(200_000))
    wire = wire_on(ours)

    def abort_and_close() -> None:
        wire.abort(AbortReason.UNEXPECTED_PDU)
        ours.close()

    thread = threading.Thread(target=abort_and_close)
    thread.start()
    heard = b""
    while len(heard) < ABORT_BYTES:
        heard += peer.recv(ABORT_BYTES)
    peer.close()
    thread.join()
    assert heard == struct.pack(">BxLxxBB", 7, 4, 2, AbortReason.UNEXPECTED_PDU)


def test_a_peer_that_does_not_hang_up_is_left_in_a_second(ends: tuple[socket.socket, socket.socket]) -> None:
    began = time.monotonic()
    wire_on(ends[1]).drain()
    assert 0.5 < time.monotonic() - began < 3.0


def test_a_peer_that_does_not_read_is_given_up(ends: tuple[socket.socket, socket.socket]) -> None:
    _peer, ours = ends
    began = time.monotonic()
    with pytest.raises(PeerGone):
        wire_on(ours, pdu_seconds=0.3).write(bytes(50_000_000))
    assert time.monotonic() - began < 5.0


def test_answers_leave_at_once(ends: tuple[socket.socket, socket.socket]) -> None:
    """TCP_NODELAY: a peer that waits for a small answer would else wait for an acknowledgement too."""
    wire_on(ends[1])
    assert ends[1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_whether_something_has_come_is_known_without_waiting(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    peer, ours = ends
    wire = wire_on(ours)
    began = time.monotonic()
    assert not any(wire.has_input() for _ in range(100))
    assert time.monotonic() - began < 1.0
    for raw in (pdu(4, b"abc"), pdu(5, bytes(4))):
        peer.sendall(raw)
        wait_until(wire.has_input)
        assert wire.has_input()
        kind, body = wire.read_pdu()
        assert (kind, bytes(body)) == (raw[0], raw[6:])
        assert not wire.has_input()


def test_a_peer_that_left_is_noticed_when_looking(ends: tuple[socket.socket, socket.socket]) -> None:
    peer, ours = ends
    wire = wire_on(ours)
    peer.close()
    with pytest.raises(PeerGone):
        wait_until(wire.has_input)


def test_a_pdu_that_was_noticed_still_has_its_deadline(ends: tuple[socket.socket, socket.socket]) -> None:
    peer, ours = ends
    wire = wire_on(ours, pdu_seconds=0.3, idle_seconds=0.3)
    peer.sendall(b"\4\0")
    wait_until(wire.has_input)
    began = time.monotonic()
    with pytest.raises(PeerGone):
        wire.read_pdu()
    assert time.monotonic() - began < 2.0
