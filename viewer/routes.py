"""How the routes of the DICOMweb root are registered: each read resource answers GET and HEAD.

Its paths are names and values in turns (PS3.18 10.1): one look in a table finds what answers, where
the application's routes are asked one after the other and each value is validated by its type.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Request, Response
from fastapi.routing import APIRoute, request_response
from starlette.types import ASGIApp, Receive, Scope, Send

from config.kernel.errors import AppError
from viewer.web_address import PREFIX

UID, FRAMES, BULK = r"^[0-9.]+$", r"^[0-9]{1,7}(,[0-9]{1,7})*$", r"^(pixels|[0-9]{1,15}-[0-9]{1,15})$"
UID_MAX, FRAMES_MAX, BULK_MAX = 64, 8_000, 64
Uid = Annotated[str, Path(max_length=UID_MAX, pattern=UID)]
FrameList = Annotated[str, Path(max_length=FRAMES_MAX, pattern=FRAMES)]
BulkPlace = Annotated[str, Path(max_length=BULK_MAX, pattern=BULK)]
VALUES: Mapping[str, tuple[re.Pattern[str], int]] = {
    "study_instance_uid": (re.compile(UID), UID_MAX),
    "series_instance_uid": (re.compile(UID), UID_MAX),
    "sop_instance_uid": (re.compile(UID), UID_MAX),
    "frame_list": (re.compile(FRAMES), FRAMES_MAX),
    "place": (re.compile(BULK), BULK_MAX),
}
Endpoint: TypeAlias = Callable[..., Awaitable[Response]]
Refusal: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]
Names: TypeAlias = tuple[str, ...]
BELOW = f"{PREFIX}/"


class _ReadRoute(APIRoute):
    """A resource that is read."""

    def for_head(self) -> "_ReadRoute":
        """The same answered without its content: a stream that was begun is never read."""
        get = self.get_route_handler()

        async def head(request: Request) -> Response:
            full = await get(request)
            empty = Response(status_code=full.status_code)
            empty.raw_headers = full.raw_headers
            return empty

        route = copy(self)
        route.methods, route.include_in_schema = {"HEAD"}, False
        route.app = request_response(head)
        return route


class Readings:
    """The read resources of one application's DICOMweb root."""

    def __init__(self) -> None:
        self._table: dict[tuple[int | str, ...], tuple[Endpoint, Names]] = {}

    def add(self, router: APIRouter, path: str, endpoint: Endpoint) -> None:
        """Let `endpoint` answer GET and HEAD (RFC 9110 9.3.2)."""
        get = _ReadRoute(
            router.prefix + path,
            endpoint,
            methods=["GET"],
            response_class=Response,
            tags=list(router.tags),
            generate_unique_id_function=router.generate_unique_id_function,
        )
        router.routes += [get, get.for_head()]
        parts = path.strip("/").split("/")
        names = tuple(part.strip("{}") for part in parts[1::2])
        self._table[len(parts), *parts[::2]] = endpoint, names

    def find(self, path: str) -> tuple[Endpoint, dict[str, str]] | None:
        """What answers a path below the root, and the values in it; None for what is no such path."""
        parts = path.split("/")
        found = self._table.get((len(parts), *parts[::2]))
        if found is None:
            return None
        endpoint, names = found
        values = dict(zip(names, parts[1::2], strict=True))
        return (endpoint, values) if all(map(_fits, names, values.values())) else None


def _fits(name: str, value: str) -> bool:
    pattern, most = VALUES[name]
    return len(value) <= most and pattern.fullmatch(value) is not None


class ReadingDoor:
    """ASGI middleware: what is read below the DICOMweb root is answered at once by its endpoint.

    What the endpoint refuses `refusal` answers, as it does for all routes. Everything else goes on into
    the application.
    """

    def __init__(self, app: ASGIApp, *, readings: Readings, refusal: Refusal) -> None:
        self._app, self._readings, self._refusal = app, readings, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(BELOW):
            found = self._readings.find(scope["path"][len(BELOW) :])
        if found is None:
            await self._app(scope, receive, send)
            return
        endpoint, values = found
        request = Request(scope, receive)
        try:
            answer = await endpoint(request, **values)
        except AppError as error:
            answer = await self._refusal(request, error)
        await answer(scope, receive, send)
