"""Ordering an examination: row, worklist, audit and event in one transaction."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from config.kernel.principal import Principal, Proof
from consult_server.audit.service import record
from consult_server.consults.access import get_consult
from consult_server.consults.domain import URGENCY_RANK, Urgency
from consult_server.exams import queries
from consult_server.exams.access import get_exam_version
from consult_server.exams.domain import (
    ExamNotOfConsult,
    ExamOrder,
    ExamStatus,
    ExamVerb,
    StationUnknown,
    accession_number,
    checked_time,
    next_status,
    require_orderer,
)
from consult_server.exams.events import ExamChanged
from consult_server.exams.listing import scheduled_step
from consult_server.exams.tables import Exam
from consult_server.identity.access import account_by_id
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import institution
from consult_server.patients.access import own_patient, patient_of_consult
from consult_server.tables import outbox
from dicom_node.worklist.scheduling import schedule, withdraw


def study_uid_of(exam_id: str) -> str:
    """The Study Instance UID of an examination, made of its id for good (PS3.5 B.2)."""
    return f"2.25.{uuid.UUID(exam_id).int}"


def node_at(institution_id: str, ae_title: str) -> Principal:
    """The node as the one who acts, when a device of an institution tells of an examination."""
    return Principal(
        account_id="dicom-node",
        name=ae_title,
        institution_id=institution_id,
        roles=frozenset(),
        proof=Proof.NONE,
        address=ae_title,
    )


async def order(
    tx: AsyncSession,
    principal: Principal,
    patient_id: str,
    wanted: ExamOrder,
    zone: ZoneInfo,
    now: datetime,
    consult_id: str | None = None,
) -> Exam:
    """Order an examination of the caller's patient at the caller's institution, for a request or none.

    Raises RoleMissing, PatientNotFound, ConsultNotFound, ExamNotOfConsult, ExamTimeWrong, StationUnknown,
    NumbersUsedUp.
    """
    require_role(principal, Role.APPLICANT)
    patient = await own_patient(tx, principal, patient_id)
    if consult_id is not None:
        consult = await get_consult(tx, principal, consult_id)
        if (consult.inviting_institution_id, consult.patient_id) != (
            principal.institution_id,
            patient.patient_id,
        ):
            raise ExamNotOfConsult
    day = now.astimezone(zone).strftime("%Y%m%d")
    counter = await queries.counter(tx, principal.institution_id, day)
    counter.last += 1
    exam_id = new_id()
    exam = Exam(
        exam_id=exam_id,
        institution_id=principal.institution_id,
        version=1,
        status=ExamStatus.SCHEDULED.value,
        patient_id=patient.patient_id,
        applicant_id=principal.account_id,
        consult_id=consult_id,
        accession_number=accession_number(day, counter.last),
        study_instance_uid=study_uid_of(exam_id),
        performed_by="",
        cancel_reason="",
        created_at=now,
    )
    await _fill(tx, exam, wanted, now)
    tx.add(exam)
    await _list(tx, exam, zone, now)
    record(tx, principal, "exam.order", "exam", exam_id, now, modality=exam.modality)
    await announce(tx, exam, "order", now)
    return exam


async def change(
    tx: AsyncSession,
    principal: Principal,
    exam_id: str,
    version: int,
    wanted: ExamOrder,
    zone: ZoneInfo,
    now: datetime,
) -> Exam:
    """Order it otherwise while nobody has begun. Patient, numbers and UID stay.

    Raises ExamNotFound, VersionPassed, ExamNotYours, ExamStepNotPossible, StepBegun and as `order`.
    """
    exam = await get_exam_version(tx, principal, exam_id, version)
    require_orderer(principal, ExamVerb.CHANGE)
    await _fill(tx, exam, wanted, now)
    await move(tx, principal, exam, ExamVerb.CHANGE, now)
    await _list(tx, exam, zone, now)
    return exam


async def cancel(
    tx: AsyncSession, principal: Principal, exam_id: str, version: int, reason: str, now: datetime
) -> Exam:
    """Take an order back; it leaves the worklist with this transaction. Raises as `change`."""
    exam = await get_exam_version(tx, principal, exam_id, version)
    require_orderer(principal, ExamVerb.CANCEL)
    exam.cancel_reason = reason
    await move(tx, principal, exam, ExamVerb.CANCEL, now)
    await withdraw(tx, exam.exam_id, now)
    return exam


async def move(tx: AsyncSession, principal: Principal, exam: Exam, verb: ExamVerb, now: datetime) -> None:
    """One step of an examination: status, times, audit and news. Raises ExamStepNotPossible."""
    after = next_status(verb, ExamStatus(exam.status))
    exam.status, exam.version = after.value, exam.version + 1
    if after is ExamStatus.STARTED:
        exam.started_at, exam.ended_at = now, None
    elif after is not ExamStatus.SCHEDULED:
        exam.ended_at = now
    record(tx, principal, f"exam.{verb.value}", "exam", exam.exam_id, now, version=exam.version)
    await announce(tx, exam, verb.value, now)


async def _fill(tx: AsyncSession, exam: Exam, wanted: ExamOrder, now: datetime) -> None:
    if wanted.station_ae_title and wanted.station_ae_title not in await queries.stations(
        tx, exam.institution_id
    ):
        raise StationUnknown
    exam.scheduled_at = checked_time(wanted.scheduled_at, now)
    exam.modality, exam.body_part = wanted.modality.value, wanted.body_part.value
    exam.procedure, exam.reason = wanted.procedure, wanted.reason
    exam.urgency, exam.urgency_rank = wanted.urgency, URGENCY_RANK[Urgency(wanted.urgency)]
    exam.station_ae_title = wanted.station_ae_title


async def _list(tx: AsyncSession, exam: Exam, zone: ZoneInfo, now: datetime) -> None:
    step = scheduled_step(
        exam,
        patient=await patient_of_consult(tx, exam.patient_id),
        applicant=await account_by_id(tx, exam.applicant_id),
        institution=await institution(tx, exam.institution_id),
        zone=zone,
    )
    await schedule(tx, step, now)


async def announce(tx: AsyncSession, exam: Exam, verb: str, now: datetime) -> None:
    """Tell the institution's people that an examination has a new version."""
    event = ExamChanged(
        subject=exam.exam_id,
        institution_id=exam.institution_id,
        exam_id=exam.exam_id,
        version=exam.version,
        verb=verb,
        status=exam.status,
    )
    await outbox.add(tx, event, now)
