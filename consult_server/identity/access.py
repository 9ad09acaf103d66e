"""From a proof to the person: the only place that reads sessions and tokens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal, Proof
from consult_server.identity.domain import AccountNotFound, PreferenceName
from consult_server.identity.passwords import digest
from consult_server.identity.tables import Account, ApiToken, Bootstrap, Preference, SignIn


@dataclass(frozen=True)
class Proven:
    """A live proof and whose it is."""

    account: Account
    sign_in: SignIn | None


BY_SESSION = (
    select(SignIn, Account)
    .join(Account, Account.account_id == SignIn.account_id)
    .where(SignIn.token_sha256 == bindparam("digest"), SignIn.ended_at.is_(None), Account.active)
)
BY_API_TOKEN = (
    select(Account)
    .join(ApiToken, Account.account_id == ApiToken.account_id)
    .where(ApiToken.token_sha256 == bindparam("digest"), ApiToken.revoked_at.is_(None), Account.active)
)
"""Asked with every request, hence made once."""


async def by_session(view: AsyncSession, token: str) -> Proven | None:
    """The person of a session cookie, ended or not; None when it was never one."""
    row = (await view.execute(BY_SESSION, {"digest": digest(token)})).first()
    return Proven(row[1], row[0]) if row else None


async def by_api_token(view: AsyncSession, token: str) -> Proven | None:
    """The person in whose name a bearer token acts."""
    account = await view.scalar(BY_API_TOKEN, {"digest": digest(token)})
    return Proven(account, None) if account else None


async def session_row(tx: AsyncSession, session_id: str) -> SignIn | None:
    """One sign-in by id, for its owner's own use."""
    return await tx.get(SignIn, session_id)


async def account_by_user(view: AsyncSession, user: str) -> Account:
    """The account of this sign-in name. Raises AccountNotFound."""
    account = await view.scalar(select(Account).where(Account.user == user))
    if account is None:
        raise AccountNotFound
    return account


async def account_by_id(view: AsyncSession, account_id: str, *, lock: bool = False) -> Account:
    """The account of this id, `lock`ed until the transaction ends if asked. Raises AccountNotFound."""
    account = await view.get(Account, account_id, with_for_update=lock)
    if account is None:
        raise AccountNotFound
    return account


async def bootstrap_row(tx: AsyncSession, token: str) -> Bootstrap | None:
    """The set-up link of this token, locked: it is spent once."""
    return await tx.get(Bootstrap, digest(token), with_for_update=True)


async def end_sign_ins(tx: AsyncSession, account_id: str, now: datetime, *, keep_session: str = "") -> None:
    """End every sign-in of a person but one."""
    await tx.execute(
        update(SignIn)
        .where(SignIn.account_id == account_id, SignIn.ended_at.is_(None), SignIn.session_id != keep_session)
        .values(ended_at=now)
    )


async def revoke_tokens(tx: AsyncSession, account_id: str, now: datetime) -> None:
    """End every API token that acts in a person's name."""
    await tx.execute(
        update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def principal_of(proven: Proven, address: str) -> Principal:
    """The principal that a proof makes."""
    account = proven.account
    return Principal(
        account_id=account.account_id,
        name=account.name,
        institution_id=account.institution_id,
        roles=frozenset(account.roles),
        address=address,
        proof=Proof.SESSION if proven.sign_in else Proof.API_TOKEN,
        session_id=proven.sign_in.session_id if proven.sign_in else "",
    )


async def preference(view: AsyncSession, principal: Principal, name: PreferenceName) -> Preference | None:
    """What the caller set in this matter; None while they set nothing."""
    return await view.get(Preference, (principal.account_id, name.value))


async def keep_preference(
    tx: AsyncSession, principal: Principal, name: PreferenceName, value: dict[str, Any], now: datetime
) -> None:
    """Keep the caller's setting in the place of the one before."""
    row = Preference(account_id=principal.account_id, name=name.value, value=value, changed_at=now)
    await tx.merge(row)
