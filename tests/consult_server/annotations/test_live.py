"""Marks of others appear while one reads: who hears that there is something new, and what is said."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from config.kernel.relay import Relay
from consult_server.tables import outbox
from tests.consult_server.annotations.test_router import at, put
from tests.factories.cases import STUDY_UID, an_assigned_case, desks, ok
from tests.fixtures.listening import Line, listening
from tests.fixtures.product import Product

CHANGED = "annotations.changed"


@pytest.fixture
async def address(product: Product) -> AsyncIterator[str]:
    """The product behind a socket, its heart beating fast."""
    product.platform.live.heartbeat_seconds = 0.1
    async with listening(product.app) as url:
        yield url


async def a_line(stack: AsyncExitStack, product: Product, url: str, user: str) -> Line:
    cookies = dict((await product.signed_in(user)).cookies)
    return await stack.enter_async_context(Line(url, cookies, ""))


async def relay(product: Product) -> None:
    relaying = Relay(product.platform.database, product.platform.redis, outbox, product.clock)
    while await relaying.once():
        pass


async def test_both_hospitals_of_a_case_hear_of_a_mark_and_nobody_else(
    product: Product, address: str
) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await relay(product)
    async with AsyncExitStack() as stack:
        reads = [await a_line(stack, product, address, user) for user in ("applicant", "specialist")]
        foreign = await a_line(stack, product, address, "foreign_applicant")
        mark_id = str(uuid.uuid4())
        ok(await put(desk.specialist, mark_id))
        ok(await put(desk.specialist, mark_id, 1, text="结节"))
        path = f"/api/studies/{STUDY_UID}/annotations/{mark_id}"
        ok(await desk.specialist.delete(path, headers=at(2)))
        await relay(product)
        for line in reads:
            told = await line.hears(CHANGED, study_instance_uid=STUDY_UID)
            assert told["data"] == {"study_instance_uid": STUDY_UID}
            while len(line.heard(CHANGED)) < 3:
                await line.hears(CHANGED, study_instance_uid=STUDY_UID)
        assert foreign.heard(CHANGED) == []


async def test_a_refused_mark_is_no_news(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await relay(product)
    answer = await put(desk.specialist, str(uuid.uuid4()), points=[])
    assert answer.status_code == 422
    relaying = Relay(product.platform.database, product.platform.redis, outbox, product.clock)
    assert not await relaying.once()
