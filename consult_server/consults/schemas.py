"""What consults say and hear."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from config.kernel.limits import TEXT_CHARACTERS_MAX
from consult_server.consults.domain import Adoption, CaseKind, ServiceLine, Status, Urgency, Verb
from consult_server.consults.guards import Guard
from consult_server.patients.schemas import PatientOut
from consult_server.web.schemas import Heard

Id = Annotated[str, StringConstraints(max_length=36)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS_MAX)]
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]


class NewConsultIn(Heard):
    """A request is begun."""

    case_kind: CaseKind


class ConsultChangesIn(Heard):
    """Fields of a draft to change; what is absent stays."""

    patient_id: Id | None = None
    invited_institution_id: Id | None = None
    urgency: Urgency | None = None
    urgency_reason: Annotated[str, StringConstraints(max_length=200)] | None = None
    question: Text | None = None
    chief_complaint: Text | None = None
    history: Text | None = None
    consent_kind: Literal["", "signed_paper", "verbal_emergency"] | None = None
    study_instance_uid: Uid | None = None


class StepIn(Heard):
    """A step, with its reason where one is needed."""

    reason: Reason = ""


class AssignIn(Heard):
    """Who shall read."""

    specialist_id: Id


class AdoptIn(Heard):
    """What became of the opinion."""

    outcome: Adoption
    note: Reason = ""


class PersonRef(BaseModel):
    """A doctor by id and name."""

    account_id: str
    name: str


class PartyOut(BaseModel):
    """One side of a consult."""

    institution_id: str
    name: str
    doctor: str


class PatientRow(BaseModel):
    """A patient in a list; the client masks the name."""

    name: str
    sex: str
    birth_date: date


class ImagesOut(BaseModel):
    """How much of the study is there."""

    received: int
    settled: bool


class ConsultRow(BaseModel):
    """A consult in a list."""

    consult_id: str
    number: str
    case_kind: CaseKind
    service_line: ServiceLine
    urgency: Urgency
    status: Status
    version: int
    patient: PatientRow | None
    question: str
    chief_complaint: str
    modality: str
    study_description: str
    accession_number: str
    study_instance_uid: str | None
    inviting: PartyOut
    invited: PartyOut | None
    specialist: PersonRef | None
    images: ImagesOut | None
    created_at: datetime
    submitted_at: datetime | None
    due_at: datetime | None
    signed_at: datetime | None
    verbs: list[Verb]


class ConsultPage(BaseModel):
    """One page of a list; `next` continues it. `now` is the server's clock."""

    rows: list[ConsultRow]
    next: str | None
    now: datetime


class StepOut(BaseModel):
    """One step of the timeline."""

    verb: Verb
    status: Status
    actor_name: str
    subject_name: str
    note: str
    at: datetime


class VerdictOut(BaseModel):
    """What a guard says."""

    guard: Guard
    passed: bool
    facts: dict[str, str]
    missing: list[str]


class EvidenceOut(BaseModel):
    """A kept verdict."""

    guard: Guard
    passed: bool
    facts: dict[str, str]
    rules_version: str
    at: datetime


class ConsultOut(ConsultRow):
    """A consult, opened."""

    full_patient: PatientOut | None
    history: str
    urgency_reason: str
    consent_kind: str
    consent_at: datetime | None
    body_part: str
    adoption: str
    study_patient_name: str | None
    verdicts: list[VerdictOut]
    evidence: list[EvidenceOut]
    steps: list[StepOut]


class ArrivalOut(BaseModel):
    """An arrived study, whose it is, and the consult about it that the caller may know of, if any."""

    study_instance_uid: str
    institution_id: str
    institution_name: str
    patient_name: str
    patient_id: str
    patient_sex: str
    patient_birth_date: str
    study_date: str
    study_time: str
    study_description: str
    accession_number: str
    modalities: list[str]
    series_count: int
    instance_count: int
    source_ae_title: str
    first_received_at: datetime
    last_received_at: datetime
    settled: bool
    consult_id: str | None
    consult_number: str | None
