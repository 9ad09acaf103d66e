"""The instances of one series as QIDO-RS results, written as quickly as can be.

What is the same in every result is written once: `instance_result` makes one with marks in the places
of what differs, and each row fills them in. A viewer asks this of every series it opens.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from operator import contains
from types import SimpleNamespace
from typing import cast

from pydantic_core import to_json

from dicom_node.archive.queries import LISTED, ListedInstance
from dicom_node.archive.tables import Instance, Series, Study
from viewer.qido_answers import instance_result

NAMES = tuple(column.key for column in LISTED)
UID = NAMES.index("sop_instance_uid")
WHOLE, INSIDE = re.compile(r'"\\u0001(\d)\\u0001"'), re.compile(rf"\\u0001{UID}\\u0001")
"""The place of a value in a written result: its number between control characters."""
BLANK = tuple({None, 0} if name == "number_of_frames" else {None, ""} for name in NAMES)
"""Values that stand for none."""


@lru_cache(maxsize=1024)
def _json(value: str | int | None) -> str:
    return to_json(value).decode()


class InstanceList:
    """Writes the rows of one series of one study. `root` is the absolute address of the DICOMweb root."""

    def __init__(self, study: Study, series: Series, root: str) -> None:
        self._study, self._series, self._root = study, series, root
        self._forms: dict[tuple[bool, ...], str] = {}

    def written(self, rows: Sequence[ListedInstance]) -> bytes:
        """The rows as a JSON array, in their order."""
        return f"[{','.join(map(self._one, rows))}]".encode()

    def _one(self, row: ListedInstance) -> str:
        absent = tuple(map(contains, BLANK, row))
        form = self._forms.get(absent) or self._form(absent)
        texts = [_json(value) for value in row]
        return form.format(*texts, texts[UID][1:-1])

    def _form(self, absent: tuple[bool, ...]) -> str:
        """A result without the absent values, a format with a field for each place of a value.

        Fields are numbered as LISTED; one more is the SOP Instance UID inside a text, its address.
        """
        marked = {
            name: "" if gone else f"\x01{place}\x01"
            for place, (name, gone) in enumerate(zip(NAMES, absent, strict=True))
        }
        instance = cast("Instance", SimpleNamespace(**marked))
        text = to_json(instance_result(self._study, self._series, instance, self._root)).decode()
        literal = text.replace("{", "{{").replace("}", "}}")
        fields = INSIDE.sub(f"{{{len(NAMES)}}}", WHOLE.sub(r"{\1}", literal))
        return self._forms.setdefault(absent, fields)
