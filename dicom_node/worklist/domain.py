"""What a scheduled procedure step is, and which of its states a modality sees."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from config.kernel.errors import Conflict, Invalid, NotFound

PRIORITIES: Final = frozenset({"STAT", "HIGH", "ROUTINE", "MEDIUM", "LOW"})
"""Requested Procedure Priority (0040,1003), PS3.3 C.4.11."""
LENGTHS: Final[Mapping[str, int]] = {
    "entry_key": 36,
    "institution_id": 36,
    "patient_name": 330,
    "patient_id": 64,
    "issuer_of_patient_id": 64,
    "accession_number": 16,
    "accession_issuer": 64,
    "requesting_physician_name": 330,
    "requesting_service": 64,
    "institution_name": 64,
    "requested_procedure_id": 16,
    "requested_procedure_description": 64,
    "reason": 64,
    "study_instance_uid": 64,
    "scheduled_step_id": 16,
    "scheduled_step_description": 64,
    "station_ae_title": 16,
    "station_name": 16,
    "location": 16,
    "modality": 16,
    "body_part_examined": 16,
    "performing_physician_name": 330,
}
"""How many characters the value representations hold (PS3.5 6.2)."""
SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "study_instance_uid": re.compile(r"[0-9.]{1,64}", re.ASCII),
    "start_date": re.compile(r"\d{8}", re.ASCII),
    "start_time": re.compile(r"\d{6}", re.ASCII),
    "patient_birth_date": re.compile(r"(\d{8})?", re.ASCII),
    "patient_sex": re.compile(r"[MFO]?", re.ASCII),
    "modality": re.compile(r"[A-Z0-9 _]{1,16}", re.ASCII),
    "body_part_examined": re.compile(r"[A-Z0-9 _]{0,16}", re.ASCII),
}
NEEDED: Final = (
    "entry_key",
    "institution_id",
    "patient_name",
    "patient_id",
    "accession_number",
    "requested_procedure_id",
    "requested_procedure_description",
    "scheduled_step_id",
    "scheduled_step_description",
)
"""What may not be empty, besides the shapes: the return keys of type 1 (PS3.4 table K.6-1), and who it is."""
NOT_IN_TEXTS: Final = re.compile(r"[\\\x00-\x1f\x7f]")


class EntryState(StrEnum):
    """Where a scheduled procedure step stands; WITHDRAWN was taken back by whoever ordered it."""

    SCHEDULED = "SCHEDULED"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"
    WITHDRAWN = "WITHDRAWN"


LISTED: Final = (EntryState.SCHEDULED, EntryState.STARTED)
"""The states that modalities see; both are terms of Scheduled Procedure Step Status (0040,0020)."""


class StepUnknown(NotFound):
    """No such step was scheduled."""

    code = "worklist.step_unknown"


class StepBegun(Conflict):
    """The modality has begun this step, or it is over: it can no longer be changed or taken back."""

    code = "worklist.step_begun"


class StepInvalid(Invalid):
    """A value of the scheduled step does not fit its attribute."""

    code = "worklist.step_invalid"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduled:
    """A procedure step to be listed, its values as DICOM writes them (PN, DA, TM, CS).

    Without `station_ae_title` it is for any station of the institution.
    """

    entry_key: str
    institution_id: str
    patient_name: str
    patient_id: str
    issuer_of_patient_id: str
    patient_birth_date: str
    patient_sex: str
    accession_number: str
    accession_issuer: str
    requesting_physician_name: str
    requesting_service: str
    institution_name: str
    requested_procedure_id: str
    requested_procedure_description: str
    requested_procedure_priority: str
    reason: str
    study_instance_uid: str
    scheduled_step_id: str
    scheduled_step_description: str
    station_ae_title: str
    station_name: str
    location: str
    start_date: str
    start_time: str
    modality: str
    body_part_examined: str
    performing_physician_name: str


def checked(step: Scheduled) -> Scheduled:
    """The step, when every value fits. Raises StepInvalid naming the attribute."""
    for field in fields(step):
        text: str = getattr(step, field.name)
        shape = SHAPES.get(field.name)
        fits = shape.fullmatch(text) if shape else len(text) <= LENGTHS.get(field.name, 16)
        if not fits or NOT_IN_TEXTS.search(text) or (field.name in NEEDED and not text.strip()):
            raise StepInvalid(attribute=field.name)
    if step.requested_procedure_priority not in PRIORITIES:
        raise StepInvalid(attribute="requested_procedure_priority")
    return step
