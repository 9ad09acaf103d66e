"""What a request with an Idempotency-Key was answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Repeat(Base):
    """One key of one account: which request it stood for, and its answer."""

    __tablename__ = "consult_repeat"
    __table_args__ = (Index("ix_consult_repeat_created_at", "created_at"),)

    account_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
