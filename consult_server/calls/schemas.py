"""What calls say and hear."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from consult_server.calls.domain import Standing

Token = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InvitationIn(_In):
    """A link's token, out of the address's fragment."""

    invitation: Token


class ConsentIn(_In):
    """What the patient agrees to; the call needs the first, never the second."""

    consult: bool
    recording: bool


class RedeemIn(_In):
    """The patient proves who they are and agrees."""

    invitation: Token
    identity_tail: Annotated[str, StringConstraints(max_length=8)]
    consent: ConsentIn


class SeatOut(BaseModel):
    """A seat in a room: the ticket is good once and for a short time."""

    ticket: str
    signaling_url: str
    room_id: str
    participant_name: str


class AboutOut(BaseModel):
    """Which case a room belongs to, in the words its doctors know it by."""

    number: str
    patient_name: str
    question: str


class JoinOut(SeatOut):
    """A doctor's seat."""

    about: AboutOut


class IssuedOut(BaseModel):
    """A patient's link, shown this once."""

    url: str
    expires_at: datetime


class AppointmentOut(BaseModel):
    """Who waits for the patient."""

    institution_name: str
    contact_phone: str
    doctor_name: str
    doctor_title: str
    doctor_institution_name: str
    companion_name: str


class PreviewOut(BaseModel):
    """What a link's holder may know before proving who they are.

    Of a link that does not open any more, only the clinic and its telephone number.
    """

    standing: Standing
    institution_name: str
    contact_phone: str
    doctor_name: str = ""
    doctor_title: str = ""
    doctor_institution_name: str = ""
    companion_name: str = ""
    identity_tail_required: bool = False
    patient_surname_masked: str = ""
    expires_at: datetime | None = None


class PatientJoinOut(SeatOut):
    """The patient's seat."""

    appointment: AppointmentOut
