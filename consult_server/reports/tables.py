"""Rows of reports: one that may change while it is a draft, and signed versions that never do."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Report(Base):
    """The report of one consult, as its author last saved it."""

    __tablename__ = "consult_report"

    report_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_request.consult_id"), unique=True)
    author_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    template_id: Mapped[str] = mapped_column(String(64))
    sections: Mapped[dict[str, Any]]
    measurements: Mapped[list[Any]] = mapped_column(server_default="[]")
    positive: Mapped[bool | None]
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    created_at: Mapped[datetime]
    saved_at: Mapped[datetime]


class ReportVersion(Base):
    """What was signed: the canonical text, its digest, and the page that was printed from it."""

    __tablename__ = "consult_report_version"

    report_id: Mapped[str] = mapped_column(ForeignKey("consult_report.report_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    canonical: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    pdf_key: Mapped[str] = mapped_column(String(100))
    signed_by: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    signed_at: Mapped[datetime]
