"""One association in which both sides speak: what crosses on the wire, what nobody asked for."""

import struct

from sqlalchemy import Engine

from dicom_node.archive.tables import Commitment
from tests.dicom_node.asking import Place
from tests.dicom_node.commitment.asker import COMMITMENT, action, message, reference
from tests.dicom_node.raw_scu import EXPLICIT, VERIFICATION, RawScu, element, pdu, pdv, ui
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

ACTION_RSP, EVENT_RQ, EVENT_RSP, ABORT = 0x8130, 0x0100, 0x8100, 7


def an_answer(message_id: int, status: int = 0) -> bytes:
    """The response to a report of that message ID."""
    body = (
        element(0x0002, ui(COMMITMENT))
        + element(0x0100, struct.pack("<H", EVENT_RSP))
        + element(0x0120, struct.pack("<H", message_id))
        + element(0x0800, struct.pack("<H", 0x0101))
        + element(0x0900, struct.pack("<H", status))
    )
    return pdu(4, pdv(1, element(0, struct.pack("<L", len(body))) + body, is_command=True, last=True))


def kind_of(answer: dict[int, bytes]) -> int:
    """What sort of message this is."""
    return int.from_bytes(answer[0x0100], "little")


def states(reader: Engine) -> list[str]:
    """How all requests stand."""
    return sorted(row.state for row in rows_of(reader, Commitment))


class Asker(RawScu):
    """Takes messages in whatever order they come."""

    def message(self) -> dict[int, bytes]:
        """The next command set; a data set after it is read past."""
        found = self.answer()
        if found and found[0x0800] != b"\1\1":
            self.data()
        return found

    def data(self) -> None:
        """Read past a data set unless it came in the same PDU."""
        self.socket.settimeout(20)
        while True:
            kind, body = self.receive()
            assert kind == 4
            if body[5] & 2:
                return


def test_requests_one_after_the_other_are_all_reported(place: Place, reader: Engine) -> None:
    """The second one crosses the report of the first, or comes before there is one."""
    data = [action([reference(place.send())]) for _ in range(3)]
    with Asker(place.port) as scu:
        scu.associate([(1, COMMITMENT, [EXPLICIT])])
        scu.send(b"".join(message(number + 1, one) for number, one in enumerate(data)))
        answered, told = set[int](), set[int]()
        while len(told) < 3:
            heard = scu.message()
            if kind_of(heard) == ACTION_RSP:
                assert heard[0x0900] == b"\0\0"
                answered.add(int.from_bytes(heard[0x0120], "little"))
            else:
                assert kind_of(heard) == EVENT_RQ
                assert heard[0x1002] == b"\1\0"
                number = int.from_bytes(heard[0x0110], "little")
                told.add(number)
                scu.send(an_answer(number))
        assert answered == {1, 2, 3}
        wait_until(lambda: states(reader) == ["delivered"] * 3)
        assert scu.release() == 6


def test_other_requests_are_served_while_a_report_is_unanswered(place: Place, reader: Engine) -> None:
    data = action([reference(place.send())])
    with Asker(place.port) as scu:
        scu.associate([(1, COMMITMENT, [EXPLICIT]), (3, VERIFICATION, [EXPLICIT])])
        scu.send(message(1, data))
        assert [kind_of(scu.message()) for _ in range(2)] == [ACTION_RSP, EVENT_RQ]
        assert scu.echo(3) == 0
        assert states(reader) == ["checked"]
        scu.send(an_answer(1))
        wait_until(lambda: states(reader) == ["delivered"])
        assert scu.release() == 6


def test_a_report_that_is_refused_in_its_association_waits(place: Place, reader: Engine) -> None:
    data = action([reference(place.send())])
    with Asker(place.port) as scu:
        scu.associate([(1, COMMITMENT, [EXPLICIT])])
        scu.send(message(1, data))
        assert [kind_of(scu.message()) for _ in range(2)] == [ACTION_RSP, EVENT_RQ]
        scu.send(an_answer(1, 0x0110))
        wait_until(lambda: states(reader) == ["waiting"])
        assert [row.fault for row in rows_of(reader, Commitment)] == ["status 0110"]


def test_an_answer_to_nothing_ends_the_association(place: Place, reader: Engine) -> None:
    """A peer cannot acknowledge by guessing: neither before a report nor a second time."""
    data = action([reference(place.send())])
    with Asker(place.port) as scu:
        scu.associate([(1, COMMITMENT, [EXPLICIT])])
        scu.send(an_answer(1))
        assert scu.receive()[0] == ABORT
    with Asker(place.port) as scu:
        scu.associate([(1, COMMITMENT, [EXPLICIT])])
        scu.send(message(1, data))
        assert [kind_of(scu.message()) for _ in range(2)] == [ACTION_RSP, EVENT_RQ]
        scu.send(an_answer(2))
        assert scu.receive()[0] == ABORT
    assert states(reader) == ["checked"]
