"""Studies as QIDO-RS results, written as quickly as can be; `qido_listed` does so with instances.

`study_result` makes one result with marks in the places of what differs, and each row fills them in.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Self, TypeAlias, cast

from pydantic_core import to_json

from dicom_node.archive.study_lists import ListedStudy
from dicom_node.archive.tables import Study
from viewer.qido_answers import study_result

UID = 0
PLACES = {name: place for place, name in enumerate(ListedStudy._fields)}
PERSONS, MODALITIES = ("referring_physician_name", "patient_name"), PLACES["modalities"]
REFERRING, PATIENT = (PLACES[name] for name in PERSONS)
GROUPS = 3
FIELDS = len(PLACES) + len(PERSONS) * GROUPS + 1
WHOLE, INSIDE = re.compile(r'"\\u0001(\d+)\\u0001"'), re.compile(r"\\u0001\d+\\u0001")
"""The place of a value in a written result, alone or in an address: its number between control characters."""
FORMS_MAX, ROOTS_MAX = 256, 64
is_none = frozenset({"", None, "[]"}).__contains__
"""Whether a value stands for none."""
Value: TypeAlias = str | int | None


@lru_cache(maxsize=4096)
def _json(value: Value) -> str:
    return to_json(value).decode()


@lru_cache(maxsize=4096)
def _groups(name: str) -> list[str]:
    """The groups of a name, '' for one that it has not."""
    return [*name.split("="), *[""] * GROUPS][:GROUPS]


class StudyList:
    """Writes rows of studies. `root` is the absolute address of the DICOMweb root."""

    @classmethod
    @lru_cache(maxsize=ROOTS_MAX)
    def below(cls, root: str) -> Self:
        """The list of this root, with the forms that were made before."""
        return cls(root)

    def __init__(self, root: str) -> None:
        self._root = root
        self._forms: dict[tuple[bool, ...], str] = {}

    def written(self, rows: Sequence[ListedStudy]) -> bytes:
        """The rows as a JSON array, in their order."""
        return f"[{','.join(map(self._one, rows))}]".encode()

    def _one(self, row: ListedStudy) -> str:
        values: tuple[Value, ...] = (*row, *_groups(row[REFERRING]), *_groups(row[PATIENT]))
        absent = tuple(map(is_none, values))
        form = self._forms.get(absent) or self._form(absent)
        texts = list(map(_json, values))
        texts[MODALITIES] = row.modalities[1:-1]
        return form.format(*texts, texts[UID][1:-1])

    def _form(self, absent: tuple[bool, ...]) -> str:
        """A result without the absent values, a format with a field for each place of a value."""
        marks = ["" if gone else f"\x01{place}\x01" for place, gone in enumerate(absent)]
        facts: dict[str, object] = dict(zip(PLACES, marks, strict=False))
        for number, name in enumerate(PERSONS):
            start = len(PLACES) + number * GROUPS
            facts[name] = "=".join(marks[start : start + GROUPS])
        facts["modalities"] = [marks[MODALITIES]] if marks[MODALITIES] else []
        text = to_json(study_result(cast("Study", SimpleNamespace(**facts)), self._root)).decode()
        literal = text.replace("{", "{{").replace("}", "}}")
        fields = INSIDE.sub(f"{{{FIELDS - 1}}}", WHOLE.sub(r"{\1}", literal))
        if len(self._forms) >= FORMS_MAX:
            self._forms.clear()
        self._forms[absent] = fields
        return fields
