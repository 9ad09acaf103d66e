"""Reading DICOM JSON that may hold anything."""

import json
import zlib

import pytest
from hypothesis import given, strategies as st

from viewer.attributes import (
    METADATA_BYTES_MAX,
    Attributes,
    MetadataTooLarge,
    MetadataUnreadable,
    integer,
    item,
    items,
    json_text,
    number,
    numbers,
    text,
    texts,
    unpacked,
    values,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
TAG = "00280010"


@given(element=json_values | st.fixed_dictionaries({"vr": st.text(max_size=2), "Value": json_values}))
def test_no_element_of_any_shape_is_an_error(element: object) -> None:
    data = json.loads(json.dumps({TAG: element}))
    for read in (values, texts, numbers, items):
        assert isinstance(read(data, TAG), list)
    assert isinstance(text(data, TAG), str)
    assert number(data, TAG) is None or isinstance(number(data, TAG), float)
    assert integer(data, TAG) is None or isinstance(integer(data, TAG), int)
    item(data, TAG)


def test_values_are_read_by_kind() -> None:
    data: Attributes = {
        "00280010": {"vr": "US", "Value": [512]},
        "00280030": {"vr": "DS", "Value": ["0.5", 0.25]},
        "00081030": {"vr": "LO", "Value": ["头颅"]},
        "00281055": {"vr": "LO", "Value": ["A", None, "B"]},
        "00200013": {"vr": "IS", "Value": ["7x"]},
        "00280008": {"vr": "IS", "Value": [1.5]},
        "00400275": {"vr": "SQ", "Value": [{TAG: {"vr": "US", "Value": [1]}}, 3]},
    }
    assert integer(data, "00280010") == 512
    assert numbers(data, "00280030") == [0.5, 0.25]
    assert text(data, "00081030") == "头颅"
    assert texts(data, "00281055") == ["A", "B"]
    assert integer(data, "00200013") is None
    assert integer(data, "00280008") is None
    assert len(items(data, "00400275")) == 1
    assert integer(item(data, "00400275"), TAG) == 1
    assert item(data, "00409999") == {}


@pytest.mark.parametrize("value", ["nan", "inf", "-Infinity", True, "", None, "1e999"])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    data = {TAG: {"vr": "DS", "Value": [value]}}
    assert number(data, TAG) is None
    assert numbers(data, TAG) == []


def test_a_name_is_its_ideographic_group() -> None:
    name = {"Alphabetic": "Luo^Guilan", "Ideographic": "罗^桂兰"}
    assert text({TAG: {"vr": "PN", "Value": [name]}}, TAG) == "罗^桂兰"
    assert text({TAG: {"vr": "PN", "Value": [{"Alphabetic": "Luo"}]}}, TAG) == "Luo"
    assert text({TAG: {"vr": "PN", "Value": [{}]}}, TAG) == ""


def test_packed_metadata_comes_back() -> None:
    assert unpacked(zlib.compress(json.dumps({TAG: {"vr": "US"}}).encode())) == {TAG: {"vr": "US"}}


@pytest.mark.parametrize(
    "blob", [b"", b"not zlib", zlib.compress(b"{"), zlib.compress(b"[1]"), zlib.compress(b"\xff")]
)
def test_damaged_metadata_is_a_clear_error(blob: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        unpacked(blob)


def test_attributes_without_end_are_refused_and_not_held() -> None:
    """A few kilobytes of zlib can hold any amount of JSON."""
    endless = zlib.compress(b"[" + b" " * METADATA_BYTES_MAX)
    assert len(endless) < 200_000
    for read in (unpacked, json_text):
        with pytest.raises(MetadataTooLarge) as refusal:
            read(endless)
        assert refusal.value.params == {"bytes_max": METADATA_BYTES_MAX}


@pytest.mark.parametrize("damaged", [b"", b"no zlib", zlib.compress(b"[1"), zlib.compress(b"[]")])
def test_damaged_attributes_are_said_to_be_so(damaged: bytes) -> None:
    with pytest.raises(MetadataUnreadable):
        unpacked(damaged)
