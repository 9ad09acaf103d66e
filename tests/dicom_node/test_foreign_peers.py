"""Habits of other people's software, seen in the field and said here byte by byte: none may cost a study.

PS3.8 9.3 and PS3.5 9.1 tell what is right; most of this is not, and has to work all the same.
"""

import struct
from collections.abc import Callable, Iterator, Sequence

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Engine

from dicom_node.app import Node
from dicom_node.archive.tables import Instance, Study
from tests.dicom_node.asking import STUDY_FIND, identifier
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import (
    CT,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    RawScu,
    comment,
    element,
    item,
    pdu,
    pdv,
    status,
    ui,
)
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
APPLICATION = b"1.2.840.10008.3.1.1.1"
ACCEPTED, RELEASED, DATA, ABORTED = 2, 6, 4, 7
STORE, FIND, ECHO, GET = 0x0001, 0x0020, 0x0030, 0x0010
STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.3"
PRIVATE_CLASS = "1.3.46.670589.2.5.1.1"
LONGEST = "HOSPITAL_PACS_01"
MAXIMUM, CLASS_UID = item(0x51, struct.pack(">L", 65_536)), item(0x52, b"1.2.3.4")


def context(number: int, abstract: bytes, *syntaxes: bytes) -> bytes:
    """A proposed presentation context."""
    parts = b"".join(item(0x40, syntax) for syntax in syntaxes)
    return item(0x20, bytes([number, 0, 0, 0]) + item(0x30, abstract) + parts)


def request(
    *items: bytes, called: bytes = b"LIANZHEN", calling: bytes = b"COUNTY", reserved: int = 0
) -> bytes:
    """An A-ASSOCIATE-RQ of these items, its titles as long as they are given or padded."""
    fixed = struct.pack(">HH", 1, reserved) + called.ljust(16) + calling.ljust(16) + bytes([reserved]) * 32
    return pdu(1, fixed + b"".join(items))


APP, ECHOING = item(0x10, APPLICATION), context(1, VERIFICATION.encode(), IMPLICIT.encode())
USER = item(0x50, MAXIMUM + CLASS_UID)
REQUESTS = {
    "titles padded with zeros": request(
        APP, ECHOING, USER, called=b"LIANZHEN".ljust(16, b"\0"), calling=b"COUNTY".ljust(16, b"\0")
    ),
    "titles with spaces before": request(APP, ECHOING, USER, called=b"  LIANZHEN", calling=b" COUNTY"),
    "reserved bytes not zero": request(APP, ECHOING, USER, reserved=0xFF),
    "uids padded with zeros": request(
        item(0x10, APPLICATION + b"\0"),
        context(1, ui(VERIFICATION) + b"\0", ui(IMPLICIT) + b"\0\0"),
        item(0x50, MAXIMUM + item(0x52, b"1.2.3.4\0")),
    ),
    "uids padded with spaces": request(
        item(0x10, APPLICATION + b" "), context(1, b"1.2.840.10008.1.1 ", b"1.2.840.10008.1.2 "), USER
    ),
    "no implementation class uid": request(APP, ECHOING, item(0x50, MAXIMUM)),
    "no maximum length": request(APP, ECHOING, item(0x50, CLASS_UID)),
    "no user information": request(APP, ECHOING),
    "unlimited pdus": request(APP, ECHOING, item(0x50, item(0x51, bytes(4)) + CLASS_UID)),
    "user information first": request(USER, ECHOING, APP),
    "a version name that is too long": request(
        APP, ECHOING, item(0x50, MAXIMUM + CLASS_UID + item(0x55, b"A_VERSION_OF_24_LETTERS_"))
    ),
    "what is newer or private": request(
        APP,
        ECHOING,
        item(
            0x50,
            MAXIMUM
            + CLASS_UID
            + item(0x53, b"\0\0\0\0")
            + item(0x57, struct.pack(">H", 4) + b"1.2." + bytes(4))
            + item(0x58, b"\1\0" + struct.pack(">H", 3) + b"bob" + bytes(2))
            + item(0x7F, b"private"),
        ),
    ),
    "a context without a syntax beside": request(APP, context(3, VERIFICATION.encode()), ECHOING, USER),
    "as many contexts as there may be": request(
        APP, ECHOING, *(context(n, CT.encode(), EXPLICIT.encode()) for n in range(3, 256, 2)), USER
    ),
}


