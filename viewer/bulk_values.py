"""Large values that the metadata names by place: only those it names can be fetched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dicom_node.archive.tables import Instance
from viewer.attributes import unpacked
from viewer.frame_types import BIG_ENDIAN, in_little_endian as turned

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
    """A value at [start, end) of its object; `vr` is "pixels" for the object's own Pixel Data."""

    vr: str
    start: int
    end: int
    big_endian: bool

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
    for element in _elements(unpacked(instance.metadata_json)):
        if element.get("BulkDataURI") == address:
            if place == "pixels":
                return BulkValue("pixels", 0, 0, big_endian=False)
            start, end = place.split("-")
            return BulkValue(element["vr"], int(start), int(end), instance.transfer_syntax_uid == BIG_ENDIAN)
    return None
