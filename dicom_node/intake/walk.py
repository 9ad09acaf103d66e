"""One data set as a DICOM JSON document, in one pass over its bytes.

The objects of a series repeat most of their elements byte for byte. What short elements at the top
level mean is remembered, by their bytes and the character set in force, and not worked out again.
"""

import contextlib
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn, TypeAlias

from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.intake.charset import DEFAULT, Charset, charset_of
from dicom_node.intake.dicom_json import COMPACT_JSON, PIXELS, Document, JsonElement, bulk, json_value
from dicom_node.intake.elements import (
    DEPTH_MAX,
    ITEM_END,
    PIXEL_TAGS,
    SHORT_VR_BYTES,
    Budget,
    Buffer,
    Element,
    Syntax,
    dictionary_vr,
    follows_pixel_representation,
    fragments,
    item_syntax,
    read_element,
    read_item,
    tag_text,
    truncated,
)
from dicom_node.intake.errors import DatasetTooComplex

FRAGMENTS_MAX = 200_000
SPECIFIC_CHARACTER_SET = 0x00080005
PIXEL_REPRESENTATION = 0x00280103
UNICODE: JsonElement = {"vr": "CS", "Value": ["ISO_IR 192"]}
PADDING_BYTES_MAX = 64 * 1024 * 1024
SHORT_HEADER_BYTES = 8
ITEM_BYTES = b"\xfe\xff\x00\xe0"
MISPLACED_GROUPS = frozenset({0x0000, 0x0002, 0xFFFE, 0xFFFF})
REMEMBERED_VALUE_BYTES, REMEMBERED_MAX, CHARSETS_MAX = 128, 2048, 8


class _Known(NamedTuple):
    """What an element is: its name, its value, and both as JSON text."""

    name: str
    value: JsonElement
    text: str


Remembered: TypeAlias = dict[bytes, _Known]
_REMEMBERED: dict[tuple[Syntax, Charset], Remembered] = {}


def _remembered(syntax: Syntax, charset: Charset) -> Remembered:
    """What is remembered under a character set; all of it is forgotten before it becomes too much."""
    known = _REMEMBERED.get((syntax, charset))
    if known is None or len(known) >= REMEMBERED_MAX:
        if len(_REMEMBERED) >= CHARSETS_MAX:
            _REMEMBERED.clear()
        known = _REMEMBERED[syntax, charset] = {}
    return known


