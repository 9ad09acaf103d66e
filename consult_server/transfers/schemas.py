"""What is said and heard of transfers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from consult_server.web.schemas import Heard
from dicom_node.forward.domain import Acknowledgement, Delivery, Kind

AeTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Uid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]
Modality = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_ ]{1,16}$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=36)]


class TransferOut(BaseModel):
    """One job of the queue; nothing in it names a patient. `by_hand`: a person asked for it."""

    transfer_id: str
    kind: Kind
    institution_id: str
    institution_name: str
    study_instance_uid: str
    study_date: str
    modalities: list[str]
    peer_ae_title: str
    by_hand: bool
    commitment: bool
    delivery: Delivery
    acknowledgement: Acknowledgement
    total: int
    done: int
    refused: int
    attempts: int
    next_at: datetime | None
    ask_at: datetime | None
    reason: str
    detail: str
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    can_cancel: bool
    can_try_again: bool


class QueueOut(BaseModel):
    """A part of the queue, the latest first, and how many are under way or need a person."""

    rows: list[TransferOut]
    under_way: int
    failed: int


class SendIn(Heard):
    """Send this study there, and ask for storage commitment if wanted."""

    study_instance_uid: Uid
    ae_title: AeTitle
    commitment: bool


class DestinationOut(BaseModel):
    """A peer that can be called."""

    ae_title: str
    institution_id: str
    institution_name: str


class RuleIn(Heard):
    """What is sent on: of an institution, of one sender or any, of one modality or any."""

    institution_id: Id
    source_ae_title: AeTitle | None
    modality: Modality | None
    destination: AeTitle
    commitment: bool


class RuleChangeIn(Heard):
    """Whether a rule is in force, and whether storage commitment is asked for."""

    enabled: bool
    commitment: bool


class RuleOut(BaseModel):
    """A rule."""

    rule_id: str
    institution_id: str
    institution_name: str
    source_ae_title: str | None
    modality: str | None
    destination: str
    commitment: bool
    enabled: bool
    created_at: datetime


class PriorsIn(Heard):
    """Whose studies a peer is asked for: a patient of ours, or the patient of a consult."""

    ae_title: AeTitle
    patient_id: Id | None = None
    consult_id: Id | None = None


class PriorOut(BaseModel):
    """A study that the peer holds. `here`: it is in our archive already."""

    study_instance_uid: str
    study_date: str
    modalities: list[str]
    description: str
    accession_number: str
    instance_count: int
    patient_name: str
    same_name: bool
    here: bool


class PriorsOut(BaseModel):
    """What the peer answered, newest first."""

    rows: list[PriorOut]
    patient_birth_date: date


class FetchIn(PriorsIn):
    """Which of them are to be sent to us."""

    studies: Annotated[list[Uid], Field(min_length=1, max_length=20)]
