"""A native little endian data set in another VR encoding, element by element (PS3.5 7, A.1, A.2).

Sequences and items are written with undefined lengths and group lengths are left out, so nothing
has to be known in advance. Values are copied byte for byte; no pixel is touched.
"""

import struct
from collections.abc import Generator, Iterator
from typing import Final, TypeAlias

from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.intake.elements import (
    DEPTH_MAX,
    ITEM,
    ITEM_END,
    LONG_VRS,
    PIXEL_TAGS,
    SEQUENCE_END,
    UNDEFINED,
    Budget,
    Buffer,
    Element,
    Syntax,
    follows_pixel_representation,
    item_syntax,
    read_element,
    read_item,
    tag_text,
)
from dicom_node.intake.errors import DatasetTooComplex

IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
NATIVE: Final = frozenset({IMPLICIT, EXPLICIT, DEFLATED})
"""Transfer syntaxes whose data sets can be written in each other's encoding without touching a value."""
SHORT_BYTES_MAX: Final = 65_534
COPY_BYTES: Final = 1024 * 1024
PIXEL_REPRESENTATION: Final = 0x00280103
Steps: TypeAlias = Generator[bytes, None, int]


def converted(buffer: Buffer, start: int, source: Syntax, target: Syntax) -> Iterator[bytes]:
    """The data set that fills `buffer` from `start`, in the encoding `target`.

    Raises DatasetUnreadable or DatasetTooComplex, also where pixel data is encapsulated.
    """
    yield from _Conversion(buffer, target).data_set(start, len(buffer), source, 0, delimited=False)


class _Conversion:
    """Walks one data set; each step yields what is written and returns where it stands."""

    def __init__(self, buffer: Buffer, target: Syntax) -> None:
        self._buffer, self._target = buffer, target
        self._budget, self._signed = Budget(), False

    def data_set(self, place: int, end: int, syntax: Syntax, depth: int, *, delimited: bool) -> Steps:
        """The elements at [place, end), up to their delimiter where there is one."""
        while place < end:
            if depth == 0 and self._buffer[place] == 0 and not any(self._buffer[place:end]):
                return end
            element = read_element(self._buffer, place, end, syntax)
            if element.tag == ITEM_END and delimited:
                return element.start
            self._budget.element(element.tag)
            if element.tag & 0xFFFF == 0:
                place = element.start + element.length
            elif element.vr == "SQ" or (element.undefined and element.tag not in PIXEL_TAGS):
                place = yield from self._sequence(element, depth)
            else:
                place = yield from self._value(element, depth)
        if delimited:
            raise DatasetUnreadable(fault="an item without its end", offset=place)
        return place

    def _value(self, element: Element, depth: int) -> Steps:
        if element.undefined:
            raise DatasetUnreadable(fault="encapsulated pixel data", tag=tag_text(element.tag))
        end = element.start + element.length
        if element.tag == PIXEL_REPRESENTATION and depth == 0:
            self._signed = self._buffer[element.start : end] == b"\1\0"
        yield _header(element.tag, self._vr(element), element.length, self._target)
        for start in range(element.start, end, COPY_BYTES):
            yield bytes(self._buffer[start : min(start + COPY_BYTES, end)])
        return end

    def _vr(self, element: Element) -> str:
        ambiguous = not element.syntax.explicit and follows_pixel_representation(element.tag)
        return "SS" if ambiguous and self._signed else element.vr

    def _sequence(self, sequence: Element, depth: int) -> Steps:
        if depth >= DEPTH_MAX:
            raise DatasetTooComplex(fault="sequences nested too deep", tag=tag_text(sequence.tag))
        yield _header(sequence.tag, "SQ", UNDEFINED, self._target)
        place, end = sequence.start, sequence.start + sequence.length
        while sequence.undefined or place < end:
            item = read_item(self._buffer, place, sequence, self._budget)
            if item is None:
                place += 8
                break
            stop = end if item.undefined else item.start + item.length
            yield _mark(ITEM, UNDEFINED)
            place = yield from self.data_set(
                item.start, stop, item_syntax(sequence), depth + 1, delimited=item.undefined
            )
            yield _mark(ITEM_END, 0)
        yield _mark(SEQUENCE_END, 0)
        return place


def _mark(tag: int, length: int) -> bytes:
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, length)


def _header(tag: int, vr: str, length: int, target: Syntax) -> bytes:
    if not target.explicit:
        return _mark(tag, length)
    group, number = tag >> 16, tag & 0xFFFF
    if vr not in LONG_VRS and length > SHORT_BYTES_MAX:
        vr = "UN"
    if vr in LONG_VRS:
        return struct.pack("<HH2s2xL", group, number, vr.encode(), length)
    return struct.pack("<HH2sH", group, number, vr.encode(), length)
