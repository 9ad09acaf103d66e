"""What administrators do, and the one-time link that makes the first of them."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select

from consult_server.audit.tables import AuditEntry
from consult_server.identity.service import BOOTSTRAP_LIFE, offer_bootstrap
from consult_server.identity.tables import Account, Bootstrap, SignIn
from consult_server.institutions.tables import Agreement, Institution
from tests.factories.cases import ok
from tests.fixtures.product import PASSWORD, Product

ACCOUNT = {
    "user": "li.wei",
    "name": "李薇",
    "roles": ["specialist", "auditor"],
    "title": "主治医师",
    "department": "影像科",
    "service_lines": ["imaging"],
    "password": "一二三四五六七八九十",
}
INSTITUTION = {
    "name": "白水镇卫生院",
    "level": "township",
    "runs_centre": False,
    "issuer_of_patient_id": "BSZX",
    "phone": "0770-3300",
}
PEER = {"ae_title": "BSZX_DR", "host": None, "port": None}


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await product.signed_in("administrator")


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def test_a_person_let_in_signs_in_and_is_what_was_said(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    made = ok(
        await administrator.post("/api/accounts", json=ACCOUNT | {"institution_id": product.places["county"]})
    )
    client = await product.browser()
    ok(await client.post("/api/sessions", json={"user": "li.wei", "password": ACCOUNT["password"]}))
    me = ok(await client.get("/api/me"))
    for key in ("user", "name", "roles", "title", "department", "service_lines"):
        assert me[key] == made[key] == ACCOUNT[key]
    assert "password" not in str(made)
    assert made["account_id"] in {row["account_id"] for row in ok(await administrator.get("/api/accounts"))}


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"user": "specialist"}, (409, "identity.account_exists")),
        ({"user": "bad name"}, (422, "general.fields_refused")),
        ({"user": "x"}, (422, "general.fields_refused")),
        ({"name": ""}, (422, "general.fields_refused")),
        ({"name": "长" * 65}, (422, "general.fields_refused")),
        ({"roles": ["owner"]}, (422, "general.fields_refused")),
        ({"roles": []}, (422, "general.fields_refused")),
        ({"service_lines": ["pathology"]}, (422, "general.fields_refused")),
        ({"password": "short"}, (422, "identity.weak_password")),
        ({"password": "li.wei.li.wei", "user": "li.wei.li.wei"}, (422, "identity.weak_password")),
        ({"institution_id": "nowhere"}, (404, "institutions.not_found")),
    ],
)
async def test_an_account_that_breaks_a_rule_is_not_made(
    product: Product, administrator: httpx.AsyncClient, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    before = len(ok(await administrator.get("/api/accounts")))
    whole = ACCOUNT | {"institution_id": product.places["county"]} | change
    assert refused(await administrator.post("/api/accounts", json=whole)) == expected
    assert len(ok(await administrator.get("/api/accounts"))) == before


async def test_nobody_shuts_themselves_out(product: Product, administrator: httpx.AsyncClient) -> None:
    path = f"/api/accounts/{product.accounts['administrator']}/active"
    assert refused(await administrator.put(path, json={"active": False})) == (409, "identity.own_account")
    unknown = "/api/accounts/00000000-0000-7000-8000-000000000000/active"
    assert refused(await administrator.put(unknown, json={"active": False})) == (
        404,
        "identity.account_not_found",
    )
    ok(await administrator.get("/api/me"))


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"name": "云岭县人民医院"}, (409, "institutions.exists")),
        ({"issuer_of_patient_id": "YLXY"}, (409, "institutions.issuer_exists")),
        ({"issuer_of_patient_id": " YLXY "}, (409, "institutions.issuer_exists")),
        ({"level": "galaxy"}, (422, "general.fields_refused")),
        ({"name": "院"}, (422, "general.fields_refused")),
        ({"phone": "1" * 33}, (422, "general.fields_refused")),
    ],
)
async def test_an_institution_has_a_name_and_a_code_of_its_own(
    product: Product, administrator: httpx.AsyncClient, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refused(await administrator.post("/api/institutions", json=INSTITUTION | change)) == expected
    made = ok(await administrator.post("/api/institutions", json=INSTITUTION))
    assert {row["name"] for row in ok(await administrator.get("/api/institutions"))} >= {made["name"]}


async def test_one_institution_registered_twice_at_once_is_there_once(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(
        *(administrator.post("/api/institutions", json=INSTITUTION) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    async with product.platform.database.read() as view:
        rows = await view.scalars(select(Institution).where(Institution.name == INSTITUTION["name"]))
        assert len(rows.all()) == 1


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"valid_from": "2026-12-31", "valid_to": "2026-01-01"}, (422, "institutions.agreement_dates_wrong")),
        ({"invited_institution_id": "nowhere"}, (404, "institutions.not_found")),
        ({"service_lines": []}, (422, "general.fields_refused")),
        ({"service_lines": ["surgery"]}, (422, "general.fields_refused")),
        ({"valid_to": "31.12.2026"}, (422, "general.fields_refused")),
    ],
)
async def test_an_agreement_makes_sense(
    product: Product, administrator: httpx.AsyncClient, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    terms = {
        "inviting_institution_id": product.places["city"],
        "invited_institution_id": product.places["county"],
        "service_lines": ["ecg", "imaging", "ecg"],
        "valid_from": "2026-01-01",
        "valid_to": "2026-01-01",
    }
    assert refused(await administrator.post("/api/agreements", json=terms | change)) == expected
    made = ok(await administrator.post("/api/agreements", json=terms))
    assert made["service_lines"] == ["ecg", "imaging"]
    theirs = ok(await (await product.signed_in("foreign_applicant")).get("/api/agreements"))
    assert [row["agreement_id"] for row in theirs] == [made["agreement_id"]], "the inviting side sees its own"


async def test_an_agreement_may_name_its_parties_by_their_names(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    terms = {
        "inviting_institution_id": "江州市第一人民医院",
        "invited_institution_id": "云岭县人民医院",
        "service_lines": ["ecg"],
        "valid_from": "2026-01-01",
        "valid_to": "2026-06-01",
    }
    made = ok(await administrator.post("/api/agreements", json=terms))
    async with product.platform.database.read() as view:
        row = await view.get(Agreement, made["agreement_id"])
    assert row is not None
    assert row.inviting_institution_id == product.places["city"]


async def test_a_peer_is_registered_once_and_forgotten(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    peer = PEER | {"institution_id": product.places["township"]}
    made = ok(await administrator.post("/api/peers", json=peer))
    assert (made["institution_name"], made["enabled"], made["last_seen_at"]) == (
        "石桥镇中心卫生院",
        True,
        None,
    )
    assert refused(await administrator.post("/api/peers", json=peer)) == (409, "dicom.peer_exists")
    assert (await administrator.delete("/api/peers/BSZX_DR")).status_code == 204
    assert refused(await administrator.delete("/api/peers/BSZX_DR")) == (404, "dicom.peer_not_found")
    assert ok(await administrator.get("/api/peers")) == []
    async with product.platform.database.read() as view:
        actions = await view.scalars(
            select(AuditEntry.action).where(AuditEntry.object_type == "peer").order_by(AuditEntry.position)
        )
        assert list(actions) == ["peer.add", "peer.remove"]


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"ae_title": "SEVENTEEN_LETTERS"}, (422, "general.fields_refused")),
        ({"ae_title": "中文"}, (422, "dicom.ae_title_refused")),
        ({"ae_title": "A\\B"}, (422, "dicom.ae_title_refused")),
        ({"port": 0}, (422, "general.fields_refused")),
        ({"port": 65536}, (422, "general.fields_refused")),
        ({"institution_id": "nowhere"}, (404, "institutions.not_found")),
    ],
)
async def test_a_peer_that_breaks_a_rule_is_not_registered(
    product: Product, administrator: httpx.AsyncClient, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    whole = PEER | {"institution_id": product.places["township"]} | change
    assert refused(await administrator.post("/api/peers", json=whole)) == expected
    assert ok(await administrator.get("/api/peers")) == []


FIRST = {"user": "root.admin", "name": "管理员", "password": PASSWORD, "institution_name": "白云县人民医院"}


@pytest.fixture
async def token(product: Product) -> str:
    """The set-up link of a house in which nobody can sign in yet."""
    async with product.platform.database.write() as tx:
        for table in (SignIn, Account, Agreement, Institution):
            await tx.execute(delete(table))
        offered = await offer_bootstrap(tx, product.clock.now())
    assert offered is not None
    return offered


async def test_the_link_makes_the_first_administrator_once(product: Product, token: str) -> None:
    client, other = await product.browser(), await product.browser()
    assert (await client.post("/api/bootstrap", json=FIRST | {"token": token})).status_code == 204
    me = ok(await client.get("/api/me"))
    assert (me["user"], me["roles"], me["institution"]["name"]) == (
        "root.admin",
        ["administrator"],
        "白云县人民医院",
    )
    again = await other.post("/api/bootstrap", json=FIRST | {"token": token, "user": "second"})
    assert refused(again) == (404, "identity.bootstrap_refused")
    async with product.platform.database.write() as tx:
        assert await offer_bootstrap(tx, product.clock.now()) is None


async def test_a_link_used_twice_at_once_makes_one_administrator(product: Product, token: str) -> None:
    clients = [await product.browser() for _ in range(3)]
    answers = await asyncio.gather(
        *(
            client.post("/api/bootstrap", json=FIRST | {"token": token, "user": f"admin.{n}"})
            for n, client in enumerate(clients)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404]
    async with product.platform.database.read() as view:
        assert len((await view.scalars(select(Account))).all()) == 1


async def test_a_link_ends_after_a_day(product: Product, token: str) -> None:
    product.clock.advance(seconds=BOOTSTRAP_LIFE.total_seconds() + 1)
    answer = await (await product.browser()).post("/api/bootstrap", json=FIRST | {"token": token})
    assert refused(answer) == (404, "identity.bootstrap_refused")


async def test_a_weak_password_does_not_spend_the_link(product: Product, token: str) -> None:
    client = await product.browser()
    weak = await client.post("/api/bootstrap", json=FIRST | {"token": token, "password": "short"})
    assert refused(weak) == (422, "identity.weak_password")
    async with product.platform.database.read() as view:
        assert (await view.scalars(select(Bootstrap.used_at))).all() == [None]
        assert (await view.scalars(select(Institution))).all() == []
    assert (await client.post("/api/bootstrap", json=FIRST | {"token": token})).status_code == 204


async def test_only_the_digest_of_a_link_is_kept(product: Product, token: str) -> None:
    async with product.platform.database.read() as view:
        kept = (await view.scalars(select(Bootstrap.token_sha256))).one()
    assert token not in kept
    assert len(token) >= 43
