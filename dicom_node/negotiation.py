"""What an association may carry: presentation contexts and who may open it. Pure decisions."""

import re
from typing import Final

from dicom_node.archive.carried_tables import UIDS
from dicom_node.pdu import (
    APPLICATION_CONTEXT_NAME,
    APPLICATION_CONTEXT_REFUSED,
    CALLED_AE_UNKNOWN,
    PROTOCOL_VERSION_REFUSED,
    AnsweredContext,
    AssociateRequest,
    ProposedContext,
    Rejection,
)

VERIFICATION: Final = "1.2.840.10008.1.1"
STANDARD: Final = "1.2.840.10008."
STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
STORAGE_ELSEWHERE: Final = frozenset(
    {
        "1.2.840.10008.5.1.1.29",
        "1.2.840.10008.5.1.1.30",
        "1.2.840.10008.5.1.4.34.1",
        "1.2.840.10008.5.1.4.34.7",
        "1.2.840.10008.5.1.4.34.10",
    }
)
NOT_STORAGE: Final = re.compile(r"FIND|MOVE|GET|Creation|Query")
"""Query and similar classes that were given numbers among the storage classes (PS3.6 A)."""
TRANSFER_SYNTAX: Final = "1.2.840.10008.1.2"
NOT_FOR_FILES: Final = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.")
"""MIME and XML encodings, and live video and audio (PS3.5 A): no data set we could keep."""
UID_SHAPE: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
ACCEPTED, ABSTRACT_SYNTAX_REFUSED, TRANSFER_SYNTAXES_REFUSED = 0, 3, 4


def is_storage_class(uid: str) -> bool:
    """True for a storage SOP class of patient objects, standard, retired, newer than our list, or private."""
    if not UID_SHAPE.fullmatch(uid):
        return False
    if not uid.startswith(STANDARD) or uid in STORAGE_ELSEWHERE:
        return True
    known = UIDS.get(uid)
    return uid.startswith(STORAGE) and (known is None or not NOT_STORAGE.search(known[0]))


def is_storable_syntax(uid: str) -> bool:
    """True for a transfer syntax whose data sets can be kept as they come, private ones included."""
    if not UID_SHAPE.fullmatch(uid) or uid.startswith(NOT_FOR_FILES):
        return False
    return not uid.startswith(STANDARD) or uid == TRANSFER_SYNTAX or uid.startswith(f"{TRANSFER_SYNTAX}.")


def answer_context(proposed: ProposedContext) -> AnsweredContext:
    """Accept the first transfer syntax that can be kept, of a class that can be kept."""
    first = proposed.transfer_syntaxes[0] if proposed.transfer_syntaxes else TRANSFER_SYNTAX
    if proposed.abstract_syntax != VERIFICATION and not is_storage_class(proposed.abstract_syntax):
        return AnsweredContext(
            context_id=proposed.context_id, result=ABSTRACT_SYNTAX_REFUSED, transfer_syntax=first
        )
    for syntax in proposed.transfer_syntaxes:
        if is_storable_syntax(syntax):
            return AnsweredContext(context_id=proposed.context_id, result=ACCEPTED, transfer_syntax=syntax)
    return AnsweredContext(
        context_id=proposed.context_id, result=TRANSFER_SYNTAXES_REFUSED, transfer_syntax=first
    )


def objection(request: AssociateRequest, our_ae_title: str) -> Rejection | None:
    """Why this request cannot be meant for us, None when it can (PS3.8 9.3.4)."""
    if not request.protocol_version & 1:
        return PROTOCOL_VERSION_REFUSED
    if request.application_context != APPLICATION_CONTEXT_NAME:
        return APPLICATION_CONTEXT_REFUSED
    if request.called_ae_title != our_ae_title:
        return CALLED_AE_UNKNOWN
    return None
