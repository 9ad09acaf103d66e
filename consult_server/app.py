"""The composition root of the web process: every route, guarded, in one application."""

import time
from asyncio import TaskGroup
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from config.kernel.errors import NotFound
from config.kernel.stopping import end
from config.routing import Router, joined, operation_id
from config.settings import Settings
from consult_server.administration import (
    peers as peers_routes,
    quarantine,
    rejections,
    router as administration,
    storage,
)
from consult_server.annotations import filing_router, router as annotations
from consult_server.calls import router as calls
from consult_server.calls.tries import Tries
from consult_server.consults import router as consults
from consult_server.exams import router as exams
from consult_server.hanging import router as hanging
from consult_server.identity import preferences, router as identity
from consult_server.identity.current import Caller
from consult_server.identity.passwords import Passwords
from consult_server.notices import router as notices
from consult_server.patients import router as patients
from consult_server.priors import router as prior_studies
from consult_server.reports import router as reports, templates
from consult_server.retention import router as retention
from consult_server.study_access import viewer_ports
from consult_server.transfers import priors, router as transfers
from consult_server.web import errors, health
from consult_server.web.client import Client
from consult_server.web.kept_answers import KeptAnswers
from consult_server.web.middleware import Edge, security_headers
from consult_server.web.platform import Platform
from dicom_node.stow import Stow
from signaling.app import make_app as make_signaling
from viewer.access import ViewerPorts
from viewer.decode_pool import DecodePool
from viewer.dicomweb import DEFAULT_LIMITS, dicomweb_router
from viewer.ecg.router import ecg_router
from viewer.objects.documents_router import documents_router
from viewer.objects.regions_router import regions_router
from viewer.objects.router import objects_router
from viewer.packs import Packs
from viewer.reading import reading_router
from viewer.routes import ReadingDoor, Readings
from viewer.spatial import spatial_router
from viewer.stow_limits import StowLimits
from viewer.stow_rs import stow_of
from viewer.videos_router import videos_router

TRIES_PER_MINUTE = 10
ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
PRODUCT_ROUTERS = (
    health.router,
    identity.router,
    preferences.router,
    administration.router,
    peers_routes.router,
    quarantine.router,
    rejections.router,
    storage.router,
    patients.router,
    consults.router,
    exams.router,
    reports.router,
    annotations.router,
    filing_router.router,
    prior_studies.router,
    hanging.router,
    calls.router,
    notices.router,
    transfers.router,
    priors.router,
    retention.router,
)


def viewer_routers(
    ports: ViewerPorts,
    limits: StowLimits = DEFAULT_LIMITS,
    decoders: DecodePool | None = None,
    stow: Stow | None = None,
    readings: Readings | None = None,
) -> list[Router]:
    """The viewer's routes over this process's ports."""
    packs = Packs(ports, pool=decoders)
    reading = reading_router(ports, packs)
    objects = [objects_router(ports), regions_router(ports, packs.pool), documents_router(ports)]
    dicomweb = dicomweb_router(ports, limits, stow, readings)
    videos = videos_router(ports, packs)
    return [dicomweb, reading, videos, spatial_router(ports), *objects, ecg_router(ports)]


def _edge(settings: Settings) -> Middleware:
    return Middleware(
        Edge,
        public_url=settings.public_url,
        json_bytes_max=settings.http.json_bytes_max,
        stow_bytes_max=settings.http.stow_bytes_max,
        concurrency_max=settings.http.concurrency_max,
        headers=security_headers(settings.public_url, settings.signaling.url),
    )


def make_app(
    platform: Platform, *, passwords: Passwords | None = None, decoders: DecodePool | None = None
) -> FastAPI:
    """The whole web application over an open platform; `decoders` are the reading station's."""
    settings, readings = platform.settings, Readings()
    ports, limits = viewer_ports(platform), StowLimits(reserve_bytes=settings.objects.reserve_bytes)
    stow = stow_of(ports, limits)
    router = joined([*viewer_routers(ports, limits, decoders, stow, readings), *PRODUCT_ROUTERS])

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with router.lifespan_context(app), TaskGroup() as tasks:
            following = tasks.create_task(platform.live.run(), name="live")
            yield
            await end(following)

    app = FastAPI(
        title="Lianzhen",
        version="0.1.0",
        lifespan=lifespan,
        middleware=[
            _edge(settings),
            Middleware(KeptAnswers, changes=platform.changes, clock=platform.clock),
            Middleware(ReadingDoor, readings=readings, refusal=errors.app_error),
        ],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # what is asked here is told to nobody
        generate_unique_id_function=operation_id,
    )
    app.state.platform = platform
    app.state.passwords = passwords or Passwords()
    app.state.templates = templates.load()
    app.state.invitation_tries = Tries(at_most=TRIES_PER_MINUTE, seconds=60, monotonic_seconds=time.monotonic)
    app.state.stow = stow
    errors.install(app)
    app.router.routes += router.routes

    @app.get("/api/openapi.json", include_in_schema=False)
    async def openapi_document(_caller: Caller) -> dict[str, Any]:
        """The API's own description, for whoever is signed in."""
        return app.openapi()

    @app.api_route("/api/{_rest:path}", methods=ANY_METHOD, include_in_schema=False)
    @app.api_route("/dicom-web/{_rest:path}", methods=ANY_METHOD, include_in_schema=False)
    async def no_such_route(_rest: str) -> None:
        """Whatever else is asked below /api and /dicom-web, where no page lives. Public."""
        raise NotFound

    if not settings.signaling.url:
        app.mount("/signaling", make_signaling(settings, redis=platform.redis))
    app.mount("/", Client(settings.client_path))
    return app
