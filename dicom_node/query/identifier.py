"""The identifier of a C-FIND, C-GET or C-MOVE request, read into typed filters (PS3.4 C.2.2.2, C.4).

Everything a peer writes here is bounded and checked: the faults of a value name its attribute.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from config.kernel.errors import AppError
from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter
from dicom_node.command import COMMENT_CHARACTERS_MAX, Answer
from dicom_node.gathering import Gathering
from dicom_node.intake.charset import charset_of
from dicom_node.intake.dicom_json import Document
from dicom_node.intake.elements import Budget, Syntax, read_element
from dicom_node.intake.walk import Walk
from dicom_node.line import Context
from dicom_node.query.encoding import GB2312
from dicom_node.query.model import (
    ALWAYS,
    KEYS,
    LEVEL,
    MISMATCH,
    RETURNED,
    SPECIFIC_CHARACTER_SET,
    UNABLE,
    UNIQUE_KEYS,
    IdentifierFault,
    Kind,
    Level,
    root_level,
)
from dicom_node.status import answer_of

IDENTIFIER_BYTES_MAX: Final = 256 * 1024
KEYS_MAX: Final = 512
ITEMS_MAX: Final = 128
VALUES_MAX: Final = 1_000
CHARACTERS_MAX: Final = 330
UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
DATE: Final = re.compile(r"\d{8}|\d{8}-|-\d{8}|\d{8}-\d{8}", re.ASCII)
MOMENT: Final = r"\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?"
TIME: Final = re.compile(rf"{MOMENT}|{MOMENT}-|-{MOMENT}|{MOMENT}-{MOMENT}", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?\d{1,9}", re.ASCII)
GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")
CHINESE: Final[Mapping[str, str]] = {"gb18030": "GB18030", "gbk": "GBK", "gb2312": GB2312}
UTF_8: Final = "ISO_IR 192"
MODALITY, MODALITIES_IN_STUDY = 0x00080060, 0x00080061


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Matching keys of three levels."""

    studies: StudyFilter
    series: SeriesFilter
    instances: InstanceFilter


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A C-FIND as asked. `wanted` maps each key to the VR it came with, `complete` whether all can be served.

    `character_set` is the requestor's own when it is one of the Chinese ones, else UTF-8.
    """

    level: Level
    filters: Filters
    wanted: Mapping[int, str]
    complete: bool
    character_set: str


class Collector(Gathering):
    """Takes the pieces of an identifier."""

    def __init__(self) -> None:
        super().__init__(IDENTIFIER_BYTES_MAX)

    def identifier(self, syntax: Syntax) -> "Identifier":
        """The whole identifier. Raises IdentifierFault."""
        content = self.content()
        if content is None:
            raise _refused(Answer(UNABLE, f"the identifier is longer than {IDENTIFIER_BYTES_MAX} bytes"))
        return Identifier(content, syntax)


def _refused(answer: Answer) -> IdentifierFault:
    fault = IdentifierFault(answer.status, 0, "")
    fault.answer = Answer(answer.status, answer.comment[:COMMENT_CHARACTERS_MAX])
    return fault


class Keys:
    """Keys of an identifier, or of the one item of a sequence in it."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def value(self, tag: int, kind: Kind) -> Any:
        """What `tag` asks for; None when it matches everything. Raises IdentifierFault."""
        element = self._document.get(f"{tag:08X}", {})
        if "BulkDataURI" in element or "InlineBinary" in element:
            raise IdentifierFault(UNABLE, tag, "cannot be read")
        values = [text for text in map(_text, element.get("Value", [])) if text]
        if not values or any(set(text) <= {"*"} for text in values):
            return None
        if kind in {Kind.UIDS, Kind.CODES}:
            return _list(tag, kind, values)
        if len(values) > 1 or len(values[0]) > CHARACTERS_MAX:
            raise IdentifierFault(UNABLE, tag, "has more than one value or is too long")
        return READERS[kind](tag, values[0])

    def has_value(self, tag: int) -> bool:
        """True when `tag` would narrow the answer."""
        return len(self._document.get(f"{tag:08X}", {})) > 1

    def tags(self) -> dict[int, str]:
        """Every key of the standard with the VR it came with."""
        found = {int(name, 16): element["vr"] for name, element in self._document.items()}
        return {tag: vr for tag, vr in found.items() if not tag >> 16 & 1}

    def inside(self, tag: int) -> "Keys":
        """The keys in the one item of the sequence `tag`; none without an item. Raises IdentifierFault."""
        element = self._document.get(f"{tag:08X}", {})
        items = element.get("Value", [])
        if len(items) > 1 or not all(isinstance(item, dict) for item in items) or "InlineBinary" in element:
            raise IdentifierFault(UNABLE, tag, "is no sequence of one item")
        return Keys(items[0] if items else {})


