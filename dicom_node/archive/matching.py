"""Attribute matching (PS3.4 C.2.2.2) as SQL conditions: what a query may ask, and how it matches."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from dicom_node.archive.names import fold
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, Series, Study

ESCAPE = "\\"


@dataclass(frozen=True, kw_only=True)
class StudyFilter:
    """Matching keys of the study level. Empty means "any".

    `study_keys` names copies of studies by our own keys, when UIDs are held by several institutions.
    Texts take the wildcards `*` and `?`; dates and times are single values or ranges written
    `from-`, `-to`, `from-to` (DA, TM); `fuzzy` lets `patient_name` match any part of a name, in
    Latin letters, pinyin or characters; `by_reading` lets it match a whole name so.
    """

    study_keys: Sequence[str] = ()
    study_instance_uids: Sequence[str] = ()
    patient_name: str = ""
    fuzzy: bool = False
    by_reading: bool = False
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    study_date: str = ""
    study_time: str = ""
    study_id: str = ""
    accession_number: str = ""
    study_description: str = ""
    referring_physician_name: str = ""
    modalities_in_study: Sequence[str] = ()
    sop_classes_in_study: Sequence[str] = ()

    @property
    def names_few(self) -> bool:
        """True when a key says so exactly what is wanted that only a few studies can match."""
        exact = (self.patient_id, self.accession_number)
        return bool(self.study_keys or self.study_instance_uids) or any(
            text and "*" not in text and "?" not in text for text in exact
        )


@dataclass(frozen=True, kw_only=True)
class SeriesFilter:
    """Matching keys of the series level. Empty means "any"."""

    series_instance_uids: Sequence[str] = ()
    modality: str = ""
    modalities: Sequence[str] = ()
    series_number: int | None = None
    series_description: str = ""
    body_part_examined: str = ""
    performed_procedure_step_start_date: str = ""


@dataclass(frozen=True, kw_only=True)
class InstanceFilter:
    """Matching keys of the instance level. Empty means "any"."""

    sop_instance_uids: Sequence[str] = ()
    sop_class_uids: Sequence[str] = ()
    instance_number: int | None = None


ANY_STUDY, ANY_SERIES, ANY_INSTANCE = StudyFilter(), SeriesFilter(), InstanceFilter()


def is_pattern(text: str) -> bool:
    """Whether a text holds wild cards and something besides `*`."""
    return ("*" in text or "?" in text) and set(text) != {"*"}


def like_pattern(text: str) -> str:
    """A DICOM wild card text as a LIKE pattern, its own special characters escaped."""
    for special in (ESCAPE, "%", "_"):
        text = text.replace(special, ESCAPE + special)
    return text.replace("*", "%").replace("?", "_")


class Part(NamedTuple):
    """Studies of one institution, `few` when they are named one by one."""

    condition: ColumnElement[bool]
    few: bool


def parts(scope: StudyScope) -> list[Part]:
    """What `scope` consists of: whole institutions, and what others lend."""
    shared: dict[str, list[str]] = {}
    for institution_id, uid in sorted(scope.shared):
        if institution_id not in scope.institution_ids:
            shared.setdefault(institution_id, []).append(uid)
    return [
        *(Part(Study.institution_id == owner, few=False) for owner in sorted(scope.institution_ids)),
        *(
            Part(and_(Study.institution_id == owner, Study.study_instance_uid.in_(uids)), few=True)
            for owner, uids in shared.items()
        ),
    ]


def visible(scope: StudyScope) -> ColumnElement[bool]:
    """The studies inside `scope`, default deny."""
    return or_(false(), *(part.condition for part in parts(scope)))


IN_SCOPE = or_(
    Study.institution_id.in_(bindparam("scope_institutions", expanding=True)),
    tuple_(Study.institution_id, Study.study_instance_uid).in_(bindparam("scope_shared", expanding=True)),
)
"""The same for statements that are made once: `reach` gives its values."""


def reach(scope: StudyScope) -> dict[str, Sequence[object]]:
    """The values of IN_SCOPE. Of an empty scope nothing is visible."""
    return {"scope_institutions": sorted(scope.institution_ids), "scope_shared": sorted(scope.shared)}


def text(column: InstrumentedAttribute[str], wanted: str) -> list[ColumnElement[bool]]:
    """Single value or wild card."""
    if not wanted or set(wanted) == {"*"}:
        return []
    if is_pattern(wanted):
        return [column.ilike(like_pattern(wanted), escape=ESCAPE)]
    return [column == wanted]


def any_of(column: InstrumentedAttribute[str], wanted: Sequence[str]) -> list[ColumnElement[bool]]:
    """One of several values."""
    return [column.in_(list(wanted))] if wanted else []


def _any_text(column: InstrumentedAttribute[str], wanted: Sequence[str]) -> list[ColumnElement[bool]]:
    """Any of several texts, each of which may hold wild cards; one that matches all matches everything."""
    each = [text(column, one) for one in wanted]
    return [or_(*(and_(*conditions) for conditions in each))] if each and all(each) else []


def to_the_second(column: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """A TM value with the minutes and seconds it leaves out (PS3.5 6.2): 0930 is 093000."""
    return column + func.substr("000000", func.length(column) + 1)


STUDY_TIME_BEGINS = to_the_second(Study.study_time)


def value_range(
    column: InstrumentedAttribute[str], wanted: str, beginning: ColumnElement[str] | None = None
) -> list[ColumnElement[bool]]:
    """Range matching (PS3.4 C.2.2.2.5); the text order of DA and TM is their order in time.

    `beginning` is the first moment that the value stands for, when that is not its own text.
    """
    if not wanted:
        return []
    low, dash, high = wanted.partition("-")
    if not dash:
        return [column.startswith(low, autoescape=True)]
    conditions: list[ColumnElement[bool]] = [column != ""]
    if low:
        conditions.append((column if beginning is None else beginning) >= low)
    if high:
        conditions.append(func.substr(column, 1, len(high)) <= high)
    return conditions


LAST_DIGITS = "99999999"


def date_range(column: InstrumentedAttribute[str], wanted: str) -> list[ColumnElement[bool]]:
    """`value_range` of a DA column, and two bounds besides, between which its index is read.

    They hold nothing back: a stored date is eight digits at most, or fewer of an older standard's.
    """
    if not wanted:
        return []
    low, dash, high = wanted.partition("-")
    last = high if dash else low
    bounds = [column >= low] * (not dash) + [column <= last + LAST_DIGITS] * bool(last)
    return [*bounds, *value_range(column, wanted)]


def shapes(pattern: str, delimiter: str) -> list[str]:
    """The LIKE patterns of a text that is the whole, or one of its groups; of equal ones only the widest."""
    starts = [pattern] if pattern.startswith("%") else [pattern, f"%{delimiter}{pattern}"]
    return starts if _ends_open(pattern) else [*starts, *(f"{start}{delimiter}%" for start in starts)]


def _ends_open(pattern: str) -> bool:
    """Whether a LIKE pattern ends with anything: its last `%` is no escaped one."""
    escapes = len(pattern) - 1 - len(pattern[:-1].rstrip(ESCAPE))
    return pattern.endswith("%") and escapes % 2 == 0


def is_asked(name: str) -> bool:
    """Whether a name to look for says anything."""
    return not set(name) <= set("*^=")


def person_name(column: InstrumentedAttribute[str], wanted: str) -> list[ColumnElement[bool]]:
    """Single value or wild card, without case, against the whole value or any component group."""
    if not is_asked(wanted):
        return []
    return [or_(*(column.ilike(shape, escape=ESCAPE) for shape in shapes(like_pattern(wanted), "=")))]


def fuzzy_parts(wanted: str) -> list[str]:
    """The parts of a name of which each is looked for anywhere."""
    parts = wanted.replace("^", " ").replace("=", " ").replace("*", " ").split()
    return [folded for folded in map(fold, parts) if folded]


def _fuzzy_name(wanted: str) -> list[ColumnElement[bool]]:
    """Every part asked for occurs somewhere in the name's key (any script, any reading)."""
    return [Study.patient_name_key.contains(part, autoescape=True) for part in fuzzy_parts(wanted)]


