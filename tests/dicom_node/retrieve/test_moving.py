"""C-MOVE over real sockets: to pynetdicom, to storescp, to peers that break; only to known neighbours."""

import asyncio
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from config.kernel.database import Database
from dicom_node.peers import add_peer
from dicom_node.scu.association import Remote
from tests.dicom_node.asking import CITY, COUNTY, OpenPlace, Place, identifier
from tests.dicom_node.objects import CT, dataset_bytes
from tests.dicom_node.other_side import Line, associate_ac, pynetdicom_entity, scripted
from tests.dicom_node.query.test_turns import Asker, cancel
from tests.dicom_node.raw_scu import (
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    command,
    comment,
    element,
    pdu,
    pdv,
    status,
)
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
MR = "1.2.840.10008.5.1.4.1.1.4"
MOVE_RQ = 0x0021


def register_at(place: Place, ae_title: str, port: int | None, *, institution: str = COUNTY) -> None:
    """Make a destination known; wait until the node knows it too."""

    async def add() -> None:
        database = Database(place.url)
        async with database.write() as tx:
            await add_peer(
                tx,
                ae_title=ae_title,
                institution_id=institution,
                institution_name="县医院",
                host="127.0.0.1",
                port=port,
                issuer_of_patient_id="",
                now=datetime.now(UTC),
            )
        await database.close()

    asyncio.run(add())
    wait_until(lambda: place.node._terms.find_peer(ae_title))


class Moved:
    """What a C-MOVE was answered."""

    def __init__(self, responses: list[tuple[Dataset, Dataset | None]]) -> None:
        self.statuses = [response.Status for response, _ in responses]
        self.last = responses[-1][0]
        self.failed: list[str] = []
        for _response, found in responses:
            uids = found.get("FailedSOPInstanceUIDList") if found is not None else None
            if uids:
                self.failed = [uids] if isinstance(uids, str) else list(uids)

    @property
    def final(self) -> tuple[int, int, int, int]:
        """Status, completed, failed, warning."""
        return (
            self.last.Status,
            self.last.NumberOfCompletedSuboperations,
            self.last.NumberOfFailedSuboperations,
            self.last.NumberOfWarningSuboperations,
        )


def move(place: Place, asked: Dataset, to: str = "OTHER") -> Moved:
    """C-MOVE by pynetdicom."""
    entity = AE("COUNTY")
    entity.add_requested_context(STUDY_MOVE, [IMPLICIT])
    association = entity.associate("127.0.0.1", place.port, ae_title="LIANZHEN")
    assert association.is_established
    moved = Moved(list(association.send_c_move(asked, to, STUDY_MOVE)))
    association.release()
    return moved


@contextmanager
def taking(
    taken: list[Any],
    *,
    classes: tuple[str, ...] = (CT, MR),
    syntaxes: tuple[str, ...] = (EXPLICIT, IMPLICIT),
    code: int = 0,
) -> Iterator[Remote]:
    """A storage SCP by pynetdicom that keeps what it is sent."""

    def keep(event: evt.Event) -> int:
        taken.append(event)
        return code

    with pynetdicom_entity([(0, uid, syntaxes) for uid in classes], {evt.EVT_C_STORE: keep}) as remote:
        yield remote


