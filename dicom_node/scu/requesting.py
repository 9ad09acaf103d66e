"""The protocol data units of a requestor: what it sends to open and end, what it is answered (PS3.8 9.3)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from dicom_node.intake.part10 import IMPLEMENTATION_CLASS_UID
from dicom_node.pdu import (
    APPLICATION_CONTEXT_NAME,
    CONTEXTS_MAX,
    FIXED_BYTES,
    ITEM_HEADER_BYTES,
    AnsweredContext,
    ItemType,
    PduMalformed,
    PduType,
    ProposedContext,
    Rejection,
    UserInformation,
    item,
    items,
    pdu,
    read_user_information,
    text,
    user_information,
)

AE_TITLE_BYTES = 16
REJECTION_BYTES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class AssociateAccept:
    """An A-ASSOCIATE-AC. `user` is what the acceptor says about itself."""

    contexts: tuple[AnsweredContext, ...]
    user: UserInformation


def associate_request(
    *, called: str, calling: str, contexts: Sequence[ProposedContext], user: UserInformation
) -> bytes:
    """An A-ASSOCIATE-RQ. `contexts`: at most CONTEXTS_MAX, with odd ids."""
    fixed = struct.pack(">HH", 1, 0) + _title(called) + _title(calling) + bytes(FIXED_BYTES - 36)
    proposed = b"".join(
        item(
            ItemType.PROPOSED_CONTEXT,
            struct.pack(">Bxxx", context.context_id)
            + item(ItemType.ABSTRACT_SYNTAX, context.abstract_syntax.encode("ascii", "replace"))
            + b"".join(
                item(ItemType.TRANSFER_SYNTAX, syntax.encode("ascii", "replace"))
                for syntax in context.transfer_syntaxes
            ),
        )
        for context in contexts
    )
    return pdu(
        PduType.ASSOCIATE_RQ,
        fixed
        + item(ItemType.APPLICATION_CONTEXT, APPLICATION_CONTEXT_NAME.encode())
        + proposed
        + user_information(user, IMPLEMENTATION_CLASS_UID),
    )


def _title(title: str) -> bytes:
    return title.encode("ascii", "replace")[:AE_TITLE_BYTES].ljust(AE_TITLE_BYTES)


def read_associate_accept(body: bytes) -> AssociateAccept:
    """The A-ASSOCIATE-AC whose bytes after the PDU header are `body`. Raises PduMalformed."""
    if len(body) < FIXED_BYTES:
        raise PduMalformed(fault="shorter than its fixed fields")
    contexts, user = list[AnsweredContext](), UserInformation()
    for kind, low, high in items(body, FIXED_BYTES, len(body), CONTEXTS_MAX + 8):
        if kind == ItemType.ANSWERED_CONTEXT:
            contexts.append(_answered(body, low, high))
        elif kind == ItemType.USER_INFORMATION:
            user = read_user_information(body, low, high)
    return AssociateAccept(contexts=tuple(contexts), user=user)


def _answered(body: bytes, start: int, end: int) -> AnsweredContext:
    if end - start < ITEM_HEADER_BYTES:
        raise PduMalformed(fault="a presentation context without a result")
    syntaxes = [
        text(body[low:high])
        for kind, low, high in items(body, start + ITEM_HEADER_BYTES, end, 2)
        if kind == ItemType.TRANSFER_SYNTAX
    ]
    return AnsweredContext(
        context_id=body[start], result=body[start + 2], transfer_syntax=syntaxes[0] if syntaxes else ""
    )


def read_rejection(body: bytes) -> Rejection:
    """Result, source and reason of an A-ASSOCIATE-RJ. Raises PduMalformed."""
    if len(body) < REJECTION_BYTES:
        raise PduMalformed(fault="shorter than its fixed fields")
    return Rejection(tuple(body[1:4]))


def release_request() -> bytes:
    """An A-RELEASE-RQ."""
    return pdu(PduType.RELEASE_RQ, bytes(4))
