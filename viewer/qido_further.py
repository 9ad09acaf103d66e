"""Matching keys that have no column: matched in the stored metadata of what the columns let through."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from viewer.attributes import Attributes, items, values

SECONDS = "000000"


class ValueKind(StrEnum):
    """How values of an attribute are matched (PS3.4 C.2.2.2)."""

    TEXT = "text"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Further:
    """One key: the tags that lead to the attribute, parted by dots, and what is wanted of it."""

    path: str
    kind: ValueKind
    wanted: str

    def matches(self, data: Attributes) -> bool:
        """Whether any value of the attribute, in any item on the way, is as wanted."""
        return any(self._fits(str(value)) for value in _at(data, self.path.split(".")) if value is not None)

    def _fits(self, value: str) -> bool:
        if self.kind is ValueKind.TEXT:
            return bool(re.fullmatch(_pattern(self.wanted), value))
        low, dash, high = self.wanted.partition("-")
        if not dash:
            return value.startswith(low)
        beginning = value + SECONDS[len(value) :] if self.kind is ValueKind.TIME else value
        return bool(value) and (not low or beginning >= low) and (not high or value[: len(high)] <= high)


def _at(data: Attributes, path: list[str]) -> Iterator[object]:
    first, *rest = path
    if not rest:
        yield from values(data, first)
        return
    for one in items(data, first):
        yield from _at(one, rest)


def _pattern(wanted: str) -> str:
    """A regular expression without backtracking for `*` and `?`; brackets are plain characters in DICOM."""
    return fnmatch.translate(wanted.replace("[", "[[]"))


def matches_all(keys: tuple[Further, ...], data: Attributes) -> bool:
    """Whether a data set is as every key wants it."""
    return all(key.matches(data) for key in keys)