class Identifier(Keys):
    """A decoded identifier. Raises IdentifierFault when it is no data set, or too complex a one."""

    def __init__(self, raw: bytes, syntax: Syntax) -> None:
        try:
            budget = Budget(elements=KEYS_MAX, items=ITEMS_MAX)
            super().__init__(Walk(raw, budget).document(0, len(raw), syntax))
            self._terms = _character_set(raw, syntax)
        except AppError as error:
            raise _refused(Answer(UNABLE, answer_of(error).comment)) from error

    @property
    def character_set(self) -> str:
        """The Chinese character set that the requestor uses, else UTF-8."""
        plain = charset_of(self._terms).plain
        return CHINESE.get(plain, UTF_8) if self._terms else UTF_8

    def level(self, sop_class_uid: str) -> Level:
        """The level asked for, one of the SOP class's model. Raises IdentifierFault."""
        named = str((self._document.get(f"{LEVEL:08X}", {}).get("Value") or [""])[0])
        if not named:
            raise IdentifierFault(MISMATCH, LEVEL, "is missing")
        if named not in Level.__members__ or Level[named] < root_level(sop_class_uid):
            raise IdentifierFault(MISMATCH, LEVEL, "is none of this SOP class")
        return Level[named]

    def filters(self, level: Level, *, fuzzy: bool = False) -> Filters:
        """The matching keys of `level` and above. Raises IdentifierFault."""
        found: dict[Level, dict[str, Any]] = {one: {} for one in Level}
        for tag, key in KEYS.items():
            if key.level <= level and self.has_value(tag):
                value = self.value(tag, key.kind)
                if value is not None:
                    found[key.level][key.field] = value
        if level is Level.STUDY and MODALITIES_IN_STUDY not in self.tags():
            modality = self.value(MODALITY, Kind.CODES)
            found[Level.STUDY] |= {"modalities_in_study": modality} if modality else {}
        return Filters(
            studies=StudyFilter(
                **found[Level.PATIENT], **found[Level.STUDY], fuzzy=fuzzy, by_reading=not fuzzy
            ),
            series=SeriesFilter(**found[Level.SERIES]),
            instances=InstanceFilter(**found[Level.IMAGE]),
        )

    def require_one_of_each_above(self, level: Level, top: Level) -> None:
        """The unique keys above `level`, one value each (PS3.4 C.4.1.3.1.1). Raises IdentifierFault."""
        for above in (one for one in Level if top <= one < level):
            tag = UNIQUE_KEYS[above]
            kind = KEYS[tag].kind
            value = self.value(tag, kind)
            if value is None:
                raise IdentifierFault(MISMATCH, tag, "is needed at this level")
            if len(value) > 1 if kind is Kind.UIDS else set(value) & {"*", "?"}:
                raise IdentifierFault(MISMATCH, tag, "must be one value at this level")


def _character_set(raw: bytes, syntax: Syntax) -> list[str]:
    """The terms of (0008,0005), which stands before everything but group lengths."""
    place = 0
    while place < len(raw):
        element = read_element(raw, place, len(raw), syntax)
        if element.tag == SPECIFIC_CHARACTER_SET:
            text = raw[element.start : element.start + element.length].decode("ascii", "replace")
            return [term.strip(" \0") for term in text.split("\\")]
        if element.tag > SPECIFIC_CHARACTER_SET:
            break
        place = element.start + element.length
    return []


def _text(value: object) -> str:
    """One value of a DICOM JSON element as the text it was."""
    if isinstance(value, dict):
        groups = [str(value.get(group, "")) for group in GROUPS]
        return "=".join(groups).rstrip("=")
    return "" if value is None else str(value)


def _list(tag: int, kind: Kind, values: list[str]) -> list[str]:
    if len(values) > VALUES_MAX:
        raise IdentifierFault(UNABLE, tag, f"has more than {VALUES_MAX} values")
    if kind is Kind.UIDS and not all(UID.fullmatch(value) for value in values):
        raise IdentifierFault(UNABLE, tag, "is no UID")
    return values


def _as_it_is(_tag: int, text: str) -> str:
    return text


def _shaped(rule: re.Pattern[str], noise: str, fault: str) -> Callable[[int, str], str | None]:
    """Reads a date or time, without the punctuation of older standards; a range without ends is any."""

    def read(tag: int, text: str) -> str | None:
        plain = "".join(text.split()).translate(str.maketrans("", "", noise))
        if plain == "-":
            return None
        if not rule.fullmatch(plain):
            raise IdentifierFault(UNABLE, tag, fault)
        return plain

    return read


def _number(tag: int, text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise IdentifierFault(UNABLE, tag, "is no whole number")
    return int(text)


READERS: Mapping[Kind, Callable[[int, str], object]] = {
    Kind.TEXT: _as_it_is,
    Kind.NAME: _as_it_is,
    Kind.DATE: _shaped(DATE, ".", "is no date or range of two"),
    Kind.TIME: _shaped(TIME, ":", "is no time or range of two"),
    Kind.NUMBER: _number,
}


def read_query(identifier: Identifier, context: Context) -> Query:
    """The C-FIND that `identifier` makes in `context`. Raises IdentifierFault."""
    level = identifier.level(context.abstract_syntax)
    if not context.relational:
        identifier.require_one_of_each_above(level, root_level(context.abstract_syntax))
    wanted = identifier.tags()
    return Query(
        level=level,
        filters=identifier.filters(level, fuzzy=context.fuzzy),
        wanted=wanted,
        complete=all(_is_served(tag, level, matched=identifier.has_value(tag)) for tag in wanted),
        character_set=identifier.character_set,
    )


def _is_served(tag: int, level: Level, *, matched: bool) -> bool:
    """True when `tag` is returned at `level` and, if it has a value, matched."""
    if tag in {SPECIFIC_CHARACTER_SET, LEVEL} or (tag in KEYS and KEYS[tag].level <= level):
        return True
    return not matched and (tag in ALWAYS or (tag in RETURNED and RETURNED[tag] <= level))
