"""What is past its time goes whole and alone; what anything speaks for stays; sent again it is new."""

import pytest
from sqlalchemy import delete, insert, select, update

from config.kernel.ids import new_id
from dicom_node.archive.tables import Instance, RejectedObject, RejectionNote, Series, Study, outbox
from dicom_node.commitment.queries import stored
from dicom_node.events import StudyWithdrawn
from dicom_node.forward.ledger import fresh
from dicom_node.forward.tables import Transfer
from dicom_node.keeping.queries import in_use
from dicom_node.rejection.queries import nobodys
from dicom_node.rejection.service import Rejections
from dicom_node.retention.destroying import State
from dicom_node.retention.domain import Kept
from dicom_node.retention.tables import DestroyedStudy, LegalHold, Orphan, RetentionRule
from tests.dicom_node.objects import a_ct
from tests.dicom_node.rejection.notes import QUALITY, RETENTION, a_note
from tests.dicom_node.retention.conftest import CITY, TOWN, Vault


def test_an_old_study_goes_whole_and_nothing_else_does(vault: Vault) -> None:
    old, city = vault.old_study(AccessionNumber="ACC-9"), vault.old_study(institution_id=CITY)
    young = vault.send(a_ct())
    vault.rule(institution_id=TOWN)
    found = vault.preview()
    (one,) = found.candidates
    assert (one.name, one.instance_count) == ((TOWN, old[0].StudyInstanceUID), 2)
    assert found.kept == {Kept.NO_RULE: 1, Kept.TOO_YOUNG: 1}
    assert vault.preview(CITY).candidates == []
    mine = [row for row in vault.rows(Instance) if row.sop_instance_uid in {x.SOPInstanceUID for x in old}]
    used = in_use(vault.engine)[TOWN].used
    assert vault.destroy() == [State.DESTROYED]
    assert vault.in_sight() == {(CITY, city[0].StudyInstanceUID), (TOWN, young.StudyInstanceUID)}
    assert len(vault.rows(Series)) == 2
    assert {row.object_key for row in vault.rows(Orphan)} == {row.object_key for row in mine}
    assert in_use(vault.engine)[TOWN].used == used - sum(row.object_bytes for row in mine)
    (entry,) = vault.rows(DestroyedStudy)
    assert (entry.state, entry.kept_for, entry.accession_number) == ("destroyed", "", "ACC-9")
    assert (entry.decided_at, entry.byte_count) == (vault.clock.now(), sum(row.object_bytes for row in mine))
    vault.remove_all()
    assert vault.files() == set(vault.keys())
    assert vault.rows(Orphan) == []


def test_it_is_told_and_no_longer_committed_to(vault: Vault) -> None:
    (one,) = vault.old_study(1)
    vault.rule()
    assert stored(vault.engine, TOWN, [one.SOPInstanceUID]).keys() == {one.SOPInstanceUID}
    vault.destroy()
    assert stored(vault.engine, TOWN, [one.SOPInstanceUID]) == {}
    with vault.engine.connect() as connection:
        told = connection.scalars(
            select(outbox.table.c.payload).where(outbox.table.c.name == StudyWithdrawn.name)
        ).all()
    assert [event["study_instance_uid"] for event in told] == [one.StudyInstanceUID]


def test_sent_again_it_is_a_new_study(vault: Vault) -> None:
    old = vault.old_study()
    vault.rule()
    vault.destroy()
    vault.remove_all()
    for one in old:
        vault.send(one)
    (study,) = vault.rows(Study)
    assert (study.study_instance_uid, study.instance_count) == (old[0].StudyInstanceUID, 2)
    assert study.first_received_at == vault.clock.now()
    assert vault.files() == set(vault.keys())
    assert vault.preview().kept == {Kept.TOO_YOUNG: 1}, "it came today"


def held(vault: Vault, uid: str, institution_id: str = TOWN) -> None:
    """Seal a study."""
    row = LegalHold(
        hold_id=new_id(),
        institution_id=institution_id,
        study_instance_uid=uid,
        study_date="",
        accession_number="",
        modalities=[],
        reason="dispute",
        placed_by="somebody",
        placed_at=vault.clock.now(),
    )
    values = {column.name: getattr(row, column.name) for column in LegalHold.__table__.columns}
    vault.write(lambda connection: connection.execute(insert(LegalHold).values(**values)))


def transferred(vault: Vault, uid: str, delivery: str) -> None:
    """A job of the queue for a study."""
    values = fresh(
        vault.clock.now(),
        kind="send",
        institution_id=TOWN,
        study_instance_uid=uid,
        study_date="",
        modalities=[],
        peer_ae_title="OTHER",
        commitment=False,
        total=1,
    )
    vault.write(
        lambda connection: connection.execute(insert(Transfer).values(**values | {"delivery": delivery}))
    )


@pytest.mark.parametrize("after_approval", [False, True])
@pytest.mark.parametrize("why", [Kept.HELD, Kept.NEEDED, Kept.UNDELIVERED, Kept.NO_RULE])
def test_what_speaks_for_it_keeps_it_before_and_after_approval(
    vault: Vault, why: Kept, *, after_approval: bool
) -> None:
    (one,) = vault.old_study(1)
    vault.rule()
    destruction = vault.approve() if after_approval else ""
    uid = str(one.StudyInstanceUID)
    if why is Kept.HELD:
        held(vault, uid)
    elif why is Kept.NEEDED:
        vault.needed.add(uid)
    elif why is Kept.UNDELIVERED:
        transferred(vault, uid, "failed")
    else:
        vault.write(lambda connection: connection.execute(delete(RetentionRule)))
    if after_approval:
        assert vault.carry_out(destruction) == [State.KEPT]
        (entry,) = vault.rows(DestroyedStudy)
        assert (entry.state, entry.kept_for) == ("kept", why.value)
    else:
        assert vault.preview().candidates == []
    assert vault.in_sight() == {(TOWN, uid)}
    assert vault.files() == set(vault.keys())


