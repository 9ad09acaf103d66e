"""Large values that the metadata names by place: only those it names can be fetched."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dicom_node.archive.tables import Instance
from viewer.attributes import Attributes, integer, text, unpacked
from viewer.frame_types import BIG_ENDIAN, in_little_endian as turned
from viewer.media_types import OCTETS, Form

DOCUMENT, DOCUMENT_TYPE, DOCUMENT_LENGTH = "00420011", "00420012", "00420015"
"""The length says whether the last byte is the document's or padding (PS3.3 C.24.2)."""
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}", re.ASCII)
ACTIVE = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"})
"""What a browser would run as a page of ours; it is had as octets."""
WORD_BYTES: Mapping[str, int] = {
    "AT": 2,
    "OW": 2,
    "US": 2,
    "SS": 2,
    "OL": 4,
    "OF": 4,
    "UL": 4,
    "SL": 4,
    "FL": 4,
    "OD": 8,
    "OV": 8,
    "FD": 8,
    "UV": 8,
    "SV": 8,
}


@dataclass(frozen=True, slots=True)
class BulkValue:
    """A value at [start, end) of its object; `vr` is "pixels" for the object's own Pixel Data.

    `media_type` is what the value itself is, where the object says so: octets, or a document's type.
    """

    vr: str
    start: int
    end: int
    big_endian: bool
    media_type: str = OCTETS

    @property
    def forms(self) -> list[Form]:
        """How it can be sent, the natural form first."""
        kinds = dict.fromkeys((self.media_type, OCTETS))
        return [Form(media_type=one, transfer_syntax_uid="", syntaxes=frozenset({"", "*"})) for one in kinds]

    def in_little_endian(self, raw: bytes) -> bytes:
        """`raw` as bulk data travels (PS3.18 8.7.3.1)."""
        size = WORD_BYTES.get(self.vr, 1)
        return turned(raw, size) if self.big_endian and len(raw) % size == 0 else raw


def _elements(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    waiting = [document]
    while waiting:
        for element in waiting.pop().values():
            if element.get("vr") == "SQ":
                waiting += element.get("Value", [])
            else:
                yield element


def bulk_value(instance: Instance, place: str) -> BulkValue | None:
    """The value at `place` ("START-END" or "pixels"), None when the metadata names no such place."""
    address = f"bulk/{place}"
    document = unpacked(instance.metadata_json)
    for element in _elements(document):
        if element.get("BulkDataURI") == address:
            if place == "pixels":
                return BulkValue("pixels", 0, 0, big_endian=False)
            start, end = map(int, place.split("-"))
            big_endian = instance.transfer_syntax_uid == BIG_ENDIAN
            if element is not document.get(DOCUMENT):
                return BulkValue(element["vr"], start, end, big_endian)
            end -= integer(document, DOCUMENT_LENGTH) == end - start - 1
            return BulkValue(element["vr"], start, end, big_endian, document_type(document))
    return None


def document_type(document: Attributes) -> str:
    """MIME Type of Encapsulated Document where it is one; a browser is not made to run what it holds.

    What is no media type, or one that a browser would run, is octets.
    """
    said = text(document, DOCUMENT_TYPE).strip().lower()
    return said if MEDIA_TYPE.fullmatch(said) and said not in ACTIVE else OCTETS
