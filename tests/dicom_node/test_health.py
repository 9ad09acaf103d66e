"""The node's health page: two questions, short answers, and nobody who can hold it up."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from dicom_node.health import REQUEST_BYTES_MAX, HealthPage

FACTS: dict[str, object] = {"ready": True, "associations": 3}


@pytest.fixture
def page() -> Iterator[HealthPage]:
    """A page whose facts are fixed."""
    with HealthPage("127.0.0.1", 0, lambda: FACTS) as running:
        yield running


def said(page: HealthPage, words: bytes) -> bytes:
    """What the page answers to these bytes."""
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as wire:
        heard = b""
        with suppress(OSError):  # the page may close at any point on a caller who is still speaking
            wire.sendall(words)
            wire.shutdown(socket.SHUT_WR)
            while piece := wire.recv(1000):
                heard += piece
        return heard


def test_ready_brings_the_facts(page: HealthPage) -> None:
    answer = httpx.get(f"http://127.0.0.1:{page.port}/health/ready")
    assert (answer.status_code, answer.json()) == (200, FACTS)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("facts", [{"ready": False, "reason": "x"}, {}])
def test_what_is_not_ready_is_unavailable(facts: dict[str, object]) -> None:
    with HealthPage("127.0.0.1", 0, lambda: facts) as page:
        answer = httpx.get(f"http://127.0.0.1:{page.port}/health/ready")
        assert (answer.status_code, answer.json()) == (503, facts)
        assert httpx.get(f"http://127.0.0.1:{page.port}/health/live").status_code == 200


@pytest.mark.parametrize(
    "words",
    [
        b"\r\n",
        b"GET\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health/../etc/passwd HTTP/1.1\r\n\r\n",
        b"\xff\xfe\xfd \xff\r\n\r\n",
        b"x" * (REQUEST_BYTES_MAX * 2) + b"\r\n",
    ],
)
def test_anything_else_is_not_found_and_does_no_harm(page: HealthPage, words: bytes) -> None:
    heard = said(page, words)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 404 ")
    assert said(page, b"GET /health/live HTTP/1.1\r\n\r\n").endswith(b'{"live": true}')


def test_silent_callers_hold_up_nobody(page: HealthPage) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(socket.create_connection(("127.0.0.1", page.port), timeout=10))
        assert httpx.get(f"http://127.0.0.1:{page.port}/health/live", timeout=2).status_code == 200


def test_a_silent_caller_is_let_go(page: HealthPage) -> None:
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as wire:
        assert wire.recv(10) == b""


def test_a_page_that_ended_answers_nobody() -> None:
    with HealthPage("127.0.0.1", 0, lambda: FACTS) as page:
        port = page.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=2)
