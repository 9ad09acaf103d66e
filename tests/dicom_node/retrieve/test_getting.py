"""C-GET over real sockets: by pynetdicom, by DCMTK's getscu, and by a peer made of bytes."""

import struct
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt

from config.kernel.objects_local import LocalObjects
from dicom_node.archive.tables import Instance
from tests.dicom_node.asking import OpenPlace, Place, identifier
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.query.test_turns import cancel
from tests.dicom_node.raw_scu import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    RawScu,
    associate_rq,
    command,
    element,
    item,
    pdu,
    pdv,
    status,
    storing,
)
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
PATIENT_GET, STUDY_GET = "1.2.840.10008.5.1.4.1.2.1.3", "1.2.840.10008.5.1.4.1.2.2.3"
JPEG = "1.2.840.10008.1.2.4.70"
MR = "1.2.840.10008.5.1.4.1.1.4"
GET_RQ, STORE_RSP = 0x0010, 0x8001


def stored_as(place: Place, dataset: Dataset, syntax: str, data: bytes) -> None:
    """Store one encoded data set."""
    assert status(storing(place.port, dataset.SOPClassUID, dataset.SOPInstanceUID, data, syntax)) == 0


class Got:
    """What a C-GET by pynetdicom brought."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.responses: list[Dataset] = []
        self.failed: Dataset | None = None

    @property
    def final(self) -> tuple[int, int, int, int]:
        """Status, completed, failed, warning."""
        last = self.responses[-1]
        return (
            last.Status,
            last.NumberOfCompletedSuboperations,
            last.NumberOfFailedSuboperations,
            last.NumberOfWarningSuboperations,
        )


def get(
    place: Place,
    asked: Dataset,
    syntaxes: Sequence[str] = (EXPLICIT, IMPLICIT),
    *,
    model: str = STUDY_GET,
    calling: str = "COUNTY",
    answer: int = 0,
    classes: Sequence[str] = (CT, MR),
) -> Got:
    """C-GET; every syntax is proposed in a context of its own."""
    got, entity = Got(), AE(calling)
    entity.add_requested_context(model, [EXPLICIT])
    for syntax in syntaxes:
        for sop_class in classes:
            entity.add_requested_context(sop_class, [syntax])

    def keep(event: evt.Event) -> int:
        request: Any = event.request
        got.objects[request.AffectedSOPInstanceUID] = (
            event.context.transfer_syntax,
            request.DataSet.getvalue(),
        )
        return answer

    association = entity.associate(
        "127.0.0.1",
        place.port,
        ae_title="LIANZHEN",
        ext_neg=[build_role(sop_class, scp_role=True) for sop_class in classes],
        evt_handlers=[(evt.EVT_C_STORE, keep)],
    )
    assert association.is_established
    for response, failed in association.send_c_get(asked, model):
        got.responses.append(response)
        got.failed = failed or got.failed
    association.release()
    return got


def test_a_study_comes_byte_for_byte_with_the_counts_on_the_way(place: Place) -> None:
    sent = [place.send(InstanceNumber=str(n), StudyInstanceUID="1.2.3", PatientID="P1") for n in (1, 2, 3)]
    place.send()
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert got.final == (0, 3, 0, 0)
    assert {uid: raw for uid, (_syntax, raw) in got.objects.items()} == {
        dataset.SOPInstanceUID: dataset_bytes(dataset) for dataset in sent
    }
    pending = [
        (r.NumberOfRemainingSuboperations, r.NumberOfCompletedSuboperations) for r in got.responses[:-1]
    ]
    assert pending == [(2, 1), (1, 2)]


@pytest.mark.parametrize(
    "level, keys, count",
    [
        ("STUDY", ("StudyInstanceUID",), 2),
        ("SERIES", ("StudyInstanceUID", "SeriesInstanceUID"), 1),
        ("IMAGE", ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"), 1),
    ],
)
def test_each_level_of_the_study_root(place: Place, level: str, keys: tuple[str, ...], count: int) -> None:
    sent = place.send()
    place.send(StudyInstanceUID=sent.StudyInstanceUID)
    place.send()
    got = get(place, identifier(level, **{key: sent[key].value for key in keys}))
    assert got.final == (0, count, 0, 0)
    assert sent.SOPInstanceUID in got.objects


def test_a_patient_and_nobody_else(place: Place) -> None:
    sent = [place.send(PatientID="P1"), place.send(PatientID="P1")]
    place.send(PatientID="P2")
    got = get(place, identifier("PATIENT", PatientID="P1"), model=PATIENT_GET)
    assert set(got.objects) == {dataset.SOPInstanceUID for dataset in sent}
    wrong = identifier("STUDY", PatientID="P2", StudyInstanceUID=sent[0].StudyInstanceUID)
    assert get(place, wrong, model=PATIENT_GET).final == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "stored, taken, expected",
    [
        (EXPLICIT, [IMPLICIT, EXPLICIT], EXPLICIT),
        (IMPLICIT, [EXPLICIT, IMPLICIT], IMPLICIT),
        (EXPLICIT, [IMPLICIT], IMPLICIT),
        (IMPLICIT, [EXPLICIT], EXPLICIT),
        (DEFLATED, [DEFLATED, EXPLICIT], DEFLATED),
        (DEFLATED, [EXPLICIT], EXPLICIT),
        (DEFLATED, [IMPLICIT], IMPLICIT),
        (BIG, [BIG], BIG),
        (BIG, [EXPLICIT, IMPLICIT], None),
        (JPEG, [JPEG, EXPLICIT], JPEG),
        (JPEG, [EXPLICIT, IMPLICIT], None),
    ],
)
def test_as_stored_where_it_is_taken_else_in_a_plain_encoding_else_failed(
    place: Place, stored: str, taken: list[str], expected: str | None
) -> None:
    dataset = a_ct(PixelData=None) if stored == JPEG else a_ct()
    raw = dataset_bytes(dataset, implicit=stored == IMPLICIT, little=stored != BIG)
    if stored == JPEG:
        frame = b"\xff\xd8" + bytes(20) + b"\xff\xd9"
        raw += b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\0\0\0\0"
        raw += b"\xfe\xff\0\xe0" + struct.pack("<L", len(frame)) + frame + b"\xfe\xff\xdd\xe0\0\0\0\0"
    press = zlib.compressobj(wbits=-15)
    data = press.compress(raw) + press.flush() if stored == DEFLATED else raw
    stored_as(place, dataset, stored, data)
    got = get(place, identifier("STUDY", StudyInstanceUID=dataset.StudyInstanceUID), taken)
    uid = dataset.SOPInstanceUID
    if expected is None:
        assert got.final == (0xA702, 0, 1, 0)
        assert got.failed is not None
        assert got.failed.FailedSOPInstanceUIDList == uid
        return
    assert got.final == (0, 1, 0, 0)
    syntax, bytes_got = got.objects[uid]
    assert syntax == expected
    plain = expected in {EXPLICIT, IMPLICIT}
    assert bytes_got == (dataset_bytes(dataset, implicit=expected == IMPLICIT) if plain else data)
    left = {path.suffix for path in place.node._spool.own.iterdir()}
    assert not left & {".stored", ".out", ".inflated"}, "what was written to be converted is gone"


@pytest.mark.parametrize(
    "answer, final",
    [
        (0xB000, (0xB000, 0, 0, 2)),
        (0xB007, (0xB000, 0, 0, 2)),
        (0xA700, (0xA702, 0, 2, 0)),
        (0xC000, (0xA702, 0, 2, 0)),
    ],
)
def test_what_the_peer_says_to_each_object_is_counted(
    place: Place, answer: int, final: tuple[int, int, int, int]
) -> None:
    sent = [place.send(StudyInstanceUID="1.2.3") for _ in range(2)]
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"), answer=answer)
    assert got.final == final
    if final[2]:
        assert got.failed is not None
        assert set(got.failed.FailedSOPInstanceUIDList) == {dataset.SOPInstanceUID for dataset in sent}


def test_a_class_that_is_not_taken_fails_and_the_rest_comes(place: Place) -> None:
    mine = place.send(StudyInstanceUID="1.2.3")
    other = place.send(sop_class=MR, StudyInstanceUID="1.2.3", Modality="MR")
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"), classes=[CT])
    assert got.final == (0xB000, 1, 1, 0)
    assert set(got.objects) == {mine.SOPInstanceUID}
    assert got.failed is not None
    assert got.failed.FailedSOPInstanceUIDList == other.SOPInstanceUID


def test_nothing_of_another_institution_comes(place: Place) -> None:
    theirs = place.send(calling="CITY")
    asked = identifier("STUDY", StudyInstanceUID=theirs.StudyInstanceUID)
    for unknown in (asked, identifier("STUDY", StudyInstanceUID="1.9")):
        got = get(place, unknown)
        assert (got.final, got.objects) == ((0, 0, 0, 0), {})
    assert set(get(place, asked, calling="CITY").objects) == {theirs.SOPInstanceUID}


@pytest.mark.parametrize(
    "model, level, keys, status_",
    [
        (STUDY_GET, "STUDY", {}, 0xA900),
        (STUDY_GET, "STUDY", {"StudyInstanceUID": "*"}, 0xA900),
        (STUDY_GET, "STUDY", {"StudyInstanceUID": ["1.2.3", "*"]}, 0xA900),
        (STUDY_GET, "SERIES", {"SeriesInstanceUID": "1.2"}, 0xA900),
        (STUDY_GET, "PATIENT", {"PatientID": "P1"}, 0xA900),
        (STUDY_GET, "STUDY", {"StudyInstanceUID": "x"}, 0xC000),
        (PATIENT_GET, "PATIENT", {"PatientID": "P*"}, 0xA900),
        (PATIENT_GET, "STUDY", {"StudyInstanceUID": "1.2.3"}, 0xA900),
    ],
)
def test_an_identifier_that_names_nothing_for_certain_is_refused(
    place: Place, model: str, level: str, keys: dict[str, Any], status_: int
) -> None:
    place.send(StudyInstanceUID="1.2.3", PatientID="P1")
    got = get(place, identifier(level, **keys), model=model)
    assert got.responses[-1].Status == status_
    assert got.responses[-1].ErrorComment
    assert got.objects == {}


def test_an_object_whose_file_is_gone_fails_alone(place: Place, tmp_path: Path) -> None:
    lost, kept = place.send(StudyInstanceUID="1.2.3"), place.send(StudyInstanceUID="1.2.3")
    objects = LocalObjects(tmp_path / "home" / "objects")
    (row,) = [r for r in rows_of(place.node._reader, Instance) if r.sop_instance_uid == lost.SOPInstanceUID]
    objects.delete(row.object_key)
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert got.final == (0xB000, 1, 1, 0)
    assert set(got.objects) == {kept.SOPInstanceUID}


def test_an_object_cut_short_on_disk_ends_the_association_and_is_never_a_success(
    place: Place, tmp_path: Path
) -> None:
    dataset = place.send(StudyInstanceUID="1.2.3", Rows=900, Columns=900, PixelData=bytes(900 * 900 * 2))
    (row,) = rows_of(place.node._reader, Instance)
    path = tmp_path / "home" / "objects" / row.object_key
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.truncate(row.object_bytes - 1000)
    got = get(place, identifier("STUDY", StudyInstanceUID=dataset.StudyInstanceUID))
    assert got.objects == {}
    assert "Status" not in got.responses[-1]


class Getter(RawScu):
    """A peer made of bytes that takes objects over its own association."""

    def open(self) -> None:
        """An association for C-GET."""
        request = associate_rq("LIANZHEN", self.calling, [(1, STUDY_GET, [EXPLICIT]), (3, CT, [EXPLICIT])])
        role = item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\0\1")
        body = request[6:]
        place = body.rindex(b"\x50\0", 0, len(body) - 10)
        user = body[place + 4 :] + role
        self.send(pdu(1, body[:place] + item(0x50, user)))
        assert self.receive()[0] == 2

    def ask(self, message_id: int, study: str) -> None:
        """A C-GET-RQ."""
        raw = dataset_bytes(identifier("STUDY", StudyInstanceUID=study))
        self.send(
            pdu(4, pdv(1, command(GET_RQ, message_id, STUDY_GET, data=True), is_command=True, last=True))
        )
        self.send(pdu(4, pdv(1, raw, is_command=False, last=True)))

    def take_object(self) -> tuple[int, int]:
        """The next C-STORE-RQ with its data set: message id and bytes."""
        found = self.answer()
        taken, last = 0, False
        while not last:
            _kind, body = self.receive()
            taken, last = taken + len(body) - 6, bool(body[5] & 2)
        return int.from_bytes(found[0x0110], "little"), taken

    def stored(self, message_id: int, code: int = 0) -> bytes:
        """A C-STORE-RSP in a PDU."""
        body = (
            element(0x0100, struct.pack("<H", STORE_RSP))
            + element(0x0120, struct.pack("<H", message_id))
            + element(0x0800, struct.pack("<H", 0x0101))
            + element(0x0900, struct.pack("<H", code))
        )
        return pdu(4, pdv(3, element(0, struct.pack("<L", len(body))) + body, is_command=True, last=True))


def filled(place: Place, count: int) -> None:
    """A study of so many objects."""
    for number in range(count):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number))


def test_a_cancelled_retrieval_stops_between_objects_and_says_what_was_left(place: Place) -> None:
    filled(place, 4)
    with Getter(place.port) as scu:
        scu.open()
        scu.ask(7, "1.2.3")
        first, taken = scu.take_object()
        assert taken > 100
        scu.send(cancel(7) + scu.stored(first))
        answers = [scu.answer()]
        while status(answers[-1]) == 0xFF00:
            answers.append(scu.answer())
        final = answers[-1]
        assert status(final) == 0xFE00
        numbers = [int.from_bytes(final[n], "little") for n in (0x1020, 0x1021, 0x1022, 0x1023)]
        assert numbers == [3, 1, 0, 0]


@pytest.mark.parametrize("words", [b"wrong id", b"another request", b"release", b"nonsense"])
def test_a_peer_that_answers_out_of_turn_is_aborted(place: Place, words: bytes) -> None:
    filled(place, 2)
    with Getter(place.port) as scu:
        scu.open()
        scu.ask(7, "1.2.3")
        first, _taken = scu.take_object()
        scu.send(
            {
                b"wrong id": scu.stored(first + 1),
                b"another request": pdu(4, pdv(1, command(0x30, 9, CT), is_command=True, last=True)),
                b"release": pdu(5, bytes(4)),
                b"nonsense": pdu(4, pdv(1, b"nonsense", is_command=True, last=True)),
            }[words]
        )
        assert scu.receive()[0] == 7
    wait_until(lambda: place.node.listener.active == 0)


def test_a_peer_that_never_answers_a_sub_operation_is_let_go(open_place: OpenPlace) -> None:
    place = open_place(idle_seconds=0.5)
    filled(place, 2)
    with Getter(place.port) as scu:
        scu.open()
        scu.ask(7, "1.2.3")
        scu.take_object()
        assert scu.receive() == (0, b"")
    wait_until(lambda: place.node.listener.active == 0)


def test_getscu_brings_a_study(place: Place, dcmtk: Path, tmp_path: Path) -> None:
    sent = [place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in range(3)]
    place.send()
    folder = tmp_path / "got"
    folder.mkdir()
    ran = subprocess.run(
        [
            dcmtk / "getscu",
            *("-v", "-S", "-aet", "COUNTY", "-aec", "LIANZHEN", "-od", folder, "+B"),
            *("-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3"),
            *("127.0.0.1", str(place.port)),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    got = [pydicom.dcmread(path) for path in folder.iterdir()]
    assert {dataset.SOPInstanceUID for dataset in got} == {dataset.SOPInstanceUID for dataset in sent}
    assert all(dataset.PixelData == sent[0].PixelData for dataset in got)
    assert "Number of Failed Suboperations    : 0" in ran.stdout + ran.stderr
