"""Our C-ECHO to others: every way in which it can end, said truly and in time."""

import asyncio
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dicom_node.app import Node
from dicom_node.echo import EchoAnswer, EchoOutcome, _reason, echo
from dicom_node.pdu import HEADER_BYTES, read_associate_request
from dicom_node.scu.association import Remote
from dicom_node.scu.errors import PeerUnreachable
from dicom_node.wire import CONTROL_BYTES_MAX
from tests.dicom_node.raw_scu import element, item, pdu, pdv
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

VERIFICATION, IMPLICIT = "1.2.840.10008.1.1", "1.2.840.10008.1.2"
RELEASE_RP = pdu(6, bytes(4))


def ask(port: int, called: str = "THEM", calling: str = "LIANZHEN", seconds: float = 5.0) -> EchoAnswer:
    """One echo to this machine."""
    remote = Remote(ae_title=called, host="127.0.0.1", port=port)
    return asyncio.run(echo(remote, calling_ae_title=calling, seconds=seconds))


def accept(result: int = 0, syntax: str = IMPLICIT) -> bytes:
    """An A-ASSOCIATE-AC that answers context 1."""
    context = item(0x21, bytes([1, 0, result, 0]) + item(0x40, syntax.encode()))
    user = item(0x50, item(0x51, struct.pack(">L", 16_384)) + item(0x52, b"1.2.3"))
    return pdu(
        2, struct.pack(">HH", 1, 0) + bytes(64) + item(0x10, b"1.2.840.10008.3.1.1.1") + context + user
    )


def echo_rsp(status: int = 0) -> bytes:
    """A C-ECHO-RSP's command set."""
    body = (
        element(0x0002, VERIFICATION.encode() + b"\0")
        + element(0x0100, struct.pack("<H", 0x8030))
        + element(0x0120, struct.pack("<H", 1))
        + element(0x0800, struct.pack("<H", 0x0101))
        + element(0x0900, struct.pack("<H", status))
    )
    return element(0, struct.pack("<L", len(body))) + body


def answered(status: int = 0, piece: int = 1_000) -> bytes:
    """The same in data PDUs of `piece` bytes."""
    raw = echo_rsp(status)
    parts = [raw[at : at + piece] for at in range(0, len(raw), piece)]
    return b"".join(
        pdu(4, pdv(1, part, is_command=True, last=n == len(parts) - 1)) for n, part in enumerate(parts)
    )


class Scripted:
    """A peer that reads one PDU, says the next words of its script, and so on; then hangs up."""

    def __init__(self, script: list[bytes | None]) -> None:
        self.script, self.heard = script, list[bytes]()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        connection, _address = self.socket.accept()
        with connection:
            connection.settimeout(20)
            for words in self.script:
                head = connection.recv(HEADER_BYTES, socket.MSG_WAITALL)
                if len(head) < HEADER_BYTES:
                    return
                length = struct.unpack(">L", head[2:])[0]
                self.heard.append(head + (connection.recv(length, socket.MSG_WAITALL) if length else b""))
                if words is None:
                    self.done.wait(20)
                    return
                connection.sendall(words)

    def close(self) -> None:
        self.done.set()
        self.socket.close()
        self.thread.join(20)


@pytest.fixture
def peer() -> Iterator[Callable[..., Scripted]]:
    """Makes scripted peers."""
    with ExitStack() as stack:
        yield lambda *script: stack.enter_context(closing(Scripted(list(script))))


def test_a_peer_that_answers_is_reachable_and_timed(peer: Callable[..., Scripted]) -> None:
    other = peer(accept(), answered(), RELEASE_RP)
    found = ask(other.port, called="CT ROOM 1")
    assert (found.outcome, found.reason) == (EchoOutcome.REACHABLE, "")
    assert 0 <= found.milliseconds < 5_000
    request = read_associate_request(other.heard[0][HEADER_BYTES:])
    assert (request.called_ae_title, request.calling_ae_title) == ("CT ROOM 1", "LIANZHEN")
    (context,) = request.contexts
    assert (context.abstract_syntax, context.transfer_syntaxes) == (
        VERIFICATION,
        ("1.2.840.10008.1.2.1", IMPLICIT),
    )
    assert [words[0] for words in other.heard] == [1, 4, 5], "it is released, not cut off"


def test_an_answer_in_many_small_pieces_is_one_answer(peer: Callable[..., Scripted]) -> None:
    assert ask(peer(accept(), answered(piece=2), RELEASE_RP).port).outcome is EchoOutcome.REACHABLE


def test_a_peer_that_does_not_release_was_reachable_all_the_same(peer: Callable[..., Scripted]) -> None:
    assert ask(peer(accept(), answered()).port).outcome is EchoOutcome.REACHABLE


