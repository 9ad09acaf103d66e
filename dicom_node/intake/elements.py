"""Reads the elements of one data set from a buffer, bounded in depth, number and place.

Every length is checked against the end of what encloses it before it is believed, so nothing is
read beyond the data set and time grows only with its size (PS3.5 7). Values stay bytes here.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Final, TypeAlias

from dicom_node.archive.carried_tables import ATTRIBUTES, REPEATING, DictionaryEntry
from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.intake.errors import DatasetTooComplex

Buffer: TypeAlias = bytes | bytearray | mmap

DEPTH_MAX: Final = 32
ELEMENTS_MAX: Final = 100_000
ITEMS_MAX: Final = 20_000
UNDEFINED: Final = 0xFFFFFFFF
DELIMITER_GROUP: Final = 0xFFFE
PRIVATE_CREATORS: Final = range(0x10, 0x100)
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
SHORT_VRS: Final = frozenset(
    [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FL",
        "FD",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
)
LONG_VRS: Final = frozenset(re.findall("..", "OBODOFOLOVOWSQSVUCUNURUTUV"))
SHORT_VR_BYTES: Final = {vr.encode(): vr for vr in SHORT_VRS}
"""VRs whose length has two bytes, by their bytes in the stream: the common case, looked up once."""
VR_SHAPE: Final = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Syntax:
    """How elements are encoded: with their VR or not, in which byte order ("<" or ">")."""

    explicit: bool
    order: str
    header: struct.Struct = field(init=False, repr=False, compare=False)
    length: struct.Struct = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "header", struct.Struct(f"{self.order}HH2sH"))
        object.__setattr__(self, "length", struct.Struct(f"{self.order}L"))


IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG = Syntax(False, "<"), Syntax(True, "<"), Syntax(True, ">")


@dataclass(slots=True)
class Element:
    """One element's header: the value lies at [start, start + length), or up to a delimiter."""

    tag: int
    vr: str
    start: int
    length: int
    undefined: bool
    syntax: Syntax


@dataclass(slots=True)
class Budget:
    """What one data set may still use up."""

    elements: int = ELEMENTS_MAX
    items: int = ITEMS_MAX
    tag: int = field(default=0)

    def element(self, tag: int) -> None:
        """Count one element; raises DatasetTooComplex."""
        self.elements -= 1
        if self.elements < 0:
            raise DatasetTooComplex(fault="too many elements", tag=tag_text(tag))

    def item(self, tag: int) -> None:
        """Count one sequence item; raises DatasetTooComplex."""
        self.items -= 1
        if self.items < 0:
            raise DatasetTooComplex(fault="too many sequence items", tag=tag_text(tag))


