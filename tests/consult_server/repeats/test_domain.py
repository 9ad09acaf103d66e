"""When two requests are the same."""

import re
import string
from typing import Any

import pytest
from hypothesis import given, strategies as st

from consult_server.repeats.domain import KEY, KEY_CHARACTERS_MAX, request_sha256

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
BODY = st.dictionaries(st.text(max_size=6), JSON, max_size=4)


@given(BODY)
def test_the_order_of_fields_is_nobodys_meaning(body: dict[str, Any]) -> None:
    turned = dict(reversed(list(body.items())))
    assert request_sha256("act", body) == request_sha256("act", turned)


@given(BODY, BODY)
def test_other_bodies_are_other_requests(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = repr(sorted(one.items())) == repr(sorted(other.items()))
    assert (request_sha256("act", one) == request_sha256("act", other)) is same


@pytest.mark.parametrize(
    "one,other",
    [
        (("a", {}), ("b", {})),
        (("a", {"n": 1}), ("a", {"n": "1"})),
        (("a", {"n": 1}), ("a", {"n": True})),
        (("a", {"n": None}), ("a", {})),
        (("a", {"n": []}), ("a", {"n": {}})),
        (("a", {"b": {"c": 1}}), ("a", {"b.c": 1})),
        (("ab", {}), ("a", {"b": {}})),
    ],
)
def test_near_misses_are_other_requests(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    assert request_sha256(*one) != request_sha256(*other)


def test_a_mark_fits_its_column() -> None:
    assert re.fullmatch("[0-9a-f]{64}", request_sha256("act", {"name": "仇大山"}))


@pytest.mark.parametrize("key", ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", string.punctuation, "x" * 128])
def test_a_key_is_visible_ascii(key: str) -> None:
    assert re.match(KEY, key)
    assert len(key) <= KEY_CHARACTERS_MAX


@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb", "钥匙", "a\x7f", "\x00"])
def test_and_nothing_else(key: str) -> None:
    assert re.match(KEY, key) is None
