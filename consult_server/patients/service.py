"""Registering patients."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Invalid
from config.kernel.ids import new_id
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.identity.domain import CLINICAL, require_role
from consult_server.institutions.queries import institution
from consult_server.patients import access
from consult_server.patients.domain import checked_id_no, folded_number, name_key
from consult_server.patients.tables import Patient

AGE_YEARS_MAX = 130


class BirthDateWrong(Invalid):
    """The birth date is in the future or more than 130 years ago."""

    code = "patients.birth_date_wrong"


@dataclass(frozen=True, kw_only=True)
class NewPatient:
    """What must be known of a patient. `sex` is DICOM's M, F or O."""

    identifier: str
    name: str
    sex: str
    birth_date: date
    id_no: str
    phone: str


async def register(tx: AsyncSession, principal: Principal, new: NewPatient, now: datetime) -> Patient:
    """Register a patient at the caller's institution. Raises PatientExists, IdNumberWrong, BirthDateWrong."""
    require_role(principal, *CLINICAL)
    if not 0 <= (now.date() - new.birth_date).days <= AGE_YEARS_MAX * 366:
        raise BirthDateWrong
    home = await institution(tx, principal.institution_id)
    identifier = folded_number(new.identifier)
    await access.refuse_known_identifier(tx, home.institution_id, identifier)
    row = Patient(
        patient_id=new_id(),
        institution_id=home.institution_id,
        identifier=identifier,
        issuer=home.issuer_of_patient_id,
        name=new.name,
        name_key=name_key(new.name),
        sex=new.sex,
        birth_date=new.birth_date,
        id_no=checked_id_no(new.id_no),
        phone=new.phone,
        created_at=now,
    )
    tx.add(row)
    record(tx, principal, "patient.register", "patient", row.patient_id, now)
    await tx.flush()
    return row
