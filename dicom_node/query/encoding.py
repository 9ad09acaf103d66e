"""Data sets that we write: identifiers of answers, short elements and sequences of them (PS3.5 7)."""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from dicom_node.intake.elements import LONG_VRS, SHORT_VRS, Syntax

Value: TypeAlias = str | int | list[str] | tuple["Elements", ...]
"""The items of a sequence are a tuple, the values of any other element a list."""
Elements: TypeAlias = Mapping[int, tuple[str, Value]]
SHORT_BYTES_MAX: Final = 65_534
GB2312: Final = "ISO 2022 IR 58"
CODECS: Final[Mapping[str, str]] = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
TERMS: Final[Mapping[str, str]] = {GB2312: f"\\{GB2312}"}
"""What Specific Character Set says where that is not the name itself: the first set is ISO 646 there."""
TO_GB2312: Final = b"\x1b$)A"
DELIMITED: Final = re.compile(r"([\\^=\r\n\f\t])")
TEXT_VRS: Final = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
SPECIFIC_CHARACTER_SET: Final = 0x00080005
ITEM: Final = 0xFFFEE000


def encoded(elements: Elements, syntax: Syntax, character_set: str) -> bytes:
    """`elements` (tag → VR and value) in order; Specific Character Set stands there where it is needed.

    Little endian only. A value that its VR cannot hold becomes an empty one. What GB 2312 lacks makes
    the whole answer GB 18030; a character that another set lacks becomes a question mark.
    """
    texts = list(_texts(elements))
    if character_set == GB2312 and not all(map(_is_gb2312, texts)):
        character_set = "GB18030"
    if not all(text.isascii() for text in texts):
        term = TERMS.get(character_set, character_set)
        elements = {**elements, SPECIFIC_CHARACTER_SET: ("CS", term)}
    return _data_set(elements, syntax, character_set)


def _texts(elements: Elements) -> Iterator[str]:
    """Every text in `elements`, at any depth."""
    for vr, value in elements.values():
        if isinstance(value, tuple):
            for item in value:
                yield from _texts(item)
        elif vr in TEXT_VRS:
            yield _text(value)


def _text(value: Value) -> str:
    return "\\".join(value) if isinstance(value, list) else str(value)


def _is_gb2312(text: str) -> bool:
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _data_set(elements: Elements, syntax: Syntax, character_set: str) -> bytes:
    return b"".join(
        _element(tag, elements[tag][0], _value(*elements[tag], syntax, character_set), syntax)
        for tag in sorted(elements)
    )


def _value(vr: str, value: Value, syntax: Syntax, character_set: str) -> bytes:
    if vr == "US":
        return struct.pack("<H", value) if isinstance(value, int) and 0 <= value < 2**16 else b""
    if isinstance(value, tuple):
        items = [_data_set(item, syntax, character_set) for item in value]
        return b"".join(struct.pack("<HHL", ITEM >> 16, ITEM & 0xFFFF, len(item)) + item for item in items)
    if vr not in TEXT_VRS:
        return b""
    raw = _encoded_text(_text(value), character_set)
    return raw if len(raw) <= SHORT_BYTES_MAX else b""


def _encoded_text(text: str, character_set: str) -> bytes:
    if character_set != GB2312:
        return text.encode(CODECS[character_set], errors="replace")
    return b"".join(
        (b"" if part.isascii() else TO_GB2312) + part.encode("gb2312") for part in DELIMITED.split(text)
    )


def _element(tag: int, vr: str, value: bytes, syntax: Syntax) -> bytes:
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    group, number = tag >> 16, tag & 0xFFFF
    if not syntax.explicit:
        return struct.pack("<HHL", group, number, len(value)) + value
    if vr in LONG_VRS or vr not in SHORT_VRS:
        known = vr if vr in LONG_VRS else "UN"
        return struct.pack("<HH2s2xL", group, number, known.encode(), len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value
