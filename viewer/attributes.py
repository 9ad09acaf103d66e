"""Typed reading of the DICOM JSON model (PS3.18 F). What is missing or of another kind is None."""

import json
import math
import zlib
from collections.abc import Mapping
from typing import Any, TypeAlias

from config.kernel.errors import TooLarge, Unavailable

Attributes: TypeAlias = Mapping[str, Mapping[str, Any]]
"""A data set: attributes by their tag, eight upper-case hexadecimal digits."""

METADATA_BYTES_MAX = 64 * 1024 * 1024
NOTHING: Attributes = {}


class MetadataUnreadable(Unavailable):
    """The stored metadata of an object is damaged; it has to be indexed again."""

    code = "viewer.metadata_unreadable"


class MetadataTooLarge(TooLarge):
    """The attributes of an object are larger than one answer can hold."""

    code = "viewer.metadata_too_large"


def json_text(metadata_json: bytes) -> bytes:
    """An archive row's DICOM JSON, never more than METADATA_BYTES_MAX of it.

    Raises MetadataUnreadable or MetadataTooLarge.
    """
    unzip = zlib.decompressobj()
    try:
        text = unzip.decompress(metadata_json, METADATA_BYTES_MAX)
    except zlib.error as error:
        raise MetadataUnreadable from error
    if unzip.unconsumed_tail:
        raise MetadataTooLarge(bytes_max=METADATA_BYTES_MAX)
    return text


def unpacked(metadata_json: bytes) -> Attributes:
    """The data set of an archive row's DICOM JSON. Raises MetadataUnreadable or MetadataTooLarge."""
    try:
        data = json.loads(json_text(metadata_json))
    except ValueError as error:
        raise MetadataUnreadable from error
    if not isinstance(data, dict):
        raise MetadataUnreadable
    return data


def values(data: Attributes, tag: str) -> list[Any]:
    """All values of an attribute, possibly none."""
    element = data.get(tag)
    found = element.get("Value") if isinstance(element, Mapping) else None
    return found if isinstance(found, list) else []


def text(data: Attributes, tag: str) -> str:
    """The first value as text; the alphabetic group, else another one, of a person's name."""
    for value in values(data, tag)[:1]:
        if isinstance(value, Mapping):
            groups = (value.get(group) for group in ("Ideographic", "Alphabetic", "Phonetic"))
            return next((str(group) for group in groups if group), "")
        return "" if value is None else str(value)
    return ""


def texts(data: Attributes, tag: str) -> list[str]:
    """All values as text."""
    return [str(value) for value in values(data, tag) if value is not None]


def numbers(data: Attributes, tag: str) -> list[float]:
    """All values as finite numbers; none when any of them is not one."""
    found = [_number(value) for value in values(data, tag)]
    good = [number for number in found if number is not None]
    return good if len(good) == len(found) else []


def number(data: Attributes, tag: str) -> float | None:
    """The first value as a finite number."""
    return next(iter(numbers(data, tag)), None)


def integer(data: Attributes, tag: str) -> int | None:
    """The first value as a whole number."""
    found = number(data, tag)
    return int(found) if found is not None and found.is_integer() else None


def items(data: Attributes, tag: str) -> list[Attributes]:
    """The items of a sequence."""
    return [value for value in values(data, tag) if isinstance(value, Mapping)]


def item(data: Attributes, tag: str) -> Attributes:
    """The first item of a sequence, or an empty data set."""
    return next(iter(items(data, tag)), NOTHING)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
