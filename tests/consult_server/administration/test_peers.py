"""Peers as an administrator keeps them: changed, shut out, called, and every step on record."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select

from config.kernel.database import Database
from config.settings import secret
from consult_server.app import make_app
from consult_server.audit.tables import AuditEntry
from dicom_node.archive.tables import Peer, Receiver
from dicom_node.reporting.reporter import DEAD_AFTER
from tests.factories.cases import ok
from tests.fixtures.product import ORIGIN, Product
from tests.fixtures.servers import free_port

PEER = {"ae_title": "SQZX_PACS", "host": None, "port": None}
NOW = {
    "host": "127.0.0.1",
    "port": 104,
    "enabled": True,
    "certificate": None,
    "tls": False,
    "availability": False,
}
FINGERPRINT = "AB:" * 31 + "AB"


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """The administrator's browser, with one peer registered."""
    client = await product.signed_in("administrator")
    ok(await client.post("/api/peers", json=PEER | {"institution_id": product.places["township"]}))
    return client


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def entries(product: Product, action: str) -> list[AuditEntry]:
    """The audit entries of one action."""
    async with product.platform.database.read() as view:
        found = await view.scalars(select(AuditEntry).where(AuditEntry.action == action))
        return list(found)


async def test_a_peer_changes_its_place_and_not_its_owner(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    changed = ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW))
    assert (changed["host"], changed["port"], changed["enabled"]) == ("127.0.0.1", 104, True)
    assert changed["institution_id"] == product.places["township"]
    assert ok(await administrator.get("/api/peers")) == [changed]
    (entry,) = await entries(product, "peer.change")
    assert (entry.object_id, entry.facts) == ("SQZX_PACS", NOW)
    assert entry.account_id == product.accounts["administrator"]


async def test_a_peer_is_shut_out_and_let_in_again(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    for enabled in (False, True):
        shown = ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | {"enabled": enabled}))
        assert shown["enabled"] is enabled
        async with product.platform.database.read() as view:
            row = await view.get(Peer, "SQZX_PACS")
            assert row is not None
            assert row.enabled is enabled
    assert [entry.facts["enabled"] for entry in await entries(product, "peer.change")] == [False, True]


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"port": 0}, (422, "general.fields_refused")),
        ({"port": 65_536}, (422, "general.fields_refused")),
        ({"host": ""}, (422, "general.fields_refused")),
        ({"host": "not a host!"}, (422, "dicom.peer_address_refused")),
        ({"institution_id": "elsewhere"}, (422, "general.fields_refused")),
        ({"ae_title": "OTHER"}, (422, "general.fields_refused")),
    ],
)
async def test_a_change_that_breaks_a_rule_changes_nothing(
    product: Product, administrator: httpx.AsyncClient, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    before = ok(await administrator.get("/api/peers"))
    assert refused(await administrator.put("/api/peers/SQZX_PACS", json=NOW | change)) == expected
    assert ok(await administrator.get("/api/peers")) == before
    assert await entries(product, "peer.change") == []


@pytest.mark.parametrize("title", ["NOBODY", "x" * 40, "中文"])
async def test_a_peer_nobody_knows(administrator: httpx.AsyncClient, title: str) -> None:
    unknown = (404, "dicom.peer_not_found")
    assert refused(await administrator.put(f"/api/peers/{title}", json=NOW)) == unknown
    assert refused(await administrator.post(f"/api/peers/{title}/echo")) == unknown
    assert refused(await administrator.delete(f"/api/peers/{title}")) == unknown


async def test_a_title_with_a_slash_can_be_changed_called_and_removed(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    peer = {"ae_title": "CT/ROOM 1", "host": "127.0.0.1", "port": free_port()}
    ok(await administrator.post("/api/peers", json=peer | {"institution_id": product.places["township"]}))
    path = "/api/peers/CT%2FROOM%201"
    assert ok(await administrator.put(path, json=NOW | {"port": peer["port"]}))["ae_title"] == "CT/ROOM 1"
    assert ok(await administrator.post(f"{path}/echo"))["reason"] == "port_closed"
    assert (await administrator.delete(path)).status_code == 204


async def test_a_peer_without_an_address_cannot_be_called(administrator: httpx.AsyncClient) -> None:
    for place in ({"host": None}, {"port": None}):
        ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | place))
        answer = await administrator.post("/api/peers/SQZX_PACS/echo")
        assert refused(answer) == (409, "dicom.peer_not_dialable")


