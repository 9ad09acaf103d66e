"""Our own associations over real sockets: to our node, to pynetdicom, and to peers that misbehave."""

import io
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import evt

from dicom_node.app import Node
from dicom_node.command import CommandField
from dicom_node.pdu import Role
from dicom_node.scu.association import (
    VERIFICATION,
    Caller,
    Originator,
    Patience,
    Remote,
    contexts_of,
    echo,
    open_association,
)
from dicom_node.scu.errors import AssociationRejected, PeerMisbehaved, PeerUnreachable, ServiceNotTaken
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.other_side import Line, associate_ac, pynetdicom_entity, scripted
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT, element, item, pdu, pdv
from tests.fixtures.servers import free_port

COUNTY = Caller(ae_title="COUNTY")
QUICK = Patience(connect_seconds=2.0, pdu_seconds=2.0, answer_seconds=1.0)
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
RELEASE_RQ, RELEASE_RP, ABORT = 5, pdu(6, bytes(4)), 7


def node_as(node: Node, ae_title: str = "LIANZHEN") -> Remote:
    """Our node, to be called."""
    return Remote(ae_title=ae_title, host="127.0.0.1", port=node.listener.port)


def response(field: int, message_id: int, status: int, *, data: bool = False, context_id: int = 1) -> bytes:
    """A response in a PDU."""
    body = (
        element(0x0100, struct.pack("<H", field))
        + element(0x0120, struct.pack("<H", message_id))
        + element(0x0800, struct.pack("<H", 1 if data else 0x0101))
        + element(0x0900, struct.pack("<H", status))
    )
    return pdu(
        4, pdv(context_id, element(0, struct.pack("<L", len(body))) + body, is_command=True, last=True)
    )


def test_an_echo_to_our_own_node(node: Node) -> None:
    assert echo(node_as(node), caller=COUNTY, patience=QUICK) == 0


def test_an_echo_to_pynetdicom() -> None:
    seen = []

    def handle(event: evt.Event) -> int:
        seen.append((event.assoc.requestor.ae_title, event.assoc.acceptor.ae_title))
        return 0

    with pynetdicom_entity([(0, VERIFICATION, [IMPLICIT])], {evt.EVT_C_ECHO: handle}) as remote:
        assert echo(remote, caller=COUNTY, patience=QUICK) == 0
    assert seen == [("COUNTY", "OTHER")]


def test_a_stranger_is_told_who_rejected_it_and_why(node: Node) -> None:
    with pytest.raises(AssociationRejected) as refused:
        echo(node_as(node), caller=Caller(ae_title="NOBODY"))
    assert refused.value.params == {"ae_title": "LIANZHEN", "result": 1, "source": 1, "reason": 3}
    with pytest.raises(AssociationRejected) as refused:
        echo(node_as(node, "ELSE"), caller=COUNTY)
    assert refused.value.params["reason"] == 7


def test_nobody_there_is_said_soon() -> None:
    began = time.monotonic()
    with pytest.raises(PeerUnreachable) as refused:
        echo(Remote(ae_title="GONE", host="127.0.0.1", port=free_port()), caller=COUNTY, patience=QUICK)
    assert refused.value.params == {"ae_title": "GONE", "fault": "ConnectionRefusedError"}
    assert time.monotonic() - began < 2.0


def test_a_service_that_is_not_taken_is_named(node: Node) -> None:
    pull_worklist = "1.2.840.10008.5.1.4.34.6.3"
    proposed = contexts_of((pull_worklist, [IMPLICIT]), (VERIFICATION, [IMPLICIT]))
    with open_association(node_as(node), proposed, caller=COUNTY) as outgoing:
        with pytest.raises(ServiceNotTaken) as refused:
            outgoing.context_for(pull_worklist)
        assert outgoing.echo() == 0
    assert refused.value.params == {"abstract_syntax": pull_worklist}