def test_a_seal_is_one_hospitals_and_ends_when_it_is_lifted(vault: Vault) -> None:
    (one,) = vault.old_study(1)
    vault.rule()
    held(vault, one.StudyInstanceUID, CITY)
    assert len(vault.preview().candidates) == 1
    held(vault, one.StudyInstanceUID)
    assert vault.preview().kept == {Kept.HELD: 1}
    lifted = update(LegalHold).values(lifted_at=vault.clock.now())
    vault.write(lambda connection: connection.execute(lifted))
    assert len(vault.preview().candidates) == 1


def test_what_was_delivered_or_cancelled_holds_nothing_back(small_vault: Vault) -> None:
    (one,) = small_vault.old_study(1)
    small_vault.rule()
    for delivery in ("delivered", "cancelled"):
        transferred(small_vault, one.StudyInstanceUID, delivery)
    assert len(small_vault.preview().candidates) == 1
    transferred(small_vault, one.StudyInstanceUID, "waiting")
    assert small_vault.preview().kept == {Kept.UNDELIVERED: 1}


def test_it_is_carried_out_once_however_often_it_is_told(vault: Vault) -> None:
    old = vault.old_study()
    vault.rule()
    destruction = vault.approve()
    assert vault.carry_out(destruction) == [State.DESTROYED]
    for one in old:
        vault.send(one)
    assert vault.carry_out(destruction) == [None], "what came again is another study"
    assert vault.in_sight() == {(TOWN, old[0].StudyInstanceUID)}


def test_one_more_object_makes_another_preview(small_vault: Vault) -> None:
    (one,) = small_vault.old_study(1)
    small_vault.rule()
    before = small_vault.preview().digest
    assert small_vault.preview().digest == before
    small_vault.clock.advance(days=-6000)
    small_vault.send(a_ct(StudyInstanceUID=one.StudyInstanceUID, StudyDate="20090101"))
    small_vault.clock.advance(days=6000)
    assert len(small_vault.preview().candidates) == 1
    assert small_vault.preview().digest != before


def test_no_approval_is_for_more_than_a_person_looks_through(small_vault: Vault) -> None:
    for _ in range(3):
        small_vault.old_study(1)
    small_vault.rule()
    found = small_vault.preview(studies_max=2)
    assert (len(found.candidates), found.more) == (2, True)
    found = small_vault.preview(studies_max=3)
    assert (len(found.candidates), found.more) == (3, False)


def noted(vault: Vault) -> None:
    """Read the notes that came."""
    chore = Rejections(reader=vault.engine, writer=vault.ingest, clock=vault.clock)
    while chore.once():
        continue
    vault.settle()


def test_what_a_note_has_hidden_goes_with_its_study(vault: Vault) -> None:
    one, other = vault.old_study()
    note = a_note(QUALITY, [one], StudyDate="20090101")
    vault.clock.advance(days=-6000)
    vault.send(note)
    noted(vault)
    vault.clock.advance(days=6000)
    assert vault.in_sight() == {(TOWN, one.StudyInstanceUID), (nobodys(TOWN), one.StudyInstanceUID)}
    vault.rule()
    (candidate,) = vault.preview().candidates
    assert candidate.instance_count == 3
    assert vault.destroy() == [State.DESTROYED]
    assert (vault.in_sight(), vault.rows(RejectionNote), vault.rows(RejectedObject)) == (set(), [], [])
    vault.remove_all()
    assert vault.files() == set()
    vault.send(other)
    assert vault.in_sight() == {(TOWN, one.StudyInstanceUID)}


def test_all_hidden_past_its_retention_goes_and_comes_again_in_sight(vault: Vault) -> None:
    """A note 113039 hides at once and destroys nothing; the rule does, and what comes anew is wanted."""
    (one,) = vault.old_study(1)
    (bystander,) = vault.old_study(1)
    note = a_note(RETENTION, [one], StudyInstanceUID=bystander.StudyInstanceUID)
    vault.send(note)
    noted(vault)
    assert (nobodys(TOWN), one.StudyInstanceUID) in vault.in_sight()
    vault.rule(modality="CT")
    (candidate,) = vault.preview().candidates
    assert candidate.name == (TOWN, one.StudyInstanceUID)
    assert vault.destroy() == [State.DESTROYED]
    assert len(vault.rows(RejectionNote)) == 1, "the note itself lies in a study that stays"
    assert vault.rows(RejectedObject) == []
    vault.send(one)
    noted(vault)
    assert (TOWN, one.StudyInstanceUID) in vault.in_sight()


def test_rejected_for_its_quality_it_stays_out_of_sight_when_it_comes_again(vault: Vault) -> None:
    (one,) = vault.old_study(1)
    note = vault.send(a_note(QUALITY, [one], StudyInstanceUID=a_ct().StudyInstanceUID))
    noted(vault)
    vault.rule(modality="CT")
    assert vault.destroy() == [State.DESTROYED]
    vault.send(one)
    assert (TOWN, one.StudyInstanceUID) in vault.in_sight()
    noted(vault)
    assert vault.in_sight() == {(nobodys(TOWN), one.StudyInstanceUID), (TOWN, note.StudyInstanceUID)}
