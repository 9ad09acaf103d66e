"""The live line over a real socket: who hears what, what is resumed, and when it ends."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from config.kernel.envelope import Envelope
from config.kernel.redis import encode, stream_name
from config.kernel.relay import Relay
from consult_server.consults.steps import refresh_after_arrival
from consult_server.consults.tables import Consult
from consult_server.tables import outbox
from consult_server.web.push import (
    LISTENERS_PER_ACCOUNT_MAX,
    QUEUE_MAX,
    Listener,
    LiveHub,
    LiveLinesFull,
    institutions_of,
    sse,
)
from tests.factories.cases import Case, a_draft, desks, ok, seen, step
from tests.fixtures.listening import Line, listening
from tests.fixtures.product import Product
from tests.fixtures.waiting import eventually

CHANGED = "consult.changed"


@pytest.fixture
async def address(product: Product) -> AsyncIterator[str]:
    """The product behind a socket, its heart beating fast."""
    product.platform.live.heartbeat_seconds = 0.1
    async with listening(product.app) as url:
        yield url


async def a_line(stack: AsyncExitStack, product: Product, url: str, user: str, after: str = "") -> Line:
    """An open line of `user`."""
    cookies = dict((await product.signed_in(user)).cookies)
    return await stack.enter_async_context(Line(url, cookies, after))


async def relay(product: Product) -> None:
    """Everything in the outbox goes on the wire."""
    relay = Relay(product.platform.database, product.platform.redis, outbox, product.clock)
    while await relay.once():
        pass


async def a_sent_case(product: Product) -> Case:
    desk = await desks(product)
    return await step(desk.applicant, await a_draft(product, desk.applicant), "submit")


async def test_a_step_reaches_both_hospitals_and_nobody_else(product: Product, address: str) -> None:
    async with AsyncExitStack() as stack:
        users = ("applicant", "technician", "coordinator", "specialist", "administrator", "foreign_applicant")
        lines = {user: await a_line(stack, product, address, user) for user in users}
        case = await a_sent_case(product)
        await relay(product)
        for user in ("applicant", "technician", "coordinator", "specialist"):
            told = await lines[user].hears(CHANGED, consult_id=case["consult_id"])
            assert told["data"] == {
                "consult_id": case["consult_id"],
                "version": case["version"],
                "verb": "submit",
                "status": "submitted",
                "urgency": "urgent",
            }
        for user in ("administrator", "foreign_applicant"):
            await beats(lines[user])
            assert [event["event"] for event in lines[user].told] == ["hello"]


async def test_the_hospital_a_draft_is_addressed_to_hears_nothing_of_it(
    product: Product, address: str
) -> None:
    async with AsyncExitStack() as stack:
        ours = await a_line(stack, product, address, "applicant")
        theirs = await a_line(stack, product, address, "coordinator")
        desk = await desks(product)
        draft = await a_draft(product, desk.applicant)
        async with product.platform.database.write() as tx:
            row = await tx.get(Consult, draft["consult_id"])
            assert row is not None
            await refresh_after_arrival(tx, [row], product.clock.now())
        ok(await desk.applicant.delete(f"/api/consults/{draft['consult_id']}", headers=seen(draft)))
        await relay(product)
        await ours.hears(CHANGED, verb="study_settled")
        await ours.hears(CHANGED, verb="discard")
        await beats(theirs)
        assert theirs.heard(CHANGED) == []


async def test_an_event_carries_nothing_clinical(product: Product, address: str) -> None:
    async with AsyncExitStack() as stack:
        line = await a_line(stack, product, address, "coordinator")
        case = await a_sent_case(product)
        await relay(product)
        await line.hears(CHANGED)
        said = json.dumps(line.told, ensure_ascii=False)
        patient = case["full_patient"]
        for secret in (patient["name"], patient["identifier"], case["question"], case["accession_number"]):
            assert secret not in said


async def test_a_dropped_line_resumes_where_it_was(product: Product, address: str) -> None:
    desk = await desks(product)
    async with AsyncExitStack() as stack:
        line = await a_line(stack, product, address, "coordinator")
        case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
        await relay(product)
        last = (await line.hears(CHANGED, verb="submit"))["id"]
    case = await step(desk.coordinator, case, "accept")
    case = await step(desk.coordinator, case, "assign", specialist_id=product.accounts["specialist"])
    await relay(product)
    async with AsyncExitStack() as stack:
        again = await a_line(stack, product, address, "coordinator", last)
        await again.hears(CHANGED, verb="assign")
        assert [event["verb"] for event in again.heard(CHANGED)] == ["accept", "assign"]
        hello, accept, assign = (event["id"] for event in again.told)
    assert hello == last, "a line that breaks now must not have skipped anything"
    async with AsyncExitStack() as stack:
        third = await a_line(stack, product, address, "coordinator", accept)
        await third.hears(CHANGED, verb="assign")
        assert [event["id"] for event in third.told] == [accept, assign]


@pytest.mark.parametrize("after", ["x", "1-1", "1-1,2-2,3-3", "$,$", "-1,0", "9" * 100])
async def test_a_position_that_is_none_starts_afresh(product: Product, address: str, after: str) -> None:
    async with AsyncExitStack() as stack:
        line = await a_line(stack, product, address, "coordinator", after)
        assert [event["id"] for event in line.told] == [product.platform.live.position()]
        await a_sent_case(product)
        await relay(product)
        await line.hears(CHANGED, verb="submit")


async def test_a_line_ends_with_the_sign_in(product: Product, address: str) -> None:
    for how in ("sign_out", "idle"):
        client = await product.signed_in("coordinator")
        async with Line(address, dict(client.cookies)) as line:
            if how == "sign_out":
                ok(await client.delete("/api/sessions/current"))
            else:
                product.clock.advance(minutes=product.platform.settings.session.idle_minutes, seconds=1)
            await line.ended()
        async with Line(address, dict(client.cookies)) as refused:
            assert refused.status == 401, how


async def test_a_line_ends_when_its_person_is_shut_out(product: Product, address: str) -> None:
    administrator = await product.signed_in("administrator")
    async with AsyncExitStack() as stack:
        line = await a_line(stack, product, address, "coordinator")
        path = f"/api/accounts/{product.accounts['coordinator']}/active"
        ok(await administrator.put(path, json={"active": False}))
        await line.ended()


async def test_an_open_line_does_not_keep_a_sign_in_alive(product: Product, address: str) -> None:
    client = await product.signed_in("coordinator")
    minutes = product.platform.settings.session.idle_minutes
    async with Line(address, dict(client.cookies)) as line:
        product.clock.advance(minutes=minutes - 1)
        await beats(line)
        product.clock.advance(minutes=2)
        await line.ended()


async def beats(line: Line, count: int = 2) -> None:
    """Wait for the line's heart: what was to come before has come."""
    wanted = line.heartbeats + count
    await eventually(lambda: line.heartbeats >= wanted)