@pytest.fixture
def echoes(node: Node) -> Callable[[bytes], bool]:
    """Whether a C-ECHO is answered after such a request, in a whole association."""

    def try_it(words: bytes) -> bool:
        with RawScu(node.listener.port) as scu:
            scu.send(words)
            kind, _ = scu.receive()
            return kind == ACCEPTED and scu.echo(1) == 0 and scu.release() == RELEASED

    return try_it


def test_requests_are_accepted_however_they_are_written(echoes: Callable[[bytes], bool]) -> None:
    assert [name for name, words in REQUESTS.items() if not echoes(words)] == []


def test_titles_may_have_sixteen_letters(start_node: Callable[..., Node], sqlite_url: str) -> None:
    node = start_node(ae_title=LONGEST)
    register(sqlite_url, LONGEST[::-1])

    def is_let_in() -> bool:
        with RawScu(node.listener.port, calling=LONGEST[::-1], called=LONGEST) as scu:
            return scu.associate([(1, VERIFICATION, [IMPLICIT])])[0] == ACCEPTED and scu.echo(1) == 0

    wait_until(is_let_in)


def command(field: int, uid: bytes, instance: bytes = b"", **parts: bytes) -> bytes:
    """A command set without a group length; `parts` replace elements by their hexadecimal number."""
    elements = {
        0x0002: uid,
        0x0100: struct.pack("<H", field),
        0x0110: struct.pack("<H", 7),
        0x0700: bytes(2),
        0x0800: struct.pack("<H", 1 if field in {STORE, FIND, GET} else 0x0101),
    }
    elements |= {0x1000: instance} if instance else {}
    elements |= {int(name[1:], 16): value for name, value in parts.items()}
    return b"".join(element(number, value) for number, value in elements.items())


def grouped(words: bytes, length: int | None = None) -> bytes:
    """The same after a group length, a wrong one where it is given."""
    return element(0, struct.pack("<L", len(words) if length is None else length)) + words


def without(words: bytes, number: int) -> bytes:
    """The same without an element."""
    place, kept = 0, b""
    while place < len(words):
        _, found, size = struct.unpack_from("<HHL", words, place)
        kept += b"" if found == number else words[place : place + 8 + size]
        place += 8 + size
    return kept


def said(uid: str) -> dict[str, bytes]:
    """The command set of a C-STORE as it is met."""
    odd = uid.encode() if len(uid) % 2 else f"{uid}1".encode()
    good = command(STORE, ui(CT), ui(uid))
    return {
        "no group length": good,
        "a wrong group length": grouped(good, 7),
        "no priority": grouped(without(good, 0x0700)),
        "uids of odd length": grouped(command(STORE, CT.encode(), odd)),
        "uids with a space behind": grouped(command(STORE, f"{CT} ".encode(), f"{uid} ".encode())),
        "uids with zeros behind": grouped(command(STORE, ui(CT) + bytes(4), uid.encode() + bytes(3))),
        "message id zero": grouped(command(STORE, ui(CT), ui(uid), x0110=bytes(2))),
        "another word for a data set": grouped(command(STORE, ui(CT), ui(uid), x0800=b"\x02\x01")),
        "zero for a data set": grouped(command(STORE, ui(CT), ui(uid), x0800=bytes(2))),
        "retired elements": grouped(element(1, bytes(4)) + good + element(0x5110, b"X ")),
        "who had it moved": grouped(command(STORE, ui(CT), ui(uid), x1030=b"WS ", x1031=b"\1\0")),
    }


