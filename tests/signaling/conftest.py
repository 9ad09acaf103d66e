"""A real signalling server on a free port, and people who speak to it over real WebSockets."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from websockets.asyncio.client import ClientConnection, connect

from config.kernel.clock import SystemClock
from config.settings import Settings, load, secret
from signaling.app import make_app, uvicorn_options
from signaling.roles import Role
from signaling.tickets import mint
from tests.fixtures.waiting import eventually

ORIGIN = "http://clinic.test"
Json = dict[str, Any]


@dataclass
class Person:
    """One browser page: its socket, and everything it has been told."""

    socket: ClientConnection
    told: list[Json] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
        await self.socket.close()

    async def _read(self) -> None:
        async for text in self.socket:
            self.told.append(json.loads(text))

    async def say(self, t: str, d: Json | None = None, **envelope: object) -> None:
        """Send one message."""
        await self.socket.send(json.dumps({"v": 1, "t": t, "d": d or {}, **envelope}))

    async def ask(self, t: str, d: Json | None = None) -> Json:
        """Send a request and wait for its answer."""
        number = f"r{len(self.told)}-{t}"
        await self.say(t, d, id=number)
        return await self.hears(lambda m: m["re"] == number)

    async def hears(self, matches: str | Callable[[Json], bool]) -> Json:
        """The first message of this type (or that matches), now or soon."""
        check = (lambda m: m["t"] == matches) if isinstance(matches, str) else matches
        return await eventually(lambda: next((m for m in self.told if check(m)), None))

    async def closed(self) -> int:
        """The close code, when the server has ended the socket."""
        await asyncio.wait_for(self.socket.wait_closed(), 10)
        return self.socket.close_code or 0

    def types(self) -> list[str]:
        """The types of all messages so far."""
        return [m["t"] for m in self.told]


@dataclass
class House:
    """A running server and what a test needs to speak to it."""

    settings: Settings
    url: str
    registry: CollectorRegistry

    def ticket(
        self,
        pid: str,
        role: Role = Role.SPECIALIST,
        *,
        room: str = "room-1",
        name: str = "江临川",
        can_admit: bool | None = None,
    ) -> str:
        """A good ticket; clinicians may admit unless told."""
        may = role.is_clinician if can_admit is None else can_admit
        return mint(
            self.secret,
            room=room,
            participant=pid,
            name=name,
            institution="县医院",
            role=role,
            can_admit=may,
            case_ref="case-1",
            now=SystemClock().now(),
            ttl_seconds=120,
        )

    @property
    def secret(self) -> SecretStr:
        """What tickets are signed with."""
        return secret(self.settings, "join_ticket")

    @contextlib.asynccontextmanager
    async def page(self, origin: str = ORIGIN) -> AsyncIterator[Person]:
        """A page that has opened its socket and said nothing yet."""
        async with connect(self.url, origin=origin) as opened, Person(opened) as person:  # type: ignore[arg-type]
            yield person

    @contextlib.asynccontextmanager
    async def joined(self, pid: str, role: Role = Role.SPECIALIST, **more: Any) -> AsyncIterator[Person]:
        """A page whose ticket was accepted."""
        async with self.page() as person:
            await hello(person, token=self.ticket(pid, role, **more))
            yield person

    @contextlib.asynccontextmanager
    async def inside(self, pid: str, role: Role = Role.SPECIALIST, **more: Any) -> AsyncIterator[Person]:
        """A page that has also knocked (and is in the room, or in the lobby for guests)."""
        async with self.joined(pid, role, **more) as person:
            assert (await person.ask("lobby.knock", KNOCK))["t"] == "ok"
            yield person

    def figure(self, name: str, **labels: str) -> float:
        """One figure of /metrics."""
        return self.registry.get_sample_value(name, labels) or 0.0


KNOCK: Json = {"media": {"audio": True, "video": True}}


async def hello(person: Person, **d: object) -> Json:
    """Say hello and wait for the welcome."""
    await person.say("hello", {"client": {"app": "test/1"}, **d})
    return await person.hears("welcome")


@contextlib.asynccontextmanager
async def serving(app: Callable[..., Any]) -> AsyncIterator[int]:
    """A real uvicorn with `app`; yields its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, lifespan="off", ws="websockets-sansio", **uvicorn_options()
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await running


Opener = Callable[..., Awaitable[House]]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Opener]:
    """Starts a server with the settings a test wants."""
    async with contextlib.AsyncExitStack() as stack:

        async def start(
            *,
            redis: Any = None,
            drain_seconds: float = 120.0,
            silence_seconds: float = 20.0,
            **signaling: object,
        ) -> House:
            settings = load(home=str(tmp_path), signaling=signaling)
            registry = CollectorRegistry()
            app = make_app(
                settings,
                redis=redis,
                origins=[ORIGIN],
                registry=registry,
                drain_seconds=drain_seconds,
                silence_seconds=silence_seconds,
            )
            port = await stack.enter_async_context(serving(app))
            return House(settings, f"ws://127.0.0.1:{port}/ws", registry)

        yield start


@pytest.fixture
async def house(open_house: Opener) -> House:
    """A server with the default settings."""
    return await open_house()
