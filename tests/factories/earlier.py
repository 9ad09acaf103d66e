"""People registered at several hospitals, and their earlier studies in the archive."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id
from consult_server.patients.domain import name_key
from consult_server.patients.tables import Patient
from tests.factories.cases import PATIENT
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import PLACES, Product

DAY = "20250901"


def a_registration(
    product: Product, place: str, identifier: str, now: datetime, **changes: object
) -> Patient:
    """The patient of `cases` as another institution registered them."""
    facts: dict[str, object] = {
        "patient_id": new_id(),
        "institution_id": product.places[place],
        "identifier": identifier,
        "issuer": PLACES[place][2],
        "name": PATIENT["name"],
        "name_key": name_key(PATIENT["name"]),
        "sex": PATIENT["sex"],
        "birth_date": date.fromisoformat(PATIENT["birth_date"]),
        "id_no": PATIENT["id_no"],
        "phone": "",
        "created_at": now,
    }
    return Patient(**(facts | changes))


async def add_earlier(
    tx: AsyncSession,
    product: Product,
    place: str,
    uid: str,
    patient_id: str,
    *,
    modality: str = "CT",
    **facts: str,
) -> None:
    """An earlier study of that patient number in that institution's part of the archive."""
    now = product.clock.now()
    study = a_study(
        institution_id=product.places[place],
        study_instance_uid=uid,
        now=now,
        modality=modality,
        patient_id=patient_id,
    )
    whole = {"issuer_of_patient_id": PLACES[place][2], "study_date": DAY, "study_description": "胸部CT平扫"}
    for name, value in {**whole, **facts}.items():
        setattr(study, name, value)
    await add_study(tx, study, now)