@pytest.mark.parametrize("room", [0, 1_024, 16_384, 131_072])
def test_objects_go_out_in_pieces_and_arrive_whole(room: int) -> None:
    """The receiver is pynetdicom with this PDU size; one object is larger than any of them."""
    taken: list[Any] = []

    def keep(event: evt.Event) -> int:
        taken.append(event.request)
        return 0xB000 if len(taken) == 2 else 0

    objects = [a_ct(), a_ct(Rows=300, Columns=400, PixelData=bytes(range(240)) * 1_000)]
    originator, statuses = Originator(ae_title="WS", message_id=9), []
    with (
        pynetdicom_entity([(0, CT, [EXPLICIT])], {evt.EVT_C_STORE: keep}) as remote,
        open_association(remote, contexts_of((CT, [EXPLICIT])), caller=COUNTY) as outgoing,
    ):
        outgoing._dialogue._peer_bytes_max = room or outgoing._dialogue._peer_bytes_max
        context = outgoing.context_for(CT)
        for dataset in objects:
            raw = dataset_bytes(dataset)
            pieces = (raw[place : place + 70_001] for place in range(0, len(raw), 70_001))
            statuses.append(outgoing.store(context, dataset.SOPInstanceUID, pieces, originator))
    assert statuses == [0, 0xB000]
    for request, dataset in zip(taken, objects, strict=True):
        assert request.DataSet.getvalue() == dataset_bytes(dataset)
        assert request.AffectedSOPInstanceUID == dataset.SOPInstanceUID
        assert (request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID) == ("WS", 9)


