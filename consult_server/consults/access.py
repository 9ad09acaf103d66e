"""Who may know of which consult. Everything that opens a consult goes through here."""

from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.consults.domain import ConsultNotFound, Status
from consult_server.consults.tables import Consult
from consult_server.identity.domain import CLINICAL, READERS, Role
from dicom_node.archive.scope import NOTHING, StudyScope

Given: TypeAlias = str | BindParameter[str]
SHARED_STUDIES_MAX = 2_000
# Once a request is back with its author, refused or taken back, the images are no longer lent.
LENDING = (Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED, Status.CLOSED)


def visible(principal: Principal) -> ColumnElement[bool]:
    """The consults this caller may know of, as a condition."""
    return _known_to(principal.roles, principal.institution_id, principal.account_id)


def _known_to(roles: frozenset[str], institution_id: Given, account_id: Given) -> ColumnElement[bool]:
    reasons: list[ColumnElement[bool]] = [false()]
    if not roles.isdisjoint({Role.APPLICANT, Role.TECHNICIAN}):
        reasons.append(Consult.inviting_institution_id == institution_id)
    at_invited = and_(Consult.invited_institution_id == institution_id, Consult.submitted_at.is_not(None))
    if Role.COORDINATOR in roles:
        reasons.append(at_invited)
    if not roles.isdisjoint(READERS):
        reasons.append(
            and_(
                at_invited, or_(Consult.status == Status.ACCEPTED.value, Consult.specialist_id == account_id)
            )
        )
    return or_(*reasons)


async def get_consult(view: AsyncSession, principal: Principal, consult_id: str) -> Consult:
    """A consult the caller may know of. Raises ConsultNotFound, also for one they may not."""
    row = await view.scalar(select(Consult).where(Consult.consult_id == consult_id, visible(principal)))
    if row is None:
        raise ConsultNotFound
    return row


async def get_consult_locked(tx: AsyncSession, principal: Principal, consult_id: str) -> Consult:
    """The consult, locked until the transaction ends: one writer at a time. Raises ConsultNotFound."""
    row = await tx.scalar(
        select(Consult).where(Consult.consult_id == consult_id, visible(principal)).with_for_update()
    )
    if row is None:
        raise ConsultNotFound
    return row


async def get_consult_version(
    tx: AsyncSession, principal: Principal, consult_id: str, version: int
) -> Consult:
    """The consult, locked for writing, when it still has that version. Raises VersionPassed."""
    row = await get_consult_locked(tx, principal, consult_id)
    if row.version != version:
        raise VersionPassed(version=row.version)
    return row


@lru_cache(maxsize=256)
def _lent_studies(roles: frozenset[str], *, named: bool) -> Select[str, str | None]:
    """The studies that consults known to people of these roles lend; made once, asked with every image."""
    statement = select(Consult.inviting_institution_id, Consult.study_instance_uid).where(
        _known_to(roles, bindparam("institution_id"), bindparam("account_id")),
        Consult.study_instance_uid.is_not(None),
        Consult.status.in_([status.value for status in LENDING]),
    )
    if named:
        statement = statement.where(Consult.study_instance_uid == bindparam("study_instance_uid"))
    return statement.order_by(Consult.consult_id.desc()).limit(SHARED_STUDIES_MAX)


async def study_scope(view: AsyncSession, principal: Principal, study_instance_uid: str | None) -> StudyScope:
    """What the caller may see in the archive: their institution's studies, and those of their consults."""
    if not principal.has_role(*CLINICAL):
        return NOTHING
    rows = await view.execute(
        _lent_studies(principal.roles, named=study_instance_uid is not None),
        {
            "institution_id": principal.institution_id,
            "account_id": principal.account_id,
            "study_instance_uid": study_instance_uid,
        },
    )
    return StudyScope(
        institution_ids=frozenset({principal.institution_id}),
        shared=frozenset((institution_id, uid) for institution_id, uid in rows if uid),
        store_as=principal.institution_id,
    )


async def institutions_reading(view: AsyncSession, institution_id: str, study_instance_uid: str) -> list[str]:
    """Whose people may read a study of an institution: its own, and those it was lent to by a consult."""
    lent = await view.scalars(
        select(Consult.invited_institution_id)
        .where(
            Consult.inviting_institution_id == institution_id,
            Consult.study_instance_uid == study_instance_uid,
            Consult.status.in_([status.value for status in LENDING]),
            Consult.invited_institution_id.is_not(None),
        )
        .distinct()
        .limit(SHARED_STUDIES_MAX)
    )
    return sorted({institution_id, *(one for one in lent if one)})
