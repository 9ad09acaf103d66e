"""UUIDv7 as RFC 9562 section 5.7 lays it out."""

import time
import uuid
from itertools import pairwise

from hypothesis import given, strategies as st

from config.kernel.ids import new_id, new_secret


def unix_ms(value: str) -> int:
    return uuid.UUID(value).int >> 80


def test_layout() -> None:
    for _ in range(200):
        value = uuid.UUID(new_id())
        assert value.version == 7
        assert value.variant == uuid.RFC_4122


def test_the_canonical_text_is_36_characters() -> None:
    text = new_id()
    assert text == str(uuid.UUID(text))
    assert len(text) == 36


def test_it_holds_the_moment_in_milliseconds() -> None:
    before = time.time_ns() // 1_000_000
    made = unix_ms(new_id())
    assert before <= made <= time.time_ns() // 1_000_000


def test_later_milliseconds_sort_later() -> None:
    made = [new_id() for _ in range(5_000)]
    assert all(unix_ms(a) <= unix_ms(b) for a, b in pairwise(made))
    apart = [(a, b) for a, b in pairwise(made) if unix_ms(a) < unix_ms(b)]
    assert apart
    assert all(a < b for a, b in apart)


def test_no_two_are_equal() -> None:
    assert len({new_id() for _ in range(20_000)}) == 20_000


@given(st.integers(min_value=1, max_value=1024))
def test_a_secret_has_the_entropy_it_promises(bits: int) -> None:
    secret = new_secret(bits)
    assert len(secret) * 6 >= bits
    assert secret.replace("-", "").replace("_", "").isalnum()
    if bits >= 64:
        assert secret != new_secret(bits)
