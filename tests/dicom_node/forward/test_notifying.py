"""Word of what is there and what is gone: to whoever wants it, until it is heard, and to nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import evt
from sqlalchemy.ext.asyncio import AsyncSession

from dicom_node.archive.tables import Study
from dicom_node.forward import ledger, notifying
from dicom_node.forward.queries import undelivered
from dicom_node.forward.tables import AvailabilityNotice
from dicom_node.peers import known_peer
from dicom_node.retention.destroying import carry_out
from dicom_node.retention.domain import Rule
from dicom_node.retention.orders import add_rule
from dicom_node.retention.tables import DestroyedStudy
from dicom_node.scu.association import Remote
from tests.dicom_node.asking import CITY, COUNTY
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.other_side import pynetdicom_entity
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT
from tests.dicom_node.rows import rows_of
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until

STUDY = "1.2.840.9"


class Heard:
    """What a peer was told: SOP Instance UID and attributes of each N-CREATE."""

    def __init__(self, *statuses: int) -> None:
        self.notices: list[tuple[str, Dataset]] = []
        self.statuses = list(statuses)

    def take(self, event: evt.Event) -> tuple[int, Dataset | None]:
        request: Any = event.request
        self.notices.append((str(request.AffectedSOPInstanceUID), event.attribute_list))
        return self.statuses.pop(0) if self.statuses else 0x0000, None

    def objects(self, number: int = -1) -> dict[str, tuple[str, str, str]]:
        """Of one notice: series, availability and retrieve AE title of each SOP instance."""
        series = self.notices[number][1].ReferencedSeriesSequence
        return {
            str(one.ReferencedSOPInstanceUID): (
                str(each.SeriesInstanceUID),
                one.InstanceAvailability,
                one.RetrieveAETitle,
            )
            for each in series
            for one in each.ReferencedSOPSequence
        }


@contextmanager
def listening(heard: Heard, syntax: str = EXPLICIT) -> Iterator[Remote]:
    """A peer that takes notices, by pynetdicom."""
    contexts = [(0, notifying.CLASS_UID, (syntax,))]
    with pynetdicom_entity(contexts, {evt.EVT_N_CREATE: heard.take}) as remote:
        yield remote


def switched(queue: Queue, ae_title: str, *, on: bool = True) -> None:
    """A peer is told, or not."""

    async def change(tx: AsyncSession) -> None:
        (await known_peer(tx, ae_title)).availability = on

    queue.done(change)


def wanting(queue: Queue, remote: Remote, ae_title: str = "OTHER", institution: str = COUNTY) -> None:
    """A peer that wants to be told."""
    queue.register(ae_title, remote.port, institution=institution)
    switched(queue, ae_title)


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_settled_study_is_told_with_all_its_objects(queue: Queue, syntax: str) -> None:
    heard = Heard()
    with listening(heard, syntax) as remote:
        wanting(queue, remote)
        first = queue.place.send(StudyInstanceUID=STUDY)
        beside = queue.place.send(StudyInstanceUID=STUDY, Modality="SR")
        wait_until(lambda: heard.notices and len(heard.objects()) == 2)
        wait_until(lambda: {job.delivery for job in queue.jobs()} == {"delivered"})
    assert heard.objects() == {
        one.SOPInstanceUID: (one.SeriesInstanceUID, "ONLINE", "LIANZHEN") for one in (first, beside)
    }
    told = heard.notices[-1][1]
    assert (told.StudyInstanceUID, list(told.ReferencedPerformedProcedureStepSequence)) == (STUDY, [])
    job = queue.jobs()[-1]
    assert (job.kind, job.total, job.done, job.reason) == ("notify", 1, 1, "")


def test_nobody_is_told_who_did_not_ask(queue: Queue) -> None:
    """Off at first; and nobody hears of another institution's studies."""
    heard = Heard()
    with listening(heard) as remote:
        queue.register("QUIET", remote.port)
        wanting(queue, remote, "FOREIGN", CITY)
        wanting(queue, remote)
        switched(queue, "OTHER", on=False)
        switched(queue, "OTHER")
        queue.place.send(StudyInstanceUID=STUDY)
        wait_until(lambda: heard.notices)
    assert {job.peer_ae_title for job in queue.jobs()} == {"OTHER"}


