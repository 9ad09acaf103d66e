"""Lists of examinations, and what numbers and devices an institution has."""

from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum

from sqlalchemy import Select, and_, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.consults.tables import Consult
from consult_server.exams.access import own_exams
from consult_server.exams.domain import OPEN
from consult_server.exams.tables import Exam, ExamCounter
from consult_server.patients.domain import folded_number, folded_query
from consult_server.patients.tables import Patient
from dicom_node.archive.tables import Study
from dicom_node.peers import list_peers

PAGE = 60
PRESSING = (Exam.urgency_rank, Exam.scheduled_at, Exam.exam_id)


class ExamView(StrEnum):
    """Which examinations a list shows."""

    OPEN = "open"
    ENDED = "ended"
    ALL = "all"


def _narrowed(statement: Select[Exam], text: str) -> Select[Exam]:
    folded = folded_query(text)
    if not folded:
        return statement
    number = folded_number(text)
    return statement.join(Patient, Patient.patient_id == Exam.patient_id).where(
        or_(
            Patient.name_key.contains(folded, autoescape=True),
            Patient.identifier.startswith(number, autoescape=True),
            Exam.accession_number.startswith(number.upper(), autoescape=True),
        )
    )


async def exams(
    view: AsyncSession, principal: Principal, which: ExamView, text: str, after: str | None
) -> list[Exam]:
    """One page: what is to be made by urgency and time, other views newest first."""
    statement = _narrowed(select(Exam).where(own_exams(principal)), text)
    open_now = Exam.status.in_([status.value for status in OPEN])
    if which is ExamView.OPEN:
        statement = statement.where(open_now).order_by(*PRESSING)
        last = await view.get(Exam, after) if after else None
        if last is not None:
            place = tuple_(last.urgency_rank, last.scheduled_at, last.exam_id)
            statement = statement.where(tuple_(*PRESSING) > place)
    else:
        statement = statement.order_by(Exam.exam_id.desc())
        if which is ExamView.ENDED:
            statement = statement.where(~open_now)
        if after:
            statement = statement.where(Exam.exam_id < after)
    return list(await view.scalars(statement.limit(PAGE)))


async def exams_of_consult(view: AsyncSession, consult: Consult) -> list[Exam]:
    """What was ordered for a request, and the examination whose study it is about, newest first."""
    its_study = and_(
        Exam.institution_id == consult.inviting_institution_id,
        Exam.study_instance_uid == consult.study_instance_uid,
    )
    question = select(Exam).where(or_(Exam.consult_id == consult.consult_id, its_study))
    return list(await view.scalars(question.order_by(Exam.exam_id.desc()).limit(PAGE)))


async def counter(tx: AsyncSession, institution_id: str, day: str) -> ExamCounter:
    """An institution's counter of a day, locked; made when it is the first of the day."""
    locked = (
        select(ExamCounter)
        .where(ExamCounter.institution_id == institution_id, ExamCounter.day == day)
        .with_for_update()
    )
    row = await tx.scalar(locked)
    if row is None:
        with suppress(IntegrityError):
            async with tx.begin_nested():
                tx.add(ExamCounter(institution_id=institution_id, day=day, last=0))
        row = (await tx.scalars(locked)).one()
    return row


async def stations(view: AsyncSession, institution_id: str) -> list[str]:
    """The AE titles of an institution's devices that are let in."""
    peers = await list_peers(view)
    return [peer.ae_title for peer in peers if peer.institution_id == institution_id and peer.enabled]


async def studies_of(view: AsyncSession, rows: Sequence[Exam]) -> dict[tuple[str, str], Study]:
    """The arrived studies of these examinations, by (institution_id, StudyInstanceUID)."""
    uids = {row.study_instance_uid for row in rows}
    found = await view.scalars(select(Study).where(Study.study_instance_uid.in_(uids)))
    return {(study.institution_id, study.study_instance_uid): study for study in found}
