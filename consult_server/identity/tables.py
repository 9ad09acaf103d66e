"""Rows of accounts and of every proof a caller can hold. Proofs are stored as SHA-256 only."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from consult_server.tables import Base


class Account(Base):
    """A person who may sign in."""

    __tablename__ = "consult_account"

    account_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    user: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(32))
    department: Mapped[str] = mapped_column(String(64))
    institution_id: Mapped[str] = mapped_column(ForeignKey("consult_institution.institution_id"), index=True)
    roles: Mapped[list[str]]
    service_lines: Mapped[list[str]]
    locale: Mapped[str] = mapped_column(String(8))
    password_hash: Mapped[str] = mapped_column(String(255))
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]
    active: Mapped[bool]
    demonstration: Mapped[bool]
    created_at: Mapped[datetime]


class SignIn(Base):
    """One sign-in of one person on one device."""

    __tablename__ = "consult_session"

    session_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"), index=True)
    address: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token a script uses in a person's name."""

    __tablename__ = "consult_api_token"

    token_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Bootstrap(Base):
    """The one-time link with which the first administrator is made."""

    __tablename__ = "consult_bootstrap"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Preference(Base):
    """What a person set for themselves, one document for each matter."""

    __tablename__ = "consult_preference"

    account_id: Mapped[str] = mapped_column(ForeignKey("consult_account.account_id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
