"""The caller of a request: session cookie or bearer token → Principal, for every route."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from config.kernel.principal import Principal
from consult_server.identity import access, service
from consult_server.identity.domain import SignedOut, session_ended
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


async def principal_of(connection: HTTPConnection) -> Principal:
    """Who is asking. Raises SignedOut."""
    here = platform(connection)
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    cookie = connection.cookies.get(cookie_name(here), "")
    async with here.database.read() as view:
        if scheme.casefold() == "bearer" and 0 < len(bearer) <= TOKEN_CHARACTERS_MAX:
            proven = await access.by_api_token(view, bearer.strip())
        elif 0 < len(cookie) <= TOKEN_CHARACTERS_MAX:
            proven = await access.by_session(view, cookie)
        else:
            proven = None
    if proven is None:
        raise SignedOut
    await _still_in(here, proven, here.clock.now())
    return access.principal_of(proven, address_of(connection))


async def _still_in(here: Platform, proven: access.Proven, now: datetime) -> None:
    row = proven.sign_in
    if row is None:
        return
    limits = here.settings.session
    if session_ended(
        now=now,
        created_at=row.created_at,
        seen_at=row.seen_at,
        idle_minutes=limits.idle_minutes,
        lifetime_hours=limits.lifetime_hours,
    ):
        raise SignedOut
    if now - row.seen_at > TOUCH_AFTER:
        async with here.database.write() as tx:
            await service.touch_session(tx, row.session_id, now)


Caller = Annotated[Principal, Depends(principal_of)]
