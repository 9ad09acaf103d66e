"""All rooms of this process: sockets meet seats here, and time passes here.

A room lives in exactly one process (a proxy hashes the room's id), so nothing in it waits for another
machine. Between two awaits everything is one step. What a participant must not miss is numbered and
kept for a while, so that a socket that comes back asks only for what it has not seen.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from pydantic import SecretStr

from config.kernel.clock import Clock
from signaling import announce, caps, tickets
from signaling.caps import CloseCode
from signaling.errors import RoomFull, Unauthorized
from signaling.events import (
    ByeData,
    ByeFrom,
    IceServer,
    Limits,
    Resume,
    ResumeData,
    ServerMessage,
    Welcome,
    WelcomeData,
)
from signaling.ledger import Ledger
from signaling.metrics import Metrics
from signaling.protocol import write
from signaling.requests import HelloData
from signaling.room import SEATED, Change, Room, RoomState, Seat, SeatState, What
from signaling.tickets import JoinTicket, ResumeToken
from signaling.turn import Relays

logger = logging.getLogger(__name__)

MODE: Final = "mesh"


class Socket(Protocol):
    """What the hub needs of a connection; neither method waits."""

    def send(self, text: str) -> None:
        """Queue a frame."""
        ...

    def close(self, code: CloseCode) -> None:
        """End the socket after what is queued."""
        ...


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers of this installation."""

    grace_seconds: float
    drain_seconds: float
    participants_max: int
    probe_seconds_max: float


@dataclass
class Channel:
    """The line to one seat: its socket, if any, and the numbered messages a resume may ask for."""

    ticket: JoinTicket
    socket: Socket | None = None
    open_sockets: int = 0
    seq: int = 0
    log: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=caps.REPLAY_MESSAGES_MAX))
    resume: tuple[str, datetime] | None = None
    dropped_at: datetime | None = None
    timer: asyncio.TimerHandle | None = None

    def missed(self, last_seq: int) -> list[str] | None:
        """The messages after `last_seq`, or None when they are no longer all there."""
        if last_seq > self.seq or (last_seq < self.seq and (not self.log or self.log[0][0] > last_seq + 1)):
            return None
        return [text for seq, text in self.log if seq > last_seq]


@dataclass(frozen=True)
class Session:
    """One socket's right to speak for a seat."""

    room: Room
    pid: str
    epoch: int
    socket: Socket


