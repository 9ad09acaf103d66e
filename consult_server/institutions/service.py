"""Registering institutions and agreements."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.institutions import queries
from consult_server.institutions.domain import AgreementDatesWrong, Level
from consult_server.institutions.tables import Agreement, Institution


@dataclass(frozen=True, kw_only=True)
class NewInstitution:
    """What must be known of an institution."""

    name: str
    level: Level
    runs_centre: bool
    issuer_of_patient_id: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class NewAgreement:
    """What two institutions agreed."""

    inviting_institution_id: str
    invited_institution_id: str
    service_lines: list[str]
    valid_from: date
    valid_to: date


async def register(tx: AsyncSession, principal: Principal, new: NewInstitution, now: datetime) -> Institution:
    """Register an institution. Raises InstitutionExists, IssuerExists."""
    await queries.refuse_known(tx, new.name, new.issuer_of_patient_id)
    row = Institution(
        institution_id=new_id(),
        name=new.name,
        level=new.level.value,
        runs_centre=new.runs_centre,
        issuer_of_patient_id=new.issuer_of_patient_id,
        phone=new.phone,
        created_at=now,
    )
    tx.add(row)
    record(tx, principal, "institution.register", "institution", row.institution_id, now)
    await tx.flush()
    return row


async def agree(tx: AsyncSession, principal: Principal, new: NewAgreement, now: datetime) -> Agreement:
    """Record an agreement between two registered institutions.

    Raises InstitutionNotFound, AgreementDatesWrong.
    """
    if new.valid_to < new.valid_from:
        raise AgreementDatesWrong
    inviting = await queries.institution(tx, new.inviting_institution_id)
    invited = await queries.institution(tx, new.invited_institution_id)
    row = Agreement(
        agreement_id=new_id(),
        inviting_institution_id=inviting.institution_id,
        invited_institution_id=invited.institution_id,
        service_lines=sorted(set(new.service_lines)),
        valid_from=new.valid_from,
        valid_to=new.valid_to,
        created_at=now,
    )
    tx.add(row)
    record(tx, principal, "agreement.record", "agreement", row.agreement_id, now)
    await tx.flush()
    return row
