"""What a route may ask for: a transaction, a view, the caller, the version they saw."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.errors import Invalid
from consult_server.web.platform import Platform


class VersionMissing(Invalid):
    """This change must say which version it was made from (If-Match)."""

    code = "general.version_missing"


def platform(connection: HTTPConnection) -> Platform:
    """This process's dependencies."""
    found: Platform = connection.app.state.platform
    return found


async def transaction(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """One transaction for one request.

    `scope="function"` ends it before the answer leaves: with the default scope the client has
    its 200 already when the commit fails.
    """
    async with platform(connection).database.write() as tx:
        yield tx


async def reading(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
    """One read-only view for one request."""
    async with platform(connection).database.read() as view:
        yield view


def seen_version(if_match: Annotated[str, Header()] = "") -> int:
    """The version named by If-Match (RFC 9110 13.1.1). Raises VersionMissing."""
    bare = if_match.removeprefix("W/").strip('"')
    if not bare.isascii() or not bare.isdigit() or len(bare) > 9:  # noqa: PLR2004 - nine digits fit any version
        raise VersionMissing
    return int(bare)


ThePlatform = Annotated[Platform, Depends(platform)]
Tx = Annotated[AsyncSession, Depends(transaction, scope="function")]
View = Annotated[AsyncSession, Depends(reading, scope="function")]
SeenVersion = Annotated[int, Depends(seen_version)]
