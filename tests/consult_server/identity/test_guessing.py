"""Passwords: how they are kept, guessed at, changed; and what ends a sign-in."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from pydantic import SecretStr
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.identity import access
from consult_server.identity.passwords import Passwords, digest, mark_of
from consult_server.identity.service import COMMAND_LINE, create_token, set_active
from consult_server.identity.tables import Account, SignIn
from tests.factories.cases import ok
from tests.fixtures.product import PASSWORD, QUICK_HASHES, Product

RIGHT = {"user": "specialist", "password": PASSWORD}
WRONG = RIGHT | {"password": "wrong password"}


async def the_account(product: Product, user: str = "specialist") -> Account:
    async with product.platform.database.read() as view:
        return await access.account_by_user(view, user)


def test_passwords_are_argon2id_with_todays_cost() -> None:
    """RFC 9106, 4: the second recommended option is 64 MiB, 3 passes, 4 lanes."""
    parameters = extract_parameters(PasswordHasher().hash("x"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 3, 4)
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)


@pytest.mark.parametrize(
    "stored,given,fits",
    [
        ("right", "right", True),
        ("right", "wrong", False),
        ("密码是八个字啊对吧", "密码是八个字啊对吧", True),
        (None, "no account has this password", False),
        (None, "", False),
    ],
)
async def test_a_password_fits_its_own_hash_alone(stored: str | None, given: str, fits: bool) -> None:
    passwords = Passwords(QUICK_HASHES)
    kept = None if stored is None else await passwords.hash(stored)
    assert await passwords.matches(kept, given) is fits


@pytest.mark.parametrize("damaged", ["", "plain text", "$argon2id$v=19$m=8", "$2b$12$abc"])
async def test_a_damaged_hash_fits_nothing(damaged: str) -> None:
    assert await Passwords(QUICK_HASHES).matches(damaged, "whatever it is") is False


async def test_two_hashes_of_one_password_differ() -> None:
    passwords = Passwords(QUICK_HASHES)
    assert await passwords.hash("same") != await passwords.hash("same")
    assert digest("same") == digest("same") != digest("other")


async def test_guesses_sent_side_by_side_are_counted_one_by_one(product: Product) -> None:
    """Twelve at once, then the right one: no more are tried than one after the other would be."""
    clients = [await product.browser() for _ in range(12)]
    answers = await asyncio.gather(*(client.post("/api/sessions", json=WRONG) for client in clients))
    late = await clients[0].post("/api/sessions", json=RIGHT)
    codes = Counter(answer.json()["code"] for answer in answers)
    allowed = product.platform.settings.session.failures_max
    assert codes == {"identity.wrong_password": allowed, "identity.account_locked": 12 - allowed}
    assert late.json()["code"] == "identity.account_locked"
    assert (await the_account(product)).failures == allowed


async def test_the_lock_says_until_when_and_a_right_password_forgives(product: Product) -> None:
    client = await product.browser()
    limits = product.platform.settings.session
    for _ in range(limits.failures_max - 1):
        assert (await client.post("/api/sessions", json=WRONG)).status_code == 401
    assert (await client.post("/api/sessions", json=RIGHT)).status_code == 204
    assert (await the_account(product)).failures == 0
    for _ in range(limits.failures_max):
        await client.post("/api/sessions", json=WRONG)
    locked = await client.post("/api/sessions", json=RIGHT)
    until = product.clock.now() + timedelta(minutes=limits.lock_minutes)
    assert (locked.status_code, locked.json()["params"]["until"]) == (403, until.isoformat())


async def test_each_wrong_try_leaves_its_audit_entry(product: Product) -> None:
    client = await product.browser()
    for _ in range(3):
        await client.post("/api/sessions", json=WRONG)
    await client.post("/api/sessions", json=RIGHT)
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry)
            .where(AuditEntry.account_id == product.accounts["specialist"])
            .order_by(AuditEntry.position)
        )
        kept = [(row.action, row.outcome, row.facts.get("failures"), row.address) for row in rows]
    assert kept == [("session.open", "refused", n, "127.0.0.1") for n in (1, 2, 3)] + [
        ("session.open", "done", None, "127.0.0.1")
    ]


async def refused_entries(product: Product) -> list[AuditEntry]:
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == "session.open", AuditEntry.outcome == "refused")
            .order_by(AuditEntry.position)
        )
        return list(rows)


async def test_a_try_as_nobody_leaves_an_audit_entry_without_the_words_that_were_typed(
    product: Product,
) -> None:
    """Half of such names are passwords in the wrong field: only a mark is kept, equal for equal words."""
    client = await product.browser()
    typed = ["Sesam-oeffne-dich", "sesam-OEFFNE-dich", "仇大山"]
    for user in typed:
        answer = await client.post("/api/sessions", json={"user": user, "password": "hunter2-hunter2"})
        assert answer.json()["code"] == "identity.wrong_password"
    rows = await refused_entries(product)
    facts = [(row.account_id, row.object_type, row.proof, row.address) for row in rows]
    assert facts == [("", "unknown_account", "none", "127.0.0.1")] * 3
    marks = [row.object_id for row in rows]
    assert marks[0] == marks[1] != marks[2]
    kept = str([vars(row) for row in rows])
    assert [word for word in (*typed, "hunter2") if word.casefold() in kept.casefold()] == []


async def test_a_try_with_a_disabled_account_is_in_its_audit(product: Product) -> None:
    administrator = await product.principal("administrator")
    async with product.platform.database.write() as tx:
        await set_active(tx, administrator, product.accounts["specialist"], product.clock.now(), active=False)
    client = await product.browser()
    for words in (RIGHT, WRONG):
        answer = await client.post("/api/sessions", json=words)
        assert (answer.status_code, answer.json()["code"]) == (401, "identity.wrong_password")
    rows = await refused_entries(product)
    assert [(row.account_id, row.facts) for row in rows] == [
        (product.accounts["specialist"], {"disabled": True})
    ] * 2
    assert (await the_account(product)).failures == 0


@pytest.mark.parametrize(
    "key,typed,same",
    [("k", "A", True), ("k", "a", True), ("other", "a", False), ("k", "a ", False), ("k", "", False)],
)
def test_a_mark_depends_on_key_and_words(key: str, typed: str, same: bool) -> None:
    mark = mark_of(SecretStr(key), typed)
    assert (mark == mark_of(SecretStr("k"), "a")) is same
    assert len(mark) == 32
    assert mark != digest(typed)[:32], "a plain hash of a name or a password can be looked up"


async def test_signing_in_again_replaces_the_cookie_and_ends_the_sign_in_before(product: Product) -> None:
    client = await product.signed_in("specialist")
    before = client.cookies["lianzhen_session"]
    ok(await client.post("/api/sessions", json=RIGHT))
    after = client.cookies["lianzhen_session"]
    assert before != after
    ok(await client.get("/api/me"))
    old = await product.browser()
    old.cookies.set("lianzhen_session", before)
    assert (await old.get("/api/me")).json()["code"] == "identity.signed_out"


async def test_another_browser_of_the_same_person_stays_signed_in(product: Product) -> None:
    first, second = await product.signed_in("specialist"), await product.signed_in("specialist")
    ok(await second.delete("/api/sessions/current"))
    ok(await first.get("/api/me"))


async def test_a_cookie_is_for_our_pages_alone(product: Product) -> None:
    client = await product.browser()
    answer = await client.post("/api/sessions", json=RIGHT)
    cookie, *flags = answer.headers["set-cookie"].split("; ")
    lifetime = product.platform.settings.session.lifetime_hours * 3600
    assert len(cookie.removeprefix("lianzhen_session=")) >= 43, "256 bits in base64url"
    assert {flag.casefold() for flag in flags} == {
        "httponly",
        "samesite=strict",
        "path=/",
        f"max-age={lifetime}",
    }
    gone = (await client.delete("/api/sessions/current")).headers["set-cookie"]
    assert "Max-Age=0" in gone
    assert "HttpOnly" in gone


async def test_a_new_password_ends_the_other_sign_ins(product: Product) -> None:
    here, there = await product.signed_in("specialist"), await product.signed_in("specialist")
    change = {"current": PASSWORD, "new": "十个汉字以上的新密码吧"}
    assert (await here.put("/api/me/password", json=change)).status_code == 204
    ok(await here.get("/api/me"))
    assert (await there.get("/api/me")).status_code == 401
    browser = await product.browser()
    assert (await browser.post("/api/sessions", json=RIGHT)).status_code == 401
    ok(await browser.post("/api/sessions", json=RIGHT | {"password": change["new"]}))


@pytest.mark.parametrize(
    "current,new,status,code",
    [
        ("not the password", "a good new password", 401, "identity.wrong_password"),
        (PASSWORD, "short", 422, "identity.weak_password"),
        (PASSWORD, "x" * 129, 422, "general.fields_refused"),
        (PASSWORD, "tab and nul\0 inside", 422, "general.fields_refused"),
    ],
)
async def test_a_password_is_not_changed_for_the_asking(
    product: Product, current: str, new: str, status: int, code: str
) -> None:
    client = await product.signed_in("specialist")
    before = (await the_account(product)).password_hash
    answer = await client.put("/api/me/password", json={"current": current, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await the_account(product)).password_hash == before


async def test_who_was_shut_out_comes_back_with_nothing_of_before(product: Product) -> None:
    client = await product.signed_in("specialist")
    administrator = await product.principal("administrator")
    account_id, now = product.accounts["specialist"], product.clock.now()
    async with product.platform.database.write() as tx:
        token = await create_token(tx, COMMAND_LINE, "specialist", now)
    for active in (False, True):
        async with product.platform.database.write() as tx:
            await set_active(tx, administrator, account_id, now, active=active)
    assert (await client.get("/api/me")).status_code == 401
    script = await product.browser()
    assert (await script.get("/api/me", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    ok(await script.post("/api/sessions", json=RIGHT))


async def test_being_used_moves_the_idle_end_but_never_the_lifetime(product: Product) -> None:
    client = await product.signed_in("specialist")
    limits = product.platform.settings.session
    spent = timedelta()
    step = timedelta(minutes=limits.idle_minutes - 1)
    while spent + step <= timedelta(hours=limits.lifetime_hours):
        product.clock.advance(minutes=limits.idle_minutes - 1)
        spent += step
        ok(await client.get("/api/me"))
    product.clock.advance(minutes=limits.idle_minutes - 1)
    answer = await client.get("/api/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "identity.signed_out")


async def test_a_busy_page_writes_its_use_once_a_minute(product: Product) -> None:
    client = await product.signed_in("specialist")

    async def seen_at() -> object:
        async with product.platform.database.read() as view:
            return (await view.scalars(select(SignIn.seen_at))).one()

    began = await seen_at()
    product.clock.advance(seconds=59)
    ok(await client.get("/api/me"))
    assert await seen_at() == began
    product.clock.advance(seconds=2)
    ok(await client.get("/api/me"))
    assert await seen_at() == product.clock.now()
