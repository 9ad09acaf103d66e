"""Data sets that we write: identifiers of answers, a few short elements each (PS3.5 7)."""

import struct
from collections.abc import Mapping
from typing import Final, TypeAlias

from dicom_node.intake.elements import LONG_VRS, SHORT_VRS, Syntax

Value: TypeAlias = str | int | list[str]
SHORT_BYTES_MAX: Final = 65_534
CODECS: Final[Mapping[str, str]] = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
TEXT_VRS: Final = frozenset(
    {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
)
SPECIFIC_CHARACTER_SET: Final = 0x00080005


def encoded(elements: Mapping[int, tuple[str, Value]], syntax: Syntax, character_set: str) -> bytes:
    """`elements` (tag → VR and value) in order; Specific Character Set stands there where it is needed.

    Little endian only. A value that its VR cannot hold becomes an empty one.
    """
    raw = {tag: _value(vr, value, CODECS[character_set]) for tag, (vr, value) in elements.items()}
    vrs = {tag: vr for tag, (vr, _value) in elements.items()}
    if not all(one.isascii() for tag, one in raw.items() if vrs[tag] in TEXT_VRS):
        raw[SPECIFIC_CHARACTER_SET], vrs[SPECIFIC_CHARACTER_SET] = character_set.encode(), "CS"
    return b"".join(_element(tag, vrs[tag], raw[tag], syntax) for tag in sorted(raw))


def _value(vr: str, value: Value, codec: str) -> bytes:
    if vr == "US":
        return struct.pack("<H", value) if isinstance(value, int) and 0 <= value < 2**16 else b""
    if vr not in TEXT_VRS:
        return b""
    text = "\\".join(value) if isinstance(value, list) else str(value)
    raw = text.encode(codec, errors="replace")
    return raw if len(raw) <= SHORT_BYTES_MAX else b""


def _element(tag: int, vr: str, value: bytes, syntax: Syntax) -> bytes:
    value += (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
    group, number = tag >> 16, tag & 0xFFFF
    if not syntax.explicit:
        return struct.pack("<HHL", group, number, len(value)) + value
    if vr in LONG_VRS or vr not in SHORT_VRS:
        known = vr if vr in LONG_VRS else "UN"
        return struct.pack("<HH2s2xL", group, number, known.encode(), len(value)) + value
    return struct.pack("<HH2sH", group, number, vr.encode(), len(value)) + value
