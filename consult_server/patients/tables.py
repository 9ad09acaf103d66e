"""Rows of patients."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Patient(Base):
    """A person as one institution registered them."""

    __tablename__ = "consult_patient"
    __table_args__ = (
        UniqueConstraint("institution_id", "identifier"),
        Index("ix_consult_patient_institution_name", "institution_id", "name_key"),
        Index("ix_consult_patient_id_no", "id_no"),
    )

    patient_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("consult_institution.institution_id"))
    identifier: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(400))
    sex: Mapped[str] = mapped_column(String(1))
    birth_date: Mapped[date]
    id_no: Mapped[str] = mapped_column(String(18))
    phone: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
