"""Routes of patients."""

from typing import Annotated

from fastapi import Query

from config.routing import Router
from consult_server.identity.current import Caller
from consult_server.patients import queries, service
from consult_server.patients.schemas import NewPatientIn, PatientOut, patient_out
from consult_server.web.deps import ThePlatform, Tx, View

router = Router(prefix="/api", tags=["patients"])


@router.get("/patients")
async def search_patients(
    view: View, caller: Caller, q: Annotated[str, Query(max_length=64)] = ""
) -> list[PatientOut]:
    """The institution's patients by name, pinyin, initials or number."""
    return [patient_out(row) for row in await queries.search(view, caller, q)]


@router.post("/patients", status_code=201)
async def register_patient(here: ThePlatform, tx: Tx, caller: Caller, new: NewPatientIn) -> PatientOut:
    """Register a patient at the caller's institution."""
    return patient_out(await service.register(tx, caller, service.NewPatient(**dict(new)), here.clock.now()))
