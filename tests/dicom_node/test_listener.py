"""The listening socket by itself: silent ones cost nothing, seats are counted, stopping ends."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from dicom_node.listener import WAITING_MAX, Listener, Serve
from dicom_node.seats import Seats
from tests.dicom_node.raw_scu import CT, EXPLICIT, associate_rq
from tests.fixtures.waiting import wait_until

REQUEST = associate_rq("LIANZHEN", "COUNTY", [(1, CT, [EXPLICIT])])
ABORT, REJECT = 7, 3


class Served:
    """Keeps what a listener hands over, until told to let go."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, bytes, bytes]] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, connection: socket.socket, address: str, body: bytes) -> None:
        connection.settimeout(10)
        more = connection.recv(100) if body.endswith(b"!") else b""
        self.requests.append((address, body, more))
        self.go.wait(10)


Start = Callable[..., Listener]


@pytest.fixture
def start() -> Iterator[Start]:
    """Runs listeners until the test ends."""
    with ExitStack() as stack:

        def run(serve: Serve, host: str = "127.0.0.1", **limits: float) -> Listener:
            made = Listener(
                host=host,
                port=0,
                associate_seconds=limits.get("associate_seconds", 5.0),
                seats=Seats(int(limits.get("associations_max", 10))),
                serve=serve,
            )
            thread = threading.Thread(target=made.run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(made.stop)
            return made

        yield run


def connect(listener: Listener, host: str = "127.0.0.1") -> socket.socket:
    """A connection to it."""
    wire = socket.create_connection((host, listener.port), timeout=10)
    wire.settimeout(10)
    return wire


def rest_of(wire: socket.socket) -> bytes:
    """All that comes until the end."""
    heard = b""
    try:
        while piece := wire.recv(1000):
            heard += piece
    except ConnectionResetError:
        pass
    return heard


def test_a_request_is_handed_over_whole_and_nothing_more(start: Start) -> None:
    served = Served()
    listener = start(served)
    request = REQUEST[:2] + (len(REQUEST) - 5).to_bytes(4, "big") + REQUEST[6:] + b"!"
    with connect(listener) as wire:
        for place in range(0, len(request), 7):
            wire.sendall(request[place : place + 7])
        wire.sendall(b"what follows")
        wait_until(lambda: served.requests)
    assert served.requests == [("127.0.0.1", request[6:], b"what follows")]


@pytest.mark.parametrize("begun", [b"", b"\1", REQUEST[:6], REQUEST[:-1]])
def test_half_a_request_is_let_go_at_its_deadline(start: Start, begun: bytes) -> None:
    listener = start(Served(), associate_seconds=0.4)
    began = time.monotonic()
    with connect(listener) as wire:
        wire.sendall(begun)
        assert rest_of(wire) == b""
    assert 0.3 <= time.monotonic() - began < 3.0
    assert listener.active == 0


def test_bytes_that_keep_coming_do_not_move_the_deadline(start: Start) -> None:
    listener = start(Served(), associate_seconds=0.5)
    began = time.monotonic()
    with connect(listener) as wire:
        wire.settimeout(0.02)
        wire.sendall(REQUEST[:6])

        def ended() -> bool:
            try:
                wire.sendall(b"x")
                return wire.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait_until(ended, 5)
    assert 0.4 <= time.monotonic() - began < 3.0


def test_of_too_many_silent_ones_the_oldest_goes(start: Start) -> None:
    listener = start(Served(), associate_seconds=60.0)
    with ExitStack() as stack:
        silent = [stack.enter_context(connect(listener)) for _ in range(WAITING_MAX)]
        wait_until(lambda: len(listener._waiting) == WAITING_MAX)
        newest = stack.enter_context(connect(listener))
        assert rest_of(silent[0]) == b""
        newest.sendall(b"GET / HTTP/1.1\r\n")
        assert newest.recv(1) == bytes([ABORT])


def test_beyond_the_cap_is_rejected_and_then_welcome_again(start: Start) -> None:
    served = Served()
    served.go.clear()
    listener = start(served, associations_max=2)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(connect(listener)).sendall(REQUEST)
        wait_until(lambda: listener.active == 2)
        surplus = stack.enter_context(connect(listener))
        surplus.sendall(REQUEST)
        assert rest_of(surplus) == b"\3\0\0\0\0\4\0\2\3\2"
        served.go.set()
        wait_until(lambda: listener.active == 0)
        stack.enter_context(connect(listener)).sendall(REQUEST)
        wait_until(lambda: len(served.requests) == 3)


@pytest.fixture
def broken_threads() -> Iterator[list[type[BaseException]]]:
    """What ended threads, in place of pytest's own complaint about them."""
    seen: list[type[BaseException]] = []
    usual = threading.excepthook
    threading.excepthook = lambda ended: seen.append(ended.exc_type)
    yield seen
    threading.excepthook = usual


def test_a_service_that_breaks_takes_nobody_with_it(
    start: Start, broken_threads: list[type[BaseException]]
) -> None:
    def broken(_connection: socket.socket, _address: str, _body: bytes) -> None:
        raise RuntimeError

    listener = start(broken)
    for _ in range(2):
        with connect(listener) as wire:
            wire.sendall(REQUEST)
            assert rest_of(wire) == b""
    wait_until(lambda: broken_threads == [RuntimeError, RuntimeError])
    assert listener.active == 0


def test_six_is_an_address_family_too(start: Start) -> None:
    served = Served()
    listener = start(served, host="::1")
    with connect(listener, "::1") as wire:
        wire.sendall(REQUEST)
        wait_until(lambda: served.requests)
    assert served.requests[0][0] == "::1"


def test_a_port_in_use_is_said_at_once(start: Start) -> None:
    taken = start(Served())
    with pytest.raises(OSError, match="in use"):
        Listener(host="127.0.0.1", port=taken.port, associate_seconds=1, seats=Seats(1), serve=Served())


def test_stopping_hangs_up_on_those_who_wait_and_returns_soon(start: Start) -> None:
    listener = start(Served(), associate_seconds=60.0)
    with connect(listener) as silent:
        wait_until(lambda: listener._waiting)
        began = time.monotonic()
        listener.stop()
        assert rest_of(silent) == b""
        assert time.monotonic() - began < 3.0
