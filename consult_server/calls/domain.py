"""When an invitation opens a door."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from config.kernel.errors import Conflict, Forbidden, NotFound
from consult_server.consults.domain import Status

INVITATION_LIFE = timedelta(hours=2)
IDENTITY_TRIES = 5
IDENTITY_TAIL_LENGTH = 4
CALLABLE = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED})


class InvitationUnknown(NotFound):
    """This invitation is unknown, has ended, or was used on another device."""

    code = "calls.invitation_unknown"


class InvitationLocked(Forbidden):
    """Too many wrong answers; ask the clinic for a new invitation."""

    code = "calls.invitation_locked"


class IdentityMismatch(Forbidden):
    """These digits do not belong to the invited patient."""

    code = "calls.identity_mismatch"


class CallNotPossible(Conflict):
    """A case in this state has no call."""

    code = "calls.not_possible"


@dataclass(frozen=True, kw_only=True)
class Door:
    """What decides whether an invitation opens."""

    expires_at: datetime
    tries_left: int
    device_sha256: str | None
    identity_tail: str


def knock(door: Door, *, now: datetime, identity_tail: str, device_sha256: str) -> None:
    """Raises InvitationUnknown, InvitationLocked or IdentityMismatch; returns when the door opens."""
    if now > door.expires_at:
        raise InvitationUnknown
    if door.device_sha256 is not None and not hmac.compare_digest(door.device_sha256, device_sha256):
        raise InvitationUnknown
    if door.tries_left <= 0:
        raise InvitationLocked
    if door.identity_tail and not hmac.compare_digest(
        door.identity_tail.casefold().encode(), identity_tail.strip().casefold().encode()
    ):
        raise IdentityMismatch(tries_left=door.tries_left - 1)
