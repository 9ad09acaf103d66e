"""Rows of examinations."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base

InstitutionRef = "consult_institution.institution_id"


class Exam(Base):
    """An examination that a doctor ordered; `performed_by` is the AE title of the device that told of it.

    `consult_id` is the request it was ordered for, None for none; a draft may have been discarded since.
    """

    __tablename__ = "consult_exam"
    __table_args__ = (
        UniqueConstraint("institution_id", "accession_number"),
        UniqueConstraint("institution_id", "study_instance_uid"),
        Index("ix_consult_exam_open", "institution_id", "status", "urgency_rank", "scheduled_at"),
        Index("ix_consult_exam_newest", "institution_id", "exam_id"),
        Index("ix_consult_exam_consult", "consult_id"),
    )

    exam_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey(InstitutionRef))
    version: Mapped[int]
    status: Mapped[str] = mapped_column(String(16))
    patient_id: Mapped[str] = mapped_column(ForeignKey("consult_patient.patient_id"))
    applicant_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    consult_id: Mapped[str | None] = mapped_column(String(36))
    accession_number: Mapped[str] = mapped_column(String(16))
    study_instance_uid: Mapped[str] = mapped_column(String(64))
    modality: Mapped[str] = mapped_column(String(16))
    body_part: Mapped[str] = mapped_column(String(16))
    procedure: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(400))
    urgency: Mapped[str] = mapped_column(String(16))
    urgency_rank: Mapped[int]
    scheduled_at: Mapped[datetime]
    station_ae_title: Mapped[str] = mapped_column(String(16))
    performed_by: Mapped[str] = mapped_column(String(16))
    cancel_reason: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class ExamCounter(Base):
    """The last accession number an institution gave out on a day."""

    __tablename__ = "consult_exam_counter"

    institution_id: Mapped[str] = mapped_column(ForeignKey(InstitutionRef), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]
