"""AppError → DIMSE status (PS3.7 C, PS3.4 B.2.3), the only place where refusals become statuses."""

from collections.abc import Mapping

from config.kernel.errors import AppError, Kind
from config.kernel.objects import ObjectMissing
from dicom_node.archive.inflate import InflatesTooLarge
from dicom_node.command import COMMENT_CHARACTERS_MAX, Answer
from dicom_node.intake.errors import DatasetTooComplex, SameUidOtherContent, SopClassMismatch

SUCCESS = 0x0000
STORED_AS_IT_SAYS = 0xB007
INVALID_ATTRIBUTE_VALUE = 0x0106
PROCESSING_FAILURE = 0x0110
DUPLICATE_SOP_INSTANCE = 0x0111
NO_SUCH_SOP_INSTANCE = 0x0112
INVALID_ARGUMENT = 0x0115
INVALID_OBJECT_INSTANCE = 0x0117
MISSING_ATTRIBUTE = 0x0120
MISSING_ATTRIBUTE_VALUE = 0x0121
SOP_CLASS_NOT_SUPPORTED = 0x0122
NO_SUCH_ACTION = 0x0123
UNRECOGNIZED_OPERATION = 0x0211
RESOURCE_LIMITATION = 0x0213
OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH_SOP_CLASS = 0xA900
CANNOT_UNDERSTAND = 0xC000
PENDING = 0xFF00
PENDING_SOME_KEYS_IGNORED = 0xFF01
CANCELLED = 0xFE00
CANNOT_COUNT_MATCHES = 0xA701
SUB_OPERATIONS_FAILED = 0xA702
DESTINATION_UNKNOWN = 0xA801
SOME_SUB_OPERATIONS_FAILED = 0xB000
MAY_NO_LONGER_BE_UPDATED = 0xA710
"""The Error ID of a performed procedure step that is over (PS3.4 F.7.2.2.3), beside PROCESSING_FAILURE."""

BY_KIND: Mapping[Kind, int] = {
    Kind.NOT_FOUND: CANNOT_UNDERSTAND,
    Kind.FORBIDDEN: CANNOT_UNDERSTAND,
    Kind.CONFLICT: CANNOT_UNDERSTAND,
    Kind.INVALID: CANNOT_UNDERSTAND,
    Kind.TOO_LARGE: OUT_OF_RESOURCES,
    Kind.UNAVAILABLE: OUT_OF_RESOURCES,
}
# Of an object that arrives only our own disk can be missing: nothing the sender could mend.
BY_CODE: Mapping[str, int] = {
    SameUidOtherContent.code: DUPLICATE_SOP_INSTANCE,
    DatasetTooComplex.code: CANNOT_UNDERSTAND,
    InflatesTooLarge.code: CANNOT_UNDERSTAND,
    SopClassMismatch.code: DOES_NOT_MATCH_SOP_CLASS,
    ObjectMissing.code: OUT_OF_RESOURCES,
}


def stored_answer(*, announced_uid: str, stored_uid: str) -> Answer:
    """Success, or the warning that the object is kept under its data set's own SOP Instance UID."""
    if announced_uid == stored_uid:
        return Answer(SUCCESS)
    return Answer(STORED_AS_IT_SAYS, "stored under the SOP Instance UID of its data set")


def status_of(error: AppError) -> int:
    """The DIMSE status of a refusal."""
    return BY_CODE.get(error.code, BY_KIND[error.kind])


def answer_of(error: AppError) -> Answer:
    """The answer to a request that was refused; its comment names the rule, never a value."""
    facts = [str(error.params[name]) for name in ("tag", "attribute", "fault") if name in error.params]
    comment = " ".join(facts) or str(error.args[0])
    return Answer(status_of(error), comment[:COMMENT_CHARACTERS_MAX])
