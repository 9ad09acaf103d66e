"""Conditional and range requests (RFC 9110 13, 14), for one strong ETag and one range."""

import re
from dataclasses import dataclass

from starlette.requests import Request

RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes [start, end) of `total`."""

    start: int
    end: int
    total: int

    @property
    def header(self) -> str:
        """The value of Content-Range."""
        return f"bytes {self.start}-{self.end - 1}/{self.total}"


class Unsatisfiable(Exception):
    """The range lies outside the representation (416)."""


def unchanged(request: Request, tag: str) -> bool:
    """True when If-None-Match names `tag` or anything; compared weakly (RFC 9110 8.8.3.2)."""
    given, opaque = request.headers.get("if-none-match", ""), tag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") in {opaque, "*"} for part in given[:4096].split(","))


def byte_range(request: Request, tag: str, total: int) -> ByteRange | None:
    """The one range asked for; None means the whole. Raises Unsatisfiable.

    Several ranges, another unit, or an If-Range that names another state are answered with the
    whole, as RFC 9110 14.2 allows.
    """
    match = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if match is None or request.headers.get("if-range", tag) != tag or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, end = max(0, total - int(match[2])), total
    else:
        start, end = int(match[1]), min(int(match[2] or total), total - 1) + 1
        if match[2] and int(match[2]) < start:
            return None
    if start >= end:
        raise Unsatisfiable
    return ByteRange(start, end, total)
