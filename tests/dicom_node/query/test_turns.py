"""Whose turn it is: cancellation between answers, hostile and impatient peers, other institutions."""

import struct
import threading
import time

import pytest
from pydicom.dataset import Dataset

from tests.dicom_node.asking import CITY, PATIENT_FIND, STUDY_FIND, OpenPlace, Place, identifier
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import dataset_bytes
from tests.dicom_node.query.test_identifier import many_keys, nested
from tests.dicom_node.raw_scu import (
    CT,
    EXPLICIT,
    VERIFICATION,
    RawScu,
    command,
    comment,
    element,
    pdu,
    pdv,
    status,
)
from tests.fixtures.waiting import wait_until

FIND_RQ, STORE_RQ = 0x0020, 0x0001
ABORT, RELEASE_RQ = 7, 5
SOON_SECONDS = 5.0
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def cancel(message_id: int) -> bytes:
    """A C-CANCEL-RQ in a PDU (PS3.7 9.3.2.3)."""
    body = (
        element(0x0100, struct.pack("<H", 0x0FFF))
        + element(0x0120, struct.pack("<H", message_id))
        + element(0x0800, struct.pack("<H", 0x0101))
    )
    return pdu(4, pdv(1, element(0, struct.pack("<L", len(body))) + body, is_command=True, last=True))


def find_request(message_id: int, asked: Dataset | bytes) -> bytes:
    """A C-FIND-RQ in two PDUs."""
    raw = asked if isinstance(asked, bytes) else dataset_bytes(asked)
    words = pdu(4, pdv(1, command(FIND_RQ, message_id, STUDY_FIND, data=True), is_command=True, last=True))
    for start in range(0, len(raw), 60_000):
        piece = raw[start : start + 60_000]
        words += pdu(4, pdv(1, piece, is_command=False, last=start + 60_000 >= len(raw)))
    return words


class Asker(RawScu):
    """A raw peer that reads answers with their data sets."""

    def open(self) -> None:
        """An association for queries."""
        assert self.associate([(1, STUDY_FIND, [EXPLICIT]), (3, VERIFICATION, [EXPLICIT])])[0] == 2

    def next_status(self) -> int:
        """The next response's status; its data set is read past."""
        answer = self.answer()
        if answer.get(0x0800) not in (None, struct.pack("<H", 0x0101)):
            self.receive()
        return status(answer)

    def statuses(self) -> list[int]:
        """Every status up to the final one."""
        found = [self.next_status()]
        while found[-1] in {0xFF00, 0xFF01}:
            found.append(self.next_status())
        return found


def filled(place: Place, count: int) -> None:
    """So many studies."""
    for number in range(count):
        place.send(PatientID=f"P{number}", PixelData=None)


def test_a_cancelled_query_stops_between_answers(place: Place) -> None:
    filled(place, 12)
    with Asker(place.port) as scu:
        scu.open()
        scu.send(find_request(7, identifier("STUDY", PatientID="")) + cancel(7))
        answers = scu.statuses()
        assert answers[-1] == 0xFE00
        assert len(answers) < 12
        scu.send(cancel(7))
        assert scu.echo(3) == 0, "a late cancellation is no fault"


def test_a_cancellation_of_something_else_changes_nothing(place: Place) -> None:
    filled(place, 5)
    with Asker(place.port) as scu:
        scu.open()
        scu.send(find_request(7, identifier("STUDY", PatientID="")) + cancel(8))
        assert scu.statuses() == [0xFF00] * 5 + [0]
        assert scu.release() == 6


@pytest.mark.parametrize(
    "words",
    [
        find_request(8, identifier("STUDY", PatientID="")),
        pdu(RELEASE_RQ, bytes(4)),
        pdu(4, pdv(1, b"nonsense", is_command=True, last=True)),
        pdu(9, b""),
    ],
    ids=["another request", "release", "no command", "no pdu"],
)
def test_whoever_speaks_out_of_turn_is_aborted(place: Place, words: bytes) -> None:
    """No asynchronous operations (PS3.7 D.3.3.3): one request at a time, or its cancellation."""
    filled(place, 30)
    with Asker(place.port) as scu:
        scu.open()
        scu.send(find_request(7, identifier("STUDY", PatientID="")) + words)
        kinds = [scu.receive()[0]]
        while kinds[-1] == 4:
            kinds.append(scu.receive()[0])
    assert kinds[-1] == ABORT
    with Asker(place.port) as scu:
        scu.open()
        assert scu.echo(3) == 0


