"""Keeping and removing hanging protocols. Each act is audited; what was removed can be kept again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.audit.service import record
from consult_server.hanging import access
from consult_server.hanging.domain import PROTOCOLS_MAX, ProtocolNotFound, ProtocolsTooMany, check_keeper
from consult_server.hanging.tables import HangingProtocol


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A protocol as its keeper has it now."""

    name: str
    shared: bool
    position: int
    content: dict[str, Any]


async def keep(
    tx: AsyncSession, principal: Principal, protocol_id: str, version: int, wanted: Wanted, now: datetime
) -> HangingProtocol:
    """Keep a protocol; one that was removed comes back.

    Raises ProtocolNotFound, ProtocolNotYours, ProtocolsTooMany, VersionPassed.
    """
    check_keeper(principal.roles, shared=wanted.shared)
    row = await access.kept_protocol(tx, principal, protocol_id, version)
    joins = row is None or row.removed_at is not None or (row.owner_id is None) != wanted.shared
    if joins and await access.count_of(tx, principal, shared=wanted.shared) >= PROTOCOLS_MAX:
        raise ProtocolsTooMany(most=PROTOCOLS_MAX)
    verb = "create" if row is None else "change"
    if row is None:
        row = HangingProtocol(protocol_id=protocol_id, version=0, created_at=now)
        row.institution_id = principal.institution_id
    row.owner_id = None if wanted.shared else principal.account_id
    row.name, row.position, row.content = wanted.name, wanted.position, wanted.content
    row.removed_at = None
    await _store(tx, principal, row, verb, now)
    return row


async def remove(
    tx: AsyncSession, principal: Principal, protocol_id: str, version: int, now: datetime
) -> HangingProtocol:
    """Take a protocol out of use. Raises ProtocolNotFound, ProtocolNotYours, VersionPassed."""
    row = await access.kept_protocol(tx, principal, protocol_id, version)
    if row is None:
        raise ProtocolNotFound
    row.removed_at = now
    await _store(tx, principal, row, "remove", now)
    return row


async def _store(
    tx: AsyncSession, principal: Principal, row: HangingProtocol, verb: str, now: datetime
) -> None:
    row.version += 1
    row.changed_at, row.changed_by = now, principal.account_id
    try:
        async with tx.begin_nested():
            tx.add(row)
    except IntegrityError as error:
        raise VersionPassed(version=1) from error  # the same new protocol, sent twice at once
    record(
        tx,
        principal,
        f"hanging_protocol.{verb}",
        "hanging_protocol",
        row.protocol_id,
        now,
        shared=row.owner_id is None,
        version=row.version,
    )
