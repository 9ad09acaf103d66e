"""Which earlier studies a consult lends to those who read for it. Default deny.

A consult lends the earlier studies of its patient: those of the inviting institution by its own patient
number; those of another institution where the patient index links the two registrations
(`patients.queries.same_person`) and that institution has agreed to have this service line read by the
reader's institution on the day the consult was sent. Equal patient numbers of two institutions link nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from config.kernel.principal import Principal
from consult_server.consults.domain import Status
from consult_server.consults.tables import Consult
from consult_server.identity.domain import READERS, Role
from consult_server.institutions.domain import AgreementTerms
from consult_server.institutions.queries import agreements_with
from consult_server.patients.queries import same_person
from consult_server.patients.tables import Patient
from dicom_node.archive.tables import Study

Given: TypeAlias = str | BindParameter[str]
EARLIER_MAX = 200
# Once a request is back with its author, refused or taken back, the images are no longer lent.
LENDING = (Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED, Status.CLOSED)


def known_where_invited(
    roles: frozenset[str], institution_id: Given, account_id: Given
) -> list[ColumnElement[bool]]:
    """The consults these people of the invited institution may know of, each reason a condition."""
    at_invited = and_(Consult.invited_institution_id == institution_id, Consult.submitted_at.is_not(None))
    reasons: list[ColumnElement[bool]] = [at_invited] if Role.COORDINATOR in roles else []
    if not roles.isdisjoint(READERS):
        claimable = or_(Consult.status == Status.ACCEPTED.value, Consult.specialist_id == account_id)
        reasons.append(and_(at_invited, claimable))
    return reasons


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """An earlier study that a consult may lend. Birth dates are DA; '' where the images do not say."""

    institution_id: str
    study_instance_uid: str
    said_birth_date: str
    birth_date: date
    inviting_institution_id: str
    service_line: str
    submitted_on: date


def is_lent(
    one: Earlier, reader_institution_id: str, agreed: Mapping[str, Collection[AgreementTerms]]
) -> bool:
    """Whether a reader's institution may see an earlier study, under what others agreed with it."""
    if one.said_birth_date not in {"", f"{one.birth_date:%Y%m%d}"}:
        return False
    if one.institution_id in {one.inviting_institution_id, reader_institution_id}:
        return True
    terms = agreed.get(one.institution_id, ())
    return any(term.covers(one.service_line, one.submitted_on) for term in terms)


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
            or_(*known_where_invited(roles, bindparam("institution_id"), bindparam("account_id"))),
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
