"""Redis, the wire between processes: the connection, and how an envelope looks on a stream."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from config.kernel.envelope import Envelope

Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]


def connect(url: str) -> Redis:
    """A lazy client for `redis://`, `rediss://` or `unix://` addresses, with bounded waits."""
    return Redis.from_url(url, socket_connect_timeout=5, socket_timeout=10, health_check_interval=30)


def stream_name(owner: str) -> str:
    """The Redis key of an owner's stream."""
    return f"lianzhen:events:{owner}"


def encode(envelope: Envelope) -> dict[FieldT, EncodableT]:
    """An envelope as stream fields."""
    return {"envelope": json.dumps(asdict(envelope))}


def decode(fields: Mapping[bytes, bytes]) -> Envelope:
    """The envelope that `encode` wrote."""
    return Envelope(**json.loads(fields[b"envelope"]))


def groups(answer: Any) -> list[tuple[bytes, list[Entry]]]:
    """What XREAD and XREADGROUP answered, by stream, in either protocol's shape (RESP2, RESP3)."""
    if isinstance(answer, dict):
        return [(stream, [entry for part in parts for entry in part]) for stream, parts in answer.items()]
    return answer or []
