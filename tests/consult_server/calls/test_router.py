"""Getting into the room of a case: doctors by their account, the patient by a one-time link."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.settings import secret
from consult_server.calls.tables import Invitation
from signaling.roles import Role
from signaling.tickets import verify
from tests.factories.cases import a_draft, an_assigned_case, desks, ok
from tests.fixtures.product import Product

TAIL = "0036"


def ticket_of(product: Product, seat: dict[str, Any]) -> Any:
    return verify(secret(product.platform.settings, "join_ticket"), seat["ticket"], product.clock.now())


async def invite(client: httpx.AsyncClient, case: dict[str, Any]) -> str:
    issued = ok(await client.post(f"/api/consults/{case['consult_id']}/invitations"))
    return str(issued["url"].split("#")[1])


async def redeem(
    client: httpx.AsyncClient, token: str, tail: str = TAIL, *, agree: bool = True
) -> httpx.Response:
    body = {"invitation": token, "identity_tail": tail, "consent": {"consult": agree, "recording": False}}
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
    assert (answer.status_code, answer.json()["code"]) == (404, "calls.invitation_unknown")


async def test_five_wrong_answers_lock_the_link(product: Product) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    phone = await product.browser()
    left = [(await redeem(phone, token, "0000")).json()["params"]["tries_left"] for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    assert (await redeem(phone, token)).json()["code"] == "calls.invitation_locked"


async def test_guessing_links_is_slowed_down(product: Product) -> None:
    phone = await product.browser()
    codes = [(await redeem(phone, f"guess-number-{n:04d}")).json()["code"] for n in range(14)]
    assert codes[0] == "calls.invitation_unknown"
    assert codes[-1] == "calls.invitation_locked"


@pytest.mark.parametrize("later", [timedelta(hours=2, minutes=1), timedelta(days=3)])
async def test_a_link_ends(product: Product, later: timedelta) -> None:
    desk = await desks(product)
    token = await invite(desk.applicant, await an_assigned_case(product, desk))
    product.clock.advance(later.total_seconds())
    phone = await product.browser()
    assert (await redeem(phone, token)).status_code == 404
    assert (await phone.post("/api/invitations/preview", json={"invitation": token})).status_code == 404


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
