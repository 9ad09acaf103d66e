"""The attributes of a performed procedure step as bytes: read within bounds, checked by name."""

from collections.abc import Sequence
from typing import Any, Final

from config.kernel.errors import AppError
from dicom_node.archive.carried_tables import ATTRIBUTES
from dicom_node.command import COMMENT_CHARACTERS_MAX, Answer
from dicom_node.intake.dicom_json import Document
from dicom_node.intake.elements import Budget, Syntax, tag_text
from dicom_node.intake.walk import Walk
from dicom_node.mpps.domain import (
    CREATE_NEEDS,
    FINAL_NEEDS,
    FIXED,
    SCHEDULED_STEPS,
    STATUS,
    STUDY_UID,
    Need,
    StepState,
)
from dicom_node.query.identifier import UID
from dicom_node.status import (
    INVALID_ATTRIBUTE_VALUE,
    MISSING_ATTRIBUTE,
    MISSING_ATTRIBUTE_VALUE,
    PROCESSING_FAILURE,
    answer_of,
)
from dicom_node.worklist.queries import StepReference

ATTRIBUTES_BYTES_MAX: Final = 4 * 1024 * 1024
STEPS_MAX: Final = 64


class StepRefused(Exception):
    """A request that cannot be served; `answer` says why, naming attributes and never a value."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.comment)
        self.answer = answer


def refused(status: int, tag: int, fault: str, **more: Any) -> StepRefused:
    """The refusal of an attribute, by its name."""
    name = ATTRIBUTES[tag][4] if tag in ATTRIBUTES else tag_text(tag)
    return StepRefused(Answer(status, f"{name} {fault}"[:COMMENT_CHARACTERS_MAX], attributes=(tag,), **more))


def read_attributes(raw: bytes, syntax: Syntax) -> Document:
    """The attribute list of a request. Raises StepRefused when it is no data set, or holds bulk data."""
    try:
        document = Walk(raw, Budget()).document(0, len(raw), syntax)
    except AppError as error:
        raise StepRefused(Answer(PROCESSING_FAILURE, answer_of(error).comment)) from error
    for name, element in document.items():
        if "BulkDataURI" in element:
            raise refused(INVALID_ATTRIBUTE_VALUE, int(name, 16), "is too long")
    return document


def first_value(document: Document, tag: int) -> str:
    """The first value of an attribute as text; '' without one."""
    values = document.get(f"{tag:08X}", {}).get("Value") or [""]
    return "" if values[0] is None else str(values[0])


def items(document: Document, tag: int) -> list[Document]:
    """The items of a sequence; none where it is empty, absent or no sequence."""
    values = document.get(f"{tag:08X}", {}).get("Value") or []
    return [value for value in values if isinstance(value, dict)]


def status_of_step(document: Document) -> StepState | None:
    """The status that is asked for; None where none is named. Raises StepRefused for another word."""
    text = first_value(document, STATUS)
    if not text:
        return None
    if text not in set(StepState):
        raise refused(INVALID_ATTRIBUTE_VALUE, STATUS, "is none of the standard's")
    return StepState(text)


def require_new(document: Document) -> None:
    """What N-CREATE must bring is there. Raises StepRefused."""
    _require(document, CREATE_NEEDS)
    steps = items(document, SCHEDULED_STEPS)
    if len(steps) > STEPS_MAX:
        raise refused(INVALID_ATTRIBUTE_VALUE, SCHEDULED_STEPS, f"has more than {STEPS_MAX} items")
    if not all(UID.fullmatch(first_value(step, STUDY_UID)) for step in steps):
        raise refused(INVALID_ATTRIBUTE_VALUE, STUDY_UID, "is no UID")


def require_known(document: Document, state: StepState) -> None:
    """What must be known in this state is there. Raises StepRefused."""
    _require(document, FINAL_NEEDS[state])


def _require(document: Document, needs: Sequence[Need]) -> None:
    for need in needs:
        places = [document] if need.inside is None else items(document, need.inside)
        for place in places:
            element = place.get(f"{need.tag:08X}")
            if element is None:
                raise refused(MISSING_ATTRIBUTE, need.tag, "is missing")
            if need.value and not element.get("Value"):
                raise refused(MISSING_ATTRIBUTE_VALUE, need.tag, "has no value")


def merged(known: Document, changes: Document) -> Document:
    """The attributes after an N-SET. Raises StepRefused when it would change what is fixed."""
    for tag in FIXED:
        name = f"{tag:08X}"
        if name in changes and changes[name].get("Value") != known.get(name, {}).get("Value"):
            raise refused(INVALID_ATTRIBUTE_VALUE, tag, "cannot be changed")
    return known | changes


def references(document: Document) -> list[StepReference]:
    """The scheduled steps that a performed one says it is about."""
    return [
        StepReference(
            study_instance_uid=first_value(step, STUDY_UID),
            accession_number=first_value(step, 0x00080050),
            scheduled_step_id=first_value(step, 0x00400009),
        )
        for step in items(document, SCHEDULED_STEPS)
    ]
