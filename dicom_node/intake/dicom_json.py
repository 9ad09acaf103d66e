"""One element's value in the DICOM JSON model (PS3.18 F.2), bulk values as placeholders.

A placeholder is `"BulkDataURI": "bulk/START-END"`, the bytes [START, END) of the stored file, or
`"bulk/pixels"` for the object's own pixel data; whoever serves the document puts the address of
the object before it. JSON escapes quotes inside texts, so the placeholder cannot be forged there.
"""

import base64
import json
import math
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

from dicom_node.intake.charset import Charset
from dicom_node.intake.elements import Buffer, Element

JsonElement: TypeAlias = dict[str, Any]
Document: TypeAlias = dict[str, JsonElement]

COMPACT_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
INLINE_BYTES_MAX: Final = 1024
LIST_BYTES_MAX: Final = 64 * 1024
WHOLE_TEXT_VRS: Final = frozenset({"LT", "ST", "UT", "UR"})
NUMBERS: Final = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
WHOLE_NUMBERS: Final = frozenset({"US", "SS", "UL", "SL", "UV", "SV"})
BYTE_ORDERS: Final[Mapping[str, Literal["little", "big"]]] = {"<": "little", ">": "big"}
NUMBER_BYTES: Final = {vr: struct.calcsize(f"<{code}") for vr, code in NUMBERS.items()}
WORD_BYTES: Final = {"OW": 2, "OL": 4, "OF": 4, "OD": 8, "OV": 8, "OB": 1, "UN": 1}
PIXELS: Final = "bulk/pixels"
INTEGER = re.compile(r"[+-]?[0-9]{1,11}", re.ASCII)
DECIMAL = re.compile(r"[+-]?([0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,3})?", re.ASCII)


def bulk(start: int, end: int) -> str:
    """The placeholder of a value that lies at [start, end)."""
    return f"bulk/{start}-{end}"


def json_value(buffer: Buffer, element: Element, vr: str, charset: Charset) -> JsonElement:
    """The value of a non-sequence element. Values that break their VR's form stay as text or bytes."""
    start, length = element.start, element.length
    if length == 0:
        return {"vr": vr}
    binary = vr in WORD_BYTES
    if length > (INLINE_BYTES_MAX if binary else LIST_BYTES_MAX):
        return {"vr": vr, "BulkDataURI": bulk(start, start + length)}
    raw = bytes(buffer[start : start + length])
    if binary:
        turned = in_little_endian(raw, vr, element.syntax.order)
        return {"vr": vr, "InlineBinary": base64.b64encode(turned).decode()}
    if vr in NUMBERS or vr == "AT":
        return _numbers(raw, vr, element.syntax.order)
    values = _texts(charset.decode(raw), vr)
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def in_little_endian(raw: bytes, vr: str, order: str) -> bytes:
    """`raw` with the bytes of each word turned round when it came in big endian (PS3.18 8.7.3.1)."""
    size = WORD_BYTES.get(vr, struct.calcsize(NUMBERS.get(vr, "B")))
    if order == "<" or size == 1 or len(raw) % size:
        return raw
    turned = bytearray(len(raw))
    for index in range(size):
        turned[index::size] = raw[size - 1 - index :: size]
    return bytes(turned)


def _numbers(raw: bytes, vr: str, order: str) -> JsonElement:
    code, size = ("HH", 4) if vr == "AT" else (NUMBERS[vr], NUMBER_BYTES[vr])
    if len(raw) == size and vr in WHOLE_NUMBERS:
        return {"vr": vr, "Value": [int.from_bytes(raw, BYTE_ORDERS[order], signed=vr[0] == "S")]}
    if len(raw) % size:
        return {"vr": "UN", "InlineBinary": base64.b64encode(raw).decode()}
    found = struct.unpack(f"{order}{code * (len(raw) // size)}", raw)
    if vr == "AT":
        return {"vr": vr, "Value": [f"{g:04X}{e:04X}" for g, e in zip(found[::2], found[1::2], strict=True)]}
    if vr == "FL":
        found = tuple(float(f"{number:.9g}") for number in found)
    return {"vr": vr, "Value": [n if isinstance(n, int) or math.isfinite(n) else str(n) for n in found]}


def _person_name(text: str) -> dict[str, str] | None:
    groups = [group.strip(" ") for group in text.split("=")]
    named = zip(("Alphabetic", "Ideographic", "Phonetic"), groups, strict=False)
    return {name: group for name, group in named if group} or None


def _integer(text: str) -> int | str | None:
    return int(text) if INTEGER.fullmatch(text) else text or None


def _decimal(text: str) -> float | int | str | None:
    if INTEGER.fullmatch(text):
        return int(text)
    number = float(text) if DECIMAL.fullmatch(text) else math.nan
    return number if math.isfinite(number) else text or None


CONVERT: Mapping[str, Callable[[str], object]] = {"PN": _person_name, "IS": _integer, "DS": _decimal}


def _texts(text: str, vr: str) -> list[object]:
    if vr in WHOLE_TEXT_VRS:
        whole = text.rstrip(" ")
        return [whole] if whole else []
    convert = CONVERT.get(vr)
    if "\\" not in text:
        part = text.strip(" ")
        value = convert(part) if convert else part or None
        return [] if value is None else [value]
    parts = [part.strip(" ") for part in text.split("\\")]
    values: list[object] = [convert(part) if convert else part or None for part in parts]
    return values if any(value is not None for value in values) else []