@pytest.fixture
def hanging_up() -> Iterator[Callable[[], int]]:
    """A port where the connection is taken and nobody ever speaks DICOM: its listener is closed at once."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield lambda: int(server.getsockname()[1])


async def test_an_echo_says_what_came_of_it_and_is_on_record(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    port = free_port()
    ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | {"port": port}))
    answer = ok(await administrator.post("/api/peers/SQZX_PACS/echo"))
    assert answer == {
        "outcome": "unreachable",
        "reason": "port_closed",
        "milliseconds": answer["milliseconds"],
        "waited_seconds_max": 5.0,
        "calling_ae_title": "LIANZHEN",
    }
    (entry,) = await entries(product, "peer.echo")
    assert (entry.object_id, entry.outcome) == ("SQZX_PACS", "refused")
    assert entry.facts == {"host": "127.0.0.1", "port": port, "came": "unreachable", "reason": "port_closed"}


async def test_others_are_served_while_a_peer_is_silent(
    administrator: httpx.AsyncClient, hanging_up: Callable[[], int]
) -> None:
    """No transaction is open meanwhile: on SQLite one writer would stop everybody."""
    ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | {"port": hanging_up()}))
    answer = ok(await administrator.post("/api/peers/SQZX_PACS/echo"))
    assert (answer["outcome"], answer["reason"]) == ("silent", "no_answer")
    assert 5_000 <= answer["milliseconds"] < 9_000


@pytest.mark.parametrize("given, kept", [(FINGERPRINT, "sha256:" + "ab" * 32), (" CN=SQZX ", "CN=SQZX")])
async def test_a_peer_is_bound_to_a_certificate_and_let_go_of_it(
    product: Product, administrator: httpx.AsyncClient, given: str, kept: str
) -> None:
    assert (
        ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | {"certificate": given}))["certificate"]
        == kept
    )
    assert ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW))["certificate"] is None
    assert [entry.facts["certificate"] for entry in await entries(product, "peer.change")] == [kept, None]
    new = {"ae_title": "NEW", "institution_id": product.places["county"], "host": None, "port": None}
    assert (
        ok(await administrator.post("/api/peers", json=new | {"certificate": given}))["certificate"] == kept
    )


@pytest.mark.parametrize("change", [{"certificate": "no certificate"}, {"certificate": "CN="}])
async def test_what_is_no_certificate_binds_nobody(
    administrator: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    ok(await administrator.put("/api/peers/SQZX_PACS", json=NOW | {"certificate": FINGERPRINT}))
    answer = await administrator.put("/api/peers/SQZX_PACS", json=NOW | change)
    assert refused(answer) == (422, "dicom.certificate_refused")
    (peer,) = ok(await administrator.get("/api/peers"))
    assert peer["certificate"] is not None


@pytest.mark.parametrize("field", ["certificate", "tls", "availability"])
async def test_a_change_has_to_say_what_becomes_of_the_certificate(
    administrator: httpx.AsyncClient, field: str
) -> None:
    """Else an old page would take it away without a word."""
    silent = {key: value for key, value in NOW.items() if key != field}
    answer = await administrator.put("/api/peers/SQZX_PACS", json=silent)
    assert refused(answer) == (422, "general.fields_refused")


async def test_a_peer_that_is_to_be_called_over_tls_is_not_called_plainly(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    """The test's data folder has no TLS files: the line is opened, and not a byte is said on it."""
    new = {"ae_title": "SECURE", "institution_id": product.places["county"], "host": "127.0.0.1"}
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = int(server.getsockname()[1])
        assert ok(await administrator.post("/api/peers", json=new | {"port": port, "tls": True}))["tls"]
        answer = ok(await administrator.post("/api/peers/SECURE/echo"))
        connection, _address = server.accept()
        with connection:
            assert connection.recv(1) == b""
    assert (answer["outcome"], answer["reason"]) == ("unreachable", "no_tls_files")
    plain = ok(await administrator.put("/api/peers/SECURE", json=NOW))
    assert plain["tls"] is False


def a_receiver(product: Product, number: int, **facts: Any) -> Receiver:
    """A receiver that gave a sign of life just now."""
    idle = {
        "associations": 3,
        "instances": 7,
        "bytes": 4_096,
        "refusals": {"C000": 2},
        "queue": 0,
        "commit_seconds": 0.5,
        "commit_steps": [1] * 12,
        "open": [],
    }
    now = product.clock.now()
    return Receiver(
        receiver_id=f"r{number}",
        host_name="county",
        process_id=100 + number,
        number=number,
        started_at=now,
        seen_at=now,
        facts=idle | facts,
    )


async def test_what_is_being_received_is_seen_from_every_process(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    began = product.clock.now().isoformat()
    two = [
        {"ae_title": title, "address": "10.0.0.7", "began_at": began, "objects": n, "bytes": size}
        for n, (title, size) in enumerate([("SQZX_PACS", 12_000_000), ("YLXY_PACS", None)])
    ]
    async with product.platform.database.write() as tx:
        tx.add_all([a_receiver(product, 0, open=two[:1]), a_receiver(product, 1, open=two[1:])])
    found = ok(await administrator.get("/api/receiving"))
    assert [(one["ae_title"], one["objects"], one["bytes"]) for one in found] == [
        ("SQZX_PACS", 0, 12_000_000),
        ("YLXY_PACS", 1, None),
    ]
    product.clock.advance(seconds=DEAD_AFTER.total_seconds() + 1)
    assert ok(await administrator.get("/api/receiving")) == [], "the dead receive nothing"


def bearer(product: Product) -> dict[str, str]:
    """What opens /metrics."""
    token = secret(product.platform.settings, "metrics_token").get_secret_value()
    return {"Authorization": f"Bearer {token}"}


async def test_the_node_is_among_the_metrics_of_the_web_server(product: Product) -> None:
    async with product.platform.database.write() as tx:
        tx.add_all([a_receiver(product, 0), a_receiver(product, 1, instances=35)])
    answer = await (await product.browser()).get("/metrics", headers=bearer(product))
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert [one.value for one in families["lianzhen_dicom_instances_stored"].samples] == [7.0, 35.0]
    assert {one.labels["status"] for one in families["lianzhen_dicom_refusals"].samples} == {"C000"}
    assert "python_info" in families, "the web server's own are still there"


async def test_metrics_outlive_the_database(product: Product, tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path}/none/away.db")
    app = make_app(replace(product.platform, database=away))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        answer = await client.get("/metrics", headers=bearer(product))
        assert (await client.get("/health/ready")).status_code == 503
    await away.close()
    assert answer.status_code == 200
    assert "python_info" in answer.text
    assert "lianzhen_dicom" not in answer.text
