"""Getting into the room of a case: doctors by their account, the patient by a one-time link."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from config.settings import secret
from consult_server.app import TRIES_PER_MINUTE
from consult_server.audit.tables import AuditEntry
from consult_server.calls.domain import INVITATION_LIFE
from consult_server.calls.tables import Invitation
from consult_server.calls.tries import Tries
from consult_server.institutions.tables import Institution
from consult_server.patients.tables import Patient
from signaling.roles import Role
from signaling.tickets import verify
from tests.factories.cases import a_draft, an_assigned_case, desks, ok, step
from tests.fixtures.clock import HandClock
from tests.fixtures.product import Product

TAIL = "0036"


def ticket_of(product: Product, seat: dict[str, Any]) -> Any:
    return verify(secret(product.platform.settings, "join_ticket"), seat["ticket"], product.clock.now())


async def invite(client: httpx.AsyncClient, case: dict[str, Any]) -> str:
    issued = ok(await client.post(f"/api/consults/{case['consult_id']}/invitations"))
    return str(issued["url"].split("#")[1])


async def look(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/api/invitations/preview", json={"invitation": token})


async def redeem(
    client: httpx.AsyncClient, token: str, tail: str = TAIL, *, agree: bool = True, recording: bool = False
) -> httpx.Response:
    consent = {"consult": agree, "recording": recording}
    body = {"invitation": token, "identity_tail": tail, "consent": consent}
    return await client.post("/api/invitations/redeem", json=body)


async def test_both_doctors_get_seats_in_one_room(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    path = f"/api/consults/{case['consult_id']}/call"
    seats = [ticket_of(product, ok(await client.post(path))) for client in (desk.applicant, desk.specialist)]
    assert {seat.room for seat in seats} == {f"consult-{case['consult_id']}"}
    assert [seat.role for seat in seats] == [Role.APPLICANT, Role.SPECIALIST]
    assert all(seat.can_admit for seat in seats)
    assert seats[0].participant == product.accounts["applicant"]


async def test_nobody_else_gets_one(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    for user in ("foreign_specialist", "foreign_applicant", "auditor"):
        answer = await (await product.signed_in(user)).post(f"/api/consults/{case['consult_id']}/call")
        assert answer.status_code == 404, user
    administrator = await product.signed_in("administrator")
    assert (await administrator.post(f"/api/consults/{case['consult_id']}/call")).status_code == 403


async def test_a_draft_has_no_call(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    answer = await desk.applicant.post(f"/api/consults/{case['consult_id']}/call")
    assert (answer.status_code, answer.json()["code"]) == (409, "calls.not_possible")


async def test_the_patient_comes_by_link_and_waits_in_the_lobby(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    token = await invite(desk.applicant, case)
    phone = await product.browser()
    preview = ok(await phone.post("/api/invitations/preview", json={"invitation": token}))
    assert preview["patient_surname_masked"] == "仇**"
    assert preview["identity_tail_required"] is True
    assert "大山" not in str(preview)
    seat = ok(await redeem(phone, token))
    ticket = ticket_of(product, seat)
    assert (ticket.role, ticket.can_admit, ticket.room) == (
        Role.PATIENT,
        False,
        f"consult-{case['consult_id']}",
    )
    assert seat["appointment"]["doctor_name"] == "specialist某"


async def test_the_link_works_on_the_first_device_only(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone, other = await product.browser(), await product.browser()
    ok(await redeem(phone, token))
    ok(await redeem(phone, token))
    answer = await redeem(other, token)
    assert (answer.status_code, answer.json()["code"]) == (409, "calls.invitation_used")


async def test_a_used_link_tells_another_device_only_whom_to_phone(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone, other = await product.browser(), await product.browser()
    ok(await redeem(phone, token))
    told = ok(await look(other, token))
    assert told["standing"] == "used"
    assert (told["institution_name"], told["contact_phone"]) == ("石桥镇中心卫生院", "0770-1200")
    assert {told["doctor_name"], told["companion_name"], told["patient_surname_masked"]} == {""}
    assert ok(await look(phone, token))["standing"] == "open"


async def test_the_device_is_known_by_a_cookie_that_scripts_cannot_read(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    answer = await redeem(await product.browser(), token)
    cookie = answer.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/api/invitations"):
        assert part in cookie
    assert 0 < int(cookie.split("Max-Age=")[1].split(";")[0]) <= INVITATION_LIFE.total_seconds()
    async with product.platform.database.read() as view:
        row = (await view.scalars(select(Invitation))).one()
    assert row.device_sha256 is not None
    assert row.device_sha256 not in cookie


async def test_five_wrong_answers_lock_the_link(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone = await product.browser()
    left = [(await redeem(phone, token, "0000")).json()["params"]["tries_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert (await redeem(phone, token)).json()["code"] == "calls.invitation_locked"
    assert ok(await look(phone, token))["standing"] == "locked"


@pytest.fixture
def minute(product: Product) -> HandClock:
    """The clock by which the application counts tries."""
    hands = HandClock()
    product.app.state.invitation_tries = Tries(
        at_most=TRIES_PER_MINUTE, seconds=60, monotonic_seconds=lambda: hands.now().timestamp()
    )
    return hands


@pytest.mark.parametrize("ask", [look, redeem])
async def test_ten_guesses_a_minute_and_the_next_is_told_when(
    product: Product, minute: HandClock, ask: Callable[[httpx.AsyncClient, str], Awaitable[httpx.Response]]
) -> None:
    """RFC 6585, 4: 429 with Retry-After; whoever waits as long as it says is heard again."""
    phone = await product.browser()
    for number in range(TRIES_PER_MINUTE):
        answer = await ask(phone, f"guess-number-{number:04d}")
        assert (answer.status_code, answer.json()["code"]) == (404, "calls.invitation_unknown")
        minute.advance(1)
    refused = await ask(phone, "guess-number-0010")
    assert (refused.status_code, refused.json()["code"]) == (429, "calls.too_many_tries")
    assert refused.headers["retry-after"] == "50"
    assert refused.json()["params"] == {"retry_after_seconds": 50}
    minute.advance(50)
    assert (await ask(phone, "guess-number-0011")).status_code == 404
    assert (await ask(phone, "guess-number-0012")).status_code == 429


async def test_looking_and_redeeming_are_counted_together(product: Product, minute: HandClock) -> None:
    phone = await product.browser()
    for number in range(TRIES_PER_MINUTE // 2):
        await look(phone, f"guess-number-{number:04d}")
        await redeem(phone, f"guess-number-{number:04d}")
    assert {(await look(phone, "x" * 30)).status_code, (await redeem(phone, "x" * 30)).status_code} == {429}


async def test_a_right_link_is_not_heard_either_while_its_place_has_to_wait(
    product: Product, minute: HandClock
) -> None:
    """Else the answer would tell a guesser which of his guesses was right."""
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone = await product.browser()
    for number in range(TRIES_PER_MINUTE):
        await look(phone, f"guess-number-{number:04d}")
    assert (await redeem(phone, token)).status_code == 429
    minute.advance(minutes=1)
    ok(await redeem(phone, token))


@pytest.mark.parametrize("later", [timedelta(hours=2, minutes=1), timedelta(days=3)])
async def test_a_link_ends(product: Product, later: timedelta) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    product.clock.advance(later.total_seconds())
    phone = await product.browser()
    assert (await redeem(phone, token)).json()["code"] == "calls.invitation_ended"
    assert ok(await look(phone, token))["standing"] == "ended"


async def test_a_link_ends_with_its_case(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    token = await invite(desk.applicant, case)
    withdrawn = await step(desk.applicant, case, "withdraw", reason="患者已转院")
    assert withdrawn["status"] == "withdrawn"
    phone = await product.browser()
    assert ok(await look(phone, token))["standing"] == "ended"
    assert (await redeem(phone, token)).json()["code"] == "calls.invitation_ended"
    again = await desk.applicant.post(f"/api/consults/{case['consult_id']}/invitations")
    assert (again.status_code, again.json()["code"]) == (409, "calls.not_possible")


@pytest.mark.parametrize("token", ["", "short", "x" * 201])
async def test_a_link_that_is_none_is_refused_before_anybody_looks(product: Product, token: str) -> None:
    phone = await product.browser()
    assert (await look(phone, token)).status_code == 422
    assert (await redeem(phone, token)).status_code == 422


async def test_every_knock_is_in_the_audit_with_its_outcome(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone = await product.browser()
    await redeem(phone, token, "0000")
    ok(await redeem(phone, token))
    async with product.platform.database.read() as view:
        rows = list(
            await view.scalars(
                select(AuditEntry).where(AuditEntry.action == "call.redeem").order_by(AuditEntry.position)
            )
        )
    assert [row.outcome for row in rows] == ["refused", "done"]
    assert {row.proof for row in rows} == {"invitation"}
    assert token not in str([vars(row) for row in rows])
    assert TAIL not in str([row.facts for row in rows])


async def test_a_refused_knock_gives_no_seat_and_keeps_no_device(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone, other = await product.browser(), await product.browser()
    answer = await redeem(phone, token, "0000")
    assert "ticket" not in answer.text
    assert "set-cookie" not in answer.headers
    ok(await redeem(other, token))


async def test_the_first_use_is_kept_and_so_is_the_latest_word_on_recording(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone = await product.browser()
    ok(await redeem(phone, token))
    first = product.clock.now()
    product.clock.advance(60)
    ok(await redeem(phone, token, recording=True))
    async with product.platform.database.read() as view:
        row = (await view.scalars(select(Invitation))).one()
    assert row.first_used_at == first
    assert row.recording_consent is True


async def test_the_seat_says_whose_case_the_room_is_about(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    seat = ok(await desk.specialist.post(f"/api/consults/{case['consult_id']}/call"))
    assert seat["about"] == {
        "number": case["number"],
        "patient_name": "仇大山",
        "question": "左肺下叶结节较去年是否增大？",
    }
    assert seat["signaling_url"] == "ws://127.0.0.1:8080/signaling/ws"


async def test_the_longest_name_of_a_hospital_has_a_seat_too(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    longest = "石桥镇" + "中心" * 60 + "卫生院12"
    assert len(longest) == 128
    async with product.platform.database.write() as tx:
        await tx.execute(
            update(Institution)
            .where(Institution.institution_id == product.places["township"])
            .values(name=longest)
        )
    ticket = ticket_of(product, ok(await desk.applicant.post(f"/api/consults/{case['consult_id']}/call")))
    assert ticket.institution == longest


async def test_the_patient_learns_who_the_doctor_is_and_where(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    told = ok(await look(await product.browser(), token))
    assert (told["doctor_name"], told["doctor_institution_name"]) == ("specialist某", "云岭县人民医院")
    assert told["companion_name"] == "applicant某"


async def test_the_coordinator_comes_as_coordinator_and_tickets_are_short(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    ticket = ticket_of(product, ok(await desk.coordinator.post(f"/api/consults/{case['consult_id']}/call")))
    assert ticket.role is Role.COORDINATOR
    life = (ticket.expires_at - product.clock.now()).total_seconds()
    assert life == product.platform.settings.signaling.ticket_seconds


async def test_two_links_of_one_case_are_two_seats(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    seats = [
        ticket_of(product, ok(await redeem(await product.browser(), await invite(desk.applicant, case))))
        for _ in range(2)
    ]
    assert seats[0].participant != seats[1].participant
    assert seats[0].room == seats[1].room


async def test_without_a_registered_card_the_link_asks_for_no_digits(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    async with product.platform.database.write() as tx:
        await tx.execute(update(Patient).values(id_no=""))
    token = await invite(desk.applicant, case)
    phone = await product.browser()
    assert ok(await look(phone, token))["identity_tail_required"] is False
    ok(await redeem(phone, token, ""))


async def test_signed_out_there_is_neither_seat_nor_link(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    stranger = await product.browser()
    for verb in ("call", "invitations"):
        assert (await stranger.post(f"/api/consults/{case['consult_id']}/{verb}")).status_code == 401


async def test_without_agreement_there_is_no_seat(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    answer = await redeem(await product.browser(), token, agree=False)
    assert (answer.status_code, answer.json()["code"]) == (422, "calls.consent_missing")


async def test_only_the_digest_of_a_link_is_kept(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    async with product.platform.database.read() as view:
        row = (await view.scalars(select(Invitation))).one()
    assert token not in str(vars(row))
