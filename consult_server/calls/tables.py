"""Rows of invitations."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Invitation(Base):
    """A patient's one-time link to the call of one case; only its digest is kept."""

    __tablename__ = "consult_invitation"

    invitation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    consult_id: Mapped[str] = mapped_column(ForeignKey("consult_request.consult_id"), index=True)
    invited_by: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries_left: Mapped[int]
    device_sha256: Mapped[str | None] = mapped_column(String(64))
    first_used_at: Mapped[datetime | None]
    recording_consent: Mapped[bool]
