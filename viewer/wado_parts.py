"""What the answers of WADO-RS are made of: parts, headers, the bulk data address of a caller."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dicom_node.archive.tables import Instance
from viewer.conditional import Unsatisfiable, byte_range

REVALIDATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Cookie, Authorization"}


def multipart(
    parts: Iterable[tuple[str, Iterable[bytes]]], inner: str, headers: dict[str, str]
) -> StreamingResponse:
    """Parts (content type, pieces) as multipart/related, streamed by worker threads (PS3.18 8.6.1.2)."""
    boundary = _boundary()
    said = headers | {"Content-Type": _related(inner, boundary)}
    return StreamingResponse(_body(parts, boundary), headers=said)


class Part:
    """The only part of an answer: its content lies between `before` and `after`."""

    def __init__(self, content_type: str, inner: str) -> None:
        boundary = _boundary()
        self._type = _related(inner, boundary)
        self.before = f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
        self.after = f"\r\n--{boundary}--\r\n".encode()

    def answer(self, whole: bytes | memoryview, headers: dict[str, str]) -> Response:
        """`whole`, that is before, content and after, as an answer: joined by whoever read it."""
        return Response(whole, headers=headers | {"Content-Type": self._type})


def _body(parts: Iterable[tuple[str, Iterable[bytes]]], boundary: str) -> Iterator[bytes]:
    for content_type, pieces in parts:
        yield f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
        yield from pieces
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def multipart_from(
    parts: AsyncIterator[tuple[str, AsyncIterator[bytes]]], inner: str, headers: dict[str, str]
) -> StreamingResponse:
    """The same of parts that are made while the first ones leave."""
    boundary = _boundary()

    async def body() -> AsyncIterator[bytes]:
        async for content_type, pieces in parts:
            yield f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
            async for piece in pieces:
                yield piece
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return StreamingResponse(body(), headers=headers | {"Content-Type": _related(inner, boundary)})


def _boundary() -> str:
    return f"lianzhen-{secrets.token_hex(16)}"


def _related(inner: str, boundary: str) -> str:
    return f'multipart/related; type="{inner}"; boundary={boundary}'


def alone(
    request: Request,
    tag: str,
    total: int,
    pieces: Callable[[int, int], Iterable[bytes]],
    headers: dict[str, str],
) -> Response:
    """One representation of `total` bytes by itself, or the range of it that is asked for.

    `pieces` gives the bytes [start, end), read by worker threads while they leave.
    """
    headers = headers | {"Accept-Ranges": "bytes"}
    try:
        part = byte_range(request, tag, total)
    except Unsatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{total}"})
    if part is None:
        return StreamingResponse(pieces(0, total), headers=headers | {"Content-Length": str(total)})
    headers |= {"Content-Range": part.header, "Content-Length": str(part.end - part.start)}
    return StreamingResponse(pieces(part.start, part.end), status_code=206, headers=headers)


def whole(request: Request, tag: str, content: bytes | memoryview, headers: dict[str, str]) -> Response:
    """The same of bytes that are at hand."""
    headers = headers | {"Accept-Ranges": "bytes"}
    try:
        part = byte_range(request, tag, len(content))
    except Unsatisfiable:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    if part is None:
        return Response(content, headers=headers)
    headers |= {"Content-Range": part.header}
    return Response(content[part.start : part.end], status_code=206, headers=headers)


def with_syntax(media_type: str, transfer_syntax_uid: str) -> str:
    """A media type that says its transfer syntax."""
    return f"{media_type}; transfer-syntax={transfer_syntax_uid}"


def tag_of(instance: Instance, *parts: str, weak: bool) -> str:
    """An ETag of a representation of an object; parts are delimited anew each time, hence weak."""
    named = "-".join((instance.dataset_sha256, *parts))
    return f'W/"{named}"' if weak else f'"{named}"'