class Hub:
    """Rooms, channels and timers."""

    def __init__(
        self,
        *,
        rules: Rules,
        secret: SecretStr,
        relays: Relays,
        ledger: Ledger,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self.rules, self.relays, self.clock, self.metrics = rules, relays, clock, metrics
        self._secret, self._ledger = secret, ledger
        self._rooms: dict[str, Room] = {}
        self._channels: dict[tuple[str, str], Channel] = {}
        self._drains: dict[str, asyncio.TimerHandle] = {}
        self._shown: dict[str, RoomState] = {}
        self._started_at = clock.now()

    async def open(self, hello: HelloData, socket: Socket) -> Session:
        """Seat the bearer of a ticket or resume token and send what the socket needs.

        Raises Unauthorized (whatever is wrong with the token), NotAllowed, RoomFull.
        """
        now = self.clock.now()
        seat_before, ticket = self._read(hello, now)
        if not await self._ledger.use(ticket.jti, ticket.expires_at, now):
            raise Unauthorized
        return self._seat(ticket, seat_before, hello.last_seq, socket)

    def drop(self, session: Session) -> None:
        """The socket of `session` is gone; its seat is kept for the grace time."""
        channel = self._channels.get((session.room.name, session.pid))
        if channel is None:
            return
        channel.open_sockets -= 1
        if channel.socket is not session.socket:
            return
        channel.socket = None
        seat = session.room.seats[session.pid]
        if seat.state in SEATED:
            channel.dropped_at = self.clock.now()
            until = channel.dropped_at + timedelta(seconds=self.rules.grace_seconds)
            self.apply(session.room, session.room.drop(session.pid, until))
            channel.timer = asyncio.get_running_loop().call_later(
                self.rules.grace_seconds, self._grace_over, session.room, session.pid
            )

    def apply(self, room: Room, changes: Iterable[Change]) -> None:
        """Tell everyone concerned, end the sockets of those who are out, and let the room's time run."""
        listed = list(changes)
        for change in listed:
            if change.what is What.OUT:
                self._forget_room_messages(room, change.pid)
        for pid, message in announce.announce(room, listed, self._ice_for(room)):
            self.deliver(room, pid, message)
        self._follow(room)

    def deliver(self, room: Room, pid: str, message: ServerMessage) -> None:
        """Number a message, keep it, and send it if the seat's socket is there."""
        channel = self._channels.get((room.name, pid))
        if channel is None:
            return
        channel.seq += 1
        text = write(message.model_copy(update={"seq": channel.seq}))
        channel.log.append((channel.seq, text))
        if channel.socket is not None:
            channel.socket.send(text)

    def end(self, room: Room, pid: str) -> None:
        """Say farewell to somebody turned away and close their socket."""
        channel = self._channels.get((room.name, pid))
        message = announce.farewell(room.seats[pid])
        if channel is None or channel.socket is None or message is None:
            return
        channel.socket.send(write(message))
        channel.socket.close(CloseCode.FORBIDDEN)

    def is_current(self, session: Session) -> bool:
        """True while `session` is the one socket that speaks for its seat."""
        channel = self._channels.get((session.room.name, session.pid))
        return channel is not None and channel.socket is session.socket

    async def leave(self, session: Session) -> None:
        """They said goodbye: no grace, no way back but a new ticket."""
        room, pid = session.room, session.pid
        channel = self._channels[room.name, pid]
        channel.socket = None
        session.socket.send(write(ByeFrom(d=ByeData(reason="left"))))
        session.socket.close(CloseCode.ROOM_GONE)
        self.apply(room, room.leave(pid, self.clock.now()))
        await self._void(channel)

    async def renew(self, room: Room, pid: str) -> None:
        """Void the seat's resume token; whoever still has a seat gets one that says what holds now."""
        channel = self._channels.get((room.name, pid))
        if channel is None:
            return
        await self._void(channel)
        if room.seats[pid].state in SEATED:
            self.deliver(room, pid, Resume(d=ResumeData(token=self._resume_token(room.seats[pid], channel))))

    async def _void(self, channel: Channel) -> None:
        if channel.resume is not None:
            jti, expires_at = channel.resume
            channel.resume = None
            await self._ledger.use(jti, expires_at, self.clock.now())

    def ice(self, room: Room, seat: Seat) -> tuple[list[IceServer], int]:
        """Fresh relay credentials for an admitted seat and their life. Raises NotAdmitted."""
        room.require_admitted(seat.pid)
        return self.relays.credentials(room.name, seat.pid, self.clock.now()), self.relays.ttl_seconds

    # -- seats --------------------------------------------------------------------------------------

    def _read(self, hello: HelloData, now: datetime) -> tuple[ResumeToken | None, JoinTicket]:
        if hello.token is not None and hello.resume is None:
            return None, tickets.verify(self._secret, hello.token, now)
        if hello.resume is not None and hello.token is None:
            seat = tickets.verify_resume(self._secret, hello.resume, now)
            return seat, seat.ticket
        raise Unauthorized

    def _seat(
        self, ticket: JoinTicket, before: ResumeToken | None, last_seq: int | None, socket: Socket
    ) -> Session:
        now = self.clock.now()
        room = self._rooms.get(ticket.room) or self._new_room(ticket.room)
        self._require_socket(room.name, ticket.participant)
        same_page = before is not None and last_seq is not None
        known = room.seats.get(ticket.participant)
        was_seated = known is not None and known.state in SEATED
        forgotten = known is None and before is not None and before.admitted
        changes = room.arrive(
            ticket,
            now,
            same_page=same_page,
            epoch_before=before.epoch if before else 0,
            take_up_again=forgotten and self._just_started(now),
        )
        self._rooms[room.name] = room
        session = Session(room, ticket.participant, room.seats[ticket.participant].epoch, socket)
        channel = self._attach(session, ticket, now)
        missed = channel.missed(last_seq) if same_page and was_seated and last_seq is not None else None
        self._greet(session, channel, missed, resumed=before is not None)
        if missed is None and not any(change.what is What.ENTERED for change in changes):
            self._tell_everything(session)
        self.apply(room, changes)
        return session

    def _require_socket(self, room: str, pid: str) -> None:
        channel = self._channels.get((room, pid))
        if channel is not None and channel.open_sockets >= caps.SOCKETS_PER_PARTICIPANT_MAX:
            raise RoomFull(sockets_max=caps.SOCKETS_PER_PARTICIPANT_MAX)

    def _attach(self, session: Session, ticket: JoinTicket, now: datetime) -> Channel:
        key = (session.room.name, session.pid)
        channel = self._channels.setdefault(key, Channel(ticket))
        if channel.timer is not None:
            channel.timer.cancel()
            channel.timer = None
        if channel.dropped_at is not None:
            self.metrics.reconnect.observe((now - channel.dropped_at).total_seconds())
            channel.dropped_at = None
        if channel.socket is not None:
            channel.socket.close(CloseCode.REPLACED)
        channel.ticket, channel.socket = ticket, session.socket
        channel.open_sockets += 1
        return channel

    def _greet(self, session: Session, channel: Channel, missed: list[str] | None, *, resumed: bool) -> None:
        """Welcome, then what was missed, if that is still known."""
        seat = session.room.seats[session.pid]
        if resumed:
            self.metrics.resumes.labels("ok" if missed is not None else "full").inc()
        welcome = self._welcome(seat, channel, resumed=missed is not None)
        session.socket.send(write(Welcome(seq=None, d=welcome)))
        for text in missed or []:
            session.socket.send(text)

    def _tell_everything(self, session: Session) -> None:
        seat = session.room.seats[session.pid]
        for message in announce.snapshot(session.room, seat, self._ice_for(session.room)):
            self.deliver(session.room, session.pid, message)

    def _welcome(self, seat: Seat, channel: Channel, *, resumed: bool) -> WelcomeData:
        rules = self.rules
        return WelcomeData(
            pid=seat.pid,
            epoch=seat.epoch,
            role=seat.role,
            name=seat.name,
            can_admit=seat.can_admit,
            state=announce.word(seat),
            resume=self._resume_token(seat, channel),
            seq=channel.seq,
            resumed=resumed,
            server_time=self.clock.now().isoformat(timespec="milliseconds"),
            heartbeat_seconds=caps.HEARTBEAT_SECONDS,
            limits=Limits(
                message_bytes_max=caps.MESSAGE_BYTES_MAX,
                messages_per_second=caps.MESSAGES_PER_SECOND,
                messages_burst=caps.MESSAGES_BURST,
                participants_max=rules.participants_max,
                grace_seconds=rules.grace_seconds,
                probe_seconds_max=rules.probe_seconds_max,
            ),
        )

    def _resume_token(self, seat: Seat, channel: Channel) -> str:
        now = self.clock.now()
        held = ResumeToken(ticket=channel.ticket, epoch=seat.epoch, admitted=seat.state is SeatState.ADMITTED)
        token, jti = tickets.mint_resume(self._secret, held, now)
        channel.resume = (jti, now + timedelta(seconds=tickets.RESUME_SECONDS))
        return token

    def _ice_for(self, room: Room) -> announce.IceFor:
        return lambda seat: self.ice(room, seat)

    # -- rooms and time -----------------------------------------------------------------------------

    def _new_room(self, name: str) -> Room:
        if len(self._rooms) >= caps.ROOMS_MAX:
            raise RoomFull(rooms_max=caps.ROOMS_MAX)
        return Room(name, self.rules.participants_max)

    def _just_started(self, now: datetime) -> bool:
        """True while people whose server restarted under them may take their seats up again."""
        return (now - self._started_at).total_seconds() <= self.rules.grace_seconds

    def _forget_room_messages(self, room: Room, pid: str) -> None:
        """Someone sent out must not read on resume what was meant for the room."""
        channel = self._channels.get((room.name, pid))
        if channel is not None:
            channel.log.clear()

    def _grace_over(self, room: Room, pid: str) -> None:
        seat = room.seats.get(pid)
        if seat is not None and seat.state in SEATED and not seat.here:
            self.apply(room, room.grace_over(pid, self.clock.now()))

    def _follow(self, room: Room) -> None:
        """Timers, figures and memory follow the room's state."""
        if room.state is RoomState.DRAINING and room.name not in self._drains:
            self._drains[room.name] = asyncio.get_running_loop().call_later(
                self.rules.drain_seconds, self._drained, room
            )
        elif room.state is not RoomState.DRAINING and room.name in self._drains:
            self._drains.pop(room.name).cancel()
        self._count(room)
        if room.state is RoomState.CLOSED:
            self._remove(room)

    def _drained(self, room: Room) -> None:
        self._drains.pop(room.name, None)
        self.apply(room, room.drained(self.clock.now()))

    def _count(self, room: Room) -> None:
        shown = self._shown.get(room.name)
        if shown is room.state:
            return
        if shown is not None:
            self.metrics.rooms.labels(shown.value, MODE).dec()
        self._shown[room.name] = room.state
        self.metrics.rooms.labels(room.state.value, MODE).inc()
        logger.info("room.state", extra={"room": room.name, "state": room.state.value})

    def _remove(self, room: Room) -> None:
        self._rooms.pop(room.name, None)
        self.metrics.rooms.labels(self._shown.pop(room.name).value, MODE).dec()
        for pid in room.seats:
            channel = self._channels.pop((room.name, pid), None)
            if channel is not None and channel.timer is not None:
                channel.timer.cancel()
            if channel is not None and channel.socket is not None:
                channel.socket.close(CloseCode.ROOM_GONE)