def test_a_request_and_what_follows_in_one_pdu_are_two(place: Place) -> None:
    filled(place, 3)
    raw = dataset_bytes(identifier("STUDY", PatientID="P1"))
    with Asker(place.port) as scu:
        scu.open()
        scu.send(
            pdu(
                4,
                pdv(1, command(FIND_RQ, 7, STUDY_FIND, data=True), is_command=True, last=True)
                + pdv(1, raw, is_command=False, last=True)
                + cancel(7)[6:]
                + pdv(3, command(0x30, 9, VERIFICATION), is_command=True, last=True),
            )
        )
        assert scu.statuses() == [0xFF00, 0]
        answer = scu.answer()
        assert (status(answer), answer[0x0120]) == (0, struct.pack("<H", 9))


@pytest.mark.parametrize(
    "raw, code",
    [
        (nested(40), 0xC000),
        (nested(9_000), 0xC000),
        (many_keys(10_000), 0xC000),
        (b"\xff" * 700_000, 0xC000),
        (b"GET / HTTP/1.1\r\n\r\n", 0xC000),
        (b"\0\0", 0xC000),
        (dataset_bytes(identifier("STUDY", PatientName="*a" * 160)), 0),
        (dataset_bytes(identifier("STUDY", PatientName="?" * 330)), 0),
        (dataset_bytes(identifier("STUDY", PatientName="%_\\".replace("\\", "/"))), 0),
        (dataset_bytes(identifier("STUDY", PatientID="' OR 1=1 --")), 0),
    ],
    ids=["deep", "deeper", "10k keys", "too long", "http", "short", "stars", "marks", "like", "sql"],
)
def test_a_hostile_identifier_gets_an_answer_soon_and_nobody_waits_for_it(
    place: Place, raw: bytes, code: int
) -> None:
    place.send(PatientName="^".join(["a" * 30] * 4), PatientID="P1")
    began = time.monotonic()
    with Asker(place.port) as scu:
        scu.open()
        scu.send(find_request(7, raw))
        answer = scu.answer()
        assert status(answer) == code
        assert bool(comment(answer)) is (code != 0)
        assert scu.echo(3) == 0
    assert time.monotonic() - began < SOON_SECONDS


def test_a_peer_that_reads_no_answers_costs_only_itself(open_place: OpenPlace) -> None:
    place = open_place(pdu_seconds=1.0)
    for number in range(40):
        place.send(PatientID=f"P{number}", StudyDescription="很长的说明" * 10, PixelData=None)
    with Asker(place.port) as deaf:
        deaf.open()
        for message_id in range(1, 200):
            deaf.send(find_request(message_id, identifier("STUDY", StudyDescription="", PatientName="")))
        with Asker(place.port) as scu:
            scu.open()
            began = time.monotonic()
            scu.send(find_request(7, identifier("STUDY", PatientID="P1")))
            assert scu.statuses() == [0xFF00, 0]
            assert time.monotonic() - began < SOON_SECONDS
    wait_until(lambda: place.node.listener.active == 0, 20)


def test_ten_peers_ask_at_once_and_each_gets_its_answers(place: Place) -> None:
    filled(place, 20)
    found: list[list[int]] = []

    def ask() -> None:
        with Asker(place.port) as scu:
            scu.open()
            for message_id in range(1, 4):
                scu.send(find_request(message_id, identifier("STUDY", PatientID="P*")))
                found.append(scu.statuses())

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[0xFF00] * 20 + [0]] * 30


