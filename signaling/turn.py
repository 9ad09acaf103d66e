"""Relay credentials that expire: the "REST API for access to TURN services" that coturn implements.

The user name is the expiry in Unix seconds and the seat; the password is HMAC-SHA1 of it under the
secret that coturn knows as `static-auth-secret`. To change the secret without dropping calls, give
coturn the new and the old one, then us the new one, and take the old one from coturn after one `ttl`.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import SecretStr

from signaling.events import IceServer


@dataclass(frozen=True, kw_only=True)
class Relays:
    """The TURN servers (RFC 7065 URIs) and the secret shared with them."""

    urls: Sequence[str]
    secret: SecretStr
    ttl_seconds: int

    def credentials(self, room: str, participant: str, now: datetime) -> list[IceServer]:
        """Servers with a fresh user name and password; empty when no relay is configured."""
        if not self.urls:
            return []
        username = f"{int(now.timestamp()) + self.ttl_seconds}:{room}.{participant}"
        digest = hmac.new(self.secret.get_secret_value().encode(), username.encode(), hashlib.sha1).digest()
        return [
            IceServer(
                urls=list(self.urls), username=username, credential=base64.b64encode(digest).decode("ascii")
            )
        ]