def stored_by(port: int, words: bytes, data: bytes, cut: Callable[[bytes, bytes], list[bytes]]) -> int:
    """The status of a C-STORE whose PDUs `cut` makes of command set and data set."""
    with RawScu(port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        for one in cut(words, data):
            scu.send(one)
        return status(scu.answer())


def plainly(words: bytes, data: bytes) -> list[bytes]:
    """Command and data set in a PDU each."""
    return [
        pdu(4, pdv(1, words, is_command=True, last=True)),
        pdu(4, pdv(1, data, is_command=False, last=True)),
    ]


def test_commands_are_taken_however_they_are_written(node: Node, engine: Engine) -> None:
    failed, kept = [], set()
    for name in said("1.2"):
        dataset = a_ct()
        uid = str(dataset.SOPInstanceUID)
        code = stored_by(node.listener.port, said(uid)[name], dataset_bytes(dataset), plainly)
        # An odd UID is another one than the data set's: stored, with the warning B007.
        failed += [name] if code not in {0, 0xB007} else []
        kept.add(uid)
    assert failed == []
    assert {row.sop_instance_uid for row in rows_of(engine, Instance)} == kept


def in_one_pdu(words: bytes, data: bytes) -> list[bytes]:
    """Everything in one PDU."""
    values = pdv(1, words, is_command=True, last=True) + pdv(1, data, is_command=False, last=True)
    return [pdu(4, values)]


def with_an_empty_end(words: bytes, data: bytes) -> list[bytes]:
    """The last fragment is known as the last only when nothing is left to send."""
    return [
        pdu(4, pdv(1, words, is_command=True, last=False)),
        pdu(4, pdv(1, b"", is_command=True, last=True)),
        pdu(4, pdv(1, data, is_command=False, last=False)),
        pdu(4, pdv(1, b"", is_command=False, last=True)),
    ]


def byte_by_byte(words: bytes, data: bytes) -> list[bytes]:
    """A PDU for each byte."""
    return [
        pdu(4, pdv(1, part[at : at + 1], is_command=part is words, last=at == len(part) - 1))
        for part in (words, data)
        for at in range(len(part))
    ]


def with_empty_pdus(words: bytes, data: bytes) -> list[bytes]:
    """PDUs without a value between the others."""
    first, second = plainly(words, data)
    return [pdu(4, b""), first, pdu(4, b""), second]


@pytest.mark.parametrize("cut", [in_one_pdu, with_an_empty_end, byte_by_byte, with_empty_pdus])
def test_a_message_may_be_cut_anywhere(
    node: Node, engine: Engine, cut: Callable[[bytes, bytes], list[bytes]]
) -> None:
    dataset = a_ct()
    words = grouped(command(STORE, ui(CT), ui(dataset.SOPInstanceUID)))
    assert stored_by(node.listener.port, words, dataset_bytes(dataset), cut) == 0
    assert len(rows_of(engine, Instance)) == 1


def test_a_private_class_is_stored(node: Node, engine: Engine) -> None:
    """Philips and others send their own objects beside the images; a refusal fails the whole transfer."""
    dataset = a_ct(SOPClassUID=PRIVATE_CLASS)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, PRIVATE_CLASS, [EXPLICIT])])
        assert scu.store(1, PRIVATE_CLASS, dataset.SOPInstanceUID, dataset_bytes(dataset)) == 0
    assert [row.sop_class_uid for row in rows_of(engine, Instance)] == [PRIVATE_CLASS]


def data_element(tag: int, vr: bytes, value: bytes) -> bytes:
    """An element in Explicit VR Little Endian with a value of any length."""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, len(value)) + value


def raw_object(**values: bytes) -> bytes:
    """A data set made of bytes; the UIDs in it as they are given."""
    elements = {
        0x00080016: (b"UI", values.get("sop_class", CT.encode())),
        0x00080018: (b"UI", values["sop_instance"]),
        0x00080020: (b"DA", values.get("date", b"")),
        0x00080060: (b"CS", b"CT"),
        0x00100010: (b"PN", b"Wang^Xiaodong "),
        0x00100020: (b"LO", values.get("patient_id", b"P1")),
        0x0020000D: (b"UI", values["study"]),
        0x0020000E: (b"UI", values["series"]),
    }
    return b"".join(data_element(tag, vr, value) for tag, (vr, value) in elements.items())


@pytest.mark.parametrize(
    "end", [b"", b"\0", b"\0\0", b" ", b" \0"], ids=["odd", "zero", "zeros", "space", "space and zero"]
)
def test_uids_of_a_data_set_are_read_whatever_stands_behind_them(
    node: Node, engine: Engine, end: bytes
) -> None:
    data = raw_object(sop_instance=b"1.2.3" + end, study=b"1.2.7" + end, series=b"1.2.9" + end)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        assert scu.store(1, CT, "1.2.3", data) == 0
    (instance,), (study,) = rows_of(engine, Instance), rows_of(engine, Study)
    assert (instance.sop_instance_uid, study.study_instance_uid) == ("1.2.3", "1.2.7")


