"""Who may see and change marks: all who may read the study see them, the author changes them."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.annotations.domain import AnnotationNotFound, AnnotationNotYours
from consult_server.annotations.tables import Annotation, Filed
from consult_server.consults.access import study_scope
from consult_server.identity.tables import Account
from dicom_node.archive.queries import find_instance, find_study
from dicom_node.archive.tables import Instance, Study

FILINGS_LISTED_MAX = 200


async def readable_study(view: AsyncSession, principal: Principal, study_instance_uid: str) -> Study:
    """The study when the caller may read it. Raises StudyNotFound, also for one they may not."""
    scope = await study_scope(view, principal, study_instance_uid)
    return await find_study(view, scope, study_instance_uid)


async def readable_image(
    view: AsyncSession, principal: Principal, study: Study, series_instance_uid: str, sop_instance_uid: str
) -> Instance:
    """An image of a readable study. Raises InstanceNotFound."""
    uid = study.study_instance_uid
    scope = await study_scope(view, principal, uid)
    return await find_instance(view, scope, uid, sop_instance_uid, series_instance_uid)


async def marks_of(view: AsyncSession, study: Study) -> Sequence[tuple[Annotation, str]]:
    """The marks on a study in order of making, each with its author's name."""
    found = await view.execute(
        select(Annotation, Account.name)
        .join(Account, Account.account_id == Annotation.author_id)
        .where(
            Annotation.study_instance_uid == study.study_instance_uid,
            Annotation.institution_id == study.institution_id,
            Annotation.removed_at.is_(None),
        )
        .order_by(Annotation.created_at, Annotation.annotation_id)
    )
    return [(row[0], row[1]) for row in found]


async def count_of(view: AsyncSession, study: Study, author_id: str) -> int:
    """How many marks a reader has on a study, removed ones included."""
    return (
        await view.scalar(
            select(func.count())
            .select_from(Annotation)
            .where(
                Annotation.study_instance_uid == study.study_instance_uid,
                Annotation.institution_id == study.institution_id,
                Annotation.author_id == author_id,
            )
        )
        or 0
    )


async def own_mark(
    tx: AsyncSession, principal: Principal, study: Study, annotation_id: str, version: int
) -> Annotation | None:
    """The caller's mark, locked, when it still has that version; None when there is none yet (version 0).

    Raises AnnotationNotFound, AnnotationNotYours, VersionPassed.
    """
    row = await tx.scalar(
        select(Annotation).where(Annotation.annotation_id == annotation_id).with_for_update()
    )
    if row is None:
        if version == 0:
            return None
        raise AnnotationNotFound
    place = (row.institution_id, row.study_instance_uid)
    if place != (study.institution_id, study.study_instance_uid):
        raise AnnotationNotFound
    if row.author_id != principal.account_id:
        raise AnnotationNotYours
    if row.version != version:
        raise VersionPassed(version=row.version)
    return row


async def all_of(view: AsyncSession, study: Study, author_id: str) -> Sequence[Annotation]:
    """A reader's marks on a study in order of making, removed ones included."""
    found = await view.scalars(
        select(Annotation)
        .where(
            Annotation.study_instance_uid == study.study_instance_uid,
            Annotation.institution_id == study.institution_id,
            Annotation.author_id == author_id,
        )
        .order_by(Annotation.created_at, Annotation.annotation_id)
    )
    return found.all()


async def last_filing(view: AsyncSession, study: Study, author_id: str) -> Filed | None:
    """A reader's last filing of a study."""
    found: Filed | None = await view.scalar(
        select(Filed)
        .where(
            Filed.study_instance_uid == study.study_instance_uid,
            Filed.institution_id == study.institution_id,
            Filed.author_id == author_id,
        )
        .order_by(Filed.number.desc())
        .limit(1)
    )
    return found


async def filings_of(view: AsyncSession, study: Study) -> Sequence[Filed]:
    """The filings of a study, the last ones first."""
    found = await view.scalars(
        select(Filed)
        .where(
            Filed.study_instance_uid == study.study_instance_uid, Filed.institution_id == study.institution_id
        )
        .order_by(Filed.filed_at.desc(), Filed.number.desc(), Filed.filing_id)
        .limit(FILINGS_LISTED_MAX)
    )
    return found.all()
