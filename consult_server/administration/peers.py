"""Routes of DICOM peers: who may send, whose they are, do they answer.

An AE title may hold a slash (PS3.5 6.2), hence `:path` where one stands in an address.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import BaseModel, Field, StringConstraints

from config.kernel.errors import Conflict
from config.routing import Router
from consult_server.audit.service import Outcome, record
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import institution
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.schemas import Heard
from dicom_node import peers
from dicom_node.echo import EchoOutcome, echo
from dicom_node.reporting.queries import receivers
from dicom_node.scu.calling import remote_of

ECHO_SECONDS = 5.0

router = Router(prefix="/api", tags=["administration"])

AeTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Port = Annotated[int, Field(ge=1, le=65535)]
Certificate = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16_384)]


class PeerNotDialable(Conflict):
    """The peer has no host or no port on record, so it cannot be called."""

    code = "dicom.peer_not_dialable"


class NewPeerIn(Heard):
    """A peer the administrator registers; without a host it may come from any address."""

    ae_title: AeTitle
    institution_id: Annotated[str, StringConstraints(max_length=36)]
    host: Host | None
    port: Port | None
    certificate: Certificate | None = None
    tls: bool = False
    availability: bool = False


class PeerIn(Heard):
    """Where a peer is, what it must show and whether it may send; title and institution stay.

    `certificate` is one in PEM, its SHA-256, or `CN=` and its name; None binds the peer to none.
    `tls`: we call it over TLS. `availability`: it is told which studies are there and which are gone.
    """

    host: Host | None
    port: Port | None
    enabled: bool
    certificate: Certificate | None
    tls: bool
    availability: bool


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
    last_seen_address: str | None
    certificate: str | None
    tls: bool
    availability: bool


class ReceivingOut(BaseModel):
    """One association that is open now; `bytes` of the object that is arriving in it, if one is."""

    ae_title: str
    address: str
    began_at: datetime
    objects: int
    bytes: int | None


class EchoOut(BaseModel):
    """What came of an echo. `reason` is a stable word, '' when the peer answered as it should."""

    outcome: EchoOutcome
    reason: str
    milliseconds: float
    waited_seconds_max: float
    calling_ae_title: str


@router.get("/peers")
async def list_peers(view: View, caller: Caller) -> list[PeerOut]:
    """All peers, for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    return [PeerOut.model_validate(row, from_attributes=True) for row in await peers.list_peers(view)]


@router.get("/receiving")
async def list_receiving(here: ThePlatform, view: View, caller: Caller) -> list[ReceivingOut]:
    """What is being received now by every process, at most a second old; for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    rows = await receivers(view, here.clock.now())
    return [ReceivingOut.model_validate(one) for row in rows for one in row.facts["open"]]


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
    peers.bind(row, new.certificate)
    row.tls, row.availability = new.tls, new.availability
    record(tx, caller, "peer.add", "peer", row.ae_title, now, institution_id=home.institution_id)
    return PeerOut.model_validate(row, from_attributes=True)


@router.put("/peers/{ae_title:path}")
async def change_peer(here: ThePlatform, tx: Tx, caller: Caller, ae_title: str, now: PeerIn) -> PeerOut:
    """Change where a peer is, or shut it out and let it in again; for administrators."""
    require_role(caller, Role.ADMINISTRATOR)
    row = await peers.change_peer(
        tx,
        ae_title,
        host=now.host,
        port=now.port,
        enabled=now.enabled,
        certificate=now.certificate,
        tls=now.tls,
        availability=now.availability,
    )
    record(
        tx,
        caller,
        "peer.change",
        "peer",
        row.ae_title,
        here.clock.now(),
        host=now.host,
        port=now.port,
        enabled=now.enabled,
        certificate=row.certificate,
        tls=row.tls,
        availability=row.availability,
    )
    return PeerOut.model_validate(row, from_attributes=True)


@router.post("/peers/{ae_title:path}/echo")
async def echo_peer(here: ThePlatform, caller: Caller, ae_title: str) -> EchoOut:
    """Call the peer with a C-ECHO, for administrators; no transaction waits for its answer."""
    require_role(caller, Role.ADMINISTRATOR)
    async with here.database.read() as view:
        peer = await peers.known_peer(view, ae_title)
        remote, title = remote_of(peer), peer.ae_title
    if remote is None:
        raise PeerNotDialable(ae_title=title)
    ours = here.settings.dicom.ae_title
    secrets = here.settings.home_path / "secrets"
    found = await echo(remote, calling_ae_title=ours, seconds=ECHO_SECONDS, secrets=secrets)
    async with here.database.write() as tx:
        record(
            tx,
            caller,
            "peer.echo",
            "peer",
            title,
            here.clock.now(),
            Outcome.DONE if found.outcome is EchoOutcome.REACHABLE else Outcome.REFUSED,
            host=remote.host,
            port=remote.port,
            came=found.outcome.value,
            reason=found.reason,
        )
    return EchoOut(
        outcome=found.outcome,
        reason=found.reason,
        milliseconds=found.milliseconds,
        waited_seconds_max=ECHO_SECONDS,
        calling_ae_title=ours,
    )


@router.delete("/peers/{ae_title:path}", status_code=204)
async def remove_peer(here: ThePlatform, tx: Tx, caller: Caller, ae_title: str) -> Response:
    """Forget a peer, for administrators: it is refused from now on."""
    require_role(caller, Role.ADMINISTRATOR)
    await peers.remove_peer(tx, ae_title)
    record(tx, caller, "peer.remove", "peer", ae_title, here.clock.now())
    return Response(status_code=204)
