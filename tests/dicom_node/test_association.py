"""Associations over real sockets: who may come, what is negotiated, what a broken or hostile peer costs."""

import struct
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from pynetdicom import AE

from dicom_node.app import Node
from dicom_node.wire import LINGER_SECONDS
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import (
    CT,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    RawScu,
    associate_rq,
    command,
    comment,
    pdu,
    pdv,
    status,
    storing,
)
from tests.fixtures.waiting import wait_until

ECHO_SECONDS = 1.0
ABORT = 7
PULL_WORKLIST = "1.2.840.10008.5.1.4.34.6.3"


def echo(port: int) -> float:
    """Seconds a C-ECHO from the known peer takes; it must succeed."""
    began = time.monotonic()
    with RawScu(port) as scu:
        assert scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 2
        assert scu.echo(1) == 0
        assert scu.release() == 6
    return time.monotonic() - began


def test_a_known_peer_is_answered_by_an_independent_implementation(node: Node) -> None:
    entity = AE("COUNTY")
    entity.add_requested_context(VERIFICATION)
    association = entity.associate("127.0.0.1", node.listener.port, ae_title="LIANZHEN")
    assert association.is_established
    assert association.send_c_echo().Status == 0
    association.release()
    assert association.is_released


@pytest.mark.parametrize(
    "calling, called, reason", [("NOBODY", "LIANZHEN", 3), ("COUNTY", "OTHER", 7), ("county", "LIANZHEN", 3)]
)
def test_strangers_are_rejected_with_the_reason(node: Node, calling: str, called: str, reason: int) -> None:
    with RawScu(node.listener.port, calling, called) as scu:
        kind, body = scu.associate([(1, VERIFICATION, [IMPLICIT])])
        assert (kind, body[1:4]) == (3, bytes([1, 1, reason]))
        assert scu.receive() == (0, b"")


def test_a_known_title_from_another_address_is_rejected(node: Node, sqlite_url: str) -> None:
    register(sqlite_url, "FARAWAY", host="192.0.2.7")
    register(sqlite_url, "ANYWHERE", host=None)

    def anywhere_is_known() -> bool:
        with RawScu(node.listener.port, "ANYWHERE") as scu:
            return scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 2

    wait_until(anywhere_is_known)
    with RawScu(node.listener.port, "FARAWAY") as scu:
        assert scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 3


def test_a_peer_added_or_removed_counts_within_a_second(node: Node, sqlite_url: str) -> None:
    with RawScu(node.listener.port, "CITY") as scu:
        assert scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 3
    register(sqlite_url, "CITY")
    began = time.monotonic()

    def welcome() -> bool:
        with RawScu(node.listener.port, "CITY") as scu:
            return scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 2

    wait_until(welcome)
    assert time.monotonic() - began < 2.0


def test_storage_of_any_class_and_syntax_is_accepted_and_nothing_else(node: Node) -> None:
    proposals = {
        1: (CT, EXPLICIT),
        3: ("1.2.840.10008.5.1.4.1.1.9.1.1", DEFLATED),
        5: ("1.3.12.2.1107.5.9.1", IMPLICIT),
        7: (CT, "1.2.840.113619.5.2"),
        9: (CT, "1.2.840.10008.1.2.4.203"),
        11: ("1.2.840.10008.5.1.4.1.1.999", EXPLICIT),
        13: (PULL_WORKLIST, IMPLICIT),
        15: ("1.2.840.10008.1.20.2", IMPLICIT),
        17: ("1.2.840.10008.5.1.4.1.2.3.1", IMPLICIT),
        19: ("1.2.840.10008.5.1.4.1.1.200.4", IMPLICIT),
        21: ("1.2.840.10008.1.3.10", EXPLICIT),
        23: (CT, "1.2.840.10008.1.2.7.1"),
    }
    with RawScu(node.listener.port) as scu:
        scu.associate([(number, abstract, [syntax]) for number, (abstract, syntax) in proposals.items()])
    assert scu.accepted == {number: proposals[number][1] for number in (1, 3, 5, 7, 9, 11)}


def test_a_worklist_we_do_not_serve_is_not_taken_for_storage(node: Node) -> None:
    entity = AE("COUNTY")
    entity.add_requested_context(PULL_WORKLIST)
    entity.add_requested_context(VERIFICATION)
    association = entity.associate("127.0.0.1", node.listener.port, ae_title="LIANZHEN")
    assert [cx.abstract_syntax for cx in association.accepted_contexts] == [VERIFICATION]
    association.release()


