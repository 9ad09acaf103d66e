"""Lists of studies by the keys that people ask for most, each form of question made once.

A form is which keys are given and how (a value, a pattern, a range); its SQL is made of the conditions of
`matching`, and the values are put in anew each time, in the order in which the text names them.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Text, cast, func, literal_column, select

from config.kernel.view import View
from config.prepared import Prepared
from dicom_node.archive.matching import (
    LAST_DIGITS,
    StudyFilter,
    is_asked,
    is_pattern,
    like_pattern,
    shapes,
    study_conditions,
)
from dicom_node.archive.tables import Study

NEWEST = (Study.study_date.desc(), Study.study_time.desc(), Study.study_key.desc())
FEW = (func.coalesce(Study.study_date, literal_column("''")).desc(), *NEWEST[1:])
"""The same order of a few studies, sorted by itself: a database without statistics would rather walk
through an index in this order, past every study there is, than look the few up and sort them."""
LOOKED_AT = func.coalesce(Study.institution_id, literal_column("''"))
"""The institution of studies that keys have found already: without statistics its index seems nearer."""
ESCAPED = str.maketrans({"/": "//", "%": "/%", "_": "/_"})
"""As SQLAlchemy escapes what `startswith` looks for."""
Values: TypeAlias = list[str | int]


class Form(NamedTuple):
    """Which keys are given and how: "=" a value, "*" a pattern; of a date, which of its ends.

    `among` is true where studies are named besides by our own keys, however many.
    """

    among: bool
    patient_names: int
    patient_id: str
    study_date: tuple[bool, bool, bool] | None
    accession_number: str
    later_page: bool


def form_of(wanted: StudyFilter, *, later_page: bool) -> tuple[Form, Values] | None:
    """A list's form and the values of its keys; None when more than the keys of a form are given."""
    name, patient_id, date, number = (
        wanted.patient_name,
        wanted.patient_id,
        wanted.study_date,
        wanted.accession_number,
    )
    keys = wanted.study_keys
    if wanted != StudyFilter(
        study_keys=keys, patient_name=name, patient_id=patient_id, study_date=date, accession_number=number
    ):
        return None
    names = _name(name)
    values: Values = [*_among(keys), *names, *_text(patient_id), *_date(date), *_text(number)]
    return Form(bool(keys), len(names), _kind(patient_id), _ends(date), _kind(number), later_page), values


def _among(study_keys: Sequence[str]) -> list[str]:
    """All keys as one value: a place for each would be another text for each number of them."""
    return [json.dumps([*study_keys])] if study_keys else []


def _kind(wanted: str) -> str:
    return "*" if is_pattern(wanted) else "=" if _text(wanted) else ""


def _text(wanted: str) -> Values:
    if not wanted or set(wanted) == {"*"}:
        return []
    return [like_pattern(wanted) if is_pattern(wanted) else wanted]


def _name(wanted: str) -> Values:
    return [*shapes(like_pattern(wanted), "=")] if is_asked(wanted) else []


def _ends(wanted: str) -> tuple[bool, bool, bool] | None:
    low, dash, high = wanted.partition("-")
    return (bool(low), bool(dash), bool(high)) if wanted else None


def _date(wanted: str) -> Values:
    low, dash, high = wanted.partition("-")
    if not wanted:
        return []
    if not dash:
        return [low, low + LAST_DIGITS, low.translate(ESCAPED)]
    upper: Values = [1, len(high), high] if high else []
    return [*([high + LAST_DIGITS] if high else []), "", *([low] if low else []), *upper]


class ListedStudy(NamedTuple):
    """What lists say of a study; its modalities are a JSON array."""

    study_instance_uid: str
    study_date: str
    study_time: str
    accession_number: str
    modalities: str
    referring_physician_name: str
    study_description: str
    patient_name: str
    patient_id: str
    issuer_of_patient_id: str
    patient_birth_date: str
    patient_sex: str
    study_id: str
    series_count: int
    instance_count: int


COLUMNS = [
    cast(Study.modalities, Text) if name == "modalities" else getattr(Study, name)
    for name in ListedStudy._fields
]


def listed(study: Study) -> ListedStudy:
    """The same of a study that was read as a whole."""
    facts = {name: getattr(study, name) for name in ListedStudy._fields}
    return ListedStudy(**facts | {"modalities": json.dumps(study.modalities)})


class StudyLists:
    """The forms that were asked for, each with its text."""

    def __init__(self) -> None:
        self._forms: dict[Form, Prepared] = {}

    async def find(
        self, view: View, institution_id: str, wanted: StudyFilter, limit: int, offset: int
    ) -> list[ListedStudy] | None:
        """One institution's studies that match, newest first; None when this is no question of
        a form, or no view of a file.
        """
        asked = form_of(wanted, later_page=offset > 0)
        if asked is None:
            return None
        form, values = asked
        question = self._forms.get(form)
        if question is None:
            question = self._forms[form] = question_of(form, wanted)
        rows = await question.filled_rows(view, [institution_id, *values, limit, offset])
        return None if rows is None else list(map(ListedStudy._make, rows))


def question_of(form: Form, one: StudyFilter) -> Prepared:
    """The question of a form, made of one that is asked so."""
    besides = study_conditions(replace(one, study_keys=()))
    of_institution = (LOOKED_AT if form.among else Study.institution_id) == ""
    conditions = [of_institution, *map(_is_among, _among(one.study_keys)), *besides]
    order = FEW if one.names_few else NEWEST
    if not form.later_page:
        return Prepared(select(*COLUMNS).where(*conditions).order_by(*order).limit(0).offset(0))
    page = select(Study.study_key).where(*conditions).order_by(*order).limit(0).offset(0)
    return Prepared(select(*COLUMNS).where(Study.study_key.in_(page)).order_by(*FEW))


def _is_among(study_keys: str) -> ColumnElement[bool]:
    return Study.study_key.in_(select(func.json_each(study_keys).table_valued("value").c.value))