def folded_pattern(wanted: str) -> str:
    """A pattern folded as names are (`names.fold`), its wild cards kept."""
    return "".join(part if part in {"*", "?"} else fold(part) for part in re.split(r"([*?])", wanted))


def name_by_reading(
    column: InstrumentedAttribute[str], key: InstrumentedAttribute[str], wanted: str
) -> list[ColumnElement[bool]]:
    """As `person_name`, or the folded pattern against a reading in the `key` (`names.name_key`)."""
    literal = person_name(column, wanted)
    folded = folded_pattern(wanted)
    if not literal or not folded.strip("*?"):
        return literal
    found = (key.like(shape, escape=ESCAPE) for shape in shapes(like_pattern(folded), "|"))
    return [or_(*literal, *found)]


def _patient_name(wanted: StudyFilter) -> list[ColumnElement[bool]]:
    if wanted.fuzzy:
        return _fuzzy_name(wanted.patient_name)
    if wanted.by_reading:
        return name_by_reading(Study.patient_name, Study.patient_name_key, wanted.patient_name)
    return person_name(Study.patient_name, wanted.patient_name)


def study_conditions(wanted: StudyFilter) -> list[ColumnElement[bool]]:
    """`wanted` as conditions on `Study`."""
    conditions = [
        *any_of(Study.study_key, wanted.study_keys),
        *any_of(Study.study_instance_uid, wanted.study_instance_uids),
        *_patient_name(wanted),
        *text(Study.patient_id, wanted.patient_id),
        *text(Study.issuer_of_patient_id, wanted.issuer_of_patient_id),
        *text(Study.patient_sex, wanted.patient_sex),
        *value_range(Study.patient_birth_date, wanted.patient_birth_date),
        *date_range(Study.study_date, wanted.study_date),
        *value_range(Study.study_time, wanted.study_time, STUDY_TIME_BEGINS),
        *text(Study.study_id, wanted.study_id),
        *text(Study.accession_number, wanted.accession_number),
        *text(Study.study_description, wanted.study_description),
        *person_name(Study.referring_physician_name, wanted.referring_physician_name),
    ]
    modalities = _any_text(Series.modality, wanted.modalities_in_study)
    if modalities:
        inside = select(Series.series_key).where(Series.study_key == Study.study_key, *modalities)
        conditions.append(exists(inside))
    if wanted.sop_classes_in_study:
        held = (
            select(Instance.instance_key)
            .join(Series, Series.series_key == Instance.series_key)
            .where(
                Series.study_key == Study.study_key,
                Instance.sop_class_uid.in_(list(wanted.sop_classes_in_study)),
            )
        )
        conditions.append(exists(held))
    return conditions


def series_conditions(wanted: SeriesFilter) -> list[ColumnElement[bool]]:
    """`wanted` as conditions on `Series`."""
    number = [] if wanted.series_number is None else [Series.series_number == wanted.series_number]
    return [
        *any_of(Series.series_instance_uid, wanted.series_instance_uids),
        *text(Series.modality, wanted.modality),
        *_any_text(Series.modality, wanted.modalities),
        *number,
        *text(Series.series_description, wanted.series_description),
        *text(Series.body_part_examined, wanted.body_part_examined),
        *value_range(Series.performed_procedure_step_start_date, wanted.performed_procedure_step_start_date),
    ]


def instance_conditions(wanted: InstanceFilter) -> list[ColumnElement[bool]]:
    """`wanted` as conditions on `Instance`."""
    number = [] if wanted.instance_number is None else [Instance.instance_number == wanted.instance_number]
    return [
        *any_of(Instance.sop_instance_uid, wanted.sop_instance_uids),
        *any_of(Instance.sop_class_uid, wanted.sop_class_uids),
        *number,
    ]
