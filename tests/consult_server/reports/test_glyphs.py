"""What a typeface can draw, read from the file itself, and what stands in for the rest."""

import struct
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from consult_server.reports.glyphs import MISSING_MARK, coverage, drawable, lacks

HAN = frozenset(map(ord, "单建国仇大山"))
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def a_font(*subtables: tuple[int, int, bytes]) -> bytes:
    """A font file that has nothing but a character map (OpenType, cmap)."""
    head = struct.pack(">HH", 0, len(subtables))
    at = len(head) + 8 * len(subtables)
    records = b""
    for platform, encoding, table in subtables:
        records += struct.pack(">HHI", platform, encoding, at)
        at += len(table)
    cmap = head + records + b"".join(table for _platform, _encoding, table in subtables)
    start = 12 + 16
    directory = struct.pack(">4sIII", b"cmap", 0, start, len(cmap))
    return struct.pack(">IHHHH", 0x00010000, 1, 16, 0, 0) + directory + cmap


def format_12(*ranges: tuple[int, int]) -> bytes:
    groups = b"".join(struct.pack(">III", first, last, 1) for first, last in ranges)
    return struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(ranges)) + groups


def format_4(*ranges: tuple[int, int]) -> bytes:
    every = [*ranges, (0xFFFF, 0xFFFF)]
    lasts = b"".join(struct.pack(">H", last) for _first, last in every)
    firsts = b"".join(struct.pack(">H", first) for first, _last in every)
    length = 16 + 4 * len(lasts)
    return (
        struct.pack(">HHHHHHH", 4, length, 0, 2 * len(every), 0, 0, 0)
        + lasts
        + b"\0\0"
        + firsts
        + b"\0" * 2 * len(lasts)
    )


def write(folder: Path, data: bytes) -> Path:
    file = folder / "font.ttf"
    file.write_bytes(data)
    return file


@pytest.mark.parametrize(
    "table,covered",
    [
        (format_12((0x41, 0x43)), {0x41, 0x42, 0x43}),
        (format_12((0x20, 0x20), (0x1F600, 0x1F601)), {0x20, 0x1F600, 0x1F601}),
        (format_12(), set()),
        (format_4((0x41, 0x43)), {0x41, 0x42, 0x43}),
        (format_4((0x4E00, 0x4E02), (0x9FA0, 0x9FA0)), {0x4E00, 0x4E01, 0x4E02, 0x9FA0}),
        (format_4(), set()),
    ],
)
def test_both_ways_of_writing_a_map_are_read(tmp_path: Path, table: bytes, covered: set[int]) -> None:
    """The end mark U+FFFF of format 4 is no character."""
    assert coverage(write(tmp_path, a_font((3, 10, table)))) == covered


@pytest.mark.parametrize(
    "subtables,covered",
    [
        ([(3, 1, format_4((0x41, 0x41))), (3, 10, format_12((0x42, 0x42)))], {0x42}),
        ([(0, 3, format_4((0x41, 0x41))), (0, 4, format_12((0x42, 0x42)))], {0x42}),
        ([(1, 0, b"\0" * 16), (3, 1, format_4((0x41, 0x41)))], {0x41}),
    ],
)
def test_the_widest_map_of_unicode_counts(
    tmp_path: Path, subtables: list[tuple[int, int, bytes]], covered: set[int]
) -> None:
    assert coverage(write(tmp_path, a_font(*subtables))) == covered


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 11,
        a_font(),
        a_font((1, 0, b"\0" * 16)),
        a_font((3, 10, struct.pack(">H", 6) + b"\0" * 20)),
        a_font((3, 10, format_12((0x41, 0x43)))).replace(b"cmap", b"glyf"),
    ],
)
def test_what_is_no_such_font_is_said_so(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((ValueError, struct.error)):
        coverage(write(tmp_path, data))


@pytest.mark.parametrize(
    "written,drawn",
    [
        ("仇大山", "仇大山"),
        ("仇\ufe00大山", "仇大山"),
        ("仇\U000e0100大山", "仇大山"),
        ("单\u00a0建", "单 建"),
        ("单\u3000建", "单 建"),
        ("单\u2009建", "单 建"),
        ("单\u2028建\u2029国", "单\n建\n国"),
        ("单\r\n建\r国", "单\n建\n国"),
        ("单\v建\f国", "单 建 国"),
        ("\ufeff单", "单"),
        ("单\u200d建", "单建"),
        ("囍", f"{MISSING_MARK}(xǐ)"),
        ("A", f"{MISSING_MARK}(U+0041)"),
        ("", ""),
    ],
)
def test_what_is_printed_of_what_is_written(written: str, drawn: str) -> None:
    """Spaces, line ends and choices of a variant that the typeface lacks are no missing characters."""
    assert drawable(written, HAN) == drawn


@pytest.mark.parametrize(
    "text,missing",
    [
        ("仇大山", False),
        ("仇大 山", False),
        ("仇\u3000大山\u2028", False),
        ("仇\U000e0101", False),
        ("仇\u200b\n\t", False),
        ("仇囍", True),
        ("仇A", True),
        ("仇\u0301", True),
        ("", False),
    ],
)
def test_a_name_lacks_only_what_could_be_seen(text: str, missing: bool) -> None:
    assert lacks(text, HAN) is missing


@given(ANY)
def test_all_that_is_printed_can_be_printed(text: str) -> None:
    """PDF/A has no empty box: every character is covered, or one of those that stand for another."""
    covered = (
        HAN
        | frozenset(range(0x20, 0x7F))
        | frozenset(map(ord, MISSING_MARK + "āáǎàōóǒòēéěèīíǐìūúǔùǖǘǚǜüńňǹḿ"))
    )
    drawn = drawable(text, covered)
    assert {c for c in drawn if ord(c) not in covered} <= {"\n"}
    assert not lacks(drawn, covered)


@given(st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=40))
def test_what_can_be_drawn_is_left_alone(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert drawable(text, frozenset(map(ord, composed))) == composed


@given(ANY, ANY)
def test_a_text_is_drawn_piece_by_piece(one: str, other: str) -> None:
    """Whatever stands beside a character does not change it, once both are composed and line ends are one."""
    plain = [unicodedata.normalize("NFC", text).replace("\r", "\n") for text in (one, other)]
    together = unicodedata.normalize("NFC", "".join(plain))
    if together == "".join(plain):
        assert drawable(together, HAN) == drawable(plain[0], HAN) + drawable(plain[1], HAN)
