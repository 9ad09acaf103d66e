"""The outermost ring, in pure ASGI: request id, headers, body caps, origin, load.

CSRF: a change is refused when the browser names an origin that is not ours; sessions are also
`SameSite=Strict`. Bearer tokens are no ambient authority, so scripts without an origin pass.
"""

import logging
import secrets
import time
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.logging import request_id
from consult_server.web.errors import problem

logger = logging.getLogger(__name__)

REQUESTS = Counter("lianzhen_http_requests_total", "HTTP requests answered", ["method", "status"])
SECONDS = Histogram("lianzhen_http_request_seconds", "Time to answer", ["method"])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STREAMED_PREFIXES = ("/dicom-web/",)
LIVE_PATH = "/api/live"  # its lines stay open and have caps of their own
CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob: mediastream:; worker-src 'self' blob:; "
    "connect-src 'self' {websocket}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; font-src 'self'; frame-src 'self' blob:"
)


DATA_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Of answers that programs read: what a page may do says nothing to them."""


def security_headers(public_url: str, signaling_url: str) -> dict[str, str]:
    """The headers every answer carries that may be a page."""
    origin = urlsplit(public_url)
    own = f"{'wss' if origin.scheme == 'https' else 'ws'}://{origin.netloc}"
    websocket = " ".join(dict.fromkeys([own, *([signaling_url] if signaling_url else [])]))
    return {
        "Content-Security-Policy": CSP.format(websocket=websocket),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


class Edge:
    """One middleware for everything every request needs, so that the order is plain to see."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_url: str,
        headers: dict[str, str],
        json_bytes_max: int,
        stow_bytes_max: int,
        concurrency_max: int,
        monotonic_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._public_url = app, public_url
        self._page_headers, self._data_headers = _raw(headers), _raw(DATA_HEADERS)
        self._json_bytes_max, self._stow_bytes_max = json_bytes_max, stow_bytes_max
        self._concurrency_max, self._seconds = concurrency_max, monotonic_seconds
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id.set(secrets.token_hex(8))
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, self._dressed(scope, send))
            return
        body = Body(self._cap(scope), receive)
        answer = self._dressed(scope, send)
        counted = int(scope["path"] != LIVE_PATH)
        self._running += counted
        try:
            with suppress(
                ClientDisconnect
            ):  # whoever went away is not answered, whoever said too much is below
                await self._app(scope, body.read, body.unless_too_large(answer))
        finally:
            self._running -= counted
        if body.too_large:
            await too_large(body.bytes_max)(scope, receive, answer)

    def _cap(self, scope: Scope) -> int:
        streamed = scope["path"].startswith(STREAMED_PREFIXES)
        return self._stow_bytes_max if streamed else self._json_bytes_max

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if scope["method"] not in SAFE_METHODS and origin is not None and not self._ours(origin, headers):
            return problem(
                HTTPStatus.FORBIDDEN, "general.foreign_origin", "Changes come from this site only.", {}
            )
        if headers.get("content-encoding", "identity") != "identity":
            return problem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "general.encoded_body",
                "Send the body without Content-Encoding.",
                {},
            )
        if self._running >= self._concurrency_max and not scope["path"].startswith("/health/"):
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "general.busy", "Too many requests at once.", {})
        return self._malformed(scope, headers)

    def _malformed(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return bad_request("Content-Length is not a number.")
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return bad_request("The address holds a NUL.")
        if int(length[:19]) > self._cap(scope):
            return too_large(self._cap(scope))
        return None

    def _ours(self, origin: str, headers: Headers) -> bool:
        """Our own origin; behind plain http also whatever address this server was asked under."""
        if self._public_url.startswith("https://"):
            return origin == self._public_url
        return origin in {self._public_url, f"http://{headers.get('host', '')}"}

    def _dressed(self, scope: Scope, send: Send) -> Send:
        started = self._seconds()
        data = scope["path"].startswith(STREAMED_PREFIXES)
        headers = self._data_headers if data else self._page_headers

        async def write(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                own = message["headers"] = list(message.get("headers", []))
                said = {name for name, _ in own}
                own += [header for header in headers if header[0] not in said]
                own.append((b"x-request-id", request_id.get().encode()))
                if b"cache-control" not in said and scope["path"].startswith("/api/"):
                    own.append((b"cache-control", b"no-store"))
                REQUESTS.labels(scope["method"], message["status"]).inc()
                SECONDS.labels(scope["method"]).observe(self._seconds() - started)
            await send(message)

        return write


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class Body:
    """A request body that ends at its cap, whatever length was announced."""

    def __init__(self, bytes_max: int, receive: Receive) -> None:
        self.bytes_max, self._receive, self._left = bytes_max, receive, bytes_max

    @property
    def too_large(self) -> bool:
        """True once more than the cap has come."""
        return self._left < 0

    async def read(self) -> Message:
        """The next message; over the cap the sender seems to have gone."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.too_large else message

    def unless_too_large(self, send: Send) -> Send:
        """`send`, mute once the body is over its cap: whatever the application makes of half a body."""

        async def write(message: Message) -> None:
            if not self.too_large:
                await send(message)

        return write


def bad_request(reason: str) -> ASGIApp:
    """The answer to a request that no client of ours makes."""
    return problem(HTTPStatus.BAD_REQUEST, "general.http_400", reason, {})


def too_large(bytes_max: int) -> ASGIApp:
    """The answer to a body over its cap."""
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "general.too_large",
        "The body is over the allowed size.",
        {"bytes_max": bytes_max},
    )
