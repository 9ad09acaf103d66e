"""The action information of a storage commitment request, read with care (PS3.4 J.3.2, PS3.7 10.1.4)."""

from typing import Final

from config.kernel.errors import AppError
from dicom_node.command import Answer, Command
from dicom_node.commitment.model import (
    REFERENCED,
    REFERENCES_MAX,
    REQUEST_ACTION,
    REQUEST_BYTES_MAX,
    SOP_CLASS,
    SOP_INSTANCE,
    TRANSACTION,
    WELL_KNOWN,
    Reference,
    Request,
)
from dicom_node.gathering import Gathering
from dicom_node.intake.dicom_json import Document
from dicom_node.intake.elements import Budget, Syntax
from dicom_node.intake.walk import Walk
from dicom_node.negotiation import UID_SHAPE
from dicom_node.status import (
    INVALID_ARGUMENT,
    MISSING_ATTRIBUTE,
    MISSING_ATTRIBUTE_VALUE,
    NO_SUCH_ACTION,
    NO_SUCH_SOP_INSTANCE,
    PROCESSING_FAILURE,
    RESOURCE_LIMITATION,
    SOP_CLASS_NOT_SUPPORTED,
    answer_of,
)

ELEMENTS_EACH: Final = 8
"""How many elements one reference may have on average, ours and others."""


class Unacceptable(Exception):
    """The request is refused with `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.comment)
        self.answer = answer


class Collector(Gathering):
    """Takes the pieces of the action information."""

    def __init__(self) -> None:
        super().__init__(REQUEST_BYTES_MAX)

    def whole(self) -> bytes:
        """All of it. Raises Unacceptable."""
        content = self.content()
        if content is None:
            raise Unacceptable(Answer(RESOURCE_LIMITATION, f"longer than {REQUEST_BYTES_MAX} bytes"))
        return content


def check_target(command: Command, abstract_syntax: str) -> None:
    """That this N-ACTION is meant for the service's one instance. Raises Unacceptable."""
    if command.sop_class_uid != abstract_syntax:
        raise Unacceptable(Answer(SOP_CLASS_NOT_SUPPORTED, "SOP class was not negotiated in this context"))
    if command.sop_instance_uid != WELL_KNOWN:
        raise Unacceptable(Answer(NO_SUCH_SOP_INSTANCE, "not the well-known instance of this class"))
    if command.type_id != REQUEST_ACTION:
        raise Unacceptable(Answer(NO_SUCH_ACTION, "the only action of this class is 1"))


def read_request(raw: bytes, syntax: Syntax) -> Request:
    """What is asked. Raises Unacceptable, which names the attribute at fault."""
    budget = Budget(elements=REFERENCES_MAX * ELEMENTS_EACH, items=2 * REFERENCES_MAX)
    try:
        document = Walk(raw, budget).document(0, len(raw), syntax)
    except AppError as error:
        raise Unacceptable(Answer(PROCESSING_FAILURE, answer_of(error).comment)) from error
    transaction = _uid(document, TRANSACTION)
    items = _values(document, REFERENCED)
    if len(items) > REFERENCES_MAX:
        raise Unacceptable(Answer(RESOURCE_LIMITATION, f"more than {REFERENCES_MAX} references"))
    references = dict.fromkeys(_reference(item) for item in items)
    return Request(transaction_uid=transaction, references=tuple(references))


def _reference(item: object) -> Reference:
    if not isinstance(item, dict):
        raise Unacceptable(Answer(INVALID_ARGUMENT, "is no sequence", offending=REFERENCED))
    return _uid(item, SOP_CLASS), _uid(item, SOP_INSTANCE)


def _values(document: Document, tag: int) -> list[object]:
    element = document.get(f"{tag:08X}")
    if element is None:
        raise Unacceptable(Answer(MISSING_ATTRIBUTE, "is missing", offending=tag))
    if "BulkDataURI" in element or "InlineBinary" in element:
        raise Unacceptable(Answer(INVALID_ARGUMENT, "cannot be read", offending=tag))
    values: list[object] = element.get("Value", [])
    if not values:
        raise Unacceptable(Answer(MISSING_ATTRIBUTE_VALUE, "has no value", offending=tag))
    return values


def _uid(document: Document, tag: int) -> str:
    values = _values(document, tag)
    if len(values) > 1 or not isinstance(values[0], str) or not UID_SHAPE.fullmatch(values[0]):
        raise Unacceptable(Answer(INVALID_ARGUMENT, "is no UID", offending=tag))
    return values[0]
