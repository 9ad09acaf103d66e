"""What certificate files say of themselves: from when until when they hold (RFC 5280 4.1.2.5)."""

import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from dicom_node.tls import PEM

SEQUENCE, VERSION, UTC_TIME, GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18
BEFORE_VALIDITY: Final = 3
"""Serial number, algorithm and issuer come first."""
LONG_FORM: Final = 0x80
CENTURY_PIVOT: Final = 50
TIME: Final = re.compile(rb"\d{10}(?:\d\d){1,2}Z")


class NoCertificate(ValueError):
    """These bytes are no certificate."""


def certificates_in(path: Path) -> list[bytes]:
    """The certificates of a PEM file, in DER. Raises OSError or NoCertificate."""
    try:
        found = [ssl.PEM_cert_to_DER_cert(one[0]) for one in PEM.finditer(path.read_text("ascii"))]
    except ValueError as error:
        raise NoCertificate(str(path)) from error
    if not found:
        raise NoCertificate(str(path))
    return found


def validity(der: bytes) -> tuple[datetime, datetime]:
    """The first and the last moment at which a certificate holds. Raises NoCertificate."""
    _tag, start, end = _element(der, 0, len(der))
    _tag, place, end = _element(der, start, end)
    tag, _start, after = _element(der, place, end)
    place = after if tag == VERSION else place
    for _ in range(BEFORE_VALIDITY):
        place = _element(der, place, end)[2]
    tag, start, after = _element(der, place, end)
    if tag != SEQUENCE:
        raise NoCertificate
    first_tag, first_start, first_end = _element(der, start, after)
    last_tag, last_start, last_end = _element(der, first_end, after)
    return _moment(first_tag, der[first_start:first_end]), _moment(last_tag, der[last_start:last_end])


def _element(der: bytes, place: int, end: int) -> tuple[int, int, int]:
    """Tag, start and end of the value at `place`, which must lie before `end` (X.690 8.1)."""
    if place + 2 > end:
        raise NoCertificate
    tag, length, start = der[place], der[place + 1], place + 2
    if length > LONG_FORM:
        count = length - LONG_FORM
        length, start = int.from_bytes(der[start : start + count], "big"), start + count
    elif length == LONG_FORM:
        raise NoCertificate
    if start + length > end:
        raise NoCertificate
    return tag, start, start + length


def _moment(tag: int, value: bytes) -> datetime:
    if tag not in {UTC_TIME, GENERALIZED_TIME} or not TIME.fullmatch(value):
        raise NoCertificate
    text = value.decode("ascii")
    if tag == UTC_TIME:
        text = ("19" if int(text[:2]) >= CENTURY_PIVOT else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise NoCertificate from error
