"""The query part of a QIDO-RS request (PS3.18 8.3.4), read into typed filters."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydicom.datadict import keyword_dict

from config.kernel.errors import Invalid
from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1_000
OFFSET_MAX: Final = 1_000_000
VALUE_CHARACTERS_MAX: Final = 4_096
VALUES_MAX: Final = 256
FIELDS_MAX: Final = 64
TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
UID: Final = re.compile(r"[0-9.]{1,64}")
DATE: Final = re.compile(r"\d{4,8}|\d{8}-|-\d{8}|\d{8}-\d{8}")
TIME: Final = re.compile(r"[\d.]{2,13}|[\d.]{2,13}-|-[\d.]{2,13}|[\d.]{2,13}-[\d.]{2,13}")
CONTROL: Final = frozenset(
    {
        "limit",
        "offset",
        "fuzzymatching",
        "includefield",
        "accept",
        "charset",
        "emptyvaluematching",
        "multiplevaluematching",
    }
)


class QueryRefused(Invalid):
    """The search asks for something that cannot be matched."""

    code = "dicomweb.query_refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A search: matching keys of three levels, further attributes wanted, and the page."""

    studies: StudyFilter
    series: SeriesFilter
    instances: InstanceFilter
    fields: frozenset[str]
    limit: int
    offset: int


def tag_of(name: str) -> str:
    """The eight hexadecimal digits of an attribute named by tag or keyword. Raises QueryRefused."""
    if TAG.fullmatch(name):
        return name.upper()
    number = keyword_dict.get(name)
    if number is None:
        raise QueryRefused(parameter=name[:64], fault="is no attribute of the standard")
    return f"{number:08X}"


def _listed(value: str) -> list[str]:
    parts = [part.strip() for part in re.split(r"[,\\]", value) if part.strip()]
    if len(parts) > VALUES_MAX:
        raise QueryRefused(fault=f"more than {VALUES_MAX} values")
    return parts


def _uids(value: str) -> list[str]:
    parts = _listed(value)
    if not all(UID.fullmatch(part) for part in parts):
        raise QueryRefused(fault="a UID holds only digits and dots")
    return parts


def _date(value: str) -> str:
    if not DATE.fullmatch(value):
        raise QueryRefused(fault="a date is YYYYMMDD or a range of two")
    return value


def _time(value: str) -> str:
    if not TIME.fullmatch(value):
        raise QueryRefused(fault="a time is HHMMSS or a range of two")
    return value


def _integer(value: str) -> int:
    if not re.fullmatch(r"-?\d{1,9}", value):
        raise QueryRefused(fault="a whole number is needed")
    return int(value)


def _text(value: str) -> str:
    return value


Reader = Callable[[str], object]
STUDY_KEYS: Mapping[str, tuple[str, Reader]] = {
    "0020000D": ("study_instance_uids", _uids),
    "00100010": ("patient_name", _text),
    "00100020": ("patient_id", _text),
    "00100030": ("patient_birth_date", _date),
    "00100040": ("patient_sex", _text),
    "00080020": ("study_date", _date),
    "00080030": ("study_time", _time),
    "00200010": ("study_id", _text),
    "00080050": ("accession_number", _text),
    "00081030": ("study_description", _text),
    "00080090": ("referring_physician_name", _text),
    "00080061": ("modalities_in_study", _listed),
}
SERIES_KEYS: Mapping[str, tuple[str, Reader]] = {
    "0020000E": ("series_instance_uids", _uids),
    "00080060": ("modality", _text),
    "00200011": ("series_number", _integer),
    "0008103E": ("series_description", _text),
    "00180015": ("body_part_examined", _text),
    "00400244": ("performed_procedure_step_start_date", _date),
}
INSTANCE_KEYS: Mapping[str, tuple[str, Reader]] = {
    "00080018": ("sop_instance_uids", _uids),
    "00080016": ("sop_class_uids", _uids),
    "00200013": ("instance_number", _integer),
}


@dataclass(slots=True)
class _Found:
    studies: dict[str, object] = field(default_factory=dict)
    series: dict[str, object] = field(default_factory=dict)
    instances: dict[str, object] = field(default_factory=dict)

    def take(self, name: str, value: str) -> None:
        """Sort one matching key to its level. Raises QueryRefused: ignoring a key would widen the answer."""
        tag = tag_of(name)
        if len(value) > VALUE_CHARACTERS_MAX:
            raise QueryRefused(parameter=name[:64], fault="is too long")
        for keys, target in (
            (STUDY_KEYS, self.studies),
            (SERIES_KEYS, self.series),
            (INSTANCE_KEYS, self.instances),
        ):
            if tag in keys:
                column, read = keys[tag]
                if value:
                    target[column] = _named(name, read, value)
                return
        raise QueryRefused(parameter=name[:64], fault="is not matched by this archive")


def _named(name: str, read: Reader, value: str) -> object:
    try:
        return read(value)
    except QueryRefused as refusal:
        raise QueryRefused(parameter=name[:64], **refusal.params) from refusal


def _bounded(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise QueryRefused(parameter=name, fault="is no whole number")
    return min(int(text), most)


def read_query(parameters: Iterable[tuple[str, str]]) -> Query:
    """The search in the (name, value) pairs of a query string. Raises QueryRefused."""
    found, fields, control = _Found(), [], dict[str, str]()
    for name, value in parameters:
        if name == "includefield":
            fields += _listed(value)
        elif name in CONTROL:
            control[name] = value
        else:
            found.take(name, value)
    if len(fields) > FIELDS_MAX:
        raise QueryRefused(parameter="includefield", fault=f"more than {FIELDS_MAX} attributes")
    fuzzy = control.get("fuzzymatching", "false").lower() == "true"
    return Query(
        studies=StudyFilter(**found.studies, fuzzy=fuzzy),  # type: ignore[arg-type]
        series=SeriesFilter(**found.series),  # type: ignore[arg-type]
        instances=InstanceFilter(**found.instances),  # type: ignore[arg-type]
        fields=frozenset(tag_of(name) for name in fields if name != "all"),
        limit=_bounded("limit", control.get("limit", str(LIMIT_DEFAULT)), LIMIT_MAX),
        offset=_bounded("offset", control.get("offset", "0"), OFFSET_MAX),
    )
