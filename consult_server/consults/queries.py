"""Lists of consults and of the studies they may be about."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, false, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.consults.access import study_scope, visible
from consult_server.consults.domain import EDITABLE, ServiceLine, Status
from consult_server.consults.tables import Consult, ConsultStep, Counter, Evidence
from consult_server.identity.domain import CLINICAL, READERS, Role, require_role
from consult_server.patients.domain import folded_query
from consult_server.patients.tables import Patient
from dicom_node.archive import matching
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Series, Study

PAGE = 60
ARRIVALS_MAX = 100
OPEN_AT_CENTRE = (Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING)
OPEN_FOR_APPLICANT = (Status.DRAFT, Status.RETURNED, *OPEN_AT_CENTRE, Status.SIGNED)
OPEN_FOR_READER = (Status.ASSIGNED, Status.REPORTING)
NOT_DUE = datetime(9999, 1, 1, tzinfo=UTC)  # what was never sent comes after what is promised
PRESSING = (Consult.urgency_rank, func.coalesce(Consult.due_at, NOT_DUE), Consult.consult_id)
ENDED = (Status.SIGNED, Status.CLOSED, Status.WITHDRAWN, Status.DECLINED)


class View(StrEnum):
    """Which consults a list shows."""

    MINE = "mine"
    DONE = "done"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class WorklistFilter:
    """What the caller asked a list for; `after` is the last consult_id of the page before."""

    view: View
    service_line: ServiceLine | None = None
    text: str = ""
    after: str | None = None


def _statuses(*values: Status) -> list[str]:
    return [status.value for status in values]


def _mine(principal: Principal) -> ColumnElement[bool]:
    reasons: list[ColumnElement[bool]] = [false()]
    if principal.has_role(Role.APPLICANT, Role.TECHNICIAN):
        reasons.append(
            and_(
                Consult.inviting_institution_id == principal.institution_id,
                Consult.status.in_(_statuses(*OPEN_FOR_APPLICANT)),
            )
        )
    if principal.has_role(Role.COORDINATOR):
        reasons.append(
            and_(
                Consult.invited_institution_id == principal.institution_id,
                Consult.status.in_(_statuses(*OPEN_AT_CENTRE)),
            )
        )
    if principal.has_role(*READERS):
        reasons.append(Consult.status == Status.ACCEPTED.value)
        reasons.append(
            and_(
                Consult.specialist_id == principal.account_id, Consult.status.in_(_statuses(*OPEN_FOR_READER))
            )
        )
    return or_(*reasons)


def _narrowed(statement: Select[Consult], wanted: WorklistFilter) -> Select[Consult]:
    if wanted.service_line is not None:
        statement = statement.where(Consult.service_line == wanted.service_line.value)
    folded = folded_query(wanted.text)
    if not folded:
        return statement
    return statement.outerjoin(Patient, Patient.patient_id == Consult.patient_id).where(
        or_(
            Patient.name_key.contains(folded, autoescape=True),
            Consult.number.startswith(wanted.text.strip(), autoescape=True),
            Consult.accession_number.startswith(wanted.text.strip(), autoescape=True),
        )
    )


async def worklist(view: AsyncSession, principal: Principal, wanted: WorklistFilter) -> list[Consult]:
    """One page: what waits by urgency and time left, other views newest first."""
    require_role(principal, *CLINICAL)
    statement = _narrowed(select(Consult).where(visible(principal)), wanted)
    if wanted.view is View.MINE:
        statement = statement.where(_mine(principal)).order_by(*PRESSING)
        last = await view.get(Consult, wanted.after) if wanted.after else None
        if last is not None:
            place = tuple_(last.urgency_rank, last.due_at or NOT_DUE, last.consult_id)
            statement = statement.where(tuple_(*PRESSING) > place)
    else:
        statement = statement.order_by(Consult.consult_id.desc())
        if wanted.view is View.DONE:
            statement = statement.where(Consult.status.in_(_statuses(*ENDED)))
        if wanted.after:
            statement = statement.where(Consult.consult_id < wanted.after)
    return list(await view.scalars(statement.limit(PAGE)))


async def steps_of(view: AsyncSession, consult_id: str) -> list[ConsultStep]:
    """The timeline of a consult already opened, oldest first."""
    return list(
        await view.scalars(
            select(ConsultStep).where(ConsultStep.consult_id == consult_id).order_by(ConsultStep.step_id)
        )
    )


async def evidence_of(view: AsyncSession, consult_id: str) -> list[Evidence]:
    """The kept verdicts of a consult already opened, oldest first."""
    return list(
        await view.scalars(
            select(Evidence).where(Evidence.consult_id == consult_id).order_by(Evidence.evidence_id)
        )
    )


async def counter(tx: AsyncSession, day: str) -> Counter:
    """The day's counter, locked; made when it is the first of the day."""
    locked = select(Counter).where(Counter.day == day).with_for_update()
    row = await tx.scalar(locked)
    if row is None:
        with suppress(IntegrityError):
            async with tx.begin_nested():
                tx.add(Counter(day=day, last=0))
        row = (await tx.scalars(locked)).one()
    return row


