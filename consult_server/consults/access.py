"""Who may know of which consult. Everything that opens a consult goes through here."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.consults.domain import ConsultNotFound, Status
from consult_server.consults.lending import LENDING, Earlier, is_lent
from consult_server.consults.tables import Consult
from consult_server.identity.domain import CLINICAL, READERS, Role
from consult_server.institutions.domain import AgreementTerms
from consult_server.institutions.queries import agreements_with
from consult_server.patients.queries import same_person
from consult_server.patients.tables import Patient
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.archive.tables import Study

Given: TypeAlias = str | BindParameter[str]
SHARED_STUDIES_MAX = 2_000
EARLIER_MAX = 200


def visible(principal: Principal) -> ColumnElement[bool]:
    """The consults this caller may know of, as a condition."""
    return _known_to(principal.roles, principal.institution_id, principal.account_id)


def _known_where_invited(
    roles: frozenset[str], institution_id: Given, account_id: Given
) -> list[ColumnElement[bool]]:
    """The consults these people of the invited institution may know of, each reason a condition."""
    at_invited = and_(Consult.invited_institution_id == institution_id, Consult.submitted_at.is_not(None))
    reasons: list[ColumnElement[bool]] = [at_invited] if Role.COORDINATOR in roles else []
    if not roles.isdisjoint(READERS):
        claimable = or_(Consult.status == Status.ACCEPTED.value, Consult.specialist_id == account_id)
        reasons.append(and_(at_invited, claimable))
    return reasons


def _known_to(roles: frozenset[str], institution_id: Given, account_id: Given) -> ColumnElement[bool]:
    reasons: list[ColumnElement[bool]] = [false()]
    if not roles.isdisjoint({Role.APPLICANT, Role.TECHNICIAN}):
        reasons.append(Consult.inviting_institution_id == institution_id)
    reasons += _known_where_invited(roles, institution_id, account_id)
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


@lru_cache(maxsize=256)
def _candidates(roles: frozenset[str], named: str) -> Select[str, str, str, date, str, str, datetime | None]:
    asked, earlier, registered = aliased(Study), aliased(Study), aliased(Patient)
    of_the_person = and_(
        earlier.institution_id == registered.institution_id,
        earlier.patient_id == registered.identifier,
        or_(earlier.issuer_of_patient_id == "", earlier.issuer_of_patient_id == registered.issuer),
    )
    before = and_(
        earlier.study_instance_uid != asked.study_instance_uid,
        earlier.study_date != "",
        earlier.study_date <= asked.study_date,
    )
    statement = (
        select(
            earlier.institution_id,
            earlier.study_instance_uid,
            earlier.patient_birth_date,
            registered.birth_date,
            Consult.inviting_institution_id,
            Consult.service_line,
            Consult.submitted_at,
        )
        .select_from(Consult)
        .join(Patient, Patient.patient_id == Consult.patient_id)
        .join(
            asked,
            and_(
                asked.institution_id == Consult.inviting_institution_id,
                asked.study_instance_uid == Consult.study_instance_uid,
            ),
        )
        .join(registered, same_person(Patient, registered))
        .join(earlier, and_(of_the_person, before))
        .where(
            or_(*_known_where_invited(roles, bindparam("institution_id"), bindparam("account_id"))),
            Consult.status.in_([status.value for status in LENDING]),
        )
    )
    column = earlier.study_instance_uid if named == "earlier" else asked.study_instance_uid
    statement = statement.where(column == bindparam("study_instance_uid"))
    return statement.order_by(earlier.study_date.desc(), earlier.study_key).limit(EARLIER_MAX)


async def _lent(
    view: AsyncSession, principal: Principal, study_instance_uid: str, named: str
) -> frozenset[tuple[str, str]]:
    if principal.roles.isdisjoint({Role.COORDINATOR, *READERS}):
        return frozenset()
    rows = await view.execute(
        _candidates(principal.roles, named),
        {
            "institution_id": principal.institution_id,
            "account_id": principal.account_id,
            "study_instance_uid": study_instance_uid,
        },
    )
    found = [
        Earlier(
            institution_id=row[0],
            study_instance_uid=row[1],
            said_birth_date=row[2],
            birth_date=row[3],
            inviting_institution_id=row[4],
            service_line=row[5],
            submitted_on=row[6].date(),
        )
        for row in rows
        if row[6] is not None
    ]
    agreed = await _agreed(view, principal, found)
    return frozenset(
        (one.institution_id, one.study_instance_uid)
        for one in found
        if is_lent(one, principal.institution_id, agreed)
    )


async def _agreed(
    view: AsyncSession, principal: Principal, found: Sequence[Earlier]
) -> dict[str, list[AgreementTerms]]:
    others = {one.institution_id for one in found if one.institution_id != one.inviting_institution_id}
    agreed: dict[str, list[AgreementTerms]] = {}
    for row in await agreements_with(view, others - {principal.institution_id}, principal.institution_id):
        agreed.setdefault(row.inviting_institution_id, []).append(row.terms)
    return agreed


async def lent_as_earlier(
    view: AsyncSession, principal: Principal, study_instance_uid: str
) -> frozenset[tuple[str, str]]:
    """The copies of this study that consults known to the caller lend as their patient's earlier study."""
    return await _lent(view, principal, study_instance_uid, "earlier")


async def earlier_lent_with(
    view: AsyncSession, principal: Principal, study_instance_uid: str
) -> frozenset[tuple[str, str]]:
    """The earlier studies that consults about this study lend the caller, newest first where too many."""
    return await _lent(view, principal, study_instance_uid, "asked")


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