def test_a_study_goes_to_its_destination_byte_for_byte(place: Place) -> None:
    sent = [place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in (1, 2, 3)]
    place.send()
    taken: list[Any] = []
    with taking(taken) as remote:
        register_at(place, "OTHER", remote.port)
        moved = move(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert moved.final == (0, 3, 0, 0)
    assert moved.statuses == [0xFF00, 0xFF00, 0]
    assert {event.request.AffectedSOPInstanceUID: event.request.DataSet.getvalue() for event in taken} == {
        dataset.SOPInstanceUID: dataset_bytes(dataset) for dataset in sent
    }
    first = taken[0]
    assert (first.assoc.requestor.ae_title, first.assoc.acceptor.ae_title) == ("LIANZHEN", "OTHER")
    originator = first.request.MoveOriginatorApplicationEntityTitle, first.request.MoveOriginatorMessageID
    assert originator == ("COUNTY", 1)


def test_a_destination_of_one_plain_encoding_is_given_it(place: Place) -> None:
    sent = place.send(StudyInstanceUID="1.2.3")
    taken: list[Any] = []
    with taking(taken, syntaxes=(IMPLICIT,)) as remote:
        register_at(place, "OTHER", remote.port)
        assert move(place, identifier("STUDY", StudyInstanceUID="1.2.3")).final == (0, 1, 0, 0)
    assert taken[0].request.DataSet.getvalue() == dataset_bytes(sent, implicit=True)


def test_what_the_destination_does_not_take_is_counted_and_named(place: Place) -> None:
    place.send(StudyInstanceUID="1.2.3")
    other = place.send(StudyInstanceUID="1.2.3", sop_class=MR, Modality="MR")
    taken: list[Any] = []
    with taking(taken, classes=(CT,)) as remote:
        register_at(place, "OTHER", remote.port)
        moved = move(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert (moved.final, moved.failed) == ((0xB000, 1, 1, 0), [other.SOPInstanceUID])


@pytest.mark.parametrize("code, final", [(0xB000, (0xB000, 0, 0, 2)), (0xA700, (0xA702, 0, 2, 0))])
def test_what_the_destination_says_is_counted(
    place: Place, code: int, final: tuple[int, int, int, int]
) -> None:
    for _ in range(2):
        place.send(StudyInstanceUID="1.2.3")
    with taking([], code=code) as remote:
        register_at(place, "OTHER", remote.port)
        assert move(place, identifier("STUDY", StudyInstanceUID="1.2.3")).final == final


def test_only_a_known_neighbour_with_an_address_is_a_destination(place: Place) -> None:
    """Foreign, without a port, unknown, our own: one answer, nothing is told by a difference."""
    place.send(StudyInstanceUID="1.2.3")
    taken: list[Any] = []
    with taking(taken) as remote:
        register_at(place, "FOREIGN", remote.port, institution=CITY)
        register_at(place, "NO_PORT", None)
        answers = [
            move(place, identifier("STUDY", StudyInstanceUID="1.2.3"), to)
            for to in ("FOREIGN", "NO_PORT", "NOBODY", "LIANZHEN", "127.0.0.1", "COUNTY")
        ]
    assert [(answer.last.Status, answer.last.ErrorComment) for answer in answers] == [
        (0xA801, "the move destination is not known here")
    ] * 6
    assert taken == []


def test_nothing_of_another_institution_is_sent_anywhere(place: Place) -> None:
    place.send(calling="CITY", StudyInstanceUID="1.2.3")
    taken: list[Any] = []
    with taking(taken) as remote:
        register_at(place, "OTHER", remote.port)
        register_at(place, "CITY_WS", remote.port, institution=CITY)
        assert move(place, identifier("STUDY", StudyInstanceUID="1.2.3")).final == (0, 0, 0, 0)
        assert taken == []


def test_a_destination_that_is_not_there_fails_all_and_names_them(place: Place) -> None:
    sent = [place.send(StudyInstanceUID="1.2.3") for _ in range(2)]
    register_at(place, "OTHER", free_port())
    moved = move(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert moved.final == (0xA702, 0, 2, 0)
    assert set(moved.failed) == {dataset.SOPInstanceUID for dataset in sent}


def stores_then(line: Line, count: int) -> None:
    """Answer so many C-STOREs well."""
    _kind, request = line.pdu()
    proposed = request.count(CT.encode())
    line.say(associate_ac([(2 * n + 1, 0, EXPLICIT) for n in range(proposed)]))
    for message_id in range(1, count + 1):
        line.pdu()
        body = (
            element(0x0100, struct.pack("<H", 0x8001))
            + element(0x0120, struct.pack("<H", message_id))
            + element(0x0800, struct.pack("<H", 0x0101))
            + element(0x0900, struct.pack("<H", 0))
        )
        words = element(0, struct.pack("<L", len(body))) + body
        line.say(pdu(4, pdv(1, words, is_command=True, last=True)))


@pytest.mark.parametrize("end", ["hangs up", "aborts", "says nonsense", "says nothing"])
def test_a_destination_that_breaks_midway_fails_the_rest(open_place: OpenPlace, end: str) -> None:
    place = open_place(idle_seconds=1.0)
    for number in range(4):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number), PixelData=None)

    def script(line: Line) -> None:
        stores_then(line, 2)
        line.pdu()
        if end == "aborts":
            line.say(pdu(7, bytes(4)))
        elif end == "says nonsense":
            line.say(b"HTTP/1.1 200 OK\r\n\r\n")
        elif end == "says nothing":
            line.exactly(1_000_000)

    with scripted(script) as remote:
        register_at(place, "OTHER", remote.port)
        began = time.monotonic()
        with Asker(place.port) as scu:
            scu.associate([(1, STUDY_MOVE, [EXPLICIT])])
            scu.send(move_request(7, "1.2.3"))
            responses = responses_of(scu)
    final = responses[-1]
    assert status(final) == 0xB000
    assert [int.from_bytes(final[n], "little") for n in (0x1020, 0x1021, 0x1022, 0x1023)] == [0, 2, 2, 0]
    assert time.monotonic() - began < 15


def move_request(message_id: int, study: str, to: str = "OTHER") -> bytes:
    """A C-MOVE-RQ in two PDUs."""
    head = command(MOVE_RQ, message_id, STUDY_MOVE, data=True)[12:]
    place = head.index(element(0x0700, b"\0\0"))
    body = head[:place] + element(0x0600, to.ljust(len(to) + len(to) % 2).encode()) + head[place:]
    words = element(0, struct.pack("<L", len(body))) + body
    raw = dataset_bytes(identifier("STUDY", StudyInstanceUID=study))
    head = pdu(4, pdv(1, words, is_command=True, last=True))
    return head + pdu(4, pdv(1, raw, is_command=False, last=True))


def responses_of(scu: Asker) -> list[dict[int, bytes]]:
    """Every response up to the final one, data sets read past."""
    found: list[dict[int, bytes]] = []
    while not found or status(found[-1]) == 0xFF00:
        found.append(scu.answer())
        if found[-1].get(0x0800) not in (None, struct.pack("<H", 0x0101)):
            scu.receive()
    return found


def test_a_cancelled_move_stops_between_objects(place: Place) -> None:
    for number in range(5):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number), PixelData=None)
    taken: list[Any] = []
    with taking(taken) as remote, Asker(place.port) as scu:
        register_at(place, "OTHER", remote.port)
        scu.associate([(1, STUDY_MOVE, [EXPLICIT]), (3, VERIFICATION, [EXPLICIT])])
        scu.send(move_request(7, "1.2.3") + cancel(7))
        final = responses_of(scu)[-1]
        assert status(final) == 0xFE00
        counts = [int.from_bytes(final[n], "little") for n in (0x1020, 0x1021, 0x1022, 0x1023)]
        assert (sum(counts), counts[2:]) == (5, [0, 0])
        assert counts[0] > 0
        assert len(taken) == counts[1]
        assert scu.echo(3) == 0


