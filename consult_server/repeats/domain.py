"""What counts as the same request."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from config.kernel.errors import Invalid

KEPT = timedelta(hours=24)
KEY_CHARACTERS_MAX = 128
KEY = (
    r"^[\x21-\x7e]+$"  # visible ASCII: a structured string of the header (draft-ietf-httpapi-idempotency-key)
)


class KeyReused(Invalid):
    """This Idempotency-Key stood for another request; a new request needs a new key."""

    code = "general.key_reused"


def request_sha256(act: str, body: Mapping[str, Any]) -> str:
    """The mark of a request: equal for equal bodies of one act, whatever order their fields came in."""
    return hashlib.sha256(json.dumps([act, body], sort_keys=True).encode()).hexdigest()
