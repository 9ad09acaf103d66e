"""The composition root of the web process: every route, guarded, in one application."""

import time
from asyncio import TaskGroup
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware import Middleware

from config.kernel.errors import NotFound
from config.settings import Settings
from consult_server.administration import peers as peers_routes, quarantine, router as administration
from consult_server.calls import router as calls
from consult_server.calls.tries import Tries
from consult_server.consults import router as consults
from consult_server.identity import router as identity
from consult_server.identity.current import Caller
from consult_server.identity.passwords import Passwords
from consult_server.notices import router as notices
from consult_server.patients import router as patients
from consult_server.reports import router as reports, templates
from consult_server.study_access import viewer_ports
from consult_server.web import errors, health
from consult_server.web.client import Client
from consult_server.web.middleware import Edge, security_headers
from consult_server.web.platform import Platform
from signaling.app import make_app as make_signaling
from viewer.access import ViewerPorts
from viewer.dicomweb import dicomweb_router
from viewer.ecg.router import ecg_router
from viewer.reading import reading_router

TRIES_PER_MINUTE = 10
ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]
PRODUCT_ROUTERS = (
    identity.router,
    administration.router,
    peers_routes.router,
    quarantine.router,
    patients.router,
    consults.router,
    reports.router,
    calls.router,
    notices.router,
)


def operation_id(route: APIRoute) -> str:
    """A route is called what its function is called."""
    return route.name


def viewer_routers(ports: ViewerPorts) -> list[APIRouter]:
    """The viewer's routes over this process's ports."""
    return [dicomweb_router(ports), reading_router(ports), ecg_router(ports)]


def _edge(settings: Settings) -> Middleware:
    return Middleware(
        Edge,
        public_url=settings.public_url,
        json_bytes_max=settings.http.json_bytes_max,
        stow_bytes_max=settings.http.stow_bytes_max,
        concurrency_max=settings.http.concurrency_max,
        headers=security_headers(settings.public_url, settings.signaling.url),
    )


def make_app(platform: Platform) -> FastAPI:
    """The whole web application over an open platform."""
    settings = platform.settings

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with TaskGroup() as tasks:
            following = tasks.create_task(platform.live.run(), name="live")
            yield
            following.cancel()

    app = FastAPI(
        title="Lianzhen",
        version="0.1.0",
        lifespan=lifespan,
        middleware=[_edge(settings)],
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=operation_id,
    )
    app.state.platform = platform
    app.state.passwords = Passwords()
    app.state.templates = templates.load()
    app.state.invitation_tries = Tries(at_most=TRIES_PER_MINUTE, seconds=60, monotonic_seconds=time.monotonic)
    errors.install(app)
    app.include_router(health.router)
    for router in (*PRODUCT_ROUTERS, *viewer_routers(viewer_ports(platform))):
        app.include_router(router)

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
