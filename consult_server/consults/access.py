"""Who may know of which consult. Everything that opens a consult goes through here."""

from functools import lru_cache

from sqlalchemy import ColumnElement, Select, bindparam, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.consults.domain import ConsultNotFound
from consult_server.consults.lending import LENDING, Given, known_where_invited, lent_as_earlier
from consult_server.consults.tables import Consult
from consult_server.identity.domain import CLINICAL, Role
from dicom_node.archive.scope import NOTHING, StudyScope

SHARED_STUDIES_MAX = 2_000


def visible(principal: Principal) -> ColumnElement[bool]:
    """The consults this caller may know of, as a condition."""
    return _known_to(principal.roles, principal.institution_id, principal.account_id)


def _known_to(roles: frozenset[str], institution_id: Given, account_id: Given) -> ColumnElement[bool]:
    reasons: list[ColumnElement[bool]] = [false()]
    if not roles.isdisjoint({Role.APPLICANT, Role.TECHNICIAN}):
        reasons.append(Consult.inviting_institution_id == institution_id)
    reasons += known_where_invited(roles, institution_id, account_id)
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
    """What the caller may see in the archive: their institution's studies, and those of their consults.

    With `study_instance_uid`, of what consults lend only that study, also as a patient's earlier one.
    """
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
    shared = frozenset((institution_id, uid) for institution_id, uid in rows if uid)
    if study_instance_uid is not None and not shared:
        shared = await lent_as_earlier(view, principal, study_instance_uid)
    return StudyScope(
        institution_ids=frozenset({principal.institution_id}),
        shared=shared,
        store_as=principal.institution_id,
    )
