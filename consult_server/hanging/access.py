"""Who sees and changes which protocol: one's own, and those of one's institution."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import VersionPassed
from config.kernel.principal import Principal
from consult_server.hanging.domain import PROTOCOLS_MAX, ProtocolNotFound, ProtocolNotYours, check_keeper
from consult_server.hanging.tables import HangingProtocol


def _seen_by(principal: Principal) -> ColumnElement[bool]:
    of_the_place = and_(
        HangingProtocol.owner_id.is_(None), HangingProtocol.institution_id == principal.institution_id
    )
    return or_(HangingProtocol.owner_id == principal.account_id, of_the_place)


async def protocols_of(view: AsyncSession, principal: Principal) -> Sequence[HangingProtocol]:
    """The caller's protocols and their institution's, in their order."""
    return list(
        await view.scalars(
            select(HangingProtocol)
            .where(_seen_by(principal), HangingProtocol.removed_at.is_(None))
            .order_by(HangingProtocol.position, HangingProtocol.protocol_id)
            .limit(2 * PROTOCOLS_MAX)
        )
    )


async def count_of(view: AsyncSession, principal: Principal, *, shared: bool) -> int:
    """How many there are of the institution, or of the caller."""
    whose = (
        and_(HangingProtocol.owner_id.is_(None), HangingProtocol.institution_id == principal.institution_id)
        if shared
        else HangingProtocol.owner_id == principal.account_id
    )
    statement = select(func.count()).select_from(HangingProtocol)
    return await view.scalar(statement.where(whose, HangingProtocol.removed_at.is_(None))) or 0


async def kept_protocol(
    tx: AsyncSession, principal: Principal, protocol_id: str, version: int
) -> HangingProtocol | None:
    """A protocol the caller may change, locked, when it still has that version; None when there is none yet.

    Raises ProtocolNotFound, ProtocolNotYours, VersionPassed.
    """
    row = await tx.scalar(
        select(HangingProtocol).where(HangingProtocol.protocol_id == protocol_id).with_for_update()
    )
    if row is None:
        if version == 0:
            return None
        raise ProtocolNotFound
    own = row.owner_id == principal.account_id
    if not own and (row.owner_id is not None or row.institution_id != principal.institution_id):
        raise ProtocolNotFound
    check_keeper(principal.roles, shared=row.owner_id is None)
    if row.version != version:
        raise VersionPassed(version=row.version)
    return row


def may_change(principal: Principal, row: HangingProtocol) -> bool:
    """Whether the caller may change a protocol they see."""
    try:
        check_keeper(principal.roles, shared=row.owner_id is None)
    except ProtocolNotYours:
        return False
    return True
