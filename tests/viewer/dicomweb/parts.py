"""multipart/related as a client sees it, taken apart by Python's own email parser."""

from email import message_from_bytes
from email.message import Message

import httpx


def parts(answer: httpx.Response) -> list[tuple[str, bytes]]:
    """(Content-Type, content) of each part."""
    kind = answer.headers["content-type"]
    boundary = b"--" + kind.split("boundary=")[1].encode()
    pieces = answer.content.split(boundary)
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    found = []
    for piece in pieces[1:-1]:
        head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        message: Message = message_from_bytes(head + b"\r\n\r\n")
        found.append((message["Content-Type"], content.removesuffix(b"\r\n")))
    return found


def body(files: list[bytes], boundary: str = "xyz", content_type: str = "application/dicom") -> bytes:
    """Files as the body of a STOW-RS request."""
    return (
        b"".join(
            f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode() + f + b"\r\n" for f in files
        )
        + f"--{boundary}--\r\n".encode()
    )


def post_headers(boundary: str = "xyz") -> dict[str, str]:
    """The headers of a STOW-RS request."""
    return {"Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}'}