@dataclass(slots=True)
class Walk:
    """Reads one data set from `buffer`; afterwards `pixels` and `pixel_items` say where its pixels lie.

    With `remembering`, values are shared with what was and will be read: they are not to be changed.
    Then `texts` has the elements of the top level as JSON, by name and in order.
    """

    buffer: Buffer
    budget: Budget = field(default_factory=Budget)
    pixels: Element | None = None
    pixel_items: list[tuple[int, int]] = field(default_factory=list)
    signed: bool = False
    remembering: bool = False
    texts: dict[str, str] = field(default_factory=dict)

    def document(self, start: int, end: int, syntax: Syntax) -> Document:
        """The data set at [start, end). Raises DatasetUnreadable or DatasetTooComplex."""
        if not self.remembering:
            return self._item(start, end, syntax, DEFAULT, 0, delimited=False)[0]
        document: Document = {}
        place, charset, known = start, DEFAULT, _remembered(syntax, DEFAULT)
        while place < end:
            if syntax.explicit:
                place = self._repeated(document, place, end, syntax, known)
            if place < end:
                place, charset_after = self._next(document, place, end, syntax, charset, known)
                if charset_after is not charset:
                    charset, known = charset_after, _remembered(syntax, charset_after)
        return document

    def _repeated(self, document: Document, place: int, end: int, syntax: Syntax, known: Remembered) -> int:
        """Take the elements at `place` that are remembered; where the first one lies that is not."""
        texts, buffer, unpack, before = self.texts, self.buffer, syntax.header.unpack_from, len(document)
        while place + SHORT_HEADER_BYTES <= end:
            _group, _number, vr, length = unpack(buffer, place)
            after = place + SHORT_HEADER_BYTES + length
            if length > REMEMBERED_VALUE_BYTES or vr not in SHORT_VR_BYTES or after > end:
                break
            found = known.get(bytes(buffer[place:after]))
            if found is None or found[0] in document:
                break
            name, value, text = found
            document[name], texts[name] = value, text
            place = after
        self.budget.elements -= len(document) - before
        if self.budget.elements < 0:
            raise DatasetTooComplex(fault="too many elements", offset=place)
        return place

    def _next(
        self, document: Document, place: int, end: int, syntax: Syntax, charset: Charset, known: Remembered
    ) -> tuple[int, Charset]:
        """Take the one element at `place` of the top level; where it ends, and the character set after it."""
        if self.buffer[place] == 0 and self._is_padding(place, end):
            return end, charset
        element = read_element(self.buffer, place, end, syntax)
        value, after, charset_after = self._taken(document, element, charset, 0)
        if element.tag & 0xFFFF:
            name = f"{element.tag:08X}"
            document[name] = value
            text = self.texts[name] = f'"{name}":{COMPACT_JSON.encode(value)}'
            if self._is_worth_remembering(element, place) and len(known) < REMEMBERED_MAX:
                known[bytes(self.buffer[place:after])] = _Known(name, value, text)
        return after, charset_after

    @staticmethod
    def _is_worth_remembering(element: Element, place: int) -> bool:
        """True when an element says all that it means by itself: a short value and a VR of its own."""
        return (
            element.syntax.explicit
            and element.start - place == SHORT_HEADER_BYTES
            and element.length <= REMEMBERED_VALUE_BYTES
            and element.tag not in {SPECIFIC_CHARACTER_SET, PIXEL_REPRESENTATION, *PIXEL_TAGS}
        )

    def _taken(
        self, document: Document, element: Element, charset: Charset, depth: int
    ) -> tuple[JsonElement, int, Charset]:
        """An element's value, where it ends, and the character set from there on."""
        self.budget.elements -= 1
        name = f"{element.tag:08X}"
        if self.budget.elements < 0 or name in document or element.tag >> 16 in MISPLACED_GROUPS:
            self._refuse(element, twice=name in document)
        value, place = self._element(element, charset, depth)
        if element.tag == SPECIFIC_CHARACTER_SET:
            charset = charset_of([text if isinstance(text, str) else "" for text in value.get("Value", [])])
            value = UNICODE
        return value, place, charset

    def _item(
        self, place: int, end: int, syntax: Syntax, charset: Charset, depth: int, *, delimited: bool
    ) -> tuple[Document, int]:
        document: Document = {}
        while place < end:
            if depth == 0 and self.buffer[place] == 0 and self._is_padding(place, end):
                break
            element = read_element(self.buffer, place, end, syntax)
            if element.tag == ITEM_END and delimited:
                return document, element.start
            value, place, charset = self._taken(document, element, charset, depth)
            if element.tag & 0xFFFF:
                document[f"{element.tag:08X}"] = value
        if delimited:
            raise truncated(ITEM_END, place)
        return document, place

    def _is_padding(self, place: int, end: int) -> bool:
        """True when only zero bytes follow: some writers pad the file instead of the last element.

        The rest is looked through once at most: an element of nothing but zeros is none.
        """
        if end - place > PADDING_BYTES_MAX or any(self.buffer[place : min(place + SHORT_HEADER_BYTES, end)]):
            return False
        return not self.buffer[place:end].strip(b"\0")

    def _refuse(self, element: Element, *, twice: bool) -> NoReturn:
        if self.budget.elements < 0:
            raise DatasetTooComplex(fault="too many elements", tag=tag_text(element.tag))
        fault = "element occurs twice" if twice else "element does not belong in a data set"
        raise DatasetUnreadable(fault=fault, tag=tag_text(element.tag), offset=element.start)

    def _element(self, element: Element, charset: Charset, depth: int) -> tuple[JsonElement, int]:
        if element.tag in PIXEL_TAGS and (depth == 0 or element.undefined):
            return self._pixel_data(element, depth)
        if element.undefined or (element.vr == "SQ" and self._holds_items(element)):
            return self._sequence(element, charset, depth)
        vr = self._vr(element)
        if vr == "SQ":
            with contextlib.suppress(DatasetUnreadable):
                return self._sequence(element, charset, depth)[0], element.start + element.length
            vr = "UN"
        value = json_value(self.buffer, element, vr, charset)
        if element.tag == PIXEL_REPRESENTATION and depth == 0:
            self.signed = value.get("Value") == [1]
        return value, element.start + element.length

    def _holds_items(self, element: Element) -> bool:
        """False where only our dictionary calls it a sequence: numbers were given anew since trial use."""
        start = bytes(self.buffer[element.start : element.start + min(element.length, len(ITEM_BYTES))])
        return element.syntax.explicit or ITEM_BYTES.startswith(start)

    def _vr(self, element: Element) -> str:
        """The VR of a value sent without a telling one: UN of a public element (PS3.5 6.2.2), US or SS."""
        vr = element.vr
        if element.syntax.explicit:
            return dictionary_vr(element.tag) if vr == "UN" and not element.tag >> 16 & 1 else vr
        if vr == "US" and self.signed and follows_pixel_representation(element.tag):
            return "SS"
        return vr

    def _sequence(self, sequence: Element, charset: Charset, depth: int) -> tuple[JsonElement, int]:
        if depth >= DEPTH_MAX:
            raise DatasetTooComplex(fault="sequences nested too deep", tag=tag_text(sequence.tag))
        items: list[Document] = []
        place, end = sequence.start, sequence.start + sequence.length
        syntax = item_syntax(sequence)
        while sequence.undefined or place < end:
            item = read_item(self.buffer, place, sequence, self.budget)
            if item is None:
                place += 8
                break
            stop = end if item.undefined else item.start + item.length
            document, place = self._item(
                item.start, stop, syntax, charset, depth + 1, delimited=item.undefined
            )
            items.append(document)
        return ({"vr": "SQ", "Value": items} if items else {"vr": "SQ"}), place

    def _pixel_data(self, element: Element, depth: int) -> tuple[JsonElement, int]:
        if not element.undefined:
            self.pixels = element
            return {"vr": element.vr, "BulkDataURI": PIXELS}, element.start + element.length
        items = list(fragments(self.buffer, element, FRAGMENTS_MAX))
        place = (items[-1][1] if items else element.start) + 8
        if depth:
            return {"vr": element.vr, "BulkDataURI": bulk(element.start, place)}, place
        self.pixels, self.pixel_items = element, items
        return {"vr": element.vr, "BulkDataURI": PIXELS}, place