async def test_one_person_has_a_few_lines_and_others_still_get_theirs(product: Product, address: str) -> None:
    async with AsyncExitStack() as stack:
        cookies = dict((await product.signed_in("coordinator")).cookies)
        for _ in range(LISTENERS_PER_ACCOUNT_MAX):
            await stack.enter_async_context(Line(address, cookies))
        async with httpx.AsyncClient(base_url=address, cookies=cookies) as client:
            answer = await client.get("/api/live")
        assert (answer.status_code, answer.json()["code"]) == (503, "notices.lines_full")
        assert answer.headers["retry-after"] == "5"
        await a_line(stack, product, address, "specialist")


async def test_an_entry_nobody_can_read_stops_nothing(product: Product, address: str) -> None:
    redis = product.platform.redis
    async with AsyncExitStack() as stack:
        line = await a_line(stack, product, address, "coordinator")
        start = line.told[0]["id"]
        for fields in ({"envelope": "{"}, {"other": "x"}, {"envelope": "{}"}, {"envelope": "[1]"}):
            await redis.xadd(stream_name("consult"), fields)  # type: ignore[arg-type]
        await a_sent_case(product)
        await relay(product)
        await line.hears(CHANGED, verb="submit")
        resumed = await a_line(stack, product, address, "coordinator", start)
        await resumed.hears(CHANGED, verb="submit")


async def test_a_browser_that_does_not_read_is_let_go(product: Product) -> None:
    hub = product.platform.live
    listener = Listener(account_id="a", institution_id=product.places["county"])

    async def always() -> bool:
        return True

    said = hub.listen(listener, "", always)
    assert "event: hello" in await anext(said)
    payload = {"institution_id": product.places["county"], "n": 1}
    for number in range(QUEUE_MAX + 5):
        envelope = Envelope(event_id=str(number), name="x", occurred_at="", payload=payload)
        await product.platform.redis.xadd(stream_name("dicom"), encode(envelope))
    left = [text async for text in said]
    assert 0 < len(left) <= QUEUE_MAX + 5


@pytest.mark.parametrize(
    "payload,institutions",
    [
        ({"institution_ids": ["a", "b"], "institution_id": "c"}, {"a", "b"}),
        ({"institution_ids": ["a", ""]}, {"a"}),
        ({"institution_id": "c"}, {"c"}),
        ({"institution_ids": [], "institution_id": "c"}, {"c"}),
        ({"institution_id": ""}, set()),
        ({}, set()),
    ],
)
def test_an_event_belongs_to_the_institutions_it_names(
    payload: dict[str, object], institutions: set[str]
) -> None:
    assert institutions_of(payload) == institutions
    nobody = Listener(account_id="a", institution_id="")
    envelope = Envelope(event_id="1", name="x", occurred_at="", payload=payload)
    assert not nobody.may_know(envelope)


def test_an_event_is_one_frame_without_its_audience() -> None:
    payload = {"institution_ids": ["a"], "subject": "s", "note": "two\nlines 中"}
    frame = sse("1-0,2-0", Envelope(event_id="1", name="consult.changed", occurred_at="", payload=payload))
    *lines, end, after = frame.split("\n")
    assert lines == ["id: 1-0,2-0", "event: consult.changed", 'data: {"note": "two\\nlines \\u4e2d"}']
    assert (end, after) == ("", "")


def test_the_caps_count_each_person_and_all(product: Product) -> None:
    hub = LiveHub(product.platform.redis)
    hub.refuse_when_full("anybody")
    full = {Listener(account_id="a", institution_id="i") for _ in range(LISTENERS_PER_ACCOUNT_MAX)}
    hub._listeners |= full
    with pytest.raises(LiveLinesFull):
        hub.refuse_when_full("a")
    hub.refuse_when_full("b")