def test_forty_silent_connections_do_not_stop_an_echo(start_node: Callable[..., Node]) -> None:
    node = start_node(associate_seconds=2.0)
    with ExitStack() as stack:
        silent = [stack.enter_context(RawScu(node.listener.port)) for _ in range(40)]
        silent[0].send(b"\1\0\0")
        silent[1].send(associate_rq("LIANZHEN", "COUNTY", [(1, CT, [EXPLICIT])])[:50])
        assert all(echo(node.listener.port) < ECHO_SECONDS for _ in range(5))
        assert all(scu.receive() == (0, b"") for scu in silent)


def test_half_a_pdu_is_given_up_in_time(start_node: Callable[..., Node]) -> None:
    node = start_node(pdu_seconds=0.5)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(b"\4\0\0\0\x10\0half")
        began = time.monotonic()
        assert scu.receive() == (0, b"")
        assert time.monotonic() - began < 3.0
    wait_until(lambda: node.listener.active == 0)


def test_a_trickled_pdu_is_given_up_in_time(start_node: Callable[..., Node]) -> None:
    node = start_node(pdu_seconds=0.5)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(b"\4\0\0\0\x10\0")
        scu.socket.settimeout(0.05)

        def ended() -> bool:
            try:
                scu.send(b"x")
                return scu.socket.recv(1) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        wait_until(ended, 5.0)


def test_an_idle_association_ends(start_node: Callable[..., Node]) -> None:
    node = start_node(idle_seconds=0.3)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        assert scu.receive() == (0, b"")


@pytest.mark.parametrize("length", [131_073, 0xFFFFFFFF])
def test_a_pdu_over_the_cap_is_refused_by_its_header(node: Node, length: int) -> None:
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(struct.pack(">BBL", 4, 0, length))
        assert scu.receive()[0] == ABORT


@pytest.mark.parametrize(
    "words",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack(">BBL", 1, 0, 0xFFFFFFFF),
        b"\x16\x03\x01\x02\0\1\0",
        bytes(64),
    ],
)
def test_what_is_no_request_is_aborted_at_once(node: Node, words: bytes) -> None:
    with RawScu(node.listener.port) as scu:
        scu.send(words)
        assert scu.receive()[0] == ABORT
    assert echo(node.listener.port) < ECHO_SECONDS


@pytest.mark.parametrize(
    "words",
    [
        pdu(9, b""),
        pdu(4, b"\0\0\0\1\1"),
        pdu(4, struct.pack(">LBB", 4000, 1, 3)),
        pdu(4, pdv(99, b"", is_command=True, last=True)),
        pdu(4, pdv(1, b"x" * 10, is_command=False, last=True)),
        pdu(4, pdv(1, b"not a command set", is_command=True, last=True)),
        pdu(2, bytes(80)),
        pdu(6, bytes(4)),
        pdu(4, pdv(1, command(0x8001, 1, CT), is_command=True, last=True)),
        pdu(4, pdv(1, b"\0" * 70_000, is_command=True, last=False)),
    ],
    ids=range(10),
)
def test_nonsense_inside_an_association_is_aborted(node: Node, words: bytes) -> None:
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(words)
        assert scu.receive()[0] == ABORT
    assert echo(node.listener.port) < ECHO_SECONDS


def test_beyond_the_cap_in_all_the_surplus_is_rejected_and_recovers(start_node: Callable[..., Node]) -> None:
    node = start_node(associations_max=3)
    with ExitStack() as stack:
        held = [stack.enter_context(RawScu(node.listener.port)) for _ in range(3)]
        assert [scu.associate([(1, CT, [EXPLICIT])])[0] for scu in held] == [2, 2, 2]
        with RawScu(node.listener.port) as surplus:
            kind, body = surplus.associate([(1, CT, [EXPLICIT])])
            assert (kind, body[1:4]) == (3, bytes([2, 3, 2]))
        assert held[0].release() == 6
        wait_until(lambda: node.listener.active == 2)
        echo(node.listener.port)


def test_one_peer_at_its_cap_leaves_room_for_others(start_node: Callable[..., Node], sqlite_url: str) -> None:
    node = start_node(associations_per_peer_max=2)
    register(sqlite_url, "OTHER")
    with ExitStack() as stack:
        held = [stack.enter_context(RawScu(node.listener.port)) for _ in range(2)]
        assert [scu.associate([(1, CT, [EXPLICIT])])[0] for scu in held] == [2, 2]
        with RawScu(node.listener.port) as surplus:
            kind, body = surplus.associate([(1, CT, [EXPLICIT])])
            assert (kind, body[1:4]) == (3, bytes([2, 3, 2]))
        with RawScu(node.listener.port, "OTHER") as other:
            assert other.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 2
            assert other.echo(1) == 0


