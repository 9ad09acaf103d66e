"""An invitation opens for the right person, on one device, in time, within five tries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from config.kernel.errors import AppError
from consult_server.calls.domain import Door, IdentityMismatch, InvitationLocked, InvitationUnknown, knock

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def a_door(**changes: object) -> Door:
    whole: dict[str, object] = {
        "expires_at": NOW + timedelta(hours=1),
        "tries_left": 5,
        "device_sha256": None,
        "identity_tail": "0824",
    }
    return Door(**(whole | changes))  # type: ignore[arg-type]


def opens(door: Door, tail: str = "0824", device: str = "phone", now: datetime = NOW) -> AppError | None:
    try:
        knock(door, now=now, identity_tail=tail, device_sha256=device)
    except AppError as refusal:
        return refusal
    return None


def test_it_opens_for_the_right_digits() -> None:
    assert opens(a_door()) is None
    assert opens(a_door(identity_tail="082X"), " 082x ") is None


def test_without_a_registered_card_no_digits_are_asked() -> None:
    assert opens(a_door(identity_tail=""), "") is None


@pytest.mark.parametrize(
    "door,tail,device,later,refusal",
    [
        (a_door(), "0000", "phone", timedelta(0), IdentityMismatch),
        (a_door(tries_left=0), "0824", "phone", timedelta(0), InvitationLocked),
        (a_door(), "0824", "phone", timedelta(hours=2), InvitationUnknown),
        (a_door(device_sha256="phone"), "0824", "tablet", timedelta(0), InvitationUnknown),
    ],
)
def test_it_stays_shut_and_says_why(
    door: Door, tail: str, device: str, later: timedelta, refusal: type[AppError]
) -> None:
    assert isinstance(opens(door, tail, device, NOW + later), refusal)


def test_the_first_device_may_come_back() -> None:
    assert opens(a_door(device_sha256="phone")) is None


@given(st.integers(1, 5), st.text(max_size=8).filter(lambda tail: tail.strip().casefold() != "0824"))
def test_a_wrong_answer_tells_how_many_tries_are_left(tries: int, tail: str) -> None:
    refusal = opens(a_door(tries_left=tries), tail)
    assert isinstance(refusal, IdentityMismatch)
    assert refusal.params == {"tries_left": tries - 1}
