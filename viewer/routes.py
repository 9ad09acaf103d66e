"""How the routes of the DICOMweb root are registered: each read resource answers GET and HEAD."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _HeadRoute(APIRoute):
    """Answers as GET would, without the content: a stream that was begun is never read."""

    def get_route_handler(self) -> Handler:
        """The handler of GET, its answer emptied."""
        get = super().get_route_handler()

        async def head(request: Request) -> Response:
            full = await get(request)
            empty = Response(status_code=full.status_code)
            empty.raw_headers = full.raw_headers
            return empty

        return head


def add_reading(router: APIRouter, path: str, endpoint: Callable[..., Any]) -> None:
    """Let `endpoint` answer GET and HEAD (RFC 9110 9.3.2)."""
    router.add_api_route(path, endpoint, methods=["GET"], response_class=Response)
    router.routes.append(
        _HeadRoute(
            router.prefix + path,
            endpoint,
            methods=["HEAD"],
            response_class=Response,
            include_in_schema=False,
            tags=list(router.tags),
        )
    )
