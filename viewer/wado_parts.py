"""What the answers of WADO-RS are made of: parts, headers, the bulk data address of a caller."""

import secrets
from collections.abc import Iterable, Iterator

from starlette.responses import StreamingResponse

from dicom_node.archive.tables import Instance

REVALIDATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Cookie, Authorization"}


def multipart(
    parts: Iterable[tuple[str, Iterable[bytes]]], inner: str, headers: dict[str, str]
) -> StreamingResponse:
    """Parts (content type, pieces) as multipart/related, streamed by worker threads (PS3.18 8.6.1.2)."""
    boundary = f"lianzhen-{secrets.token_hex(16)}"

    def body() -> Iterator[bytes]:
        for content_type, pieces in parts:
            yield f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
            yield from pieces
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    media_type = f'multipart/related; type="{inner}"; boundary={boundary}'
    return StreamingResponse(body(), headers=headers | {"Content-Type": media_type})


def with_syntax(media_type: str, transfer_syntax_uid: str) -> str:
    """A media type that says its transfer syntax."""
    return f"{media_type}; transfer-syntax={transfer_syntax_uid}"


def tag_of(instance: Instance, *parts: str, weak: bool) -> str:
    """An ETag of a representation of an object; parts are delimited anew each time, hence weak."""
    named = "-".join((instance.dataset_sha256, *parts))
    return f'W/"{named}"' if weak else f'"{named}"'
