"""Where frames lie, without decoding any: native ones by arithmetic, compressed ones by PS3.5 A.4."""

import struct

import pytest
from hypothesis import given, strategies as st

from dicom_node.intake.elements import EXPLICIT_LITTLE, Element
from dicom_node.intake.errors import PixelDataInconsistent
from dicom_node.intake.pixels import FRAMES_MAX, Raster, checked_raster, encapsulated_frames, native_frames

START = 1_000


def raster(**changes: int | str) -> Raster:
    """A picture of 4 × 6 pixels with 16 bits each."""
    facts: dict[str, int | str] = {
        "rows": 4,
        "columns": 6,
        "samples": 1,
        "bits_allocated": 16,
        "frames": 1,
        "photometric": "MONOCHROME2",
    }
    return Raster(**(facts | changes))  # type: ignore[arg-type]


def native(length: int) -> Element:
    """Native pixel data of so many bytes."""
    return Element(0x7FE00010, "OW", START, length, False, EXPLICIT_LITTLE)


@pytest.mark.parametrize(
    "changes, bits",
    [
        ({}, 4 * 6 * 16),
        ({"bits_allocated": 1}, 24),
        ({"samples": 3, "bits_allocated": 8, "photometric": "RGB"}, 576),
        ({"samples": 3, "bits_allocated": 8, "photometric": "YBR_FULL"}, 576),
        ({"samples": 3, "bits_allocated": 8, "photometric": "YBR_FULL_422"}, 384),
        ({"samples": 3, "bits_allocated": 8, "photometric": "YBR_PARTIAL_422"}, 384),
        ({"bits_allocated": 32}, 768),
        ({"bits_allocated": 64}, 1536),
    ],
)
def test_how_much_a_native_frame_takes(changes: dict[str, int | str], bits: int) -> None:
    assert raster(**changes).frame_bits() == bits


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30), st.sampled_from([8, 16, 32, 64]))
def test_native_frames_lie_side_by_side(rows: int, columns: int, frames: int, bits: int) -> None:
    size = rows * columns * bits // 8
    facts = native_frames(
        native(size * frames), raster(rows=rows, columns=columns, frames=frames, bits_allocated=bits)
    )
    assert facts.frames == [[START + n * size, START + (n + 1) * size] for n in range(frames)]
    assert (facts.offset, facts.length) == (START, size * frames)


def test_padding_after_the_last_native_frame_belongs_to_none() -> None:
    facts = native_frames(native(3 * 3 + 1), raster(rows=3, columns=3, bits_allocated=8))
    assert (facts.frames, facts.length) == ([[START, START + 9]], 10)


@pytest.mark.parametrize("columns, frames, named", [(8, 3, 3), (6, 1, 1), (6, 2, 0), (4, 2, 2)])
def test_bits_are_named_only_where_frames_end_on_bytes(columns: int, frames: int, named: int) -> None:
    facts = native_frames(
        native(12), raster(rows=2 if columns == 4 else 1, columns=columns, bits_allocated=1, frames=frames)
    )
    assert len(facts.frames) == named


@pytest.mark.parametrize("short", [1, 10, 47])
def test_fewer_bytes_than_frames_need_is_refused_with_both_numbers(short: int) -> None:
    with pytest.raises(PixelDataInconsistent) as refusal:
        native_frames(native(48 * 3 - short), raster(frames=3))
    assert (refusal.value.params["expected_bytes"], refusal.value.params["found_bytes"]) == (144, 144 - short)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 0},
        {"rows": 65_536},
        {"columns": -1},
        {"bits_allocated": 0},
        {"bits_allocated": 65},
        {"samples": 0},
        {"samples": 5},
        {"frames": 0},
        {"frames": -4},
        {"frames": FRAMES_MAX + 1},
    ],
)
def test_what_describes_no_picture_is_refused(changes: dict[str, int | str]) -> None:
    with pytest.raises(PixelDataInconsistent):
        checked_raster(raster(**changes))


def items_of(table: bytes, fragments: list[bytes]) -> tuple[bytes, list[tuple[int, int]]]:
    """Encapsulated pixel data's bytes, and where each of its items lies, the offset table first."""
    raw, places = b"", []
    for content in (table, *fragments):
        raw += struct.pack("<HHL", 0xFFFE, 0xE000, len(content))
        places.append((len(raw), len(raw) + len(content)))
        raw += content
    return raw, places


def frames_in(
    table: bytes, fragments: list[bytes], frames: int, extended: list[int] | None = None
) -> list[bytes]:
    """The frames that are found, as bytes."""
    raw, places = items_of(table, fragments)
    element = Element(0x7FE00010, "OB", 0, len(raw), True, EXPLICIT_LITTLE)
    facts = encapsulated_frames(raw, element, places, raster(frames=frames), extended or [])
    return [b"".join(raw[a:b] for a, b in zip(f[::2], f[1::2], strict=True)) for f in facts.frames]


def offsets_of(streams: list[list[bytes]]) -> list[int]:
    """Where each frame's first item begins, counted from the first one's (PS3.5 A.4)."""
    places, at = [], 0
    for stream in streams:
        places.append(at)
        at += sum(8 + len(fragment) for fragment in stream)
    return places


fragment = st.binary(min_size=1, max_size=9).map(lambda raw: raw + b"\0" * (len(raw) % 2))
streams_of_many = st.lists(st.lists(fragment, min_size=1, max_size=4), min_size=2, max_size=6)


@given(streams_of_many, st.sampled_from(["basic", "extended", "marks"]))
def test_frames_in_any_number_of_fragments_are_put_together(streams: list[list[bytes]], how: str) -> None:
    if how == "marks":
        streams = [
            [b"\xff\xd8\xff" + first + b"\0", *(b"\1" + f + b"\1" for f in more)] for first, *more in streams
        ]
    offsets = offsets_of(streams)
    table = struct.pack(f"<{len(offsets)}L", *offsets) if how == "basic" else b""
    found = frames_in(
        table,
        [part for stream in streams for part in stream],
        len(streams),
        offsets if how == "extended" else None,
    )
    assert found == [b"".join(stream) for stream in streams]


@given(streams_of_many, st.lists(st.integers(0, 200), min_size=1, max_size=8), st.booleans())
def test_a_table_that_lies_never_mixes_frames(
    streams: list[list[bytes]], offsets: list[int], extended: bool
) -> None:
    """Either nothing is named, or every fragment once and in order."""
    parts = [part for stream in streams for part in stream]
    table = b"" if extended else struct.pack(f"<{len(offsets)}L", *offsets)
    found = frames_in(table, parts, len(streams), offsets if extended else None)
    assert found == [] or (b"".join(found) == b"".join(parts) and len(found) == len(streams))


def test_one_frame_takes_every_fragment() -> None:
    assert frames_in(b"", [b"ab", b"cd", b"ef"], 1) == [b"abcdef"]


def test_as_many_fragments_as_frames_need_no_table() -> None:
    assert frames_in(struct.pack("<2L", 0, 999), [b"ab", b"cd"], 2) == [b"ab", b"cd"]


@pytest.mark.parametrize("fragments", [[], [b"ab"], [b"ab", b"cd"]])
def test_fewer_fragments_than_frames_is_refused(fragments: list[bytes]) -> None:
    with pytest.raises(PixelDataInconsistent):
        frames_in(b"", fragments, 3)
