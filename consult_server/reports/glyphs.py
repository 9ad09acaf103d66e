"""Which characters a typeface can draw, and what stands in for those it cannot.

PDF/A forbids the empty box (ISO 19005-2, 6.2.11.8), and a box in a name helps nobody. A missing
character becomes the printers' mark 〓 with its pinyin, or its code point, beside it.
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from pypinyin import Style, pinyin

MISSING_MARK = "〓"
_KEPT_CONTROLS = "\n"
_INVISIBLE = frozenset({"Cc", "Cf"})
_LINE_ENDS = frozenset({"Zl", "Zp"})
# They choose a form of the character before them, and draw nothing of their own (Unicode 23.4).
_VARIATIONS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_FORMAT_4, _FORMAT_12 = 4, 12
_UNICODE_SUBTABLES = ((3, 10), (0, 4), (3, 1), (0, 3))


@lru_cache(maxsize=8)
def coverage(font: Path) -> frozenset[int]:
    """Code points that a TrueType or OpenType file maps to a glyph (OpenType `cmap` table).

    Raises ValueError or struct.error when the file is no such font, OSError when it cannot be read.
    """
    data = font.read_bytes()
    start = _table(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, start + 2)
    records = {
        (platform, encoding): start + offset
        for platform, encoding, offset in struct.iter_unpack(">HHI", data[start + 4 : start + 4 + 8 * count])
    }
    for kind in _UNICODE_SUBTABLES:
        if kind in records:
            return frozenset(_code_points(data, records[kind]))
    raise ValueError(font.name)


def _table(data: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for tag, _checksum, offset, _length in struct.iter_unpack(">4sIII", data[12 : 12 + 16 * count]):
        if tag == name:
            return int(offset)
    raise ValueError(name.decode("ascii"))


def _code_points(data: bytes, start: int) -> Iterator[int]:
    (table_format,) = struct.unpack_from(">H", data, start)
    if table_format == _FORMAT_12:
        (groups,) = struct.unpack_from(">I", data, start + 12)
        for first, last, _glyph in struct.iter_unpack(">III", data[start + 16 : start + 16 + 12 * groups]):
            yield from range(first, last + 1)
        return
    if table_format != _FORMAT_4:
        raise ValueError(table_format)
    (doubled,) = struct.unpack_from(">H", data, start + 6)
    lasts = struct.unpack_from(f">{doubled // 2}H", data, start + 14)
    firsts = struct.unpack_from(f">{doubled // 2}H", data, start + 16 + doubled)
    for first, last in zip(firsts, lasts, strict=True):
        yield from range(first, min(last, 0xFFFE) + 1)


def drawable(text: str, covered: frozenset[int]) -> str:
    """`text` with every character that is not `covered` replaced by 〓 and its reading.

    Line breaks stay; other controls and every kind of space become spaces where they are not covered;
    invisible format characters and choices of a variant are dropped.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(_drawn(character, covered) for character in composed)


def _drawn(character: str, covered: frozenset[int]) -> str:
    kind = unicodedata.category(character)
    if kind == "Cc":
        return character if character in _KEPT_CONTROLS else " "
    if kind == "Cf" or _is_variation(character):
        return ""
    if ord(character) in covered:
        return character
    if kind in _LINE_ENDS:
        return "\n"
    if kind == "Zs":
        return " "
    reading = pinyin(character, style=Style.TONE, errors="ignore")
    name = reading[0][0] if reading else f"U+{ord(character):04X}"
    return f"{MISSING_MARK}({name})"


def lacks(text: str, covered: frozenset[int]) -> bool:
    """True when a visible character of `text` is not `covered`."""
    return any(ord(c) not in covered and not _is_blank(c) for c in text)


def _is_variation(character: str) -> bool:
    return any(ord(character) in selectors for selectors in _VARIATIONS)


def _is_blank(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind in _INVISIBLE or kind.startswith("Z") or _is_variation(character)
