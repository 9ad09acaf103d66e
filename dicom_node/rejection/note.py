"""A Key Object Selection as a rejection note: its title and what it names (PS3.3 C.17.6, CID 7011)."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

KEY_OBJECTS: Final = "1.2.840.10008.5.1.4.1.1.88.59"
"""Key Object Selection Document Storage."""
REFERENCES_MAX: Final = 20_000
TITLE, EVIDENCE, SERIES, OBJECTS = "0040A043", "0040A375", "00081115", "00081199"
CODE, SCHEME, INSTANCE = "00080100", "00080102", "00081155"


class Title(StrEnum):
    """Why objects are rejected: the titles of IHE RAD TF-2 table 4.66.4.1.3-1, all of scheme DCM."""

    QUALITY = "113001"
    PATIENT_SAFETY = "113037"
    WORKLIST = "113038"
    RETENTION = "113039"


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What a rejection note says. Each object once, in the note's order."""

    title: Title
    sop_instance_uids: tuple[str, ...]


def read_note(metadata_json: bytes) -> Note | None:
    """The rejection note in an object's stored metadata; None when it is another selection."""
    document: dict[str, Any] = json.loads(zlib.decompress(metadata_json))
    for title in _items(document, TITLE):
        if _text(title, SCHEME) == "DCM" and _text(title, CODE) in set(Title):
            named = dict.fromkeys(_named(document))
            return Note(title=Title(_text(title, CODE)), sop_instance_uids=tuple(named)[:REFERENCES_MAX])
    return None


def _named(document: dict[str, Any]) -> Iterator[str]:
    for study in _items(document, EVIDENCE):
        for series in _items(study, SERIES):
            for one in _items(series, OBJECTS):
                uid = _text(one, INSTANCE)
                if uid:
                    yield uid[:64]


def _items(document: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    values = document.get(tag, {}).get("Value", [])
    return [value for value in values if isinstance(value, dict)]


def _text(document: dict[str, Any], tag: str) -> str:
    values = document.get(tag, {}).get("Value", [])
    return values[0] if values and isinstance(values[0], str) else ""
