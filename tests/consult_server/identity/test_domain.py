"""Roles, passwords, sessions and locks as pure decisions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from config.kernel.principal import Principal, Proof
from consult_server.identity.domain import (
    PASSWORD_CHARACTERS_MAX,
    PASSWORD_CHARACTERS_MIN,
    Role,
    RoleMissing,
    WeakPassword,
    checked_password,
    lock_until,
    require_role,
    session_ends_at,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


def a_principal(*roles: Role) -> Principal:
    return Principal(
        account_id="a",
        name="周丽",
        institution_id="i",
        roles=frozenset(r.value for r in roles),
        proof=Proof.SESSION,
    )


@given(st.sets(st.sampled_from(Role)), st.sets(st.sampled_from(Role), min_size=1))
def test_a_role_is_enough_when_it_is_one_of_those_asked(has: set[Role], asked: set[Role]) -> None:
    if has & asked:
        require_role(a_principal(*has), *asked)
        return
    with pytest.raises(RoleMissing) as refused:
        require_role(a_principal(*has), *sorted(asked))
    assert refused.value.params["needs"] == [role.value for role in sorted(asked)]


@given(st.text(max_size=200))
def test_a_password_is_taken_by_its_length_alone(password: str) -> None:
    fits = PASSWORD_CHARACTERS_MIN <= len(password) <= PASSWORD_CHARACTERS_MAX
    if fits and password.casefold() != "zhouli1234":
        assert checked_password("zhouli1234", password) == password
        return
    with pytest.raises(WeakPassword):
        checked_password("zhouli1234", password)


def test_ones_own_name_is_no_password() -> None:
    with pytest.raises(WeakPassword):
        checked_password("zhouli1234", "ZhouLi1234")


@pytest.mark.parametrize(
    "age,idle,ended",
    [
        (timedelta(minutes=1), timedelta(0), False),
        (timedelta(hours=11), timedelta(minutes=29), False),
        (timedelta(hours=11), timedelta(minutes=31), True),
        (timedelta(hours=12, seconds=1), timedelta(0), True),
    ],
)
def test_a_sign_in_ends_by_idleness_or_age(age: timedelta, idle: timedelta, ended: bool) -> None:
    ends_at = session_ends_at(created_at=NOW - age, seen_at=NOW - idle, idle_minutes=30, lifetime_hours=12)
    assert (ends_at < NOW) is ended


@given(st.integers(0, 100), st.integers(1, 20), st.integers(1, 120))
def test_an_account_waits_from_the_last_allowed_failure_on(failures: int, allowed: int, minutes: int) -> None:
    until = lock_until(failures=failures, failures_max=allowed, lock_minutes=minutes, now=NOW)
    assert until == (NOW + timedelta(minutes=minutes) if failures >= allowed else None)
