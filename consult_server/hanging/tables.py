"""Rows of hanging protocols."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class HangingProtocol(Base):
    """A protocol as it was last kept; without an owner it is the institution's. Removed ones stay."""

    __tablename__ = "consult_hanging_protocol"
    __table_args__ = (
        Index("ix_consult_hanging_protocol_institution", "institution_id", "owner_id", "position"),
    )

    protocol_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    institution_id: Mapped[str] = mapped_column(ForeignKey("consult_institution.institution_id"))
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("consult_account.account_id"))
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    content: Mapped[dict[str, Any]]
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
