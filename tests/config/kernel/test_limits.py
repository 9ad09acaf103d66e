"""The token bucket against a slow and plain reckoning."""

import pytest
from hypothesis import given, strategies as st

from config.kernel.limits import TokenBucket


class Seconds:
    """A time source that stands where it is put."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def bucket(seconds: Seconds, *, per_second: float = 1, burst: int = 3, keys_max: int = 10) -> TokenBucket:
    return TokenBucket(per_second=per_second, burst=burst, monotonic_seconds=seconds, keys_max=keys_max)


def test_a_burst_then_a_trickle() -> None:
    seconds = Seconds()
    limit = bucket(seconds)
    assert [limit.take() for _ in range(4)] == [True, True, True, False]
    seconds.now = 0.5
    assert not limit.take()
    seconds.now = 1.0
    assert limit.take()
    assert not limit.take()


def test_a_long_rest_gives_no_more_than_a_burst() -> None:
    seconds = Seconds()
    limit = bucket(seconds)
    seconds.now = 1e6
    assert [limit.take() for _ in range(4)] == [True, True, True, False]


def test_keys_do_not_share() -> None:
    limit = bucket(Seconds(), burst=1)
    assert limit.take("a")
    assert limit.take("b")
    assert not limit.take("a")


def test_only_so_many_keys_are_remembered_and_the_idle_one_goes() -> None:
    limit = bucket(Seconds(), burst=1, keys_max=2)
    assert limit.take("idle")
    assert limit.take("busy")
    assert not limit.take("busy")
    assert limit.take("third")
    assert not limit.take("busy")
    assert limit.take("idle")


@given(
    st.lists(st.integers(min_value=0, max_value=12), max_size=60),
    st.sampled_from([0.25, 0.5, 1.0, 4.0]),
    st.integers(min_value=1, max_value=8),
)
def test_never_more_than_burst_plus_rate(quarters: list[int], per_second: float, burst: int) -> None:
    """In every window, acts ≤ burst + rate × length; and a refusal is never for nothing."""
    seconds = Seconds()
    limit = bucket(seconds, per_second=per_second, burst=burst)
    allowed: list[float] = []
    level, then = float(burst), 0.0
    for pause in quarters:
        seconds.now += pause / 4
        level, then = min(burst, level + (seconds.now - then) * per_second), seconds.now
        expected = level >= 1
        assert limit.take() is expected
        level -= expected
        allowed += [seconds.now] if expected else []
    for first, start in enumerate(allowed):
        for last in range(first, len(allowed)):
            acts, length = last - first + 1, allowed[last] - start
            assert acts <= burst + per_second * length + 1e-9


@pytest.mark.parametrize("key", ["", "10.0.0.1", "账户"])
def test_any_text_is_a_key(key: str) -> None:
    assert bucket(Seconds()).take(key)
