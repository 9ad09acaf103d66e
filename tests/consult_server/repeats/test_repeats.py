"""A request that is sent again makes no second case: one key, one draft, one answer."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from consult_server.audit.tables import AuditEntry
from consult_server.consults.tables import Consult
from consult_server.repeats.tables import Repeat
from tests.factories.cases import ok
from tests.fixtures.product import Product

DIAGNOSIS, CONSULT = {"case_kind": "diagnosis"}, {"case_kind": "consult"}


async def begin(
    client: httpx.AsyncClient, key: str | None, body: dict[str, Any] = DIAGNOSIS
) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await client.post("/api/consults", json=body, headers=headers)


async def count(product: Product, table: type[Consult | Repeat | AuditEntry]) -> int:
    async with product.platform.database.read() as view:
        return int(await view.scalar(select(func.count()).select_from(table)) or 0)


async def test_the_same_request_again_is_the_same_answer_and_one_draft(product: Product) -> None:
    client = await product.signed_in("applicant")
    first = await begin(client, "key-1")
    audited = await count(product, AuditEntry)
    for _ in range(3):
        again = await begin(client, "key-1")
        assert (again.status_code, again.json()) == (201, first.json())
    assert await count(product, Consult) == 1
    assert await count(product, AuditEntry) == audited


async def test_the_answer_is_that_of_then_whatever_has_become_of_the_draft(product: Product) -> None:
    client = await product.signed_in("applicant")
    first = ok(await begin(client, "key-1"))
    path = f"/api/consults/{first['consult_id']}"
    changed = ok(await client.patch(path, json={"history": "新"}, headers={"If-Match": '"1"'}))
    assert changed["version"] == 2
    assert ok(await begin(client, "key-1")) == first


async def test_the_same_key_for_another_request_is_refused_and_makes_nothing(product: Product) -> None:
    client = await product.signed_in("applicant")
    first = ok(await begin(client, "key-1"))
    refused = await begin(client, "key-1", CONSULT)
    assert (refused.status_code, refused.json()["code"]) == (422, "general.key_reused")
    assert await count(product, Consult) == 1
    assert ok(await begin(client, "key-1")) == first


async def test_keys_are_each_accounts_own(product: Product) -> None:
    mine, theirs = await product.signed_in("applicant"), await product.signed_in("foreign_applicant")
    first, second = ok(await begin(mine, "key-1")), ok(await begin(theirs, "key-1"))
    assert first["consult_id"] != second["consult_id"]
    assert second["inviting"]["institution_id"] == product.places["city"]


async def test_without_a_key_every_request_is_a_new_one(product: Product) -> None:
    client = await product.signed_in("applicant")
    ids = {ok(await begin(client, key))["consult_id"] for key in (None, None, "a", "b")}
    assert len(ids) == 4
    assert await count(product, Repeat) == 2


async def test_a_refused_request_keeps_no_key(product: Product) -> None:
    """Whoever gets the right to it, or mends the body, may use the key that failed."""
    coordinator, applicant = await product.signed_in("coordinator"), await product.signed_in("applicant")
    assert (await begin(coordinator, "key-1")).status_code == 403
    assert (await begin(applicant, "key-2", {"case_kind": "nonsense"})).status_code == 422
    assert await count(product, Repeat) == 0
    ok(await begin(applicant, "key-2"))


async def test_sent_side_by_side_it_is_still_one(product: Product) -> None:
    clients = [await product.signed_in("applicant") for _ in range(6)]
    answers = await asyncio.gather(*(begin(client, "key-1") for client in clients))
    assert Counter(answer.status_code for answer in answers) == {201: 6}
    assert len({answer.text for answer in answers}) == 1
    assert await count(product, Consult) == 1


async def test_a_day_later_the_key_is_free_again_and_nothing_of_it_is_kept(product: Product) -> None:
    client = await product.signed_in("applicant")
    first = ok(await begin(client, "key-1"))
    ok(await begin(client, "key-2"))
    product.clock.advance(hours=23, minutes=59)
    client = await product.signed_in("applicant")
    assert ok(await begin(client, "key-1")) == first
    product.clock.advance(minutes=2)
    second = ok(await begin(client, "key-1"))
    assert second["consult_id"] != first["consult_id"]
    assert await count(product, Repeat) == 1, "what is a day old is cleared away"


@pytest.mark.parametrize("key", ["x" * 129, "with blank", "\u00e9", ""])
async def test_a_key_that_is_none_is_refused(product: Product, key: str) -> None:
    client = await product.signed_in("applicant")
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    answer = await client.post("/api/consults", json=DIAGNOSIS, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "general.fields_refused")
    assert await count(product, Consult) == 0


async def test_a_key_never_opens_what_its_account_may_not_do(product: Product) -> None:
    """A stored answer is for the account it was given to, signed in now."""
    client = await product.signed_in("applicant")
    ok(await begin(client, "key-1"))
    ok(await client.delete("/api/sessions/current"))
    assert (await begin(client, "key-1")).status_code == 401
