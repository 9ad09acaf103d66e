"""Rows of consults, their steps and their evidence."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.consults.domain import Standing, Status
from consult_server.tables import Base

InstitutionRef = "consult_institution.institution_id"
AccountRef = "consult_account.account_id"


class Consult(Base):
    """A request for an opinion or a diagnosis, from draft to adoption."""

    __tablename__ = "consult_request"
    __table_args__ = (
        Index("ix_consult_request_inviting", "inviting_institution_id", "status", "consult_id"),
        Index("ix_consult_request_invited", "invited_institution_id", "status", "urgency_rank", "due_at"),
        Index("ix_consult_request_specialist", "specialist_id", "status", "urgency_rank", "due_at"),
        Index("ix_consult_request_study", "study_instance_uid"),
        Index("ix_consult_request_patient", "patient_id"),
    )

    consult_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    case_kind: Mapped[str] = mapped_column(String(16))
    service_line: Mapped[str] = mapped_column(String(16))
    urgency: Mapped[str] = mapped_column(String(16))
    urgency_rank: Mapped[int]
    urgency_reason: Mapped[str] = mapped_column(String(200))
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    inviting_institution_id: Mapped[str] = mapped_column(ForeignKey(InstitutionRef))
    invited_institution_id: Mapped[str | None] = mapped_column(ForeignKey(InstitutionRef))
    applicant_id: Mapped[str] = mapped_column(ForeignKey(AccountRef))
    patient_id: Mapped[str | None] = mapped_column(ForeignKey("consult_patient.patient_id"))
    specialist_id: Mapped[str | None] = mapped_column(ForeignKey(AccountRef))
    question: Mapped[str] = mapped_column(Text)
    chief_complaint: Mapped[str] = mapped_column(Text)
    history: Mapped[str] = mapped_column(Text)
    consent_kind: Mapped[str] = mapped_column(String(24))
    consent_at: Mapped[datetime | None]
    study_instance_uid: Mapped[str | None] = mapped_column(String(64))
    modality: Mapped[str] = mapped_column(String(16))
    body_part: Mapped[str] = mapped_column(String(64))
    study_description: Mapped[str] = mapped_column(String(256))
    accession_number: Mapped[str] = mapped_column(String(64))
    adoption: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    @property
    def standing(self) -> Standing:
        """What the transition table must know."""
        return Standing(
            status=Status(self.status),
            inviting_institution_id=self.inviting_institution_id,
            invited_institution_id=self.invited_institution_id or "",
            specialist_id=self.specialist_id,
        )


class ConsultStep(Base):
    """One step a consult has taken, for the timeline."""

    __tablename__ = "consult_step"

    step_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_request.consult_id"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str] = mapped_column(String(36))
    actor_name: Mapped[str] = mapped_column(String(64))
    subject_name: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime]


class Evidence(Base):
    """A guard's verdict at a step, with the facts it rests on; never changed."""

    __tablename__ = "consult_evidence"

    evidence_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_request.consult_id"), index=True)
    verb: Mapped[str] = mapped_column(String(16))
    guard: Mapped[str] = mapped_column(String(32))
    passed: Mapped[bool]
    facts: Mapped[dict[str, Any]]
    rules_version: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


class Counter(Base):
    """The last number given out on a day."""

    __tablename__ = "consult_counter"

    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]
