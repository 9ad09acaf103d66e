"""An invitation opens for the right person, on one device, in time, within five tries."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from config.kernel.errors import AppError
from consult_server.calls.domain import (
    CALLABLE,
    IDENTITY_TRIES,
    SHUT,
    Door,
    IdentityMismatch,
    InvitationEnded,
    InvitationLocked,
    InvitationUsed,
    Standing,
    knock,
    standing,
)
from consult_server.consults.domain import Status

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def a_door(**changes: object) -> Door:
    whole: dict[str, object] = {
        "case_open": True,
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


doors = st.builds(
    a_door,
    case_open=st.booleans(),
    expires_at=st.datetimes(NOW.replace(tzinfo=None) - timedelta(days=2)).map(
        lambda at: at.replace(tzinfo=UTC)
    ),
    tries_left=st.integers(0, IDENTITY_TRIES),
    device_sha256=st.none() | st.sampled_from(["phone", "tablet"]),
    identity_tail=st.sampled_from(["", "0824", "082X"]),
)


def test_it_opens_for_the_right_digits() -> None:
    assert opens(a_door()) is None
    assert opens(a_door(identity_tail="082X"), " 082x ") is None


def test_without_a_registered_card_no_digits_are_asked() -> None:
    assert opens(a_door(identity_tail=""), "") is None
    assert opens(a_door(identity_tail=""), "whatever") is None


@pytest.mark.parametrize(
    "door,tail,device,later,refusal",
    [
        (a_door(), "0000", "phone", timedelta(0), IdentityMismatch),
        (a_door(), "", "phone", timedelta(0), IdentityMismatch),
        (a_door(), "08244", "phone", timedelta(0), IdentityMismatch),
        (a_door(tries_left=0), "0824", "phone", timedelta(0), InvitationLocked),
        (a_door(), "0824", "phone", timedelta(hours=2), InvitationEnded),
        (a_door(case_open=False), "0824", "phone", timedelta(0), InvitationEnded),
        (a_door(device_sha256="phone"), "0824", "tablet", timedelta(0), InvitationUsed),
        (a_door(device_sha256="phone"), "0824", "", timedelta(0), InvitationUsed),
        (a_door(device_sha256="phone", tries_left=0), "0824", "phone", timedelta(0), InvitationLocked),
    ],
)
def test_it_stays_shut_and_says_why(
    door: Door, tail: str, device: str, later: timedelta, refusal: type[AppError]
) -> None:
    assert isinstance(opens(door, tail, device, NOW + later), refusal)


def test_the_last_moment_still_opens() -> None:
    door = a_door(expires_at=NOW)
    assert opens(door) is None
    assert isinstance(opens(door, now=NOW + timedelta(microseconds=1)), InvitationEnded)


def test_the_first_device_may_come_back() -> None:
    assert opens(a_door(device_sha256="phone")) is None


@given(st.integers(1, 5), st.text(max_size=8).filter(lambda tail: tail.strip().casefold() != "0824"))
def test_a_wrong_answer_tells_how_many_tries_are_left(tries: int, tail: str) -> None:
    refusal = opens(a_door(tries_left=tries), tail)
    assert isinstance(refusal, IdentityMismatch)
    assert refusal.params == {"tries_left": tries - 1}


@given(doors, st.sampled_from(["phone", "tablet", ""]), st.text(max_size=8))
def test_what_the_look_says_is_what_the_knock_does(door: Door, device: str, tail: str) -> None:
    stands = standing(door, now=NOW, device_sha256=device)
    refusal = opens(door, tail, device)
    if stands is Standing.OPEN:
        assert refusal is None or isinstance(refusal, IdentityMismatch)
    else:
        assert type(refusal) is SHUT[stands]


@given(doors, st.text(max_size=8))
def test_nobody_else_ever_gets_in(door: Door, tail: str) -> None:
    if opens(door, tail, "phone") is not None:
        return
    assert door.case_open
    assert door.expires_at >= NOW
    assert door.tries_left > 0
    assert door.device_sha256 in {None, "phone"}
    assert door.identity_tail in {"", tail.strip(), tail.strip().upper()}


def test_every_standing_but_open_has_a_refusal_with_a_code_of_its_own() -> None:
    assert set(SHUT) == set(Standing) - {Standing.OPEN}
    assert {SHUT[stands].code for stands in SHUT} == {f"calls.invitation_{stands}" for stands in SHUT}


@pytest.mark.parametrize("status", list(Status))
def test_drafts_and_ended_cases_have_no_call(status: Status) -> None:
    talked_about = {"submitted", "accepted", "assigned", "reporting", "signed"}
    assert (status in CALLABLE) == (status.value in talked_about)