LEVELS = [
    (PATIENT_FIND, "PATIENT", ()),
    (STUDY_FIND, "STUDY", ()),
    (STUDY_FIND, "SERIES", ("StudyInstanceUID",)),
    (STUDY_FIND, "IMAGE", ("StudyInstanceUID", "SeriesInstanceUID")),
]


@pytest.mark.parametrize("model, level, above", LEVELS, ids=[level for _, level, _ in LEVELS])
@pytest.mark.parametrize("extensions", [b"", b"\1\0\1"], ids=["hierarchical", "relational"])
def test_a_peer_sees_its_own_institution_and_nothing_else(
    place: Place, model: str, level: str, above: tuple[str, ...], extensions: bytes
) -> None:
    """The same UIDs, Patient ID and name at two institutions, each sees one of them."""
    mine = place.send()
    theirs = {key: mine[key].value for key in ("StudyInstanceUID", "SeriesInstanceUID", "PatientName")}
    place.send(calling="CITY", **theirs, StudyDescription="市医院")
    only_theirs = place.send(calling="CITY", PatientID="P9")
    keys = {key: mine[key].value for key in above}
    county = place.find(identifier(level, **keys, SOPInstanceUID=""), model, extensions=extensions)
    city = place.find(
        identifier(level, **keys, SOPInstanceUID=""), model, calling="CITY", extensions=extensions
    )
    assert (len(county.matches), county.status) == (1, 0)
    assert len(city.matches) == (2 if not above else 1)
    foreign = {key: only_theirs[key].value for key in above} or {"PatientID": "P9"}
    unknown = dict.fromkeys(above, "1.2.3.4") or {"PatientID": "P10"}
    answers = [place.find(identifier(level, **of), model, extensions=extensions) for of in (foreign, unknown)]
    assert [(found.status, found.matches, found.comment) for found in answers] == [(0, [], "")] * 2


def test_totals_and_sop_classes_count_nothing_of_another_institution(place: Place) -> None:
    mine = place.send()
    place.send(
        calling="CITY",
        sop_class="1.2.840.10008.5.1.4.1.1.4",
        StudyInstanceUID=mine.StudyInstanceUID,
        IssuerOfPatientID="COUNTY-PID",
    )
    (study,) = place.find(
        identifier("STUDY", SOPClassesInStudy="", ModalitiesInStudy="", NumberOfStudyRelatedInstances="")
    ).matches
    assert (study.SOPClassesInStudy, study.NumberOfStudyRelatedInstances) == (CT, 1)
    (patient,) = place.find(identifier("PATIENT", NumberOfPatientRelatedInstances=""), PATIENT_FIND).matches
    assert patient.NumberOfPatientRelatedInstances == 1


def test_a_second_peer_of_an_institution_sees_what_the_first_sent(place: Place) -> None:
    sent = place.send()
    register(place.url, "WORKSTATION")
    register(place.url, "CITY2", CITY)
    asked = identifier("STUDY", StudyInstanceUID="")

    def known() -> bool:
        with RawScu(place.port, "CITY2") as scu:
            return scu.associate([(1, STUDY_FIND, [EXPLICIT])])[0] == 2

    wait_until(known)
    assert place.find(asked, calling="WORKSTATION").values("StudyInstanceUID") == [sent.StudyInstanceUID]
    assert place.find(asked, calling="CITY2").matches == []


def test_a_query_in_a_context_of_something_else_is_not_served(place: Place) -> None:
    raw = dataset_bytes(identifier("STUDY"))
    with RawScu(place.port) as scu:
        scu.associate([(1, STUDY_FIND, [EXPLICIT]), (3, CT, [EXPLICIT])])
        assert status(scu.request(3, command(FIND_RQ, 1, CT, data=True), raw)) == 0x0122
        assert status(scu.request(1, command(FIND_RQ, 2, PATIENT_FIND, data=True), raw)) == 0x0122
        assert status(scu.request(1, command(STORE_RQ, 3, STUDY_FIND, "1.2", data=True), raw)) == 0x0122
        assert status(scu.request(1, command(FIND_RQ, 4, STUDY_FIND))) == 0x0211
