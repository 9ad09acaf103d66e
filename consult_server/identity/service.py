"""Signing in and out, accounts, tokens, the first administrator."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.ids import new_id, new_secret
from config.kernel.principal import Principal, Proof
from config.settings import Session as SessionSettings
from consult_server.audit.service import Outcome, record
from consult_server.identity import access, queries
from consult_server.identity.domain import (
    AccountExists,
    AccountNotFound,
    BootstrapRefused,
    OwnAccount,
    Role,
    checked_password,
    lock_until,
)
from consult_server.identity.passwords import Passwords, digest
from consult_server.identity.tables import Account, ApiToken, Bootstrap, SignIn

BOOTSTRAP_LIFE = timedelta(hours=24)
COMMAND_LINE = Principal(
    account_id="command-line",
    name="command line",
    institution_id="",
    roles=frozenset(),
    proof=Proof.COMMAND_LINE,
)


@dataclass(frozen=True, kw_only=True)
class NewAccount:
    """What must be known of a person who may sign in."""

    user: str
    name: str
    institution_id: str
    roles: list[Role]
    title: str = ""
    department: str = ""
    service_lines: list[str] = field(default_factory=list)
    demonstration: bool = False


async def create_account(
    tx: AsyncSession,
    principal: Principal,
    new: NewAccount,
    password: str,
    passwords: Passwords,
    now: datetime,
) -> Account:
    """Register a person. Raises AccountExists, WeakPassword."""
    try:
        await access.account_by_user(tx, new.user)
    except AccountNotFound:
        pass
    else:
        raise AccountExists
    row = Account(
        account_id=new_id(),
        user=new.user,
        name=new.name,
        title=new.title,
        department=new.department,
        institution_id=new.institution_id,
        roles=[role.value for role in new.roles],
        service_lines=list(new.service_lines),
        locale="zh-CN",
        failures=0,
        active=True,
        password_hash=await passwords.hash(checked_password(new.user, password)),
        demonstration=new.demonstration,
        created_at=now,
    )
    tx.add(row)
    record(tx, principal, "account.create", "account", row.account_id, now, roles=row.roles)
    await tx.flush()
    return row


async def open_session(tx: AsyncSession, account: Account, address: str, now: datetime) -> str:
    """Start a sign-in; the token that proves it, shown this once."""
    token = new_secret()
    row = SignIn(
        session_id=new_id(),
        token_sha256=digest(token),
        account_id=account.account_id,
        address=address,
        created_at=now,
        seen_at=now,
    )
    tx.add(row)
    known = await access.account_by_id(tx, account.account_id, lock=True)
    known.failures, known.locked_until = 0, None
    principal = access.principal_of(access.Proven(account, row), address)
    record(tx, principal, "session.open", "account", account.account_id, now)
    return token


async def note_wrong_password(
    tx: AsyncSession, account_id: str, address: str, settings: SessionSettings, now: datetime
) -> None:
    """Count a wrong password and lock the account when there were too many."""
    account = await access.account_by_id(tx, account_id, lock=True)
    account.failures += 1
    account.locked_until = lock_until(
        failures=account.failures,
        failures_max=settings.failures_max,
        lock_minutes=settings.lock_minutes,
        now=now,
    )
    principal = access.principal_of(access.Proven(account, None), address)
    record(
        tx, principal, "session.open", "account", account_id, now, Outcome.REFUSED, failures=account.failures
    )


def note_unknown_user(tx: AsyncSession, mark: str, address: str, now: datetime) -> None:
    """Keep that somebody tried to sign in as nobody we know, under the mark of the name they typed."""
    stranger = Principal(
        account_id="", name="", institution_id="", roles=frozenset(), proof=Proof.NONE, address=address
    )
    record(tx, stranger, "session.open", "unknown_account", mark, now, Outcome.REFUSED)


def note_shut_out(tx: AsyncSession, account: Account, address: str, now: datetime) -> None:
    """Keep that somebody tried to sign in with an account that was disabled."""
    principal = access.principal_of(access.Proven(account, None), address)
    record(tx, principal, "session.open", "account", account.account_id, now, Outcome.REFUSED, disabled=True)


async def replace_session(tx: AsyncSession, token: str, now: datetime) -> None:
    """End the sign-in that this browser had before: a cookie that was replaced opens nothing."""
    before = await access.by_session(tx, token)
    if before is not None and before.sign_in is not None:
        before.sign_in.ended_at = now


async def close_session(tx: AsyncSession, principal: Principal, now: datetime) -> None:
    """End the caller's own sign-in."""
    row = await access.session_row(tx, principal.session_id)
    if row is not None:
        row.ended_at = now
    record(tx, principal, "session.close", "account", principal.account_id, now)


async def touch_session(tx: AsyncSession, session_id: str, now: datetime) -> None:
    """Remember that a sign-in is in use."""
    row = await access.session_row(tx, session_id)
    if row is not None:
        row.seen_at = now


async def set_locale(tx: AsyncSession, principal: Principal, locale: str) -> None:
    """Choose the caller's interface language."""
    account = await access.account_by_id(tx, principal.account_id)
    account.locale = locale


async def change_password(
    tx: AsyncSession, principal: Principal, password: str, passwords: Passwords, now: datetime
) -> None:
    """Give the caller a new password; their other sign-ins end. Raises WeakPassword."""
    account = await access.account_by_id(tx, principal.account_id, lock=True)
    account.password_hash = await passwords.hash(checked_password(account.user, password))
    await access.end_sign_ins(tx, account.account_id, now, keep_session=principal.session_id)
    record(tx, principal, "account.password", "account", account.account_id, now)


async def set_active(
    tx: AsyncSession, principal: Principal, account_id: str, now: datetime, *, active: bool
) -> Account:
    """Let a person in again, or shut them out at once and for every sign-in and token they had.

    Raises OwnAccount: whoever could shut themselves out would leave nobody to let them in.
    """
    if account_id == principal.account_id:
        raise OwnAccount
    account = await access.account_by_id(tx, account_id, lock=True)
    account.active = active
    if not active:
        await access.end_sign_ins(tx, account_id, now)
        await access.revoke_tokens(tx, account_id, now)
    record(tx, principal, "account.activate" if active else "account.disable", "account", account_id, now)
    return account


async def create_token(tx: AsyncSession, principal: Principal, user: str, now: datetime) -> str:
    """An API bearer token in the name of `user`; shown this once. Raises AccountNotFound."""
    account = await access.account_by_user(tx, user)
    token = new_secret()
    row = ApiToken(
        token_id=new_id(), token_sha256=digest(token), account_id=account.account_id, created_at=now
    )
    tx.add(row)
    record(tx, principal, "api_token.create", "account", account.account_id, now, token_id=row.token_id)
    return token


async def offer_bootstrap(tx: AsyncSession, now: datetime) -> str | None:
    """A one-time set-up token while nobody can sign in; None once somebody can."""
    if await queries.anybody(tx):
        return None
    token = new_secret()
    tx.add(Bootstrap(token_sha256=digest(token), created_at=now, expires_at=now + BOOTSTRAP_LIFE))
    return token


async def use_bootstrap(tx: AsyncSession, token: str, now: datetime) -> None:
    """Spend a set-up token. Raises BootstrapRefused when unknown, used, expired or no longer needed."""
    row = await access.bootstrap_row(tx, token)
    if row is None or row.used_at is not None or row.expires_at < now or await queries.anybody(tx):
        raise BootstrapRefused
    row.used_at = now