def test_those_rejected_who_do_not_hang_up_take_no_place_from_others(
    start_node: Callable[..., Node], sqlite_url: str
) -> None:
    """They get their answer whole, and their place in all is free long before the second is over that is
    given to others' last words.
    """
    node = start_node(associations_max=4, associations_per_peer_max=1)
    register(sqlite_url, "OTHER")
    with ExitStack() as stack:
        rejected = [stack.enter_context(RawScu(node.listener.port)) for _ in range(4)]
        assert [scu.associate([(1, CT, [EXPLICIT])])[0] for scu in rejected] == [2, 3, 3, 3]
        wait_until(lambda: node.listener.active == 1, LINGER_SECONDS * 0.8)
        other = stack.enter_context(RawScu(node.listener.port, "OTHER"))
        assert other.associate([(1, VERIFICATION, [IMPLICIT])])[0] == 2
        assert [scu.receive() for scu in rejected[1:]] == [(0, b"")] * 3


def test_operations_we_do_not_serve_are_answered_so(node: Node) -> None:
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT]), (3, VERIFICATION, [IMPLICIT])])
        assert status(scu.request(1, command(0x0020, 1, CT))) == 0x0211
        assert scu.store(1, "1.2.840.10008.5.1.4.1.1.4", "1.2.3", b"x" * 100) == 0x0122
        assert scu.store(3, VERIFICATION, "1.2.3", b"x" * 100) == 0x0122
        assert scu.echo(3) == 0


def test_an_object_over_the_cap_ends_the_association_and_leaves_nothing(
    start_node: Callable[..., Node],
) -> None:
    node = start_node(object_bytes_max=100_000)
    dataset = a_ct()
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(
            pdu(4, pdv(1, command(1, 7, CT, dataset.SOPInstanceUID, data=True), is_command=True, last=True))
        )
        for _ in range(2):
            scu.send(pdu(4, pdv(1, bytes(60_000), is_command=False, last=False)))
        assert scu.receive()[0] == ABORT
    wait_until(lambda: node.listener.active == 0)
    assert [path.name for path in node.door._spool.own.iterdir()] == ["lock"]


def test_a_peer_that_vanishes_in_mid_object_leaves_nothing(node: Node) -> None:
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        scu.send(pdu(4, pdv(1, command(1, 7, CT, "1.2.3", data=True), is_command=True, last=True)))
        scu.send(pdu(4, pdv(1, bytes(60_000), is_command=False, last=False)))
    wait_until(lambda: node.listener.active == 0)
    assert [path.name for path in node.door._spool.own.iterdir()] == ["lock"]


def test_answers_fit_into_the_smallest_pdu_a_peer_takes(node: Node) -> None:
    with RawScu(node.listener.port) as scu:
        scu.send(associate_rq("LIANZHEN", "COUNTY", [(1, VERIFICATION, [IMPLICIT])], pdu_bytes_max=64))
        assert scu.receive()[0] == 2
        scu.send(pdu(4, pdv(1, command(0x30, 1, VERIFICATION), is_command=True, last=True)))
        parts = [scu.receive()[1]]
        while not parts[-1][5] & 2:
            parts.append(scu.receive()[1])
    assert all(len(part) <= 64 for part in parts)
    assert b"".join(part[6:] for part in parts).endswith(struct.pack("<HHLH", 0, 0x0900, 2, 0))


def test_many_pdvs_in_one_pdu_and_one_byte_pdvs_are_the_same_object(node: Node) -> None:
    first, second = a_ct(), a_ct()
    for dataset, piece in ((first, 7), (second, 65_000)):
        with RawScu(node.listener.port) as scu:
            scu.associate([(1, CT, [EXPLICIT])])
            assert scu.store(1, CT, dataset.SOPInstanceUID, dataset_bytes(dataset), piece) == 0


def test_a_refusal_names_the_rule_and_never_a_value(node: Node) -> None:
    dataset = a_ct(StudyInstanceUID=None)
    answer = storing(node.listener.port, CT, dataset.SOPInstanceUID, dataset_bytes(dataset))
    assert status(answer) == 0xC000
    assert comment(answer) == "StudyInstanceUID is missing"
