"""What examinations' routes say and hear."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, StringConstraints

from consult_server.consults.domain import Urgency
from consult_server.exams.domain import BodyPart, ExamStatus, ExamVerb, Modality
from consult_server.web.schemas import Heard

Procedure = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=64, pattern=r"^[^\\\r\n]+$")
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Cause = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
AeTitle = Annotated[str, StringConstraints(strip_whitespace=True, max_length=16)]


class ExamIn(Heard):
    """What is ordered; without a station any device of the institution may make it."""

    modality: Modality
    body_part: BodyPart
    procedure: Procedure
    reason: Reason
    urgency: Urgency
    scheduled_at: AwareDatetime
    station_ae_title: AeTitle = ""


class NewExamIn(ExamIn):
    """An examination to order for a patient, and for a request of theirs if one is named."""

    patient_id: Annotated[str, StringConstraints(max_length=36)]
    consult_id: Annotated[str, StringConstraints(max_length=36)] | None = None


class CancelIn(Heard):
    """Why an order is taken back."""

    reason: Cause


class ExamPatient(BaseModel):
    """The patient in a list; the client masks the name."""

    name: str
    identifier: str
    sex: str
    birth_date: date


class ExamImages(BaseModel):
    """How much of the study is there."""

    received: int
    settled: bool


class ExamOut(BaseModel):
    """An examination. `performed_by` is the device that told of it, '' when none did."""

    exam_id: str
    version: int
    status: ExamStatus
    accession_number: str
    study_instance_uid: str
    patient: ExamPatient
    modality: Modality
    body_part: BodyPart
    procedure: str
    reason: str
    urgency: Urgency
    scheduled_at: datetime
    station_ae_title: str
    applicant_name: str
    performed_by: str
    cancel_reason: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    images: ExamImages | None
    verbs: list[ExamVerb]


class ExamPage(BaseModel):
    """One page of a list; `next` continues it."""

    rows: list[ExamOut]
    next: str | None


class ConsultExams(BaseModel):
    """The examinations of a request, newest first; whether the caller may read them all and order one."""

    rows: list[ExamOut]
    may_read: bool
    may_order: bool
