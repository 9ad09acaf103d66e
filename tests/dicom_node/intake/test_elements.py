"""Elements and items read from bytes: every VR's header, every length held to its end (PS3.5 7)."""

import struct

import pytest
from hypothesis import given, strategies as st
from pydicom._dicom_dict import DicomDictionary
from pydicom.valuerep import VR

from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.intake.elements import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    LONG_VRS,
    SHORT_VRS,
    UNDEFINED,
    Budget,
    Element,
    Syntax,
    dictionary_vr,
    follows_pixel_representation,
    fragments,
    item_syntax,
    read_element,
    read_item,
    tag_text,
)
from dicom_node.intake.errors import DatasetTooComplex

ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
SYNTAXES = [EXPLICIT_LITTLE, EXPLICIT_BIG, IMPLICIT_LITTLE]


def header(tag: int, vr: str, length: int, syntax: Syntax = EXPLICIT_LITTLE) -> bytes:
    """An element's header as PS3.5 7.1 lays it out."""
    order, group, number = syntax.order, tag >> 16, tag & 0xFFFF
    if not syntax.explicit or group == 0xFFFE:
        return struct.pack(f"{order}HHL", group, number, length)
    if vr in LONG_VRS:
        return struct.pack(f"{order}HH2s2xL", group, number, vr.encode(), length)
    return struct.pack(f"{order}HH2sH", group, number, vr.encode(), length)


