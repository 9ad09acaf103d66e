"""Reads of accounts."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from consult_server.identity.domain import READERS
from consult_server.identity.tables import Account

LIST_MAX = 500


async def accounts(view: AsyncSession, *, demonstration: bool | None = None) -> list[Account]:
    """Accounts by sign-in name; only those of the demonstration when asked."""
    statement = select(Account).order_by(Account.user).limit(LIST_MAX)
    if demonstration is not None:
        statement = statement.where(Account.demonstration.is_(demonstration))
    return list(await view.scalars(statement))


async def readers_at(view: AsyncSession, institution_id: str) -> list[Account]:
    """Active people of an institution who read and sign."""
    rows = await view.scalars(
        select(Account).where(Account.institution_id == institution_id, Account.active).order_by(Account.name)
    )
    wanted = {role.value for role in READERS}
    return [row for row in rows if wanted & set(row.roles)]


async def names(view: AsyncSession, ids: set[str]) -> dict[str, Account]:
    """The accounts of these ids, by id."""
    rows = await view.scalars(select(Account).where(Account.account_id.in_(ids)))
    return {row.account_id: row for row in rows}


async def anybody(view: AsyncSession) -> bool:
    """True when at least one account exists."""
    return bool(await view.scalar(select(func.count()).select_from(Account)))