@pytest.mark.parametrize(
    "given, kept", [(b"", ""), (b"2026.03.02", "20260302"), (b"00000000", "00000000"), (b"March 2 ", "")]
)
def test_a_study_without_a_date_or_with_an_odd_one_is_kept_and_found(
    node: Node, engine: Engine, given: bytes, kept: str
) -> None:
    data = raw_object(sop_instance=b"1.2.3\0", study=b"1.2.7\0", series=b"1.2.9\0", date=given)
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT]), (3, STUDY_FIND, [EXPLICIT])])
        assert scu.store(1, CT, "1.2.3", data) == 0
        asking = identifier("STUDY", PatientID="P1", StudyDate="", StudyInstanceUID="")
        assert found_by(scu, dataset_bytes(asking)) == (1, 0xFF00, 0, "")
    assert [row.study_date for row in rows_of(engine, Study)] == [kept]


def found_by(scu: RawScu, identifier_bytes: bytes) -> tuple[int, int, int, str]:
    """C-FIND in context 3: how many answers, their status, the final status and its comment."""
    scu.send(pdu(4, pdv(3, grouped(command(FIND, ui(STUDY_FIND))), is_command=True, last=True)))
    scu.send(pdu(4, pdv(3, identifier_bytes, is_command=False, last=True)))
    count, pending = 0, 0
    while True:
        answer = scu.answer()
        if status(answer) not in {0xFF00, 0xFF01}:
            return count, pending, status(answer), comment(answer)
        count, pending = count + 1, status(answer)
        scu.receive()


def keys(*elements: tuple[int, bytes, bytes], level: bytes = b"STUDY ") -> bytes:
    """An identifier made of bytes."""
    every = sorted((*elements, (0x00080052, b"CS", level)))
    return b"".join(data_element(*one) for one in every)


DATE, UID = (0x00080020, b"DA"), (0x0020000D, b"UI")
TIME, NAME, MODALITIES = (0x00080030, b"TM"), (0x00100010, b"PN"), (0x00080061, b"CS")
QUESTIONS: Sequence[tuple[str, bytes, int]] = (
    ("an empty range", keys((*DATE, b"- ")), 2),
    ("a range without an end", keys((*DATE, b"20260303- ")), 1),
    ("a range without a beginning", keys((*DATE, b"-20260302 ")), 1),
    ("a range with spaces", keys((*DATE, b"20260301 - 20260302")), 1),
    ("a range of the old kind", keys((*DATE, b"2026.03.01-2026.03.02 ")), 1),
    ("a star for a date", keys((*DATE, b"* ")), 2),
    ("an empty range of times", keys((*TIME, b"- ")), 2),
    ("times with fractions", keys((*TIME, b"000000.000000-235959.999999 ")), 2),
    ("a list of uids", keys((*UID, b"1.2.71\\1.2.722\\1.2.79")), 2),
    ("a list that ends in nothing", keys((*UID, b"1.2.71\\")), 1),
    ("a list with spaces and a zero", keys((*UID, b"1.2.71 \\ 1.2.722\0")), 2),
    ("a uid twice", keys((*UID, b"1.2.71\\1.2.71 ")), 1),
    ("a uid with a space", keys((*UID, b"1.2.71  ")), 1),
    ("a uid of odd length", keys((*UID, b"1.2.722")), 1),
    ("a uid that is not there", keys((*UID, b"1.2.723\0")), 0),
    ("a star for a uid", keys((*UID, b"* ")), 2),
    ("a star among uids", keys((*UID, b"1.2.71\\* ")), 2),
    ("modalities in a list", keys((*MODALITIES, b"CT\\MR ")), 2),
    ("a name of carets", keys((*NAME, b"^^^^")), 2),
    ("a level padded with a zero", keys((*UID, b"1.2.71"), level=b"STUDY\0"), 1),
    ("a level of odd length", keys((*UID, b"1.2.71"), level=b"STUDY"), 1),
    ("nothing but the level", keys(), 2),
    ("a group length", data_element(0x00080000, b"UL", struct.pack("<L", 14)) + keys(), 2),
)


