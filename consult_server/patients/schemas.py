"""What patients' routes say and hear. Numbers leave masked; the full ones stay inside."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from config.kernel.limits import NAME_CHARACTERS_MAX
from consult_server.patients.tables import Patient
from consult_server.web.schemas import Heard

HIDDEN_MIN = 4


class NewPatientIn(Heard):
    """A patient to register."""

    identifier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=NAME_CHARACTERS_MAX)
    ]
    sex: Literal["M", "F", "O"]
    birth_date: date
    id_no: Annotated[str, StringConstraints(max_length=18)]
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9 +()-]{0,32}$")]


class PatientOut(BaseModel):
    """A patient inside an opened case."""

    patient_id: str
    identifier: str
    issuer: str
    name: str
    sex: str
    birth_date: date
    id_no_masked: str
    phone_masked: str


def masked(number: str, head: int, tail: int) -> str:
    """`number` with its middle hidden: 4521**********0824; a short one shows its last two signs alone."""
    hidden = len(number) - head - tail
    if hidden < HIDDEN_MIN:
        head, tail = 0, 2
        hidden = max(0, len(number) - tail)
    return number[:head] + "*" * hidden + number[len(number) - tail :]


def patient_out(row: Patient) -> PatientOut:
    """A patient's row as an opened case shows it."""
    return PatientOut(
        patient_id=row.patient_id,
        identifier=row.identifier,
        issuer=row.issuer,
        name=row.name,
        sex=row.sex,
        birth_date=row.birth_date,
        id_no_masked=masked(row.id_no, 4, 4),
        phone_masked=masked(row.phone, 3, 4),
    )