def test_it_is_said_again_until_it_is_heard_under_the_same_uid(queue: Queue) -> None:
    heard = Heard(0x0110, 0x0111)
    with listening(heard) as remote:
        wanting(queue, remote)
        queue.place.send(StudyInstanceUID=STUDY)
        job = queue.reaches("waiting")
        wait_until(lambda: queue.job().reason == "dicom.notice_refused")
        assert queue.job().detail == "0110"
        queue.again(job.transfer_id)
        queue.reaches("delivered")
    assert len({uid for uid, _told in heard.notices}) == 1
    assert len(heard.notices) == 2


def test_a_peer_that_does_not_take_them_needs_a_person(queue: Queue) -> None:
    with pynetdicom_entity([(0, "1.2.840.10008.1.1", (EXPLICIT,))], {}) as remote:
        wanting(queue, remote)
        queue.place.send(StudyInstanceUID=STUDY)
        job = queue.reaches("failed")
    assert job.reason == "dicom.service_not_taken"
    engine = queue.place.node._reader
    with engine.connect() as connection:
        assert undelivered(connection, [STUDY]) == set(), "word of a study keeps nobody from destroying it"


def study_row(queue: Queue) -> Study:
    """The study's row."""
    (row,) = [row for row in rows_of(queue.place.node._reader, Study) if row.study_instance_uid == STUDY]
    return row


def destroyed(queue: Queue) -> str | None:
    """Destroy the study as an administrator has approved; its rule says that it is old."""

    async def rule(tx: AsyncSession) -> None:
        await add_rule(tx, Rule(keep_months=1), datetime.now(UTC))
        row = study_row(queue)
        facts = ("institution_id", "study_instance_uid", "study_date", "accession_number", "modalities")
        counts = ("source_ae_title", "instance_count", "byte_count")
        values = {name: getattr(row, name) for name in (*facts, *counts)}
        state = {"state": "approved", "kept_for": "", "decided_at": None, "keep_months": 1}
        tx.add(DestroyedStudy(destruction_id="d", **values, **state))

    queue.done(rule)
    later = datetime(2126, 1, 1, tzinfo=UTC)
    return queue.place.node.ingest.run(
        lambda connection, _now: carry_out(connection, "d", (COUNTY, STUDY), lambda *_: set(), later)
    )


def test_what_was_destroyed_is_told_object_by_object(either_queue: Queue) -> None:
    queue, heard = either_queue, Heard()
    with listening(heard) as remote:
        wanting(queue, remote)
        one = queue.place.send(StudyInstanceUID=STUDY)
        wait_until(lambda: heard.notices)
        assert destroyed(queue) == "destroyed"
        gone = [job for job in queue.jobs() if job.next_at and job.next_at.year > 2100]
        for job in gone:
            queue.again(job.transfer_id)
        wait_until(lambda: heard.objects()[one.SOPInstanceUID][1] == "UNAVAILABLE")
    assert heard.objects() == {one.SOPInstanceUID: (one.SeriesInstanceUID, "UNAVAILABLE", "LIANZHEN")}
    assert heard.notices[0][0] != heard.notices[-1][0]


def test_of_what_is_gone_by_then_it_is_not_said_that_it_is_there(queue: Queue) -> None:
    port = free_port()
    queue.register("OTHER", port)
    switched(queue, "OTHER")
    queue.place.send(StudyInstanceUID=STUDY)
    wait_until(lambda: queue.jobs() and queue.jobs()[0].reason == "dicom.peer_unreachable")
    (job,) = queue.jobs()
    assert destroyed(queue) == "destroyed"
    heard = Heard()
    with listening(heard) as remote:
        queue.move_to("OTHER", remote.port)
        queue.again(job.transfer_id)
        wait_until(lambda: queue.job(job.transfer_id).delivery == "delivered")
    assert heard.notices == []


def test_notices_are_forgotten_with_their_jobs(queue: Queue) -> None:
    heard = Heard()
    with listening(heard) as remote:
        wanting(queue, remote)
        queue.place.send(StudyInstanceUID=STUDY)
        queue.reaches("delivered")
    node = queue.place.node
    assert len(rows_of(node._reader, AvailabilityNotice)) == 1
    node.ingest.run(lambda connection, now: ledger.forget(connection, now + 2 * ledger.KEPT))
    assert (rows_of(node._reader, AvailabilityNotice), queue.jobs()) == ([], [])
