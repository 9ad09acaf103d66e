"""Relay credentials, computed here independently of our code."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

from pydantic import SecretStr

from signaling.turn import Relays

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def test_a_credential_is_what_coturn_computes() -> None:
    relays = Relays(urls=["turn:t:3478"], secret=SecretStr("north"), ttl_seconds=600)
    (server,) = relays.credentials("room-1", "p-1", NOW)
    assert server.username == "1772415600:room-1.p-1"
    assert (
        server.credential
        == base64.b64encode(hmac.digest(b"north", b"1772415600:room-1.p-1", hashlib.sha1)).decode()
    )
    assert server.urls == ["turn:t:3478"]


def test_without_relays_there_is_no_server() -> None:
    assert Relays(urls=[], secret=SecretStr("s"), ttl_seconds=600).credentials("r", "p", NOW) == []
