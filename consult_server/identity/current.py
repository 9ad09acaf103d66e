"""The caller of a request: session cookie or bearer token → Principal, for every route."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.errors import AppError
from config.kernel.principal import Principal
from consult_server.identity import access, service
from consult_server.identity.domain import SignedOut, session_ends_at
from consult_server.identity.tables import SignIn
from consult_server.web.deps import platform
from consult_server.web.platform import Platform

TOUCH_AFTER = timedelta(seconds=60)
TOKEN_CHARACTERS_MAX = 200


def cookie_name(platform: Platform) -> str:
    """`__Host-` (RFC 6265bis 4.1.3.2) where the site is served by https."""
    prefix = "__Host-" if platform.settings.public_url.startswith("https://") else ""
    return f"{prefix}lianzhen_session"


def address_of(connection: HTTPConnection) -> str:
    """The peer's network address."""
    return connection.client.host if connection.client else ""


async def _proven(here: Platform, view: AsyncSession, connection: HTTPConnection) -> access.Proven:
    """The proof a request carries, when it still holds. Raises SignedOut."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    cookie = connection.cookies.get(cookie_name(here), "")
    proven = None
    if scheme.casefold() == "bearer" and 0 < len(bearer) <= TOKEN_CHARACTERS_MAX:
        proven = await access.by_api_token(view, bearer.strip())
    elif 0 < len(cookie) <= TOKEN_CHARACTERS_MAX:
        proven = await access.by_session(view, cookie)
    if proven is None or (proven.sign_in is not None and here.clock.now() > _ends_at(here, proven.sign_in)):
        raise SignedOut
    return proven


def _ends_at(here: Platform, row: SignIn) -> datetime:
    limits = here.settings.session
    return session_ends_at(
        created_at=row.created_at,
        seen_at=row.seen_at,
        idle_minutes=limits.idle_minutes,
        lifetime_hours=limits.lifetime_hours,
    )


async def principal_of(connection: HTTPConnection) -> Principal:
    """Who is asking; being asked keeps a sign-in from falling idle. Raises SignedOut."""
    async with platform(connection).database.read() as view:
        principal, _holds_until = await principal_in(view, connection)
    return principal


async def principal_in(view: AsyncSession, connection: HTTPConnection) -> tuple[Principal, datetime]:
    """The same, read in a view that is open already, and how long it may be taken as said.

    Until then nobody has to ask again, if nothing was committed meanwhile.
    """
    here = platform(connection)
    proven, now = await _proven(here, view, connection), here.clock.now()
    holds_until = now + TOUCH_AFTER
    if proven.sign_in is not None:
        if now - proven.sign_in.seen_at > TOUCH_AFTER:
            async with here.database.write() as tx:
                await service.touch_session(tx, proven.sign_in.session_id, now)
        holds_until = min(proven.sign_in.seen_at + TOUCH_AFTER, _ends_at(here, proven.sign_in))
    return access.principal_of(proven, address_of(connection)), holds_until


async def still_signed_in(connection: HTTPConnection) -> bool:
    """Whether the proof of a long-lived connection still holds; asking does not prolong it."""
    here = platform(connection)
    try:
        async with here.database.read() as view:
            await _proven(here, view, connection)
    except AppError:
        return False
    return True


Caller = Annotated[Principal, Depends(principal_of)]
