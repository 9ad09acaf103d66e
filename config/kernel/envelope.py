"""An event on its way from an outbox to its receivers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """Its identity, name, moment (ISO 8601) and fields."""

    event_id: str
    name: str
    occurred_at: str
    payload: dict[str, Any]
