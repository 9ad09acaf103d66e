"""One socket from handshake to end: who may open it, how fast it may speak, when it is given up.

Reading and writing are two tasks. Everything to be sent goes through one bounded queue, so neither a
slow reader nor a silent one can hold memory or another person's call.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.websockets import WebSocket, WebSocketDisconnect

from config.kernel.errors import AppError
from config.kernel.limits import TokenBucket
from signaling import caps
from signaling.caps import CloseCode
from signaling.errors import BadMessage, BadState, Internal, MediaUnavailable, RateLimited, Unauthorized
from signaling.events import AnswerData, ProbeAnswer, ServerMessage
from signaling.hub import Hub, Session
from signaling.media.probe import Probes
from signaling.protocol import parse, refusal, request_id, write
from signaling.requests import Hello, ProbeOffer
from signaling.router import Router

logger = logging.getLogger(__name__)


@dataclass
class Door:
    """What all sockets of this process share: rooms, pre-call peers, allowed origins."""

    hub: Hub
    probes: Probes
    origins: frozenset[str]
    silence_seconds: float = caps.SILENCE_SECONDS
    pending: int = 0

    async def serve(self, websocket: WebSocket) -> None:
        """Handle one socket. The origin is checked before accepting: CORS does not guard WebSockets."""
        if websocket.headers.get("origin") not in self.origins or self.pending >= caps.PENDING_SOCKETS_MAX:
            await websocket.close()
            return
        await websocket.accept()
        self.hub.metrics.ws_open.inc()
        try:
            await Connection(websocket, self).run()
        finally:
            self.hub.metrics.ws_open.dec()


class Connection:
    """A `hub.Socket` over a WebSocket."""

    def __init__(self, websocket: WebSocket, door: Door) -> None:
        self._websocket, self._door, self._hub = websocket, door, door.hub
        self._queue: asyncio.Queue[str | CloseCode] = asyncio.Queue(caps.QUEUE_MESSAGES_MAX)
        self._closing = False
        self._overflowed = asyncio.Event()
        self._bucket = TokenBucket(
            per_second=caps.MESSAGES_PER_SECOND,
            burst=caps.MESSAGES_BURST,
            monotonic_seconds=time.monotonic,
            keys_max=1,
        )
        self._refused = 0
        self._probe: asyncio.Task[None] | None = None
        self._probes_used = 0

    def send(self, text: str) -> None:
        if self._closing:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self._closing = True
            self._overflowed.set()

    def close(self, code: CloseCode) -> None:
        if self._closing:
            return
        self._closing = True
        try:
            self._queue.put_nowait(code)
        except asyncio.QueueFull:
            self._overflowed.set()

    async def run(self) -> None:
        """Until the socket ends from either side."""
        tasks = [asyncio.create_task(each) for each in (self._read(), self._write(), self._watch())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._probe is not None:
                tasks.append(self._probe)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- writing ------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                async with asyncio.timeout(caps.SEND_SECONDS):
                    if isinstance(item, CloseCode):
                        await self._websocket.close(item)
                        return
                    await self._websocket.send_text(item)
            except TimeoutError:
                await self._give_up(CloseCode.SLOW_CONSUMER)
                return
            except (WebSocketDisconnect, RuntimeError):
                return

    async def _watch(self) -> None:
        """Ends the socket of a reader that does not keep up."""
        await self._overflowed.wait()
        await self._give_up(CloseCode.SLOW_CONSUMER)

    async def _give_up(self, code: CloseCode) -> None:
        try:
            async with asyncio.timeout(caps.SEND_SECONDS):
                await self._websocket.close(code)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            logger.info("socket.given_up", extra={"close_code": int(code)})

    def _say(self, message: ServerMessage) -> None:
        self.send(write(message))

    def _refuse(self, error: AppError, re: str | None) -> None:
        answer = refusal(error, re)
        self._hub.metrics.errors.labels(answer.d.code).inc()
        self._say(answer)

    # -- reading ------------------------------------------------------------------------------------

    async def _read(self) -> None:
        """Ends when the other side is gone; where we end the socket, the writer has the last word."""
        try:
            session = await self._hello()
            if session is not None:
                await self._converse(session)
        except (WebSocketDisconnect, RuntimeError):
            return
        await asyncio.Event().wait()

    async def _receive(self) -> str:
        """The next text frame. Raises BadMessage for a binary one, WebSocketDisconnect at the end."""
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code") or 1006)
        text = frame.get("text")
        if text is None:
            raise BadMessage(place="message", rule="text frames only")
        return str(text)

    async def _hello(self) -> Session | None:
        """The session that the first message opens; None when the socket is being closed instead."""
        self._door.pending += 1
        try:
            async with asyncio.timeout(caps.HELLO_SECONDS):
                first = parse(await self._receive())
            if not isinstance(first, Hello):
                raise Unauthorized
            return await self._hub.open(first.d, self)
        except TimeoutError:
            self.close(CloseCode.FORBIDDEN)
        except AppError as error:
            self._refuse(error, None)
            self.close(CloseCode.PROTOCOL if _is_other_version(error) else CloseCode.FORBIDDEN)
        finally:
            self._door.pending -= 1
        return None

    async def _converse(self, session: Session) -> None:
        router = Router(self._hub, session)
        try:
            while True:
                async with asyncio.timeout(self._door.silence_seconds):
                    await self._one(router)
        except TimeoutError:
            self.close(CloseCode.GOING_AWAY)
        finally:
            self._hub.drop(session)

    async def _one(self, router: Router) -> None:
        """Read and handle one message; whatever goes wrong with it, the socket goes on."""
        try:
            text = await self._receive()
        except BadMessage as error:
            self._refuse(error, None)
            return
        if self._closing:
            return
        if not self._may_speak():
            self._refuse(RateLimited(per_second=int(caps.MESSAGES_PER_SECOND)), request_id(text))
            return
        await self._guarded(lambda: self._handle(router, text), text)

    def _may_speak(self) -> bool:
        if self._bucket.take():
            self._refused = 0
            return True
        self._refused += 1
        if self._refused > caps.MESSAGES_REFUSED_MAX:
            self.close(CloseCode.RATE)
        return False

    async def _guarded(self, work: Callable[[], Awaitable[None]], text: str) -> None:
        """The one edge of the socket where an unforeseen fault is caught, logged once and answered."""
        try:
            await work()
        except AppError as error:
            self._refuse(error, request_id(text))
        except (WebSocketDisconnect, asyncio.CancelledError):
            raise
        except Exception as fault:  # noqa: BLE001 - WebSocket edge
            logger.error("message.failed", extra={"fault": type(fault).__name__})  # noqa: TRY400 - may hold SDP
            self._refuse(Internal(), request_id(text))

    async def _handle(self, router: Router, text: str) -> None:
        message = parse(text)
        metrics = self._hub.metrics
        metrics.messages.labels(message.t).inc()
        with metrics.message_seconds.labels(message.t).time():
            if isinstance(message, ProbeOffer):
                self._start_probe(message, text)
                return
            reply = await router.handle(message)
        if reply is not None:
            self._say(reply)

    # -- pre-call check -----------------------------------------------------------------------------

    def _start_probe(self, message: ProbeOffer, text: str) -> None:
        if self._probe is not None and not self._probe.done():
            raise BadState(reason="a check is running")
        if self._probes_used >= caps.PROBES_PER_SOCKET_MAX:
            raise MediaUnavailable(reason="enough checks on this socket")
        self._probes_used += 1
        self._probe = asyncio.create_task(self._guarded(lambda: self._run_probe(message), text))

    async def _run_probe(self, message: ProbeOffer) -> None:
        probes = self._door.probes

        def answered(sdp: str) -> None:
            self._say(ProbeAnswer(re=message.id, d=AnswerData(sdp=sdp, seconds=probes.seconds_max)))

        await probes.run(message.d.sdp, answered)
        self._hub.metrics.probes.labels("done").inc()


def _is_other_version(error: AppError) -> bool:
    return isinstance(error, BadMessage) and str(error.params.get("place", "")).endswith(".v")
