"""Rows of institutions and agreements."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.institutions.domain import AgreementTerms
from consult_server.tables import Base


class Institution(Base):
    """A hospital, health centre or clinic."""

    __tablename__ = "consult_institution"

    institution_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(128), unique=True)
    level: Mapped[str] = mapped_column(String(16))
    runs_centre: Mapped[bool]
    issuer_of_patient_id: Mapped[str] = mapped_column(String(64), unique=True)
    phone: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]


class Agreement(Base):
    """One institution's promise to work for another, with its terms."""

    __tablename__ = "consult_agreement"
    __table_args__ = (
        Index("ix_consult_agreement_pair", "inviting_institution_id", "invited_institution_id"),
    )

    agreement_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    inviting_institution_id: Mapped[str] = mapped_column(ForeignKey("consult_institution.institution_id"))
    invited_institution_id: Mapped[str] = mapped_column(ForeignKey("consult_institution.institution_id"))
    service_lines: Mapped[list[str]]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    created_at: Mapped[datetime]

    @property
    def terms(self) -> AgreementTerms:
        """The terms as a value the domain can judge."""
        return AgreementTerms(
            service_lines=frozenset(self.service_lines), valid_from=self.valid_from, valid_to=self.valid_to
        )
