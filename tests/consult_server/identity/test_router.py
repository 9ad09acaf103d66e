"""Signing in, staying in, being put out."""

import pytest
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.identity.service import COMMAND_LINE, create_token, offer_bootstrap
from consult_server.identity.tables import SignIn
from tests.factories.cases import ok
from tests.fixtures.product import PASSWORD, Product


async def test_who_signs_in_is_known(product: Product) -> None:
    client = await product.signed_in("specialist")
    me = ok(await client.get("/api/me"))
    assert (me["user"], me["roles"], me["institution"]["name"]) == (
        "specialist",
        ["specialist"],
        "云岭县人民医院",
    )


async def test_nobody_is_let_in_without_a_proof(product: Product) -> None:
    client = await product.browser()
    answer = await client.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.signed_out")
    client.cookies.set("lianzhen_session", "x" * 43)
    assert (await client.get("/api/me")).status_code == 401
    assert (await client.get("/api/me", headers={"Authorization": "Bearer " + "y" * 43})).status_code == 401
    assert (await client.get("/api/me", headers={"Authorization": "Bearer " + "y" * 4000})).status_code == 401


async def test_a_wrong_password_and_an_unknown_person_look_alike(product: Product) -> None:
    client = await product.browser()
    answers = [
        await client.post("/api/sessions", json={"user": user, "password": "wrong password"})
        for user in ("specialist", "nobody-here")
    ]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].json()["code"] == answers[1].json()["code"] == "identity.wrong_password"


async def test_an_account_waits_after_five_wrong_passwords(product: Product) -> None:
    client = await product.browser()
    for _ in range(5):
        await client.post("/api/sessions", json={"user": "specialist", "password": "wrong password"})
    right = {"user": "specialist", "password": PASSWORD}
    assert (await client.post("/api/sessions", json=right)).json()["code"] == "identity.account_locked"
    product.clock.advance(minutes=11)
    assert (await client.post("/api/sessions", json=right)).status_code == 204
    async with product.platform.database.read() as view:
        refused = (await view.scalars(select(AuditEntry).where(AuditEntry.outcome == "refused"))).all()
    assert len(refused) == 5


async def test_a_session_ends_by_idleness_by_age_and_by_choice(product: Product) -> None:
    client = await product.signed_in("specialist")
    for _ in range(3):
        product.clock.advance(minutes=29)
        ok(await client.get("/api/me"))
    product.clock.advance(minutes=31)
    assert (await client.get("/api/me")).status_code == 401
    client = await product.signed_in("specialist")
    statuses = []
    for _ in range(26):
        product.clock.advance(minutes=29)
        statuses.append((await client.get("/api/me")).status_code)
    assert (statuses[0], statuses[-1]) == (200, 401)
    client = await product.signed_in("specialist")
    cookie = client.cookies["lianzhen_session"]
    assert (await client.delete("/api/sessions/current")).status_code == 204
    client.cookies.set("lianzhen_session", cookie)
    assert (await client.get("/api/me")).status_code == 401


async def test_only_the_digest_of_a_session_is_kept(product: Product) -> None:
    client = await product.signed_in("specialist")
    cookie = client.cookies["lianzhen_session"]
    async with product.platform.database.read() as view:
        rows = (await view.scalars(select(SignIn))).all()
    assert cookie not in str([vars(row) for row in rows])


async def test_a_disabled_person_is_out_at_once(product: Product) -> None:
    client = await product.signed_in("specialist")
    administrator = await product.signed_in("administrator")
    path = f"/api/accounts/{product.accounts['specialist']}/active"
    assert ok(await administrator.put(path, json={"active": False}))["active"] is False
    assert (await client.get("/api/me")).status_code == 401
    again = await client.post("/api/sessions", json={"user": "specialist", "password": PASSWORD})
    assert again.status_code == 401


async def test_a_token_acts_in_a_persons_name(product: Product) -> None:
    async with product.platform.database.write() as tx:
        token = await create_token(tx, COMMAND_LINE, "technician", product.clock.now())
    client = await product.browser()
    me = ok(await client.get("/api/me", headers={"Authorization": f"Bearer {token}"}))
    assert me["user"] == "technician"
    product.clock.advance(days=100)
    assert (await client.get("/api/me", headers={"Authorization": f"bearer {token}"})).status_code == 200


async def test_the_language_is_remembered(product: Product) -> None:
    client = await product.signed_in("specialist")
    assert (await client.put("/api/me/locale", json={"locale": "en"})).status_code == 204
    assert ok(await client.get("/api/me"))["locale"] == "en"
    assert (await client.put("/api/me/locale", json={"locale": "fr"})).status_code == 422


@pytest.mark.parametrize("token", ["", "x" * 43, "../../etc/passwd" * 3])
async def test_no_set_up_link_works_where_people_exist(product: Product, token: str) -> None:
    async with product.platform.database.write() as tx:
        assert await offer_bootstrap(tx, product.clock.now()) is None
    client = await product.browser()
    first = {
        "token": token,
        "user": "root",
        "name": "管理员",
        "password": PASSWORD,
        "institution_name": "某县医院",
    }
    assert (await client.post("/api/bootstrap", json=first)).status_code in {404, 422}
