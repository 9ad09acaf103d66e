"""Content codings of answers (RFC 9110 12.5.3): which one a client takes, and JSON in it."""

import gzip
from collections.abc import Sequence
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from viewer.media_types import parse_media_type, pieces

GZIP_LEVEL = 3
AT_ONCE_BYTES = 128 * 1024
"""What is compressed faster than a thread is asked to."""
WORTH_BYTES = 1024
HEADER_CHARACTERS_MAX = 1024
IDENTITY = "identity"


def coding_for(request: Request, offered: Sequence[str]) -> str:
    """The most wanted of `offered`, earlier ones first among equals; `identity` when none is wanted."""
    header = ",".join(request.headers.getlist("accept-encoding"))[:HEADER_CHARACTERS_MAX]
    return _coding(header, tuple(offered))


@lru_cache(maxsize=256)
def _coding(header: str, offered: tuple[str, ...]) -> str:
    wanted = {one.media_type: one.quality for one in map(parse_media_type, pieces(header, ","))}
    anything = wanted.get("*", 0.0)
    best = max(offered, key=lambda coding: wanted.get(coding, anything), default=IDENTITY)
    return best if wanted.get(best, anything) > 0 else IDENTITY


async def json_answer(request: Request, body: bytes, media_type: str, headers: dict[str, str]) -> Response:
    """`body` as it is, or compressed where the client takes that and it is worth the work."""
    if len(body) < WORTH_BYTES or coding_for(request, ["gzip"]) == IDENTITY:
        return Response(body, media_type=media_type, headers=headers)
    if len(body) > AT_ONCE_BYTES:
        smaller = await run_in_threadpool(gzip.compress, body, GZIP_LEVEL, mtime=0)
    else:
        smaller = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return Response(smaller, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
