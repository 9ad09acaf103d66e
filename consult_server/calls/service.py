"""Letting doctors and patients into the room of a case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import AppError
from config.kernel.ids import new_id, new_secret
from config.kernel.principal import Principal, Proof
from consult_server.audit.service import Outcome, record
from consult_server.calls import access
from consult_server.calls.domain import (
    CALLABLE,
    IDENTITY_TAIL_LENGTH,
    IDENTITY_TRIES,
    INVITATION_LIFE,
    CallNotPossible,
    Door,
    IdentityMismatch,
    Standing,
    knock,
    standing,
)
from consult_server.calls.tables import Invitation
from consult_server.consults.access import get_consult
from consult_server.consults.domain import Status
from consult_server.consults.tables import Consult
from consult_server.identity.domain import Role, require_role
from consult_server.identity.passwords import digest

CALLERS = (Role.APPLICANT, Role.COORDINATOR, Role.SPECIALIST, Role.AUDITOR)


def room_of(consult_id: str) -> str:
    """The room in which a case is talked about."""
    return f"consult-{consult_id}"


@dataclass(frozen=True)
class Issued:
    """A fresh link: its token is shown this once."""

    token: str
    expires_at: datetime


async def callable_consult(tx: AsyncSession, principal: Principal, consult_id: str) -> Consult:
    """A case the caller may call about. Raises ConsultNotFound, RoleMissing, CallNotPossible."""
    require_role(principal, *CALLERS)
    consult = await get_consult(tx, principal, consult_id)
    if Status(consult.status) not in CALLABLE or consult.patient_id is None:
        raise CallNotPossible(status=consult.status)
    return consult


async def join(tx: AsyncSession, principal: Principal, consult_id: str, now: datetime) -> Consult:
    """A doctor enters the room of a case."""
    consult = await callable_consult(tx, principal, consult_id)
    record(tx, principal, "call.join", "consult", consult_id, now)
    return consult


async def invite(tx: AsyncSession, principal: Principal, consult_id: str, now: datetime) -> Issued:
    """A one-time link for the patient of a case."""
    consult = await callable_consult(tx, principal, consult_id)
    token = new_secret(192)
    row = Invitation(
        invitation_id=new_id(),
        token_sha256=digest(token),
        consult_id=consult.consult_id,
        invited_by=principal.account_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
        tries_left=IDENTITY_TRIES,
        recording_consent=False,
    )
    tx.add(row)
    record(tx, principal, "call.invite", "consult", consult_id, now, invitation_id=row.invitation_id)
    return Issued(token, row.expires_at)


def identity_tail(invited: access.Invited) -> str:
    """The digits that prove the patient; '' when no card number is registered."""
    return invited.patient.id_no[-IDENTITY_TAIL_LENGTH:]


def door_of(invited: access.Invited) -> Door:
    """What decides whether this invitation opens."""
    row = invited.invitation
    return Door(
        case_open=invited.case_open,
        expires_at=row.expires_at,
        tries_left=row.tries_left,
        device_sha256=row.device_sha256,
        identity_tail=identity_tail(invited),
    )


async def peek(view: AsyncSession, token: str, device: str, now: datetime) -> tuple[access.Invited, Standing]:
    """What a link invites to and how it stands on this device, before anything is proven.

    Raises InvitationUnknown.
    """
    invited = await access.by_token(view, token)
    return invited, standing(door_of(invited), now=now, device_sha256=digest(device))


def guest_of(invited: access.Invited, address: str) -> Principal:
    """The invited patient as a caller."""
    return Principal(
        account_id=invited.invitation.invitation_id,
        name="",
        institution_id=invited.consult.inviting_institution_id,
        roles=frozenset(),
        proof=Proof.INVITATION,
        address=address,
    )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the patient's page sends: digits, the device's own secret, consent to be recorded."""

    token: str
    identity_tail: str
    device: str
    recording_consent: bool
    address: str


async def redeem(tx: AsyncSession, answer: Answer, now: datetime) -> tuple[access.Invited, AppError | None]:
    """Open the door, or say why not; a wrong answer is counted, so the caller must commit either way."""
    invited = await access.by_token(tx, answer.token)
    row = invited.invitation
    guest = guest_of(invited, answer.address)
    try:
        knock(
            door_of(invited), now=now, identity_tail=answer.identity_tail, device_sha256=digest(answer.device)
        )
    except AppError as refusal:
        if isinstance(refusal, IdentityMismatch):
            row.tries_left -= 1
        record(
            tx, guest, "call.redeem", "invitation", row.invitation_id, now, Outcome.REFUSED, code=refusal.code
        )
        return invited, refusal
    row.device_sha256 = digest(answer.device)
    row.first_used_at = row.first_used_at or now
    row.recording_consent = answer.recording_consent
    record(tx, guest, "call.redeem", "invitation", row.invitation_id, now)
    return invited, None


def cookie_life(now: datetime, expires_at: datetime) -> int:
    """How many seconds the patient's device may keep its secret."""
    return max(0, int((expires_at - now) / timedelta(seconds=1)))