@pytest.fixture
def asking(node: Node) -> Iterator[RawScu]:
    """An open association for queries; two studies are there."""
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT]), (3, STUDY_FIND, [EXPLICIT])])
        for end, date in (("1", "20260302"), ("22", "20260303")):
            dataset = a_ct(StudyInstanceUID=f"1.2.7{end}", StudyDate=date)
            assert scu.store(1, CT, dataset.SOPInstanceUID, dataset_bytes(dataset)) == 0
        yield scu


def test_questions_are_answered_however_they_are_written(asking: RawScu) -> None:
    answers = {name: found_by(asking, raw) for name, raw, _ in QUESTIONS}
    wrong = {
        name: answers[name]
        for name, _, count in QUESTIONS
        if answers[name] != (count, 0xFF00 if count else 0, 0, "")
    }
    assert wrong == {}


def test_part_of_a_uid_is_refused_and_not_taken_for_all(asking: RawScu) -> None:
    """PS3.4 C.2.2.2.4 has no wild card in UIDs."""
    assert found_by(asking, keys((*UID, b"1.2.7*"))) == (0, 0, 0xC000, "StudyInstanceUID is no UID")


def test_a_requestor_that_names_no_role_is_told_that_nothing_could_be_sent(asking: RawScu) -> None:
    """C-GET without SCP/SCU role selection (PS3.7 D.3.3.4): the default roles forbid the sub-operations."""
    with RawScu(asking.socket.getpeername()[1]) as scu:
        scu.associate([(1, CT, [EXPLICIT]), (3, STUDY_GET, [EXPLICIT])])
        scu.send(pdu(4, pdv(3, grouped(command(GET, ui(STUDY_GET))), is_command=True, last=True)))
        scu.send(pdu(4, pdv(3, keys((*UID, b"1.2.71")), is_command=False, last=True)))
        answer = scu.answer()
        while status(answer) == 0xFF00:
            answer = scu.answer()
        assert (status(answer), answer[0x1022], scu.receive()[0]) == (0xA702, b"\1\0", DATA)
        assert (
            scu.store(1, CT, "1.2.3", raw_object(sop_instance=b"1.2.3\0", study=b"1.2\0", series=b"1.2\0"))
            == 0
        )


def aborting(scu: RawScu, after: str) -> None:
    """An A-ABORT at a time nobody expects it."""
    dataset: Dataset = a_ct()
    words = grouped(command(STORE, ui(CT), ui(dataset.SOPInstanceUID)))
    first, second = plainly(words, dataset_bytes(dataset))
    steps = {
        "the request": [],
        "half a command": [pdu(4, pdv(1, words[:20], is_command=True, last=False))],
        "a command": [first],
        "half an object": [first, pdu(4, pdv(1, bytes(500), is_command=False, last=False))],
        "an object": [first, second],
        "a question": [
            pdu(4, pdv(3, grouped(command(FIND, ui(STUDY_FIND))), is_command=True, last=True)),
            pdu(4, pdv(3, keys(), is_command=False, last=True)),
        ],
        "the release": [pdu(5, bytes(4))],
    }
    for one in steps[after]:
        scu.send(one)
    scu.send(pdu(7, bytes(4)))


@pytest.mark.parametrize("linger", [False, True], ids=["orderly", "reset"])
def test_an_abort_at_any_time_costs_nobody_anything(node: Node, linger: bool) -> None:
    """With an orderly end of the connection, and with a reset as some stacks make it."""
    times = ("the request", "half a command", "a command", "half an object", "an object", "a question")
    for after in (*times, "the release"):
        with RawScu(node.listener.port) as scu:
            scu.associate([(1, CT, [EXPLICIT]), (3, STUDY_FIND, [EXPLICIT])])
            if linger:
                scu.socket.setsockopt(1, 13, struct.pack("ii", 1, 0))
            aborting(scu, after)
    with RawScu(node.listener.port) as scu:
        scu.send(pdu(7, bytes(4)))
    wait_until(lambda: node.listener.active == 0)
    left = {path.name for path in node.door._spool.own.rglob("*") if path.is_file()}
    assert left <= {"lock", "source.json"}
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, VERIFICATION, [IMPLICIT])])
        assert (scu.echo(1), scu.release()) == (0, RELEASED)