def tag_text(tag: int) -> str:
    """A tag as people write it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def truncated(tag: int, offset: int) -> DatasetTruncated:
    """The refusal of a value that reaches beyond what encloses it."""
    return DatasetTruncated(fault="ends inside an element", tag=tag_text(tag), offset=offset)


def dictionary_vr(tag: int) -> str:
    """The VR of a tag sent without one (PS3.6); ambiguous ones as binary, private ones UN or LO."""
    if tag & 0xFFFF == 0:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if tag & 0xFFFF in PRIVATE_CREATORS else "UN"
    entry = ATTRIBUTES.get(tag) or _repeating(tag)
    if entry is None:
        return "UN"
    vr = entry[0]
    if " or " not in vr:
        return vr if vr in SHORT_VRS or vr in LONG_VRS else "UN"
    return "OW" if "OW" in vr else "US"


def _repeating(tag: int) -> DictionaryEntry | None:
    """The dictionary's entry for one of a repeating group's tags, e.g. `60xx0010` for (6002,0010)."""
    digits = f"{tag:08X}"
    for start, end in ((2, 4), (6, 7), (6, 8), (4, 7), (4, 8)):
        entry = REPEATING.get(f"{digits[:start]}{'x' * (end - start)}{digits[end:]}")
        if entry is not None:
            return entry
    return None


def follows_pixel_representation(tag: int) -> bool:
    """True when PS3.6 leaves "US or SS" to Pixel Representation (0028,0103)."""
    entry = ATTRIBUTES.get(tag)
    return entry is not None and entry[0].startswith("US or SS")


def read_element(buffer: Buffer, place: int, end: int, syntax: Syntax) -> Element:
    """The element header at `place`. Raises DatasetTruncated or DatasetUnreadable."""
    if place + 8 > end:
        raise DatasetTruncated(fault="ends inside an element header", offset=place)
    group, number, vr_bytes, length = syntax.header.unpack_from(buffer, place)
    tag = group << 16 | number
    if not syntax.explicit or group == DELIMITER_GROUP:
        (length,) = syntax.length.unpack_from(buffer, place + 4)
        return _checked(tag, dictionary_vr(tag), place + 8, length, end, syntax)
    short = SHORT_VR_BYTES.get(vr_bytes)
    if short is not None:
        if place + 8 + length > end:
            raise truncated(tag, place + 8)
        return Element(tag, short, place + 8, length, False, syntax)
    return _checked(*_long(buffer, place, end, syntax, tag), end, syntax)


def _long(buffer: Buffer, place: int, end: int, syntax: Syntax, tag: int) -> tuple[int, str, int, int]:
    """Tag, VR, start and length of an element whose length has four bytes (PS3.5 7.1.2)."""
    vr = buffer[place + 4 : place + 6].decode("latin_1")
    if not VR_SHAPE.fullmatch(vr) or (vr not in LONG_VRS and buffer[place + 6 : place + 8] != b"\0\0"):
        raise DatasetUnreadable(fault="unknown value representation", tag=tag_text(tag), offset=place)
    if place + 12 > end:
        raise DatasetTruncated(fault="ends inside an element header", tag=tag_text(tag), offset=place)
    (length,) = syntax.length.unpack_from(buffer, place + 8)
    return tag, vr if vr in LONG_VRS else "UN", place + 12, length


def _checked(tag: int, vr: str, start: int, length: int, end: int, syntax: Syntax) -> Element:
    if length == UNDEFINED:
        if vr not in {"SQ", "UN"} and tag not in PIXEL_TAGS and tag != ITEM:
            raise DatasetUnreadable(
                fault="undefined length is not allowed here", tag=tag_text(tag), offset=start
            )
        return Element(tag, vr, start, end - start, True, syntax)
    if start + length > end:
        raise truncated(tag, start)
    return Element(tag, vr, start, length, False, syntax)


def item_syntax(element: Element) -> Syntax:
    """How the items of a sequence are encoded: UN of undefined length is implicit (PS3.5 6.2.2)."""
    return IMPLICIT_LITTLE if element.vr == "UN" else element.syntax


def read_item(buffer: Buffer, place: int, sequence: Element, budget: Budget) -> Element | None:
    """The item header at `place` inside `sequence`, None at its delimiter.

    Raises DatasetTruncated, DatasetUnreadable or DatasetTooComplex.
    """
    end = sequence.start + sequence.length
    item = read_element(buffer, place, end, item_syntax(sequence))
    if item.tag == SEQUENCE_END and sequence.undefined:
        return None
    if item.tag != ITEM:
        raise DatasetUnreadable(
            fault="a sequence holds something that is no item", tag=tag_text(sequence.tag), offset=place
        )
    budget.item(sequence.tag)
    return item


def fragments(buffer: Buffer, pixels: Element, limit: int) -> Iterator[tuple[int, int]]:
    """The [start, end) of each item of encapsulated pixel data, the offset table first (PS3.5 A.4).

    Raises DatasetTruncated, DatasetUnreadable, or DatasetTooComplex beyond `limit` items.
    """
    place, end = pixels.start, pixels.start + pixels.length
    for _ in range(limit):
        item = read_element(buffer, place, end, pixels.syntax)
        if item.tag == SEQUENCE_END:
            return
        if item.tag != ITEM or item.undefined:
            raise DatasetUnreadable(
                fault="encapsulated pixel data holds something that is no fragment",
                tag=tag_text(pixels.tag),
                offset=place,
            )
        yield item.start, item.start + item.length
        place = item.start + item.length
    raise DatasetTooComplex(fault="too many fragments", tag=tag_text(pixels.tag))