@pytest.mark.parametrize(
    "script, outcome, reason",
    [
        ([pdu(3, bytes([0, 1, 1, 3]))], EchoOutcome.REJECTED, "calling_ae_unknown"),
        ([pdu(3, bytes([0, 1, 1, 7]))], EchoOutcome.REJECTED, "called_ae_unknown"),
        ([pdu(3, bytes([0, 2, 3, 1]))], EchoOutcome.REJECTED, "busy"),
        ([pdu(3, bytes([0, 2, 3, 2]))], EchoOutcome.REJECTED, "busy"),
        ([pdu(3, bytes([0, 1, 1, 1]))], EchoOutcome.REJECTED, "other"),
        ([pdu(7, bytes(4))], EchoOutcome.REFUSED, "aborted"),
        ([accept(), pdu(7, bytes(4))], EchoOutcome.REFUSED, "aborted"),
        ([accept(result=3)], EchoOutcome.REFUSED, "verification_refused"),
        ([accept(), answered(0x0122)], EchoOutcome.REFUSED, "status_0122"),
        ([b""], EchoOutcome.REFUSED, "hung_up"),
        ([accept(), b""], EchoOutcome.REFUSED, "hung_up"),
        ([accept()[:40]], EchoOutcome.REFUSED, "hung_up"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], EchoOutcome.REFUSED, "not_dicom"),
        ([pdu(6, bytes(4))], EchoOutcome.REFUSED, "not_dicom"),
        ([pdu(2, bytes(10))], EchoOutcome.REFUSED, "not_dicom"),
        ([b"\2\0" + struct.pack(">L", CONTROL_BYTES_MAX + 1)], EchoOutcome.REFUSED, "not_dicom"),
        ([accept(), pdu(4, pdv(1, b"\1\2\3", is_command=True, last=True))], EchoOutcome.REFUSED, "not_dicom"),
        ([pdu(3, b"")], EchoOutcome.REFUSED, "not_dicom"),
    ],
)
def test_every_no_is_told_apart(
    peer: Callable[..., Scripted], script: list[bytes], outcome: EchoOutcome, reason: str
) -> None:
    found = ask(peer(*script).port)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize("before", [[], [accept()]])
def test_silence_ends_at_the_deadline(peer: Callable[..., Scripted], before: list[bytes]) -> None:
    found = ask(peer(*before, None).port, seconds=0.4)
    assert (found.outcome, found.reason) == (EchoOutcome.SILENT, "no_answer")
    assert 400 <= found.milliseconds < 3_000


def test_a_command_set_without_an_end_is_not_read_for_ever(peer: Callable[..., Scripted]) -> None:
    endless = pdu(4, pdv(1, bytes(16_000), is_command=True, last=False)) * 30
    found = ask(peer(accept(), endless).port)
    assert (found.outcome, found.reason) == (EchoOutcome.REFUSED, "not_dicom")


@pytest.mark.parametrize(
    "host, reason", [("127.0.0.1", "port_closed"), ("x" * 70, "host_unknown"), ("192.0.2.1", "no_route")]
)
def test_places_that_cannot_be_reached_are_told_apart(host: str, reason: str) -> None:
    """The third is refused by the tests' own guard, as a machine without a route refuses it."""
    remote = Remote(ae_title="A", host=host, port=free_port())
    found = asyncio.run(echo(remote, calling_ae_title="B", seconds=10))
    assert (found.outcome, found.reason) == (EchoOutcome.UNREACHABLE, reason)


def test_a_name_that_the_resolver_does_not_know_is_an_unknown_host() -> None:
    with pytest.raises(socket.gaierror) as unknown:
        socket.getaddrinfo("127.0.0.1", "no-such-service")
    fault = PeerUnreachable(fault=unknown.type.__name__)
    assert _reason(fault) == (EchoOutcome.UNREACHABLE, "host_unknown")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.binary(max_size=200), min_size=1, max_size=3), begin=st.sampled_from([b"", accept()])
)
def test_whatever_a_peer_says_there_is_an_answer(words: list[bytes], begin: bytes) -> None:
    with closing(Scripted([begin + words[0], *words[1:]])) as other:
        found = ask(other.port, seconds=2.0)
    assert found.outcome in {EchoOutcome.REFUSED, EchoOutcome.REJECTED, EchoOutcome.SILENT}
    assert found.reason


def test_our_own_node_answers_those_it_knows(node: Node) -> None:
    port = node.listener.port
    assert ask(port, called="LIANZHEN", calling="COUNTY").outcome is EchoOutcome.REACHABLE
    assert ask(port, called="LIANZHEN", calling="NOBODY").reason == "calling_ae_unknown"
    assert ask(port, called="OTHER", calling="COUNTY").reason == "called_ae_unknown"


def test_dcmtk_answers(dcmtk: Path, tmp_path: Path) -> None:
    port = free_port()
    words: list[str | Path] = [dcmtk / "storescp", "-od", tmp_path, "-aet", "THEM", str(port)]
    with subprocess.Popen(words, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: port_answers(port), 30)
            assert ask(port).outcome is EchoOutcome.REACHABLE
        finally:
            process.terminate()
