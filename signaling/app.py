"""The signalling server: mounted by the web process at `/signaling`, or alone as `lianzhen signaling`."""

from collections.abc import Iterable
from typing import Annotated, Final, TypedDict
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Header
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from redis.asyncio import Redis
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.websockets import WebSocket

from config.kernel.clock import Clock, SystemClock
from config.kernel.redis import connect
from config.metrics import may_read
from config.patience import patient_protocol
from config.settings import Settings, secret
from signaling.caps import DRAIN_SECONDS, MESSAGE_BYTES_MAX, SILENCE_SECONDS
from signaling.connection import Door
from signaling.hub import Hub, Rules
from signaling.ledger import MemoryLedger, RedisLedger
from signaling.media.probe import Probes
from signaling.metrics import Metrics
from signaling.turn import Relays

PING_SECONDS: Final = 20.0
BEARER: Final = {"WWW-Authenticate": 'Bearer realm="lianzhen"'}
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")


def allowed_origins(settings: Settings) -> frozenset[str]:
    """Where pages that may open a socket come from: the public address, on loopback by each of its names."""
    public = urlsplit(settings.public_url)
    names = {public.netloc}
    if public.hostname in {"127.0.0.1", "localhost", "::1"} and public.port is not None:
        names |= {f"{name}:{public.port}" for name in LOOPBACK_NAMES}
    return frozenset(f"{public.scheme}://{name}" for name in names)


def make_app(
    settings: Settings,
    *,
    redis: Redis | None = None,
    clock: Clock | None = None,
    origins: Iterable[str] | None = None,
    registry: CollectorRegistry | None = None,
    drain_seconds: float = DRAIN_SECONDS,
    silence_seconds: float = SILENCE_SECONDS,
) -> FastAPI:
    """The application with the WebSocket at `/ws`; it needs no lifespan, so it may be mounted.

    `redis` remembers used tickets beyond this process. The server around it must refuse frames over
    64 KiB and compress nothing: start uvicorn with `**uvicorn_options()`.
    """
    rules = Rules(
        grace_seconds=settings.signaling.grace_seconds,
        drain_seconds=drain_seconds,
        participants_max=settings.signaling.participants_max,
        probe_seconds_max=settings.signaling.probe_seconds_max,
    )
    relays = Relays(
        urls=settings.signaling.turn_urls,
        secret=secret(settings, "turn_secret"),
        ttl_seconds=settings.signaling.turn_ttl_seconds,
    )
    hub = Hub(
        rules=rules,
        secret=secret(settings, "join_ticket"),
        relays=relays,
        ledger=RedisLedger(redis) if redis is not None else MemoryLedger(),
        clock=clock or SystemClock(),
        metrics=Metrics(registry or CollectorRegistry()),
    )
    door = Door(
        hub=hub,
        probes=Probes(rules.probe_seconds_max),
        origins=frozenset(origins) if origins is not None else allowed_origins(settings),
        silence_seconds=silence_seconds,
    )
    app = FastAPI(title="Lianzhen signalling", openapi_url=None, docs_url=None, redoc_url=None)

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await door.serve(websocket)

    return app


class UvicornOptions(TypedDict):
    """The part of uvicorn's settings that these sockets need."""

    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float


def uvicorn_options() -> UvicornOptions:
    """How a server that carries these sockets must be started."""
    return UvicornOptions(
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
    )


def standalone(settings: Settings, redis: Redis | None) -> FastAPI:
    """The application of the process that does nothing else, with its health page and figures."""
    app = FastAPI(title="Lianzhen signalling", openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/health/live", include_in_schema=False)
    async def live() -> PlainTextResponse:
        return PlainTextResponse("live")

    @app.get("/metrics", include_in_schema=False)
    async def metrics(authorization: Annotated[str, Header()] = "") -> Response:
        if not may_read(settings, authorization):
            return PlainTextResponse("the bearer token metrics_token is needed", 401, BEARER)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    app.router.routes.append(Mount("/signaling", make_app(settings, redis=redis, registry=REGISTRY)))
    return app


def run(settings: Settings) -> None:
    """`lianzhen signaling`: listen until told to stop."""
    redis = connect(settings.redis_url) if settings.redis.url else None
    app = standalone(settings, redis)
    uvicorn.run(
        app,
        http=patient_protocol(),
        host=settings.signaling.host,
        port=settings.signaling.port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        **uvicorn_options(),
    )
