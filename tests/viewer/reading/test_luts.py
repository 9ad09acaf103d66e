"""Palettes and tables, in every shape in which objects carry them."""

import base64
import struct
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydicom.pixels.processing import _expand_segmented_lut

from viewer.attributes import Attributes
from viewer.luts import Lut, no_bulk, palette_of, sequence_lut

TAGS = ("00281101", "00281102", "00281103")
ENTRIES = ("00281201", "00281202", "00281203")


def words(values: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


def entries_of(lut: Lut | None) -> list[int]:
    assert lut is not None
    return [int(entry) for entry in np.frombuffer(base64.b64decode(lut.entries), "<u2")]


def inline(raw: bytes) -> dict[str, Any]:
    return {"vr": "OW", "InlineBinary": base64.b64encode(raw).decode()}


def a_palette(descriptor: list[int], channels: Sequence[dict[str, Any]]) -> Attributes:
    data: dict[str, Any] = {tag: {"vr": "US", "Value": descriptor} for tag in TAGS}
    return data | dict(zip(ENTRIES, channels, strict=True))


def test_a_palette_of_words() -> None:
    data = a_palette([3, 10, 16], [inline(words(c)) for c in ([1, 2, 3], [4, 5, 6], [7, 8, 65535])])
    lut = palette_of(data, no_bulk)
    assert lut is not None
    assert (lut.first_mapped, lut.bits) == (10, 16)
    assert entries_of(lut) == [1, 4, 7, 2, 5, 8, 3, 6, 65535]


def test_a_palette_of_packed_bytes() -> None:
    data = a_palette([4, 0, 8], [inline(bytes(c)) for c in ([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 255])])
    assert entries_of(palette_of(data, no_bulk)) == [1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 255]


def test_a_palette_of_8_bits_in_words() -> None:
    data = a_palette([2, 0, 8], [inline(words(c)) for c in ([1, 2], [3, 4], [5, 6])])
    assert entries_of(palette_of(data, no_bulk)) == [1, 3, 5, 2, 4, 6]


def test_a_large_palette_is_read_from_the_file() -> None:
    channel = words(range(65536))
    data = a_palette([0, 0, 16], [{"vr": "OW", "BulkDataURI": "bulk/100-131172"}] * 3)
    asked: list[tuple[int, int]] = []

    def bulk(start: int, end: int) -> bytes:
        asked.append((start, end))
        return channel

    assert len(entries_of(palette_of(data, bulk))) == 3 * 65536
    assert asked == [(100, 131172)] * 3


@pytest.mark.parametrize(
    "data",
    [
        {},
        a_palette([3, 0, 16], [inline(words([1, 2]))] * 3),
        a_palette([3, 0], [inline(words([1, 2, 3]))] * 3),
        a_palette([3, 0, 12345], [inline(words([1, 2, 3]))] * 3),
        a_palette([3, 0, 16], [{"vr": "OW", "BulkDataURI": "bulk/5-5"}] * 3),
        a_palette([3, 0, 16], [{"vr": "OW", "BulkDataURI": "bulk/0-99999999999"}] * 3),
        a_palette([3, 0, 16], [{"vr": "OW", "BulkDataURI": "https://elsewhere.example/0-6"}] * 3),
        a_palette([3, 0, 16], [inline(words([1, 2, 3])), inline(words([1, 2, 3])), {"vr": "OW"}]),
    ],
)
def test_a_palette_that_is_not_whole_is_none(data: Attributes) -> None:
    assert palette_of(data, no_bulk) is None


def a_sequence(descriptor: list[int], entries: dict[str, Any]) -> Attributes:
    table = {"00283002": {"vr": "US", "Value": descriptor}, "00283006": entries}
    return {"00283010": {"vr": "SQ", "Value": [table]}}


def test_a_table_in_a_sequence() -> None:
    lut = sequence_lut(
        a_sequence([3, 5, 12], {"vr": "US", "Value": [0, 2000, 4095]}), "00283010", no_bulk, signed=False
    )
    assert lut is not None
    assert (lut.first_mapped, lut.bits) == (5, 12)
    assert entries_of(lut) == [0, 2000, 4095]


def test_the_first_value_of_a_signed_input_is_signed() -> None:
    data = a_sequence([2, 65036, 8], inline(words([1, 2])))
    signed = sequence_lut(data, "00283010", no_bulk, signed=True)
    unsigned = sequence_lut(data, "00283010", no_bulk, signed=False)
    assert signed is not None
    assert unsigned is not None
    assert (signed.first_mapped, unsigned.first_mapped) == (-500, 65036)


def test_no_sequence_no_table() -> None:
    assert sequence_lut({}, "00283000", no_bulk, signed=False) is None


def a_segmented_palette(segments: list[int], count: int) -> Attributes:
    data: dict[str, Any] = {tag: {"vr": "US", "Value": [count, 0, 16]} for tag in TAGS}
    return data | {tag: inline(words(segments)) for tag in ("00281221", "00281222", "00281223")}


def red(lut: Lut | None) -> list[int]:
    return entries_of(lut)[::3]


def test_a_segmented_palette_is_expanded() -> None:
    segments = [0, 2, 100, 200, 1, 4, 240, 0, 1, 7]
    assert red(palette_of(a_segmented_palette(segments, 7), no_bulk)) == [100, 200, 210, 220, 230, 240, 7]


def test_an_indirect_segment_repeats_earlier_ones() -> None:
    segments = [0, 2, 5, 6, 1, 2, 8, 2, 2, 0, 0]
    assert red(palette_of(a_segmented_palette(segments, 8), no_bulk)) == [5, 6, 7, 8, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "segments",
    [
        [0, 5, 1],
        [1, 3, 9],
        [2, 9, 0, 0],
        [2, 2, 60000, 60000],
        [7, 7, 7, 7],
        [0, 0, 0, 0],
        [1, 0, 5],
        [0, 4, 1, 2, 3, 4],
    ],
)
def test_a_broken_segmented_palette_is_none(segments: list[int]) -> None:
    assert palette_of(a_segmented_palette(segments, 3), no_bulk) is None


def a_segmented_palette_of_bytes(segments: list[int], count: int) -> Attributes:
    data: dict[str, Any] = {tag: {"vr": "US", "Value": [count, 0, 8]} for tag in TAGS}
    return data | {tag: inline(bytes(segments)) for tag in ("00281221", "00281222", "00281223")}


def test_an_indirect_segment_of_bytes_names_its_place_in_four() -> None:
    segments = [0, 2, 5, 6, 1, 2, 8, 2, 2, 0, 0, 0, 0, 0, 1, 99]
    found = red(palette_of(a_segmented_palette_of_bytes(segments, 9), no_bulk))
    assert found == [5, 6, 7, 8, 5, 6, 7, 8, 99]


def test_segments_that_repeat_themselves_without_end_grow_no_further_than_the_table() -> None:
    """A discrete segment of 60,000 entries repeated 65,535 times would have four thousand million."""
    segments = [0, 60_000, *range(60_000), 2, 65_535, 0, 0]
    tracemalloc.start()
    try:
        assert palette_of(a_segmented_palette(segments, 65_535), no_bulk) is None
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


@given(st.lists(st.integers(0, 12), max_size=40), st.integers(1, 30), st.sampled_from([8, 16]))
def test_any_segments_are_expanded_as_pydicom_does_or_not_at_all(
    segments: list[int], count: int, bits: int
) -> None:
    made = a_segmented_palette if bits == 16 else a_segmented_palette_of_bytes
    lut = palette_of(made(segments, count), no_bulk)
    if lut is None:
        return
    expected = _expand_segmented_lut(tuple(segments), "<H" if bits == 16 else "<B")
    assert red(lut) == expected[:count]
