"""Refusals of this package. On the wire each is `{t:"error", d:{code}}`, the code without `signaling.`.

AppError
├── Invalid       BadMessage
├── TooLarge      MessageTooLarge · RateLimited · RoomFull
├── Forbidden     Unauthorized · NotAdmitted · NotAllowed
├── NotFound      NoSuchPeer
├── Conflict      StaleEpoch · StalePlan · BadState
└── Unavailable   MediaUnavailable · Internal
"""

from config.kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound, TooLarge, Unavailable

PREFIX = "signaling."


class BadMessage(Invalid):
    """The message is not one this server knows, or a field breaks its rule."""

    code = "signaling.bad_message"


class MessageTooLarge(TooLarge):
    """The message is longer than allowed."""

    code = "signaling.too_large"


class RateLimited(TooLarge):
    """Too many messages; wait before sending more."""

    code = "signaling.rate_limited"


class RoomFull(TooLarge):
    """The room has no free seat."""

    code = "signaling.room_full"


class Unauthorized(Forbidden):
    """The ticket does not open a room."""

    code = "signaling.unauthorized"


class NotAdmitted(Forbidden):
    """Only people who have been let in may do this."""

    code = "signaling.not_admitted"


class NotAllowed(Forbidden):
    """A participant may do only what their part allows."""

    code = "signaling.forbidden"


class NoSuchPeer(NotFound):
    """Nobody by that id is in the room."""

    code = "signaling.no_such_peer"


class StaleEpoch(Conflict):
    """The peer has connected anew since; use its present epoch."""

    code = "signaling.stale_epoch"


class StalePlan(Conflict):
    """The media plan has changed since; use the present one."""

    code = "signaling.stale_plan"


class BadState(Conflict):
    """That is not possible at this moment."""

    code = "signaling.bad_state"


class MediaUnavailable(Unavailable):
    """The line cannot be measured from here at the moment; the call itself does not need it."""

    code = "signaling.media_unavailable"


class Internal(Unavailable):
    """One step was not done; the call goes on."""

    code = "signaling.internal"


def wire_code(error: AppError | type[AppError]) -> str:
    """The code as the wire carries it."""
    return error.code.removeprefix(PREFIX)
