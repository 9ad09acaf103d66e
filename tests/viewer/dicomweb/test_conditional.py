"""Range and If-None-Match, parsed against RFC 9110 for any header a client may send."""

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request

from viewer.conditional import ByteRange, Unsatisfiable, byte_range, unchanged

TAG = '"abc"'


def asking(**headers: str) -> Request:
    """A request with these headers, written with _ for -."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "headers": raw})


def ranged(text: str, total: int, **more: str) -> ByteRange | None:
    return byte_range(asking(range=text, **more), TAG, total)


@given(st.integers(1, 10_000), st.integers(0, 12_000), st.integers(0, 12_000))
def test_a_range_gives_the_bytes_between(total: int, first: int, last: int) -> None:
    content = range(total)
    if last < first:
        assert ranged(f"bytes={first}-{last}", total) is None, "invalid, so ignored (14.1.1)"
    elif first >= total:
        with pytest.raises(Unsatisfiable):
            ranged(f"bytes={first}-{last}", total)
    else:
        found = ranged(f"bytes={first}-{last}", total)
        assert found is not None
        assert content[found.start : found.end] == content[first : last + 1]
        assert found.header == f"bytes {first}-{min(last, total - 1)}/{total}"


@given(st.integers(0, 10_000), st.integers(0, 12_000))
def test_a_suffix_gives_the_last_bytes(total: int, count: int) -> None:
    if not min(total, count):
        with pytest.raises(Unsatisfiable):
            ranged(f"bytes=-{count}", total)
    else:
        found = ranged(f"bytes=-{count}", total)
        assert found is not None
        assert (found.end, found.end - found.start) == (total, min(count, total))


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40))
def test_any_range_header_is_answered(text: str) -> None:
    try:
        found = ranged(text, 100)
    except Unsatisfiable:
        return
    assert found is None or 0 <= found.start < found.end <= 100


@pytest.mark.parametrize(
    "text",
    ["", "bytes", "bytes=", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=1-2-3", "1-2"],
)
def test_what_is_no_single_byte_range_is_the_whole(text: str) -> None:
    assert ranged(text, 100) is None


@pytest.mark.parametrize("text", ["bytes=\u00b2-3", "bytes=" + "9" * 16 + "-"])
def test_digits_that_are_none_and_numbers_without_end(text: str) -> None:
    assert ranged(text, 100) is None


def test_a_range_of_another_state_is_the_whole() -> None:
    assert ranged("bytes=0-9", 100, if_range='"other"') is None
    assert ranged("bytes=0-9", 100, if_range=TAG) == ByteRange(0, 10, 100)
    assert ranged("bytes=0-9", 100, if_range=f"W/{TAG}") is None, "a weak tag never joins ranges (13.1.5)"


@pytest.mark.parametrize(
    "given_tags, known",
    [
        (TAG, True),
        (f"W/{TAG}", True),
        ("*", True),
        (f'"x", {TAG} , "y"', True),
        ('"x"', False),
        ("abc", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("tag", [TAG, f"W/{TAG}"])
def test_tags_are_compared_weakly(given_tags: str, tag: str, *, known: bool) -> None:
    assert unchanged(asking(if_none_match=given_tags), tag) is known
    assert not unchanged(asking(), tag)