OWN_STUDY = select(Study).where(
    Study.institution_id == bindparam("institution_id"), Study.study_instance_uid == bindparam("uid")
)
OWNED = OWN_STUDY.with_only_columns(Study.study_key)
"""Asked with every image, hence made once."""


async def owns_study(view: AsyncSession, institution_id: str, study_instance_uid: str) -> bool:
    """Whether an institution has a copy of a study."""
    known = {"institution_id": institution_id, "uid": study_instance_uid}
    return (await view.execute(OWNED, known)).first() is not None


async def own_study(view: AsyncSession, institution_id: str, study_instance_uid: str) -> Study | None:
    """An institution's own copy of a study."""
    return await view.scalar(OWN_STUDY, {"institution_id": institution_id, "uid": study_instance_uid})


async def body_part(view: AsyncSession, study_key: str) -> str:
    """The first body part any series of a study names, else ''."""
    found = await view.scalar(
        select(Series.body_part_examined)
        .where(Series.study_key == study_key, Series.body_part_examined != "")
        .limit(1)
    )
    return found or ""


async def studies_of(view: AsyncSession, consults: Sequence[Consult]) -> dict[tuple[str, str], Study]:
    """The attached studies of consults already opened, by (institution_id, StudyInstanceUID)."""
    uids = {consult.study_instance_uid for consult in consults if consult.study_instance_uid}
    rows = await view.scalars(select(Study).where(Study.study_instance_uid.in_(uids)))
    return {(row.institution_id, row.study_instance_uid): row for row in rows}


async def arrivals(
    view: AsyncSession, principal: Principal, text: str, *, shared: bool = False
) -> list[Study]:
    """Studies the caller's institution has sent, newest first, by name, pinyin or number; with `shared`
    also those of other institutions that a consult lets the caller see.
    """
    require_role(principal, *CLINICAL)
    scope = await study_scope(view, principal, None)
    own = StudyScope(institution_ids=scope.institution_ids)
    found: list[Study] = []
    for part in matching.parts(scope if shared else own):
        found += await view.scalars(arrived(part.condition, text))
    return sorted(found, key=attrgetter("last_received_at"), reverse=True)[:ARRIVALS_MAX]


def arrived(within: ColumnElement[bool], text: str) -> Select[Study]:
    """The studies of one institution that came last, in the order of their index."""
    statement = select(Study).where(within).order_by(Study.last_received_at.desc()).limit(ARRIVALS_MAX)
    folded = folded_query(text)
    if not folded:
        return statement
    return statement.where(
        or_(
            Study.patient_name_key.contains(folded, autoescape=True),
            Study.patient_id.startswith(text.strip(), autoescape=True),
            Study.accession_number.startswith(text.strip(), autoescape=True),
        )
    )


async def consults_about(view: AsyncSession, institution_id: str, study_instance_uid: str) -> list[Consult]:
    """Open consults about one institution's copy of a study."""
    return list(
        await view.scalars(
            select(Consult).where(
                Consult.inviting_institution_id == institution_id,
                Consult.study_instance_uid == study_instance_uid,
                Consult.status.in_(_statuses(*OPEN_FOR_APPLICANT)),
            )
        )
    )


async def requested_studies(view: AsyncSession, institution_id: str, uids: set[str]) -> dict[str, Consult]:
    """For each of these studies the newest consult that asks about it, by StudyInstanceUID."""
    rows = await view.scalars(
        select(Consult)
        .where(Consult.inviting_institution_id == institution_id, Consult.study_instance_uid.in_(uids))
        .order_by(Consult.consult_id)
    )
    return {row.study_instance_uid: row for row in rows if row.study_instance_uid}


async def known_requests(
    view: AsyncSession, principal: Principal, studies: Sequence[Study]
) -> dict[tuple[str, str], Consult]:
    """For each of these studies the newest consult about it that the caller may know of, by
    (institution_id, StudyInstanceUID).
    """
    uids = {study.study_instance_uid for study in studies}
    rows = await view.scalars(
        select(Consult)
        .where(visible(principal), Consult.study_instance_uid.in_(uids))
        .order_by(Consult.consult_id)
    )
    return {(row.inviting_institution_id, row.study_instance_uid or ""): row for row in rows}


async def study_by_accession(view: AsyncSession, institution_id: str, accession_number: str) -> Study | None:
    """An institution's settled study of that number."""
    return await view.scalar(
        select(Study).where(
            Study.institution_id == institution_id,
            Study.accession_number == accession_number,
            Study.settled_at.is_not(None),
        )
    )


async def waiting_for_study(tx: AsyncSession, consult_id: str) -> Consult | None:
    """A request that is still being written and has no study, locked; None for any other."""
    return await tx.scalar(
        select(Consult)
        .where(
            Consult.consult_id == consult_id,
            Consult.study_instance_uid.is_(None),
            Consult.status.in_(_statuses(*EDITABLE)),
        )
        .with_for_update()
    )


def studies_referred_to(connection: Connection, study_instance_uids: Collection[str]) -> set[str]:
    """Which of these studies a consult refers to, whatever became of it: its report speaks of them."""
    question = select(Consult.study_instance_uid).where(Consult.study_instance_uid.in_(study_instance_uids))
    return {str(uid) for uid in connection.scalars(question)}
