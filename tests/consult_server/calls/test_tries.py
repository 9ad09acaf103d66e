"""At most so many tries in any minute, whoever asks and however the tries are spread."""

from ipaddress import IPv6Address

import pytest
from hypothesis import given, strategies as st

from consult_server.calls.tries import Tries, place_of

AT_MOST, SPAN = 4, 60.0


class Seconds:
    """A time source that stands where it is put."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def tries(seconds: Seconds, places_max: int = 100) -> Tries:
    return Tries(at_most=AT_MOST, seconds=SPAN, monotonic_seconds=seconds, places_max=places_max)


@pytest.mark.parametrize(
    "one,other,together",
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("2001:db8::1", "2001:DB8:0:0:dead:beef:0:1", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("::1", "127.0.0.1", False),
        ("", "", True),
        ("testclient", "another", False),
        ("not an address", "not an address", True),
    ],
)
def test_who_is_counted_together(one: str, other: str, together: bool) -> None:
    assert (place_of(one) == place_of(other)) is together


@given(st.integers(2**61, 2**62 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_one_line_cannot_buy_tries_with_its_own_addresses(network: int, one: int, other: int) -> None:
    """Global unicast, 2000::/3 (RFC 4291, 2.4): 64 bits name the line, 64 the device on it."""
    first, second = (str(IPv6Address(network << 64 | device)) for device in (one, other))
    assert place_of(first) == place_of(second)


def test_a_burst_is_taken_and_the_next_waits_for_the_oldest() -> None:
    seconds = Seconds()
    limit = tries(seconds)
    for moment in (0.0, 10.0, 20.0, 30.0):
        seconds.now = moment
        assert limit.wait_seconds("192.0.2.1") == 0
    assert limit.wait_seconds("192.0.2.1") == 30
    seconds.now = 59.4
    assert limit.wait_seconds("192.0.2.1") == 1
    seconds.now = 60.0
    assert limit.wait_seconds("192.0.2.1") == 0
    assert limit.wait_seconds("192.0.2.1") == 10


def test_a_refused_try_does_not_prolong_the_wait() -> None:
    seconds = Seconds()
    limit = tries(seconds)
    for _ in range(AT_MOST):
        limit.wait_seconds("192.0.2.1")
    for moment in range(1, 60):
        seconds.now = float(moment)
        assert limit.wait_seconds("192.0.2.1") == 60 - moment
    seconds.now = SPAN
    assert limit.wait_seconds("192.0.2.1") == 0


def test_places_do_not_share_and_the_least_recent_is_forgotten() -> None:
    seconds = Seconds()
    limit = tries(seconds, places_max=2)
    for _ in range(AT_MOST):
        assert limit.wait_seconds("192.0.2.1") == 0
    assert limit.wait_seconds("192.0.2.2") == 0
    assert limit.wait_seconds("192.0.2.1") > 0, "asking again keeps a place in memory"
    assert limit.wait_seconds("192.0.2.3") == 0
    assert limit.wait_seconds("192.0.2.1") > 0
    assert limit.wait_seconds("192.0.2.2") == 0, "forgotten, and begins anew"


@given(st.lists(st.tuples(st.floats(0, 40), st.sampled_from(["192.0.2.1", "2001:db8::1"])), max_size=60))
def test_no_window_of_a_minute_holds_more_than_allowed(steps: list[tuple[float, str]]) -> None:
    """Against a plain reckoning: a try is taken just when fewer than so many were in the minute before."""
    seconds = Seconds()
    limit = tries(seconds)
    taken: dict[str, list[float]] = {}
    for pause, place in steps:
        seconds.now += pause
        before = [moment for moment in taken.get(place, []) if seconds.now - moment < SPAN]
        wait = limit.wait_seconds(place)
        assert (wait == 0) is (len(before) < AT_MOST)
        if wait == 0:
            taken.setdefault(place, []).append(seconds.now)
        else:
            assert 1 <= wait <= SPAN
            assert seconds.now + wait - before[-AT_MOST] >= SPAN
