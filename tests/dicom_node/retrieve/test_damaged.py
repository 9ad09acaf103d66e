"""An object that is known to be damaged is no object that a peer is sent: it has failed, by name."""

from sqlalchemy import insert, select

from config.kernel.clock import SystemClock
from config.kernel.database import open_sync_engine
from dicom_node.archive.tables import Instance
from dicom_node.archive.verification import Integrity
from dicom_node.keeping.damages import DAMAGE
from dicom_node.keeping.unsound import KEYS_AT_ONCE, damaged_here
from tests.dicom_node.asking import Place, identifier
from tests.dicom_node.retrieve.test_getting import get


def damage(place: Place, sop_instance_uid: str, mended_by: str = "") -> str:
    """Write down that an object is damaged; its key."""
    engine, now = open_sync_engine(place.url), SystemClock().now()  # the node looks again at older findings
    with engine.begin() as connection:
        key = connection.scalars(
            select(Instance.object_key).where(Instance.sop_instance_uid == sop_instance_uid)
        ).one()
        connection.execute(
            insert(DAMAGE).values(
                object_key=key,
                integrity=Integrity.DAMAGED.value,
                found_at=now,
                checked_at=now,
                mended_by=mended_by,
            )
        )
    engine.dispose()
    return key


def test_it_fails_by_name_and_the_others_come(place: Place) -> None:
    sent = [place.send(InstanceNumber=str(n), StudyInstanceUID="1.2.3") for n in (1, 2, 3)]
    damage(place, sent[1].SOPInstanceUID)
    damage(place, sent[2].SOPInstanceUID, mended_by="other_copy")
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert set(got.objects) == {sent[0].SOPInstanceUID, sent[2].SOPInstanceUID}
    assert got.final == (0xB000, 2, 1, 0)
    assert got.failed is not None
    assert got.failed.FailedSOPInstanceUIDList == sent[1].SOPInstanceUID


def test_alone_it_is_a_failure(place: Place) -> None:
    sent = place.send(StudyInstanceUID="1.2.3")
    damage(place, sent.SOPInstanceUID)
    got = get(place, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert got.objects == {}
    assert got.final[0] >> 12 == 0xA
    assert got.final[1:3] == (0, 1)


def test_it_is_found_among_very_many(place: Place) -> None:
    key = damage(place, place.send().SOPInstanceUID)
    engine = open_sync_engine(place.url)
    others = [f"none/{number}" for number in range(KEYS_AT_ONCE)]
    assert damaged_here(engine, [*others, key]) == {key}
    assert damaged_here(engine, others) == set()
    assert damaged_here(engine, []) == set()
    engine.dispose()
