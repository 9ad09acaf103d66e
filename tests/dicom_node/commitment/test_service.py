"""Checks and reports by the chores, moved by hand: a peer that is away, refuses, comes back or does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from sqlalchemy import Engine

from config.kernel.objects import StoreFailed
from config.kernel.objects_local import LocalObjects
from dicom_node.archive.tables import Commitment, Instance
from dicom_node.archive.verification import Integrity
from dicom_node.commitment import ledger
from dicom_node.commitment.checking import CHECKS_MAX, Checker
from dicom_node.commitment.ledger import FIRST_WAIT, KEPT
from dicom_node.commitment.model import Request, State
from dicom_node.commitment.reporting import Courier
from dicom_node.commitment.service import NO_ADDRESS, REPORTS_AT_ONCE, Commitments
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Source, Spool
from dicom_node.peers import KnownPeer
from dicom_node.scu.association import Caller, Patience
from tests.dicom_node.commitment.asker import Ear, Reference, reference, waiting
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT
from tests.dicom_node.rows import rows_of
from tests.fixtures.clock import HandClock
from tests.fixtures.servers import free_port

COUNTY = "0190-county"
PROMISED_FOR = timedelta(hours=72)
QUICK = Patience(connect_seconds=2.0, pdu_seconds=5.0, answer_seconds=5.0)


class Moody(LocalObjects):
    """A store that sometimes gives nothing."""

    away = False

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        if self.away:
            raise StoreFailed(key=key)
        return super().read(key, start, end)


@dataclass
class Desk:
    """The service with its parts, none of which runs by itself but the writer."""

    service: Commitments
    ingest: Ingest
    reader: Engine
    clock: HandClock
    store: Moody
    door: Door
    register: dict[str, KnownPeer]
    unsound: list[Integrity] = field(default_factory=list)

    def stored(self, institution_id: str = COUNTY) -> Dataset:
        """An object in the archive."""
        dataset = a_ct()
        source = Source(institution_id=institution_id, ae_title="LAB", issuer_of_patient_id="")
        announced = Announced(
            sop_class_uid=dataset.SOPClassUID,
            sop_instance_uid=dataset.SOPInstanceUID,
            transfer_syntax_uid=EXPLICIT,
        )
        reception = self.door.begin(announced)
        reception.write(memoryview(dataset_bytes(dataset)))
        self.door.admit(reception, source)
        return dataset

    def asked(self, references: Sequence[Reference], transaction: str = "1.2.3") -> str:
        """A request by LAB."""
        request = Request(transaction_uid=transaction, references=tuple(references))
        peer = self.register["LAB"]
        return self.ingest.run(lambda connection, now: ledger.accept(connection, request, peer, now))

    def row(self, commitment_id: str) -> Commitment:
        """How a request stands."""
        (found,) = [row for row in rows_of(self.reader, Commitment) if row.commitment_id == commitment_id]
        return found

    def away(self) -> None:
        """LAB cannot be reached."""
        self.register["LAB"] = replace(self.register["LAB"], host="127.0.0.1", port=free_port())


@pytest.fixture
def desk(reader: Engine, ingest: Ingest, clock: HandClock, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose peer LAB has no address yet."""
    store = Moody(tmp_path / "objects")
    lab = KnownPeer(ae_title="LAB", institution_id=COUNTY, issuer_of_patient_id="", addresses=frozenset())
    register, unsound = {"LAB": lab}, list[Integrity]()
    service = Commitments(
        reader=reader,
        ingest=ingest,
        clock=clock,
        checker=Checker(reader, store, unsound.append),
        courier=Courier(caller=Caller(ae_title="LIANZHEN"), patience=QUICK),
        find_peer=register.get,
        promised_for=PROMISED_FOR,
    )
    with Spool(tmp_path / "spool", Failpoints()) as spool:
        door = Door(spool=spool, objects=store, ingest=ingest, object_bytes_max=1_000_000)
        yield Desk(service, ingest, reader, clock, store, door, register, unsound)


@pytest.fixture
def lab(desk: Desk) -> Iterator[Ear]:
    """LAB waits for reports."""
    ear = Ear()
    with waiting(ear, "LAB") as port:
        desk.register["LAB"] = replace(desk.register["LAB"], host="127.0.0.1", port=port)
        yield ear


def test_with_nothing_to_do_nothing_is_done(desk: Desk) -> None:
    assert (desk.service.check_once(), desk.service.report_once()) == (0, 0)


def test_a_request_is_checked_then_reported_then_done(desk: Desk, lab: Ear) -> None:
    sent = desk.stored()
    commitment_id = desk.asked([reference(sent)])
    assert desk.service.report_once() == 0, "nothing is said before it was looked at"
    assert desk.service.check_once() == 1
    assert (desk.row(commitment_id).state, lab.heard) == (State.CHECKED, [])
    assert desk.service.report_once() == 1
    assert desk.row(commitment_id).state == State.DELIVERED
    assert [one.committed for one in lab.heard] == [{reference(sent)}]
    assert (desk.service.check_once(), desk.service.report_once(), len(lab.heard)) == (0, 0, 1)


def test_a_peer_that_is_away_is_called_ever_more_rarely_until_it_hears(desk: Desk, lab: Ear) -> None:
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.check_once()
    there = desk.register["LAB"]
    desk.away()
    for attempts in range(1, 6):
        assert desk.service.report_once() == 1
        row = desk.row(commitment_id)
        assert (row.state, row.attempts, row.fault) == ("waiting", attempts, "dicom.peer_unreachable")
        assert row.next_at - desk.clock.now() == FIRST_WAIT * 2 ** (attempts - 1)
        assert desk.service.report_once() == 0, "not before its time"
        desk.clock.advance((row.next_at - desk.clock.now()).total_seconds())
    desk.register["LAB"] = there
    assert desk.service.report_once() == 1
    assert (desk.row(commitment_id).state, len(lab.heard)) == ("delivered", 1)


