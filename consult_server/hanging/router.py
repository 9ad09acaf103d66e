"""Routes of hanging protocols."""

from typing import Annotated

from fastapi import Path

from config.routing import Router
from consult_server.hanging import access, service
from consult_server.hanging.domain import ProtocolNotYours, check_keeper
from consult_server.hanging.schemas import HangingContent, ProtocolIn, ProtocolKept, ProtocolOut, ProtocolsOut
from consult_server.identity.current import Caller
from consult_server.identity.domain import CLINICAL, Role, require_role
from consult_server.web.deps import SeenVersion, ThePlatform, Tx, View

router = Router(prefix="/api", tags=["hanging"])

ProtocolId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


@router.get("/hanging-protocols")
async def list_hanging_protocols(view: View, caller: Caller) -> ProtocolsOut:
    """The caller's protocols and those of their institution, in their order."""
    require_role(caller, *CLINICAL, Role.ADMINISTRATOR)
    try:
        check_keeper(caller.roles, shared=True)
        can_share = True
    except ProtocolNotYours:
        can_share = False
    rows = [
        ProtocolOut(
            protocol_id=row.protocol_id,
            version=row.version,
            name=row.name,
            shared=row.owner_id is None,
            position=row.position,
            content=HangingContent.model_validate(row.content),
            can_change=access.may_change(caller, row),
            changed_at=row.changed_at,
        )
        for row in await access.protocols_of(view, caller)
    ]
    return ProtocolsOut(rows=rows, can_share=can_share)


@router.put("/hanging-protocols/{protocol_id}")
async def keep_hanging_protocol(
    here: ThePlatform,
    tx: Tx,
    caller: Caller,
    protocol_id: ProtocolId,
    version: SeenVersion,
    wanted: ProtocolIn,
) -> ProtocolKept:
    """Keep a protocol; If-Match names the version it was made from, "0" for a new one."""
    require_role(caller, *CLINICAL, Role.ADMINISTRATOR)
    kept = service.Wanted(
        name=wanted.name,
        shared=wanted.shared,
        position=wanted.position,
        content=wanted.content.model_dump(mode="json"),
    )
    row = await service.keep(tx, caller, protocol_id, version, kept, here.clock.now())
    return ProtocolKept(version=row.version)


@router.delete("/hanging-protocols/{protocol_id}")
async def remove_hanging_protocol(
    here: ThePlatform, tx: Tx, caller: Caller, protocol_id: ProtocolId, version: SeenVersion
) -> ProtocolKept:
    """Take a protocol out of use; a keep with the answered version brings it back."""
    require_role(caller, *CLINICAL, Role.ADMINISTRATOR)
    row = await service.remove(tx, caller, protocol_id, version, here.clock.now())
    return ProtocolKept(version=row.version)
