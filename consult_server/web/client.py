"""The built client, held in memory and sent compressed. Hashed files never change, pages always may."""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

import brotli
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from config.kernel.limits import MIB

FILE_BYTES_MAX = 4 * MIB
HIDDEN_FOLDERS = frozenset({"report-fonts"})
COMPRESSED = frozenset({".html", ".js", ".css", ".svg", ".json", ".wasm", ".txt"})
_READ_PATH = re.compile(r"/?read/([0-9.]{1,64})/?")
_WEIGHT_ZERO = re.compile(r"q=0(\.0{0,3})?")
PAGES = {"read": "read.html", "room": "room.html", "join": "join.html"}
MISSING_PAGE = (
    "<!doctype html><meta charset=utf-8><title>Lianzhen</title>"
    "<p>The client is not built yet: run <code>make run</code>."
)


@dataclass(frozen=True)
class ClientFile:
    """One file with its compressed forms; each form has an entity tag of its own (RFC 9110 8.8.3.3)."""

    plain: bytes
    br: bytes | None
    gz: bytes | None
    media_type: str
    digest: str
    immutable: bool

    def chosen(self, accepted: str) -> tuple[str, bytes]:
        """The best form a reader takes, by its content coding; '' is the file as it is."""
        for coding, body in (("br", self.br), ("gzip", self.gz)):
            if body is not None and accepts(accepted, coding):
                return coding, body
        return "", self.plain


def accepts(header: str, coding: str) -> bool:
    """Whether an Accept-Encoding takes this coding (RFC 9110 12.5.3); without the header none is wanted."""
    weights = {}
    for item in header.split(","):
        name, *parameters = (part.strip().casefold() for part in item.split(";"))
        weights[name] = not any(_WEIGHT_ZERO.fullmatch(parameter) for parameter in parameters)
    return weights.get(coding, weights.get("*", False))


def matches(header: str, digest: str) -> bool:
    """Whether an If-None-Match names a form of this file; a proxy may have weakened it (RFC 9110 13.1.2)."""
    named = {tag.strip().removeprefix("W/").strip('"').partition("-")[0] for tag in header.split(",")}
    return digest in named or "*" in named


def preload(path: str) -> dict[str, str]:
    """What a page will ask for first, told before its code is there (RFC 8288; HTML 4.6.7.16).

    Written as the client asks for it, else the browser would fetch it twice.
    """
    found = _READ_PATH.fullmatch(path)
    if found is None:
        return {}
    return {"Link": f"</api/studies/{found[1]}/manifest>; rel=preload; as=fetch; crossorigin"}


def _load(path: Path, relative: str) -> ClientFile:
    plain = path.read_bytes()
    smaller = path.suffix in COMPRESSED
    return ClientFile(
        plain,
        brotli.compress(plain, quality=9) if smaller else None,
        gzip.compress(plain, 6, mtime=0) if smaller else None,
        mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        hashlib.sha256(plain).hexdigest()[:32],
        relative.startswith("assets/"),
    )


class Client:
    """An ASGI application for everything that is not an API."""

    def __init__(self, folder: Path) -> None:
        self._files = {
            relative: _load(path, relative)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            for relative in [path.relative_to(folder).as_posix()]
            if relative.split("/")[0] not in HIDDEN_FOLDERS and path.stat().st_size <= FILE_BYTES_MAX
        }

    def _find(self, path: str) -> ClientFile | None:
        relative = path.strip("/")
        if relative in self._files:
            return self._files[relative]
        first = relative.split("/")[0]
        if "." in relative.rsplit("/", 1)[-1] and first not in PAGES:
            return None
        return self._files.get(PAGES.get(first, "index.html"))

    def response(self, path: str, headers: Headers) -> Response:
        """The answer for one path: a file, a page of the client, or 404."""
        file = self._find(path)
        if file is None:
            missing = not self._files
            return Response(MISSING_PAGE if missing else "", 503 if missing else 404, media_type="text/html")
        coding, body = file.chosen(headers.get("accept-encoding", ""))
        etag = f'"{file.digest}-{coding}"' if coding else f'"{file.digest}"'
        answer = {
            "ETag": etag,
            "Vary": "Accept-Encoding",
            "Cache-Control": "public, max-age=31536000, immutable" if file.immutable else "no-cache",
        }
        answer |= preload(path)
        if matches(headers.get("if-none-match", ""), file.digest):
            return Response(status_code=304, headers=answer)
        encoded = {"Content-Encoding": coding} if coding else {}
        return Response(body, headers=answer | encoded, media_type=file.media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await Response(status_code=405, headers={"Allow": "GET, HEAD"})(scope, receive, send)
            return
        await self.response(scope["path"], Headers(scope=scope))(scope, receive, send)
