"""The only way from an id to an examination: the caller's own institution."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.exams.domain import ExamNotFound
from consult_server.exams.tables import Exam
from consult_server.identity.domain import Role, require_role

ORDERING = (Role.APPLICANT, Role.TECHNICIAN)


def own_exams(principal: Principal) -> ColumnElement[bool]:
    """The examinations this caller may know of, as a condition. Raises RoleMissing."""
    require_role(principal, *ORDERING)
    return Exam.institution_id == principal.institution_id


async def get_exam(view: AsyncSession, principal: Principal, exam_id: str) -> Exam:
    """An examination of the caller's institution. Raises ExamNotFound, also for another's."""
    row = await view.scalar(select(Exam).where(Exam.exam_id == exam_id, own_exams(principal)))
    if row is None:
        raise ExamNotFound
    return row


async def get_exam_version(tx: AsyncSession, principal: Principal, exam_id: str, version: int) -> Exam:
    """The examination, locked for writing, when it still has that version. Raises VersionPassed."""
    row = await tx.scalar(select(Exam).where(Exam.exam_id == exam_id, own_exams(principal)).with_for_update())
    if row is None:
        raise ExamNotFound
    if row.version != version:
        raise VersionPassed(version=row.version)
    return row


async def told_exam(tx: AsyncSession, institution_id: str, exam_id: str) -> Exam | None:
    """The examination that the node tells of, locked; None when it is none of ours."""
    return await tx.scalar(
        select(Exam).where(Exam.exam_id == exam_id, Exam.institution_id == institution_id).with_for_update()
    )


async def exam_of_study(tx: AsyncSession, institution_id: str, study_instance_uid: str) -> Exam | None:
    """The examination whose images these are, locked; None when nobody ordered them."""
    return await tx.scalar(
        select(Exam)
        .where(Exam.institution_id == institution_id, Exam.study_instance_uid == study_instance_uid)
        .with_for_update()
    )
