"""When an invitation opens a door."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from config.kernel.errors import Conflict, Forbidden, NotFound, Unavailable
from consult_server.consults.domain import Status

INVITATION_LIFE = timedelta(hours=2)
IDENTITY_TRIES = 5
IDENTITY_TAIL_LENGTH = 4
CALLABLE = frozenset({Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED})


class Standing(StrEnum):
    """What can still be done with an invitation on one device."""

    OPEN = "open"
    USED = "used"
    ENDED = "ended"
    LOCKED = "locked"


class InvitationUnknown(NotFound):
    """There is no such invitation."""

    code = "calls.invitation_unknown"


class InvitationUsed(Conflict):
    """This invitation has been used on another device; ask the clinic for another."""

    code = "calls.invitation_used"


class InvitationEnded(Conflict):
    """The time of this invitation is over; ask the clinic for another."""

    code = "calls.invitation_ended"


class InvitationLocked(Forbidden):
    """Too many wrong answers; ask the clinic for a new invitation."""

    code = "calls.invitation_locked"


class TooManyTries(Unavailable):
    """Too many invitations were tried from this address; wait as long as it says."""

    code = "calls.too_many_tries"


class IdentityMismatch(Forbidden):
    """These digits do not belong to the invited patient."""

    code = "calls.identity_mismatch"


class CallNotPossible(Conflict):
    """A case in this state has no call."""

    code = "calls.not_possible"


SHUT = {Standing.USED: InvitationUsed, Standing.ENDED: InvitationEnded, Standing.LOCKED: InvitationLocked}


@dataclass(frozen=True, kw_only=True)
class Door:
    """What decides whether an invitation opens."""

    case_open: bool
    expires_at: datetime
    tries_left: int
    device_sha256: str | None
    identity_tail: str


def standing(door: Door, *, now: datetime, device_sha256: str) -> Standing:
    """Whether the door may be tried from this device, before anything is proven."""
    if not door.case_open or now > door.expires_at:
        return Standing.ENDED
    if door.device_sha256 is not None and not hmac.compare_digest(door.device_sha256, device_sha256):
        return Standing.USED
    return Standing.OPEN if door.tries_left > 0 else Standing.LOCKED


def knock(door: Door, *, now: datetime, identity_tail: str, device_sha256: str) -> None:
    """Raises InvitationEnded, InvitationUsed, InvitationLocked or IdentityMismatch; else the door opens."""
    stands = standing(door, now=now, device_sha256=device_sha256)
    if stands is not Standing.OPEN:
        raise SHUT[stands]
    if door.identity_tail and not hmac.compare_digest(
        door.identity_tail.casefold().encode(), identity_tail.strip().casefold().encode()
    ):
        raise IdentityMismatch(tries_left=door.tries_left - 1)
