"""Relay credentials, computed here independently of our code."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
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


@pytest.mark.parametrize("ttl", [60, 600, 3600])
def test_the_user_name_ends_when_the_credential_does(ttl: int) -> None:
    relays = Relays(urls=["turn:t"], secret=SecretStr("s"), ttl_seconds=ttl)
    (server,) = relays.credentials("r", "p", NOW)
    assert server.username is not None
    assert int(server.username.split(":")[0]) == int(NOW.timestamp()) + ttl


def test_another_seat_room_moment_or_secret_is_another_credential() -> None:
    def credential(room: str = "r", pid: str = "p", key: str = "s", now: datetime = NOW) -> str | None:
        relays = Relays(urls=["turn:t"], secret=SecretStr(key), ttl_seconds=600)
        return relays.credentials(room, pid, now)[0].credential

    all_of_them = {
        credential(),
        credential(room="q"),
        credential(pid="o"),
        credential(key="t"),
        credential(now=NOW + timedelta(seconds=1)),
    }
    assert len(all_of_them) == 5


def test_every_server_shares_one_user_name_and_the_secret_is_nowhere() -> None:
    urls = ["turn:a:3478?transport=udp", "turns:a:443?transport=tcp"]
    servers = Relays(urls=urls, secret=SecretStr("north-secret"), ttl_seconds=600).credentials("r", "p", NOW)
    assert [server.urls for server in servers] == [urls]
    assert "north-secret" not in str(servers)