def test_a_peer_that_does_not_take_the_report_is_asked_again(desk: Desk, lab: Ear) -> None:
    """PS3.7 10.1.1.1.8: only success, or a warning, says that it was heard."""
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.check_once()
    lab.status = 0x0110
    desk.service.report_once()
    row = desk.row(commitment_id)
    assert (row.state, row.attempts, row.fault) == ("waiting", 1, "status 0110")
    desk.clock.advance(FIRST_WAIT.total_seconds())
    lab.status = 0
    desk.service.report_once()
    assert desk.row(commitment_id).state == "delivered"


def test_a_peer_without_an_address_waits_and_says_so_until_it_has_one(desk: Desk) -> None:
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.check_once()
    assert desk.service.report_once() == 1
    row = desk.row(commitment_id)
    assert (row.state, row.fault) == ("waiting", NO_ADDRESS)
    ear = Ear()
    with waiting(ear, "LAB") as port:
        desk.register["LAB"] = replace(desk.register["LAB"], host="127.0.0.1", port=port)
        desk.clock.advance(FIRST_WAIT.total_seconds())
        desk.service.report_once()
    assert (desk.row(commitment_id).state, len(ear.heard)) == ("delivered", 1)


def test_a_peer_that_is_no_longer_known_waits_too(desk: Desk) -> None:
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.check_once()
    del desk.register["LAB"]
    desk.service.report_once()
    assert desk.row(commitment_id).fault == NO_ADDRESS


def test_all_that_is_due_for_a_peer_goes_in_one_association(desk: Desk, lab: Ear) -> None:
    sent = reference(desk.stored())
    for number in range(REPORTS_AT_ONCE + 1):
        desk.asked([sent], f"1.2.{number}")
        desk.service.check_once()
    assert desk.service.report_once() == 1
    assert len(lab.heard) == REPORTS_AT_ONCE
    assert desk.service.report_once() == 1
    assert len({one.transaction for one in lab.heard}) == REPORTS_AT_ONCE + 1


def test_a_report_is_not_tried_for_ever(desk: Desk) -> None:
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.check_once()
    desk.clock.advance(PROMISED_FOR.total_seconds() - 1)
    desk.service.report_once()
    assert desk.row(commitment_id).state == "waiting"
    desk.clock.advance(FIRST_WAIT.total_seconds())
    assert desk.service.report_once() == 1
    assert desk.row(commitment_id).state == "expired"
    assert desk.service.report_once() == 0
    desk.clock.advance(KEPT.total_seconds())
    assert desk.service.check_once() == 1
    assert rows_of(desk.reader, Commitment) == []


def test_a_store_that_does_not_answer_is_no_verdict_until_it_has_had_its_time(desk: Desk) -> None:
    sent = reference(desk.stored())
    commitment_id, desk.store.away = desk.asked([sent]), True
    for attempts in range(1, CHECKS_MAX + 1):
        assert desk.service.check_once() == 1
        row = desk.row(commitment_id)
        assert (row.state, row.attempts) == ("requested", attempts)
        assert desk.service.check_once() == 0
        desk.clock.advance((row.next_at - desk.clock.now()).total_seconds())
    assert desk.service.check_once() == 1
    assert desk.row(commitment_id).failures == [[*sent, 0x0110]]
    assert desk.unsound == [], "nobody has seen a damaged object"


def test_a_store_that_comes_back_is_believed(desk: Desk) -> None:
    commitment_id, desk.store.away = desk.asked([reference(desk.stored())]), True
    desk.service.check_once()
    desk.store.away = False
    desk.clock.advance(FIRST_WAIT.total_seconds())
    desk.service.check_once()
    assert (desk.row(commitment_id).state, desk.row(commitment_id).failures) == ("checked", [])


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "damage, found, reason", [(Path.unlink, Integrity.MISSING, 0x0112), (flip, Integrity.DAMAGED, 0x0110)]
)
def test_damage_is_told_and_never_promised(
    desk: Desk, damage: Callable[[Path], None], found: Integrity, reason: int
) -> None:
    whole, broken = reference(desk.stored()), reference(desk.stored())
    (key,) = [row.object_key for row in rows_of(desk.reader, Instance) if row.sop_instance_uid == broken[1]]
    damage(desk.store.root / key)
    commitment_id = desk.asked([whole, broken])
    desk.service.check_once()
    assert desk.row(commitment_id).failures == [[*broken, reason]]
    assert desk.unsound == [found]


def test_only_the_asking_institution_has_objects(desk: Desk) -> None:
    foreign = reference(desk.stored("0190-city"))
    commitment_id = desk.asked([foreign])
    desk.service.check_once()
    assert desk.row(commitment_id).failures == [[*foreign, 0x0112]]


def test_a_check_that_is_told_to_stop_is_made_anew(desk: Desk) -> None:
    commitment_id = desk.asked([reference(desk.stored())])
    desk.service.stop()
    assert desk.service.check_once() == 0
    assert desk.row(commitment_id).state == "requested"


def test_many_objects_are_looked_up_in_pages(desk: Desk) -> None:
    """More names than one question holds, the last one of an object that is there."""
    sent = reference(desk.stored())
    names = [("1.2.3", f"1.2.{number}") for number in range(1_200)]
    commitment_id = desk.asked([*names, sent])
    desk.service.check_once()
    assert desk.row(commitment_id).failures == [[*name, 0x0112] for name in names]
