"""Who may read a study is found once and holds until something is committed or its time is over."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from consult_server.audit.service import Outcome
from consult_server.audit.tables import AuditEntry
from consult_server.identity.access import revoke_tokens
from consult_server.identity.current import TOUCH_AFTER
from consult_server.identity.service import COMMAND_LINE, create_token
from consult_server.study_access import AUDIT_ONCE_IN
from tests.factories.cases import STUDY_UID, a_draft, desks, ok, step
from tests.fixtures.product import Product

STUDIES = "/dicom-web/studies"
SERIES = f"{STUDIES}/{STUDY_UID}/series"


async def found(client: httpx.AsyncClient) -> list[str]:
    """The studies a person sees."""
    return [study["0020000D"]["Value"][0] for study in ok(await client.get(STUDIES))]


async def readings(product: Product, outcome: Outcome = Outcome.DONE) -> int:
    """How many readings of the study the audit trail has."""
    question = select(func.count()).where(
        AuditEntry.action == "study.read", AuditEntry.object_id == STUDY_UID, AuditEntry.outcome == outcome
    )
    async with product.platform.database.read() as view:
        return await view.scalar(question) or 0


async def test_what_is_lent_and_taken_back_is_seen_and_gone_at_once(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    for _ in range(3):
        assert await found(desk.coordinator) == []
        assert (await desk.coordinator.get(SERIES)).status_code == 404
    case = await step(desk.applicant, case, "submit")
    for _ in range(3):
        assert await found(desk.coordinator) == [STUDY_UID]
        assert (await desk.coordinator.get(SERIES)).status_code == 200
    await step(desk.coordinator, case, "return", reason="请补充")
    for _ in range(3):
        assert await found(desk.coordinator) == []
        assert (await desk.coordinator.get(SERIES)).status_code == 404


async def test_what_one_person_is_answered_no_other_one_is(product: Product) -> None:
    desk = await desks(product)
    await a_draft(product, desk.applicant)
    for _ in range(2):
        assert await found(desk.applicant) == [STUDY_UID]
        assert await found(desk.specialist) == []
    stranger = await product.browser()
    for _ in range(2):
        assert (await stranger.get(STUDIES)).status_code == 401


async def test_who_signed_out_is_answered_no_more(product: Product) -> None:
    client = await product.signed_in("applicant")
    cookies = dict(client.cookies)
    for _ in range(3):
        ok(await client.get(STUDIES))
    assert (await client.delete("/api/sessions/current")).status_code == 204
    client.cookies.update(cookies)
    assert (await client.get(STUDIES)).status_code == 401


async def test_a_sign_in_falls_idle_whatever_was_kept(product: Product) -> None:
    client = await product.signed_in("applicant")
    for _ in range(3):
        ok(await client.get(STUDIES))
    product.clock.advance(minutes=product.platform.settings.session.idle_minutes, seconds=1)
    assert (await client.get(STUDIES)).status_code == 401


async def test_asking_again_and_again_keeps_a_sign_in(product: Product) -> None:
    client = await product.signed_in("applicant")
    rounds = int(timedelta(minutes=product.platform.settings.session.idle_minutes) / TOUCH_AFTER) + 3
    for _ in range(rounds):
        ok(await client.get(STUDIES))
        ok(await client.get(STUDIES))
        product.clock.advance(TOUCH_AFTER.total_seconds() + 1)
    ok(await client.get(STUDIES))


async def test_a_token_ends_when_it_is_revoked(product: Product) -> None:
    here = product.platform
    async with here.database.write() as tx:
        token = await create_token(tx, COMMAND_LINE, "applicant", here.clock.now())
    browser = await product.browser()
    bearer = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        assert (await browser.get(STUDIES, headers=bearer)).status_code == 200
    assert (await browser.get(STUDIES, headers={"Authorization": f"Bearer {token}x"})).status_code == 401
    async with here.database.write() as tx:
        await revoke_tokens(tx, product.accounts["applicant"], here.clock.now())
    assert (await browser.get(STUDIES, headers=bearer)).status_code == 401


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.REFUSED])
async def test_a_reading_is_audited_once_in_its_time_and_again_afterwards(
    product: Product, outcome: Outcome
) -> None:
    desk = await desks(product)
    await a_draft(product, desk.applicant)
    client = desk.applicant if outcome is Outcome.DONE else desk.specialist
    for times in (1, 2, 3):
        for _ in range(4):
            await client.get(SERIES)
        assert await readings(product, outcome) == times
        product.clock.advance(AUDIT_ONCE_IN.total_seconds())


async def test_of_an_answer_given_again_the_headers_are_the_same(product: Product) -> None:
    desk = await desks(product)
    await a_draft(product, desk.applicant)
    await desk.applicant.get(SERIES)
    first, again = [await desk.applicant.get(SERIES) for _ in range(2)]
    assert first.content == again.content
    own = {"x-request-id"}
    assert {k: v for k, v in first.headers.items() if k not in own} == {
        k: v for k, v in again.headers.items() if k not in own
    }
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
