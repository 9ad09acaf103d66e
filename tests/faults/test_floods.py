"""Peers that hold the line: nobody else waits for a C-ECHO, and what is too much is refused cleanly."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.dicom_node.raw_scu import IMPLICIT, VERIFICATION, RawScu, associate_rq, command, pdu, pdv
from tests.faults.conftest import Record
from tests.faults.findings import Finding
from tests.faults.node_process import SENDER, NodeProcess
from tests.faults.probing import Probe, probing
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(600)

SILENT, HELD, HALF = 40, 200, 12
TAKEN_OF_ONE_PEER = 40
LET_GO_SECONDS = 30
REQUEST = associate_rq("LIANZHEN", SENDER, [(1, VERIFICATION, [IMPLICIT])])
ECHO = pdu(4, pdv(1, command(0x30, 1, VERIFICATION), is_command=True, last=True))
TOO_MANY = b"\0\2\3\2"
"""Rejected for now, by the presentation service, local limit exceeded (PS3.8 9.3.4)."""
ACCEPTED, REJECTED = 2, 3


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes every connection of a test."""
    with ExitStack() as opened:
        yield opened


def let_go(line: socket.socket) -> bool:
    """True once the node has closed this connection."""
    line.setblocking(False)
    try:
        while line.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def associated(stack: ExitStack, node: NodeProcess) -> tuple[RawScu, int, bytes]:
    """A connection that asked for an association, and the answer."""
    scu = stack.enter_context(RawScu(node.port, SENDER))
    kind, body = scu.associate([(1, VERIFICATION, [IMPLICIT])])
    return scu, kind, body


def told(promise: str, words: str, probe: Probe, *, kept: bool) -> Finding:
    """A row of the report."""
    return Finding(
        promise=promise,
        measured=f"{probe.words}; {words}",
        target="C-ECHO ≤ 1 s throughout, surplus refused cleanly",
        kept=kept and probe.in_time,
    )


def test_silent_and_half_open_peers(node: NodeProcess, stack: ExitStack, record: Record) -> None:
    """Nothing, half a header, half a request, and those whose writing end is shut."""
    with probing(node) as probe:
        lines = []
        for number in range(SILENT):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", node.port)))
            line.sendall((b"", REQUEST[:4], REQUEST[:100], b"")[number % 4])
            if number % 4 == 3:
                line.shutdown(socket.SHUT_WR)
            lines.append(line)
        wait_until(lambda: all(map(let_go, lines)), LET_GO_SECONDS)
    record(told(f"{SILENT} silent or half-open peers", "all let go", probe, kept=not node.has_ended))


def test_held_associations(node: NodeProcess, stack: ExitStack, record: Record) -> None:
    answers, reasons, held = Counter[int](), set[bytes](), []
    with probing(node) as probe:
        for _ in range(HELD):
            scu, kind, body = associated(stack, node)
            answers[kind] += 1
            if kind == REJECTED:
                reasons.add(body)
            else:
                held.append(scu)
        served = sum(scu.echo(1) == 0 for scu in held)
        for scu in held:
            scu.release()
        wait_until(lambda: associated(stack, node)[1] == ACCEPTED, LET_GO_SECONDS)
    clean = answers == {ACCEPTED: TAKEN_OF_ONE_PEER, REJECTED: HELD - TAKEN_OF_ONE_PEER}
    words = f"{answers[ACCEPTED]} served, {answers[REJECTED]} rejected for now, taken again after release"
    kept = clean and reasons == {TOO_MANY} and served == len(held)
    record(told(f"{HELD} held associations of one peer", words, probe, kept=kept))


def test_half_pdus(node: NodeProcess, stack: ExitStack, record: Record) -> None:
    with probing(node) as probe:
        lines = []
        for _ in range(HALF):
            scu, kind, _body = associated(stack, node)
            assert kind == ACCEPTED
            scu.send(ECHO[: len(ECHO) // 2])
            lines.append(scu.socket)
        wait_until(lambda: all(map(let_go, lines)), LET_GO_SECONDS)
    record(told(f"{HALF} half PDUs", "all let go", probe, kept=not node.has_ended))