def test_the_vrs_are_those_of_the_standard() -> None:
    assert {vr.value for vr in VR if len(vr.value) == 2} == SHORT_VRS | LONG_VRS
    assert not SHORT_VRS & LONG_VRS


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("vr", sorted(SHORT_VRS | LONG_VRS))
def test_every_header_is_read(vr: str, syntax: Syntax) -> None:
    raw = header(0x00091001, vr, 6, syntax)
    found = read_element(raw + b"abcdef", 0, len(raw) + 6, syntax)
    expected = vr if syntax.explicit else "UN"
    assert found == Element(0x00091001, expected, len(raw), 6, False, syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(
    vr=st.sampled_from(sorted(SHORT_VRS | LONG_VRS)), length=st.integers(0, 60_000), have=st.integers(0, 60)
)
def test_no_length_reaches_beyond_its_end(syntax: Syntax, vr: str, length: int, have: int) -> None:
    raw = header(0x00091001, vr, length, syntax) + bytes(have)
    if have < length:
        with pytest.raises(DatasetTruncated):
            read_element(raw, 0, len(raw), syntax)
    else:
        assert read_element(raw, 0, len(raw), syntax).length == length


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_header_cut_anywhere_is_truncated(syntax: Syntax) -> None:
    whole = header(0x00091001, "OB", 0, syntax)
    for cut in range(len(whole)):
        with pytest.raises(DatasetTruncated):
            read_element(whole[:cut], 0, cut, syntax)


@pytest.mark.parametrize("vr", ["??", "lo", "L ", "12", "\xff\xff", "\0\0"])
def test_what_is_no_vr_is_named(vr: str) -> None:
    raw = struct.pack("<HH2sH", 0x0010, 0x0020, vr.encode("latin_1"), 4) + b"abcd"
    with pytest.raises(DatasetUnreadable) as refusal:
        read_element(raw, 0, len(raw), EXPLICIT_LITTLE)
    assert (refusal.value.params["tag"], refusal.value.params["offset"]) == ("(0010,0020)", 0)


def test_a_vr_of_the_future_is_taken_when_it_has_a_long_header() -> None:
    raw = struct.pack("<HH2s2xL", 0x0010, 0x0020, b"ZZ", 4) + b"abcd"
    assert read_element(raw, 0, len(raw), EXPLICIT_LITTLE).vr == "UN"


@pytest.mark.parametrize("vr", sorted(LONG_VRS))
def test_undefined_length_is_for_sequences_and_pixels_only(vr: str) -> None:
    raw = header(0x00091001, vr, UNDEFINED) + bytes(20)
    if vr in {"SQ", "UN"}:
        assert read_element(raw, 0, len(raw), EXPLICIT_LITTLE).undefined
    else:
        with pytest.raises(DatasetUnreadable):
            read_element(raw, 0, len(raw), EXPLICIT_LITTLE)
    for tag in (0x7FE00008, 0x7FE00009, 0x7FE00010):
        assert read_element(header(tag, vr, UNDEFINED), 0, 12, EXPLICIT_LITTLE).undefined


def test_every_attribute_without_a_vr_gets_one_of_the_dictionarys() -> None:
    """Where PS3.6 offers two, words stay words and numbers unsigned until Pixel Representation is known."""
    for tag, (vr, *_rest) in DicomDictionary.items():
        expected = "OW" if "OW" in vr else "US" if " or " in vr else vr if len(vr) == 2 else "UN"
        assert dictionary_vr(tag) == ("UL" if tag & 0xFFFF == 0 else expected), tag_text(tag)
        assert follows_pixel_representation(tag) is vr.startswith("US or SS")


@pytest.mark.parametrize(
    "tag, vr",
    [
        (0x00090010, "LO"),
        (0x000900FF, "LO"),
        (0x00090100, "UN"),
        (0x00091001, "UN"),
        (0x0009000F, "UN"),
        (0x00290000, "UL"),
        (0x60020010, "US"),
        (0x60FE3000, "OW"),
        (0x12345678, "UN"),
    ],
)
def test_private_repeating_and_unknown_attributes(tag: int, vr: str) -> None:
    assert dictionary_vr(tag) == vr


def sequence(length: int, vr: str = "SQ", *, undefined: bool = True) -> Element:
    """A sequence whose value starts at 0."""
    return Element(0x0040A730, vr, 0, length, undefined, EXPLICIT_LITTLE)


def delimiter(tag: tuple[int, int], length: int = 0) -> bytes:
    """An item or delimiter header."""
    return struct.pack("<HHL", *tag, length)


def test_items_are_read_up_to_the_delimiter() -> None:
    raw = delimiter(ITEM, 4) + b"abcd" + delimiter(ITEM, UNDEFINED) + delimiter(SEQUENCE_END)
    whole, budget = sequence(len(raw)), Budget()
    first = read_item(raw, 0, whole, budget)
    second = read_item(raw, 12, whole, budget)
    assert first is not None
    assert second is not None
    assert ((first.start, first.length), second.undefined) == ((8, 4), True)
    assert read_item(raw, 20, whole, budget) is None
    assert budget.items == Budget().items - 2


@pytest.mark.parametrize("tag", [ITEM_END, SEQUENCE_END, (0x0010, 0x0010)])
def test_what_is_no_item_is_refused(tag: tuple[int, int]) -> None:
    raw = struct.pack("<HH2sH", *tag, b"LO", 0) if tag[0] != 0xFFFE else delimiter(tag)
    with pytest.raises(DatasetUnreadable):
        read_item(raw, 0, sequence(len(raw), undefined=False), Budget())


def test_an_unknown_sequence_is_implicit_inside() -> None:
    """PS3.5 6.2.2, note 4."""
    assert item_syntax(sequence(0, "UN")) == IMPLICIT_LITTLE
    assert item_syntax(sequence(0)) == EXPLICIT_LITTLE


def test_a_budget_ends() -> None:
    budget = Budget(elements=2, items=1)
    budget.element(0x00100010)
    budget.element(0x00100020)
    budget.item(0x0040A730)
    with pytest.raises(DatasetTooComplex) as elements:
        budget.element(0x00100030)
    with pytest.raises(DatasetTooComplex) as items:
        budget.item(0x0040A730)
    assert (elements.value.params["tag"], items.value.params["tag"]) == ("(0010,0030)", "(0040,A730)")


def pixels(length: int) -> Element:
    """Encapsulated pixel data."""
    return Element(0x7FE00010, "OB", 0, length, True, EXPLICIT_LITTLE)


@given(st.lists(st.binary(max_size=20), max_size=8))
def test_fragments_are_found_in_order(parts: list[bytes]) -> None:
    raw = b"".join(delimiter(ITEM, len(part)) + part for part in parts) + delimiter(SEQUENCE_END)
    places = list(fragments(raw, pixels(len(raw)), 100))
    assert [raw[start:end] for start, end in places] == parts


@pytest.mark.parametrize(
    "raw, error",
    [
        (b"", DatasetTruncated),
        (delimiter(ITEM, 4) + b"abcd", DatasetTruncated),
        (delimiter(ITEM, 5) + b"abcd", DatasetTruncated),
        (delimiter(ITEM, UNDEFINED) + delimiter(SEQUENCE_END), DatasetUnreadable),
        (delimiter(ITEM_END) + delimiter(SEQUENCE_END), DatasetUnreadable),
        (delimiter(ITEM) * 9 + delimiter(SEQUENCE_END), DatasetTooComplex),
    ],
)
def test_broken_encapsulation_is_refused(raw: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        list(fragments(raw, pixels(len(raw)), 8))
