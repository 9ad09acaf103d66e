"""The only way from an id to a patient: the caller's own institution."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from consult_server.identity.domain import CLINICAL, require_role
from consult_server.patients.domain import PatientExists, PatientNotFound
from consult_server.patients.tables import Patient


async def own_patient(view: AsyncSession, principal: Principal, patient_id: str) -> Patient:
    """A patient of the caller's institution. Raises PatientNotFound."""
    require_role(principal, *CLINICAL)
    row = await view.get(Patient, patient_id)
    if row is None or row.institution_id != principal.institution_id:
        raise PatientNotFound
    return row


async def patient_of_consult(view: AsyncSession, patient_id: str) -> Patient:
    """A patient by the id that a consult already opened to the caller names."""
    row = await view.get(Patient, patient_id)
    if row is None:
        raise PatientNotFound
    return row


async def refuse_known_identifier(view: AsyncSession, institution_id: str, identifier: str) -> None:
    """Raises PatientExists when the institution has this number already."""
    known = await view.scalar(
        select(Patient.patient_id).where(
            Patient.institution_id == institution_id, Patient.identifier == identifier
        )
    )
    if known:
        raise PatientExists
