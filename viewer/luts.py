"""Tables of an object: palette (PS3.3 C.7.9), modality LUT (C.11.1.1), VOI LUT (C.11.2.1.1)."""

import base64
import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from viewer.attributes import Attributes, item, numbers, values

ENTRIES_MAX = 65_536
BULK = re.compile(r"bulk/(\d{1,15})-(\d{1,15})")
"""Where a value lies in the stored file, as the archive's metadata names it."""
PALETTE = (("00281101", "00281201"), ("00281102", "00281202"), ("00281103", "00281203"))
SEGMENTED = {"00281201": "00281221", "00281202": "00281222", "00281203": "00281223"}
BULK_BYTES_MAX = 1024 * 1024
DISCRETE, LINEAR, INDIRECT = 0, 1, 2
"""Kinds of segments (C.7.9.2)."""
SIGN_BIT, WORD = 0x8000, 0x1_0000
BYTE_BITS = 8

BulkReader: TypeAlias = Callable[[int, int], bytes]
"""The bytes [start, end) of the stored file, in little-endian words; empty where they cannot be had."""
Entries: TypeAlias = npt.NDArray[np.uint16]


class Lut(BaseModel):
    """A table: `first_mapped` is the input of its first entry, `bits` the depth of its entries.

    `entries` is base64 of little-endian 16-bit words; in a palette red, green and blue in turn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_mapped: int
    bits: int
    entries: str


def no_bulk(_start: int, _end: int) -> bytes:
    """For objects without a file at hand."""
    return b""


def palette_of(data: Attributes, bulk: BulkReader, *, signed: bool = False) -> Lut | None:
    """The palette of a PALETTE COLOR object; None when it has none that is whole."""
    channels = [_table(data, descriptor, entries, bulk) for descriptor, entries in PALETTE]
    whole = [one for one in channels if one is not None]
    if len(whole) != len(PALETTE) or len({len(entries) for _, _, entries in whole}) != 1:
        return None
    first_mapped, bits, _ = whole[0]
    if bits > BYTE_BITS and max(int(entries.max()) for _, _, entries in whole) < 1 << BYTE_BITS:
        bits = BYTE_BITS  # colours of 8 bits under a header that says 16: shifted, they would all be black
    return _lut(
        _first(first_mapped, signed=signed),
        bits,
        np.stack([entries for _, _, entries in whole], axis=1).ravel(),
    )


def sequence_lut(data: Attributes, sequence_tag: str, bulk: BulkReader, *, signed: bool) -> Lut | None:
    """The table in the first item of a Modality or VOI LUT Sequence."""
    found = _table(item(data, sequence_tag), "00283002", "00283006", bulk)
    if found is None:
        return None
    first_mapped, bits, entries = found
    return _lut(_first(first_mapped, signed=signed), bits, entries)


def _first(first_mapped: int, *, signed: bool) -> int:
    """The first value mapped; of a signed input it is signed, however it is written (C.11.1.1.1)."""
    return first_mapped - WORD if signed and first_mapped >= SIGN_BIT else first_mapped


def _lut(first_mapped: int, bits: int, entries: Entries) -> Lut:
    return Lut(
        first_mapped=first_mapped,
        bits=bits,
        entries=base64.b64encode(entries.astype("<u2").tobytes()).decode("ascii"),
    )


def _table(
    data: Attributes, descriptor_tag: str, entries_tag: str, bulk: BulkReader
) -> tuple[int, int, Entries] | None:
    descriptor = [int(part) for part in numbers(data, descriptor_tag)]
    if len(descriptor) != 3:  # noqa: PLR2004 - entries, first value mapped, bits (C.11.1.1.1)
        return None
    count, first_mapped, bits = descriptor[0] % WORD or ENTRIES_MAX, descriptor[1], descriptor[2]
    entries = _entries(data, entries_tag, count, bits, bulk)
    if entries is None or not BYTE_BITS <= bits <= 2 * BYTE_BITS:
        return None
    return first_mapped, bits, entries


def _entries(data: Attributes, tag: str, count: int, bits: int, bulk: BulkReader) -> Entries | None:
    """Exactly `count` entries, from words or, in 8-bit tables, from packed bytes; else None."""
    listed = values(data, tag)
    if listed and all(isinstance(value, int) for value in listed):
        words = np.array(listed[:count], np.int64).astype(np.uint16)
        return words if len(words) == count else None
    segments = _raw(data, SEGMENTED.get(tag, ""), bulk)
    if segments:
        place_entries = 4 if bits == BYTE_BITS else 2
        entries = np.frombuffer(segments[: len(segments) // 2 * 2], np.uint8 if bits == BYTE_BITS else "<u2")
        return _expanded(entries.tolist(), count, place_entries)
    raw = _raw(data, tag, bulk)
    if bits == BYTE_BITS and count <= len(raw) < 2 * count:
        return np.frombuffer(raw, np.uint8, count).astype(np.uint16)
    return np.frombuffer(raw, "<u2", count).astype(np.uint16) if len(raw) >= 2 * count else None


def _expanded(segments: list[int], count: int, place_entries: int) -> Entries | None:
    """The entries of a segmented table (C.7.9.2); None when it does not give exactly `count`.

    The place that an indirect segment names fills `place_entries`. Nothing grows far beyond `count`,
    however often segments repeat others.
    """
    found: list[int] = []
    entry_bits = 32 // place_entries
    at = 0
    while at + 1 < len(segments) and len(found) < count:
        kind, size = segments[at], segments[at + 1]
        if kind == INDIRECT:
            named = segments[at + 2 : at + 2 + place_entries]
            place = sum(entry << entry_bits * i for i, entry in enumerate(named))
            for _ in range(size):
                place = _segment(segments, place, found)
                if len(found) > count or place >= len(segments):
                    break
            at += 2 + place_entries
        else:
            at = _segment(segments, at, found)
    return np.array(found, np.uint16) if len(found) == count else None


def _segment(segments: list[int], at: int, found: list[int]) -> int:
    """Add the entries of the discrete or linear segment at `at`; where the next one starts."""
    kind, size = segments[at : at + 2] if at + 1 < len(segments) else (INDIRECT, 0)
    if kind == DISCRETE:
        found += segments[at + 2 : at + 2 + size]
        return at + 2 + size
    if kind == LINEAR and at + 2 < len(segments) and found:
        start, end = found[-1], segments[at + 2]
        found += [round(start + (end - start) * step / size) for step in range(1, size + 1)]
        return at + 3
    return len(segments)


def _raw(data: Attributes, tag: str, bulk: BulkReader) -> bytes:
    element = data.get(tag, {})
    inline, place = element.get("InlineBinary"), BULK.fullmatch(str(element.get("BulkDataURI", "")))
    if isinstance(inline, str):
        return base64.b64decode(inline)
    if place is None or not 0 < int(place[2]) - int(place[1]) <= BULK_BYTES_MAX:
        return b""
    return bulk(int(place[1]), int(place[2]))
