"""What stands behind the routes of calls: roles in the room, guests, who may open a door, what is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import func, select

from config.kernel.ids import new_secret
from config.kernel.principal import Principal, Proof
from config.settings import load
from consult_server.audit.tables import AuditEntry
from consult_server.calls import access, service
from consult_server.calls.domain import (
    IDENTITY_TRIES,
    INVITATION_LIFE,
    CallNotPossible,
    IdentityMismatch,
    InvitationUnknown,
    InvitationUsed,
    Standing,
)
from consult_server.calls.router import room_role, signaling_url
from consult_server.calls.tables import Invitation
from consult_server.consults.domain import ConsultNotFound
from consult_server.identity.domain import Role, RoleMissing
from signaling.roles import Role as RoomRole
from tests.factories.cases import a_draft, an_assigned_case, desks
from tests.fixtures.clock import HandClock
from tests.fixtures.product import Product

TAIL = "0036"


def somebody(*roles: Role) -> Principal:
    return Principal(
        account_id="a", name="n", institution_id="i", roles=frozenset(roles), proof=Proof.SESSION
    )


@pytest.mark.parametrize(
    "roles,seat",
    [
        ((Role.APPLICANT,), RoomRole.APPLICANT),
        ((Role.COORDINATOR,), RoomRole.COORDINATOR),
        ((Role.SPECIALIST,), RoomRole.SPECIALIST),
        ((Role.AUDITOR,), RoomRole.SPECIALIST),
        ((Role.APPLICANT, Role.COORDINATOR), RoomRole.APPLICANT),
        ((Role.COORDINATOR, Role.SPECIALIST), RoomRole.COORDINATOR),
    ],
)
def test_a_persons_roles_are_one_part_in_the_room(roles: tuple[Role, ...], seat: RoomRole) -> None:
    assert room_role(somebody(*roles)) is seat
    assert seat.is_clinician


@given(st.integers(-100_000, 100_000))
def test_a_cookie_never_outlives_the_invitation(seconds: int) -> None:
    now = HandClock().now()
    assert service.cookie_life(now, now + timedelta(seconds=seconds)) == max(0, seconds)


@pytest.mark.parametrize(
    "public,elsewhere,address",
    [
        ("", "", "ws://127.0.0.1:8080/signaling/ws"),
        ("https://county.example", "", "wss://county.example/signaling/ws"),
        ("http://10.0.0.5:8080", "", "ws://10.0.0.5:8080/signaling/ws"),
        ("https://county.example", "wss://calls.example/signaling/ws", "wss://calls.example/signaling/ws"),
    ],
)
async def test_the_socket_is_where_the_settings_say(
    product: Product, public: str, elsewhere: str, address: str
) -> None:
    settings = load(
        home=product.platform.settings.home, http={"public_url": public}, signaling={"url": elsewhere}
    )
    assert signaling_url(replace(product.platform, settings=settings)) == address


async def an_invitation(product: Product) -> tuple[str, str]:
    """A fresh link's token and the case it is about."""
    case = await an_assigned_case(product, await desks(product))
    applicant = await product.principal("applicant")
    async with product.platform.database.write() as tx:
        issued = await service.invite(tx, applicant, case["consult_id"], product.clock.now())
    assert issued.expires_at == product.clock.now() + INVITATION_LIFE
    return issued.token, str(case["consult_id"])


def answer(token: str, tail: str = TAIL, device: str = "phone") -> service.Answer:
    return service.Answer(
        token=token, identity_tail=tail, device=device, recording_consent=False, address="10.0.0.9"
    )


async def test_a_wrong_answer_costs_a_try_and_a_right_one_does_not(product: Product) -> None:
    token, _ = await an_invitation(product)
    now = product.clock.now()
    for tail, left in (("0000", 4), (TAIL, 4), ("1111", 3), (TAIL, 3)):
        async with product.platform.database.write() as tx:
            invited, refusal = await service.redeem(tx, answer(token, tail), now)
            assert isinstance(refusal, IdentityMismatch) == (tail != TAIL)
            assert invited.invitation.tries_left == left


async def test_another_device_costs_no_try(product: Product) -> None:
    token, _ = await an_invitation(product)
    now = product.clock.now()
    async with product.platform.database.write() as tx:
        await service.redeem(tx, answer(token), now)
    async with product.platform.database.write() as tx:
        invited, refusal = await service.redeem(tx, answer(token, "0000", "tablet"), now)
    assert isinstance(refusal, InvitationUsed)
    assert invited.invitation.tries_left == IDENTITY_TRIES


async def test_the_guest_is_recorded_as_the_invitation_and_never_by_name(product: Product) -> None:
    token, _ = await an_invitation(product)
    async with product.platform.database.write() as tx:
        invited, _ = await service.redeem(tx, answer(token), product.clock.now())
    guest = service.guest_of(invited, "10.0.0.9")
    assert (guest.account_id, guest.name, guest.proof) == (
        invited.invitation.invitation_id,
        "",
        Proof.INVITATION,
    )
    assert guest.roles == frozenset()
    async with product.platform.database.read() as view:
        row = (await view.scalars(select(AuditEntry).where(AuditEntry.action == "call.redeem"))).one()
    assert (row.account_id, row.address) == (guest.account_id, "10.0.0.9")


async def test_joining_and_inviting_are_each_one_entry_of_the_audit(product: Product) -> None:
    _, consult_id = await an_invitation(product)
    specialist = await product.principal("specialist")
    async with product.platform.database.write() as tx:
        await service.join(tx, specialist, consult_id, product.clock.now())
    async with product.platform.database.read() as view:
        rows = list(
            await view.scalars(
                select(AuditEntry).where(AuditEntry.action.startswith("call.")).order_by(AuditEntry.position)
            )
        )
    assert [(row.action, row.object_id) for row in rows] == [
        ("call.invite", consult_id),
        ("call.join", consult_id),
    ]


@pytest.mark.parametrize(
    "user,refusal",
    [
        ("foreign_specialist", ConsultNotFound),
        ("foreign_applicant", ConsultNotFound),
        ("administrator", RoleMissing),
        ("technician", RoleMissing),
    ],
)
async def test_who_may_not_call_leaves_no_invitation(
    product: Product, user: str, refusal: type[Exception]
) -> None:
    _, consult_id = await an_invitation(product)
    stranger = await product.principal(user)
    async with product.platform.database.write() as tx:
        with pytest.raises(refusal):
            await service.invite(tx, stranger, consult_id, product.clock.now())
    async with product.platform.database.read() as view:
        assert await view.scalar(select(func.count()).select_from(Invitation)) == 1


async def test_a_draft_cannot_be_talked_about(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    applicant = await product.principal("applicant")
    async with product.platform.database.write() as tx:
        with pytest.raises(CallNotPossible) as refused:
            await service.join(tx, applicant, case["consult_id"], product.clock.now())
    assert refused.value.params == {"status": "draft"}


async def test_an_unknown_token_leads_to_nothing(product: Product) -> None:
    await an_invitation(product)
    async with product.platform.database.read() as view:
        for token in (new_secret(192), "", "' OR 1=1 --"):
            with pytest.raises(InvitationUnknown):
                await access.by_token(view, token)


async def test_looking_changes_nothing(product: Product) -> None:
    token, consult_id = await an_invitation(product)
    for _ in range(3):
        async with product.platform.database.read() as view:
            invited, stands = await service.peek(view, token, "", product.clock.now())
        assert stands is Standing.OPEN
        assert invited.consult.consult_id == consult_id
        assert (invited.invitation.device_sha256, invited.invitation.first_used_at) == (None, None)
