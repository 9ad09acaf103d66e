"""The audit entry: DICOM PS3.15 A.5's facts in our words, never clinical content."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class AuditEntry(Base):
    """One act of one principal on one object."""

    __tablename__ = "consult_audit_entry"
    __table_args__ = (Index("ix_consult_audit_entry_object", "object_type", "object_id"),)

    position: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[str] = mapped_column(String(36), index=True)
    institution_id: Mapped[str] = mapped_column(String(36))
    proof: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(128))
    outcome: Mapped[str] = mapped_column(String(16))
    facts: Mapped[dict[str, Any]]