def test_a_move_without_a_destination_is_answered(place: Place) -> None:
    with Asker(place.port) as scu:
        scu.associate([(1, STUDY_MOVE, [EXPLICIT])])
        raw = dataset_bytes(identifier("STUDY", StudyInstanceUID="1.2.3"))
        answer = scu.request(1, command(MOVE_RQ, 1, STUDY_MOVE, data=True), raw)
        assert (status(answer), comment(answer)) == (0xA801, "the move destination is not known here")


def test_movescu_has_a_study_sent_to_storescp(place: Place, dcmtk: Path, tmp_path: Path) -> None:
    sent = [place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in range(3)]
    place.send()
    port, folder = free_port(), tmp_path / "got"
    folder.mkdir()
    register_at(place, "STORESCP", port)
    with subprocess.Popen(
        [dcmtk / "storescp", "-od", folder, "+B", "-aet", "STORESCP", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as receiver:
        try:
            wait_until(lambda: port_answers(port))
            ran = subprocess.run(
                [
                    dcmtk / "movescu",
                    *("-v", "-S", "-aet", "COUNTY", "-aec", "LIANZHEN", "-aem", "STORESCP"),
                    *("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"),
                    *("127.0.0.1", str(place.port)),
                ],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60,
                check=False,
            )
        finally:
            receiver.terminate()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    got = [pydicom.dcmread(path) for path in folder.iterdir()]
    assert {dataset.SOPInstanceUID for dataset in got} == {dataset.SOPInstanceUID for dataset in sent}
    assert all(dataset.PixelData == sent[0].PixelData for dataset in got)
    assert "Received Final Move Response (Success)" in ran.stdout + ran.stderr


def test_a_peer_that_leaves_in_mid_move_costs_nothing_more(place: Place) -> None:
    for number in range(30):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number), PixelData=None)
    taken: list[Any] = []
    with taking(taken) as remote:
        register_at(place, "OTHER", remote.port)
        with Asker(place.port) as scu:
            scu.associate([(1, STUDY_MOVE, [EXPLICIT])])
            scu.send(move_request(7, "1.2.3"))
            wait_until(lambda: taken)
            scu.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        wait_until(lambda: place.node.listener.active == 0)
    assert len(taken) < 30
