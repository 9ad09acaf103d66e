"""What each request does. The match is over a closed union, so mypy notices a message without a branch."""

from dataclasses import dataclass, field
from typing import assert_never

from signaling import caps
from signaling.errors import BadState, NotAllowed, StaleEpoch, StalePlan
from signaling.events import (
    IceData,
    IceServers,
    Ok,
    Pong,
    ServerMessage,
    answer_from,
    candidate_from,
    offer_from,
)
from signaling.hub import Hub, Session
from signaling.parts import Nothing, To
from signaling.quality import record
from signaling.requests import (
    Bye,
    ClientMessage,
    Hello,
    IceCandidate,
    IceRefresh,
    Kick,
    LobbyAdmit,
    LobbyDeny,
    LobbyKnock,
    LobbyReturn,
    MediaState,
    Ping,
    ProbeOffer,
    QualityReport,
    SdpAnswer,
    SdpOffer,
)
from signaling.room import Change, Room

Relayed = SdpOffer | SdpAnswer | IceCandidate
Hosting = LobbyAdmit | LobbyDeny | LobbyReturn | Kick
Acts = LobbyKnock | Hosting | Relayed | MediaState | QualityReport | Bye


@dataclass
class Router:
    """Handles the requests of one socket; counts the candidates of each negotiation."""

    hub: Hub
    session: Session
    _candidates: dict[str, int] = field(default_factory=dict)

    @property
    def _room(self) -> Room:
        return self.session.room

    async def handle(self, message: ClientMessage) -> ServerMessage | None:
        """Do what the message asks; the reply that belongs to it, if it has one. Raises AppError."""
        if not self.hub.is_current(self.session):
            raise BadState
        match message:
            case Ping():
                return Pong(re=message.id, d=message.d)
            case IceRefresh():
                return self._fresh_ice(message)
            case Hello() | ProbeOffer():
                raise BadState
            case _:
                await self._act(message)
        return Ok(re=message.id, d=Nothing()) if message.id is not None else None

    async def _act(self, message: Acts) -> None:
        match message:
            case LobbyKnock():
                await self._knock(message)
            case LobbyAdmit() | LobbyDeny() | LobbyReturn() | Kick():
                await self._host(message)
            case SdpOffer() | SdpAnswer() | IceCandidate():
                self._relay(message)
            case MediaState():
                self._apply(self._room.set_media(self.session.pid, message.d))
            case QualityReport():
                self._room.require_admitted(self.session.pid)
                record(self.hub.metrics, message.d)
            case Bye():
                await self.hub.leave(self.session)
            case _:
                assert_never(message)

    def _apply(self, changes: list[Change]) -> None:
        self.hub.apply(self._room, changes)

    async def _knock(self, message: LobbyKnock) -> None:
        pid = self.session.pid
        self._apply(self._room.knock(pid, message.d.media, message.d.check, self.hub.clock.now()))
        await self.hub.renew(self._room, pid)

    async def _host(self, message: Hosting) -> None:
        """Admit, deny, send back or remove; afterwards the other's old resume token is void."""
        by, pid, now = self.session.pid, message.d.pid, self.hub.clock.now()
        if isinstance(message, LobbyAdmit):
            knocked_at = self._room.seat(pid).knocked_at
            changes = self._room.admit(by, pid, now)
            if knocked_at is not None:
                self.hub.metrics.lobby_wait.observe((now - knocked_at).total_seconds())
        elif isinstance(message, LobbyDeny):
            changes = self._room.deny(by, pid, now)
        elif isinstance(message, LobbyReturn):
            changes = self._room.send_back(by, pid, now)
        else:
            changes = self._room.kick(by, pid, now)
        self._apply(changes)
        self.hub.end(self._room, pid)
        await self.hub.renew(self._room, pid)

    def _relay(self, message: Relayed) -> None:
        """Pass a description or candidate on. The sender is written by us; the target must be in the room."""
        sender = self._room.require_admitted(self.session.pid)
        to = message.d.to
        if to.pid == sender.pid:
            raise NotAllowed
        target = self._room.admitted_peer(to.pid)
        if to.epoch != target.epoch:
            raise StaleEpoch(epoch=target.epoch)
        me = To(pid=sender.pid, epoch=sender.epoch)
        if isinstance(message, IceCandidate):
            self._count_candidate(to.pid)
            self.hub.deliver(self._room, to.pid, candidate_from(me, message.d))
            return
        if message.d.plan_epoch != self._room.plan_epoch:
            raise StalePlan(plan_epoch=self._room.plan_epoch)
        self._candidates[to.pid] = 0
        passed = offer_from(me, message.d) if isinstance(message, SdpOffer) else answer_from(me, message.d)
        self.hub.deliver(self._room, to.pid, passed)

    def _count_candidate(self, pid: str) -> None:
        count = self._candidates.get(pid, 0) + 1
        if count > caps.CANDIDATES_PER_NEGOTIATION_MAX:
            raise BadState(candidates_max=caps.CANDIDATES_PER_NEGOTIATION_MAX)
        self._candidates[pid] = count

    def _fresh_ice(self, message: IceRefresh) -> IceServers:
        servers, seconds = self.hub.ice(self._room, self._room.require_admitted(self.session.pid))
        return IceServers(re=message.id, d=IceData(ice_servers=servers, ice_seconds=seconds))