def test_a_query_brings_its_matches_and_then_how_it_went() -> None:
    def matches(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        assert event.identifier.PatientName == "Wang*"
        for number in range(3):
            found = Dataset()
            found.PatientID = f"P{number}"
            yield 0xFF00, found

    asked = Dataset()
    asked.QueryRetrieveLevel, asked.PatientName = "STUDY", "Wang*"
    with (
        pynetdicom_entity([(0, STUDY_ROOT, [EXPLICIT])], {evt.EVT_C_FIND: matches}) as remote,
        open_association(remote, contexts_of((STUDY_ROOT, [EXPLICIT])), caller=COUNTY) as outgoing,
    ):
        answers = list(outgoing.find(outgoing.context_for(STUDY_ROOT), dataset_bytes(asked)))
        again = list(outgoing.find(outgoing.context_for(STUDY_ROOT), dataset_bytes(asked)))
    assert [answer.command.status for answer in answers] == [0xFF00, 0xFF00, 0xFF00, 0]
    found = [dcmread(io.BytesIO(answer.data_set), force=True) for answer in answers[:3]]
    assert [dataset.PatientID for dataset in found] == ["P0", "P1", "P2"]
    assert [answer.command.responded_id for answer in again] == [2] * 4


def test_roles_are_proposed() -> None:
    heard: list[bytes] = []

    def script(line: Line) -> None:
        heard.append(line.pdu()[1])
        line.say(associate_ac([(1, 0, EXPLICIT)]))
        assert line.pdu()[0] == RELEASE_RQ
        line.say(RELEASE_RP)

    with scripted(script) as remote:
        role = Role(sop_class_uid=CT, scu=False, scp=True)
        with open_association(remote, contexts_of((CT, [EXPLICIT])), caller=COUNTY, roles=(role,)):
            pass
    assert item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\0\1") in heard[0]


@pytest.mark.parametrize(
    "answer",
    [
        associate_ac([(3, 0, EXPLICIT)]),
        associate_ac([(1, 3, EXPLICIT)]),
        associate_ac([(1, 0, IMPLICIT)]),
        associate_ac([]),
    ],
    ids=["unknown id", "refused", "a syntax nobody proposed", "nothing"],
)
def test_only_what_was_proposed_can_be_agreed(answer: bytes) -> None:
    def script(line: Line) -> None:
        line.pdu()
        line.say(answer)
        assert line.pdu()[0] == RELEASE_RQ
        line.say(RELEASE_RP)

    with (
        scripted(script) as remote,
        open_association(remote, contexts_of((CT, [EXPLICIT])), caller=COUNTY) as outgoing,
    ):
        assert outgoing.agreed == ()


@pytest.mark.parametrize(
    "answer, error",
    [
        (pdu(7, bytes(4)), AssociationRejected),
        (pdu(3, b"\0\1"), PeerMisbehaved),
        (pdu(2, bytes(20)), PeerMisbehaved),
        (pdu(2, bytes(68) + b"\x21\0\xff\xff"), PeerMisbehaved),
        (pdu(2, bytes(68) + item(0x21, b"\1\0")), PeerMisbehaved),
        (pdu(6, bytes(4)), PeerMisbehaved),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", PeerMisbehaved),
        (b"\2\0\xff\xff\xff\xff", PeerMisbehaved),
        (b"", PeerUnreachable),
        (b"\2\0\0", PeerUnreachable),
    ],
    ids=range(10),
)
def test_any_answer_to_the_request_becomes_an_error_with_a_name(
    answer: bytes, error: type[Exception]
) -> None:
    def script(line: Line) -> None:
        line.pdu()
        line.say(answer)
        line.socket.shutdown(socket.SHUT_WR)
        line.exactly(10_000)

    with scripted(script) as remote, pytest.raises(error):
        echo(remote, caller=COUNTY, patience=QUICK)


ECHO_RSP = 0x8030


@pytest.mark.parametrize(
    "words, error",
    [
        (response(ECHO_RSP, 2, 0), PeerMisbehaved),
        (response(0x8001, 1, 0), PeerMisbehaved),
        (pdu(4, pdv(1, b"\0\0", is_command=True, last=True)), PeerMisbehaved),
        (pdu(4, pdv(1, b"\0\0", is_command=False, last=True)), PeerMisbehaved),
        (pdu(4, pdv(1, bytes(70_000), is_command=True, last=False)), PeerMisbehaved),
        (pdu(5, bytes(4)), PeerMisbehaved),
        (pdu(7, bytes(4)), PeerUnreachable),
        (b"\4\0\0\0\1", PeerUnreachable),
        (b"", PeerUnreachable),
    ],
    ids=range(9),
)
def test_any_answer_to_an_echo_becomes_an_error_with_a_name(words: bytes, error: type[Exception]) -> None:
    ends = []

    def script(line: Line) -> None:
        line.pdu()
        line.say(associate_ac([(1, 0, IMPLICIT)]))
        line.pdu()
        line.say(words)
        ends.append(line.pdu()[0])

    began = time.monotonic()
    with scripted(script) as remote, pytest.raises(error):
        echo(remote, caller=COUNTY, patience=QUICK)
    assert time.monotonic() - began < 6.0
    assert ends == [ABORT if error is PeerMisbehaved else 0]


def test_an_answer_in_the_smallest_fragments_is_one_answer() -> None:
    def script(line: Line) -> None:
        line.pdu()
        line.say(associate_ac([(1, 0, IMPLICIT)], pdu_bytes_max=64))
        heard = b""
        while not heard or not heard[5] & 2:
            _kind, heard = line.pdu()
            assert len(heard) <= 64
        whole = response(ECHO_RSP, 1, 0)[12:]
        for place, byte in enumerate(whole):
            line.say(pdu(4, pdv(1, bytes([byte]), is_command=True, last=place == len(whole) - 1)))
        line.pdu()
        line.say(RELEASE_RP)

    with scripted(script) as remote:
        assert echo(remote, caller=COUNTY, patience=QUICK) == 0


def test_matches_and_the_end_in_one_pdu_are_read_apart() -> None:
    pending = response(0x8020, 1, 0xFF00, data=True)[6:] + pdv(1, b"match ", is_command=False, last=True)
    final = response(0x8020, 1, 0xA700)[6:]

    def script(line: Line) -> None:
        line.pdu()
        line.say(associate_ac([(1, 0, EXPLICIT)]))
        line.pdu()
        line.pdu()
        line.say(pdu(4, pending + pending + final))
        line.pdu()
        line.say(RELEASE_RP)

    with (
        scripted(script) as remote,
        open_association(remote, contexts_of((STUDY_ROOT, [EXPLICIT])), caller=COUNTY) as outgoing,
    ):
        answers = list(outgoing.find(outgoing.context_for(STUDY_ROOT), b"identifier"))
    assert [(answer.command.status, answer.data_set) for answer in answers] == [
        (0xFF00, b"match "),
        (0xFF00, b"match "),
        (0xA700, b""),
    ]


def test_a_broken_block_aborts_and_a_good_one_releases(node: Node) -> None:
    ends = []

    def script(line: Line) -> None:
        line.pdu()
        line.say(associate_ac([(1, 0, EXPLICIT)]))
        ends.append(line.pdu()[0])

    def open_and(mistake: type[BaseException] | None) -> None:
        proposed = contexts_of((CT, [EXPLICIT]))
        with scripted(script) as remote, open_association(remote, proposed, caller=COUNTY, patience=QUICK):
            if mistake is not None:
                raise mistake

    for mistake in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(mistake):
            open_and(mistake)
    open_and(None)
    assert ends == [ABORT, ABORT, RELEASE_RQ]


def test_a_hundred_requests_have_numbers_of_their_own(node: Node) -> None:
    with open_association(node_as(node), contexts_of((VERIFICATION, [IMPLICIT])), caller=COUNTY) as outgoing:
        assert {outgoing.echo() for _ in range(100)} == {0}
        context = outgoing.context_for(VERIFICATION)
        outgoing._asked = 65_534
        numbers = [outgoing.answer_to(context, CommandField.C_ECHO_RQ).command.responded_id for _ in range(3)]
    assert numbers == [65_535, 1, 2]
