"""What is gathered is what came, or nothing once it was too much; and waits that grow."""

from datetime import timedelta

from hypothesis import given, strategies as st

from dicom_node.backoff import doubled
from dicom_node.gathering import Gathering


@given(st.lists(st.binary(max_size=9), max_size=8), st.integers(0, 40))
def test_all_of_it_or_none(pieces: list[bytes], bytes_max: int) -> None:
    gathering = Gathering(bytes_max)
    for piece in pieces:
        gathering.take(memoryview(piece))
    whole = b"".join(pieces)
    assert gathering.content() == (whole if len(whole) <= bytes_max else None)


def test_too_much_is_not_forgotten_when_less_follows() -> None:
    gathering = Gathering(2)
    for piece in (b"abc", b"d"):
        gathering.take(memoryview(piece))
    assert gathering.content() is None


@given(st.integers(0, 10_000), st.integers(1, 600), st.integers(600, 90_000))
def test_each_wait_is_twice_the_one_before_until_the_longest(attempts: int, first: int, longest: int) -> None:
    least, most = timedelta(seconds=first), timedelta(seconds=longest)
    now, later = doubled(least, most, attempts), doubled(least, most, attempts + 1)
    assert least <= now <= later <= most
    assert attempts < 1 or later in {now * 2, most}
    assert doubled(least, most, 0) == doubled(least, most, 1) == least
