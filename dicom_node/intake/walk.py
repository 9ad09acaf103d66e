"""One data set as a DICOM JSON document, in one pass over its bytes."""

import contextlib
from dataclasses import dataclass, field
from typing import NoReturn

from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.intake.charset import DEFAULT, Charset, charset_of
from dicom_node.intake.dicom_json import PIXELS, Document, JsonElement, bulk, json_value
from dicom_node.intake.elements import (
    DEPTH_MAX,
    ITEM_END,
    PIXEL_TAGS,
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
PADDING_BYTES_MAX = 64 * 1024
MISPLACED_GROUPS = frozenset({0x0000, 0x0002, 0xFFFE, 0xFFFF})


@dataclass(slots=True)
class Walk:
    """Reads one data set from `buffer`; afterwards `pixels` and `pixel_items` say where its pixels lie."""

    buffer: Buffer
    budget: Budget = field(default_factory=Budget)
    pixels: Element | None = None
    pixel_items: list[tuple[int, int]] = field(default_factory=list)
    signed: bool = False

    def document(self, start: int, end: int, syntax: Syntax) -> Document:
        """The data set at [start, end). Raises DatasetUnreadable or DatasetTooComplex."""
        return self._data_set(start, end, syntax, DEFAULT, 0, delimited=False)[0]

    def _data_set(
        self, place: int, end: int, syntax: Syntax, charset: Charset, depth: int, *, delimited: bool
    ) -> tuple[Document, int]:
        document: Document = {}
        buffer, budget = self.buffer, self.budget
        while place < end:
            if depth == 0 and buffer[place] == 0 and self._is_padding(place, end):
                break
            element = read_element(buffer, place, end, syntax)
            if element.tag == ITEM_END and delimited:
                return document, element.start
            budget.elements -= 1
            name = f"{element.tag:08X}"
            if budget.elements < 0 or name in document or element.tag >> 16 in MISPLACED_GROUPS:
                self._refuse(element, twice=name in document)
            value, place = self._element(element, charset, depth)
            if element.tag == SPECIFIC_CHARACTER_SET:
                charset = charset_of([text or "" for text in value.get("Value", [])])
                value = UNICODE
            if element.tag & 0xFFFF:
                document[name] = value
        if delimited:
            raise truncated(ITEM_END, place)
        return document, place

    def _is_padding(self, place: int, end: int) -> bool:
        """True when only zero bytes follow: some writers pad the file instead of the last element."""
        rest = end - place
        return rest <= PADDING_BYTES_MAX and not any(self.buffer[place:end])

    def _refuse(self, element: Element, *, twice: bool) -> NoReturn:
        if self.budget.elements < 0:
            raise DatasetTooComplex(fault="too many elements", tag=tag_text(element.tag))
        fault = "element occurs twice" if twice else "element does not belong in a data set"
        raise DatasetUnreadable(fault=fault, tag=tag_text(element.tag), offset=element.start)

    def _element(self, element: Element, charset: Charset, depth: int) -> tuple[JsonElement, int]:
        if element.tag in PIXEL_TAGS and (depth == 0 or element.undefined):
            return self._pixel_data(element, depth)
        if element.vr == "SQ" or element.undefined:
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
            document, place = self._data_set(
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
