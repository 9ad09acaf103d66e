"""Routes of DICOM peers: who may send, whose they are, do they answer."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from consult_server.audit.service import record
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import institution
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.schemas import Heard
from dicom_node import peers

router = APIRouter(prefix="/api", tags=["administration"])

AeTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]


class NewPeerIn(Heard):
    """A peer the administrator registers; without a host it may come from any address."""

    ae_title: AeTitle
    institution_id: Annotated[str, StringConstraints(max_length=36)]
    host: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)] | None
    port: Annotated[int, Field(ge=1, le=65535)] | None


class PeerOut(BaseModel):
    """A registered peer."""

    ae_title: str
    institution_id: str
    institution_name: str
    host: str | None
    port: int | None
    enabled: bool
    created_at: datetime
    last_seen_at: datetime | None


@router.get("/peers")
async def list_peers(view: View, caller: Caller) -> list[PeerOut]:
    """All peers, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    return [PeerOut.model_validate(row, from_attributes=True) for row in await peers.list_peers(view)]


@router.post("/peers", status_code=201)
async def add_peer(here: ThePlatform, tx: Tx, caller: Caller, new: NewPeerIn) -> PeerOut:
    """Register a peer, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    home = await institution(tx, new.institution_id)
    now = here.clock.now()
    row = await peers.add_peer(
        tx,
        ae_title=new.ae_title,
        institution_id=home.institution_id,
        institution_name=home.name,
        host=new.host,
        port=new.port,
        issuer_of_patient_id=home.issuer_of_patient_id,
        now=now,
    )
    record(tx, caller, "peer.add", "peer", row.ae_title, now, institution_id=home.institution_id)
    return PeerOut.model_validate(row, from_attributes=True)


@router.delete("/peers/{ae_title}", status_code=204)
async def remove_peer(here: ThePlatform, tx: Tx, caller: Caller, ae_title: str) -> Response:
    """Forget a peer, for administrators: it is refused from now on."""
    require_role(caller, Role.ADMINISTRATOR)
    await peers.remove_peer(tx, ae_title)
    record(tx, caller, "peer.remove", "peer", ae_title, here.clock.now())
    return Response(status_code=204)
