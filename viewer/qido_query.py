"""The query part of a QIDO-RS request (PS3.18 8.3.4), read into typed filters."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pydicom.datadict import keyword_dict

from config.kernel.errors import Invalid
from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter
from viewer.qido_further import Further, ValueKind

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 1_000
LIMIT_WITHIN_STUDY: Final = 5_000
"""Clients that list a series read one page: it is large enough for all that a series holds in practice."""
OFFSET_MAX: Final = 1_000_000
VALUE_CHARACTERS_MAX: Final = 4_096
VALUES_MAX: Final = 256
FIELDS_MAX: Final = 64
PATH_TAGS_MAX: Final = 4
TAG: Final = re.compile(r"[0-9A-Fa-f]{8}")
UID: Final = re.compile(r"[0-9.]{1,64}")
DATE: Final = re.compile(r"\d{4,8}|\d{8}-|-\d{8}|\d{8}-\d{8}", re.ASCII)
TIME: Final = re.compile(r"[\d.]{2,13}|[\d.]{2,13}-|-[\d.]{2,13}|[\d.]{2,13}-[\d.]{2,13}", re.ASCII)
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
UNSUPPORTED: Final = ("emptyvaluematching", "multiplevaluematching")
"""Matching that is not done here (PS3.4 C.2.2.2.7, C.2.2.2.8); passing it over would change the answer."""


class QueryRefused(Invalid):
    """The search asks for something that cannot be matched."""

    code = "dicomweb.query_refused"


class Level(StrEnum):
    """What a search is for."""

    STUDIES = "studies"
    SERIES = "series"
    INSTANCES = "instances"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fields:
    """Attributes wanted besides those that are always answered; `everything` when `all` was asked for."""

    tags: frozenset[str]
    everything: bool

    def __bool__(self) -> bool:
        """Whether anything more is wanted."""
        return self.everything or bool(self.tags)


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """A search: matching keys of three levels, further attributes wanted, and the page.

    `further` are keys matched in stored metadata. `capped`: the page ends at our limit and not at the
    caller's. `literal_only`: fuzzy matching was asked of a name that is only matched literally.
    """

    studies: StudyFilter
    series: SeriesFilter
    instances: InstanceFilter
    further: tuple[Further, ...]
    fields: Fields
    limit: int
    offset: int
    capped: bool
    literal_only: bool

    @property
    def needs_metadata(self) -> bool:
        """Whether what is stored has to be looked into."""
        return bool(self.fields or self.further)

    @property
    def narrowed(self) -> bool:
        """Whether keys of a study or of a series hold back some of their instances."""
        return self.studies != StudyFilter(fuzzy=self.studies.fuzzy) or self.series != SeriesFilter(
            series_instance_uids=self.series.series_instance_uids
        )


def path_of(name: str) -> str:
    """An attribute, or one inside of sequences (`RequestAttributesSequence.00401001`), in tags."""
    parts = name.split(".")
    if len(parts) > PATH_TAGS_MAX:
        raise QueryRefused(parameter=name[:64], fault="leads too deep")
    return ".".join(tag_of(part) for part in parts)


def tag_of(name: str) -> str:
    """The eight hexadecimal digits of an attribute named by tag or keyword. Raises QueryRefused."""
    if TAG.fullmatch(name):
        return name.upper()
    number = keyword_dict.get(name) if name else None
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
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        raise QueryRefused(fault="a whole number is needed")
    return int(value)


def _text(value: str) -> str:
    return value


Reader = Callable[[str], object]
STUDY_KEYS: Mapping[str, tuple[str, Reader]] = {
    "0020000D": ("study_instance_uids", _uids),
    "00100010": ("patient_name", _text),
    "00100020": ("patient_id", _text),
    "00100021": ("issuer_of_patient_id", _text),
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
    "00080060": ("modalities", _listed),
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


KEYS: Mapping[Level, Mapping[str, tuple[str, Reader]]] = {
    Level.STUDIES: STUDY_KEYS,
    Level.SERIES: SERIES_KEYS,
    Level.INSTANCES: INSTANCE_KEYS,
}
_SERIES_FURTHER = {
    "00400245": ValueKind.TIME,
    "00400275.00400009": ValueKind.TEXT,
    "00400275.00401001": ValueKind.TEXT,
    "00081010": ValueKind.TEXT,
    "00080070": ValueKind.TEXT,
}
FURTHER: Mapping[Level, Mapping[str, ValueKind]] = {
    Level.STUDIES: {},
    Level.SERIES: _SERIES_FURTHER,
    Level.INSTANCES: _SERIES_FURTHER
    | {"00080023": ValueKind.DATE, "00080033": ValueKind.TIME, "00080008": ValueKind.TEXT},
}
"""Keys without a column of their own: of the series (PS3.18 Table 10.6.1-5), and of instances."""
WITHIN: Mapping[Level, tuple[Level, ...]] = {
    Level.STUDIES: (Level.STUDIES,),
    Level.SERIES: (Level.STUDIES, Level.SERIES),
    Level.INSTANCES: (Level.STUDIES, Level.SERIES, Level.INSTANCES),
}
"""The levels whose keys a search matches. Asked of a higher level, Modality means Modalities in Study."""
MODALITY, MODALITIES_IN_STUDY = "00080060", "00080061"


@dataclass(slots=True)
class _Found:
    level: Level
    further: dict[str, Further] = field(default_factory=dict)
    filters: dict[Level, dict[str, object]] = field(default_factory=lambda: {level: {} for level in Level})

    def take(self, name: str, value: str) -> None:
        """Sort one matching key to its level. Raises QueryRefused: ignoring a key would widen the answer."""
        tag = path_of(name)
        if self.level is Level.STUDIES and tag == MODALITY:
            tag = MODALITIES_IN_STUDY
        if len(value) > VALUE_CHARACTERS_MAX:
            raise QueryRefused(parameter=name[:64], fault="is too long")
        if tag in FURTHER[self.level]:
            self._keep_further(tag, FURTHER[self.level][tag], name=name, value=value)
            return
        level = next((one for one in WITHIN[self.level] if tag in KEYS[one]), None)
        if level is None:
            raise QueryRefused(parameter=name[:64], fault=f"is not matched in a search for {self.level}")
        if value:
            self._keep(self.filters[level], *KEYS[level][tag], name=name, value=value)

    def _keep_further(self, path: str, kind: ValueKind, *, name: str, value: str) -> None:
        if not value:
            return
        if kind is ValueKind.DATE:
            _named(name, _date, value)
        if kind is ValueKind.TIME:
            _named(name, _time, value)
        if self.further.setdefault(path, Further(path, kind, value)).wanted != value:
            raise QueryRefused(parameter=name[:64], fault="is given twice")

    def _keep(self, filters: dict[str, object], column: str, read: Reader, *, name: str, value: str) -> None:
        """A list may be given in several parameters; anything else only once."""
        read_value, known = _named(name, read, value), filters.get(column)
        if isinstance(known, list) and isinstance(read_value, list):
            read_value = [*known, *read_value]
        elif known is not None and known != read_value:
            raise QueryRefused(parameter=name[:64], fault="is given twice")
        filters[column] = read_value


def _named(name: str, read: Reader, value: str) -> object:
    try:
        return read(value)
    except QueryRefused as refusal:
        raise QueryRefused(parameter=name[:64], **refusal.params) from refusal


def _bounded(name: str, text: str, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise QueryRefused(parameter=name, fault="is no whole number")
    return min(int(text), most)


def _fields(listed: list[str]) -> Fields:
    """Attributes to include; of "sequence.attribute" the whole sequence."""
    if len(listed) > FIELDS_MAX:
        raise QueryRefused(parameter="includefield", fault=f"more than {FIELDS_MAX} attributes")
    return Fields(
        tags=frozenset(path_of(name).partition(".")[0] for name in listed if name != "all"),
        everything="all" in listed,
    )


def _flag(control: Mapping[str, str], name: str) -> bool:
    said = control.get(name, "").lower()
    if said not in {"", "true", "false"}:
        raise QueryRefused(parameter=name, fault="is true or false")
    if said == "true" and name in UNSUPPORTED:
        raise QueryRefused(parameter=name, fault="is not supported")
    return said == "true"


def read_query(parameters: Iterable[tuple[str, str]], level: Level, *, within_study: bool = False) -> Query:
    """The search in the (name, value) pairs of a query string. Raises QueryRefused.

    What is searched within one study is a page of LIMIT_WITHIN_STUDY unless the caller says less.
    """
    found, fields, control = _Found(level), list[str](), dict[str, str]()
    for name, value in parameters:
        if name.lower() == "includefield":
            fields += _listed(value)
        elif name.lower() in CONTROL:
            control[name.lower()] = value
        else:
            found.take(name, value)
    fuzzy, _empty, _multiple = (_flag(control, name) for name in ("fuzzymatching", *UNSUPPORTED))
    most = LIMIT_WITHIN_STUDY if within_study else LIMIT_MAX
    asked = control.get("limit") or str(most if within_study else LIMIT_DEFAULT)
    return Query(
        further=tuple(found.further.values()),
        literal_only=fuzzy and "referring_physician_name" in found.filters[Level.STUDIES],
        studies=StudyFilter(**found.filters[Level.STUDIES], fuzzy=fuzzy),  # type: ignore[arg-type]
        series=SeriesFilter(**found.filters[Level.SERIES]),  # type: ignore[arg-type]
        instances=InstanceFilter(**found.filters[Level.INSTANCES]),  # type: ignore[arg-type]
        fields=_fields(fields),
        limit=_bounded("limit", asked, most),
        offset=_bounded("offset", control.get("offset") or "0", OFFSET_MAX),
        capped=not control.get("limit") or int(asked) > most,
    )
