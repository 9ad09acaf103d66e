"""What an association may carry: presentation contexts and who may open it. Pure decisions."""

import re
from typing import Final

from dicom_node.archive.carried_tables import UIDS
from dicom_node.line import Context
from dicom_node.mpps.domain import PERFORMED_STEP
from dicom_node.pdu import (
    APPLICATION_CONTEXT_NAME,
    APPLICATION_CONTEXT_REFUSED,
    CALLED_AE_UNKNOWN,
    PROTOCOL_VERSION_REFUSED,
    AnsweredContext,
    AssociateRequest,
    Extension,
    ProposedContext,
    Rejection,
    Role,
)
from dicom_node.query.model import FIND_CLASSES, QUERY_CLASSES
from dicom_node.worklist.model import MODALITY_WORKLIST

COMMITMENT: Final = "1.2.840.10008.1.20.1"
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
QUERY_SYNTAXES: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1"})
"""Identifiers and reports come and go in Implicit or Explicit VR Little Endian."""
OF_PLAIN_SYNTAX: Final = QUERY_CLASSES | {COMMITMENT, MODALITY_WORKLIST, PERFORMED_STEP}
"""SOP classes whose data sets we write ourselves."""
RELATIONAL, FUZZY = 0, 2
FIND_EXTENSIONS, RETRIEVE_EXTENSIONS = bytes((1, 0, 1, 0, 0)), bytes((1, 0))
"""What we take of PS3.4 C.5.1.1 and C.5.2.1: relational keys and retrieval, fuzzy names; nothing else."""
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
    """Accept the first transfer syntax that can be served, of a class that can be served."""
    first = proposed.transfer_syntaxes[0] if proposed.transfer_syntaxes else TRANSFER_SYNTAX
    plain = proposed.abstract_syntax in OF_PLAIN_SYNTAX
    if (
        not plain
        and proposed.abstract_syntax != VERIFICATION
        and not is_storage_class(proposed.abstract_syntax)
    ):
        return AnsweredContext(
            context_id=proposed.context_id, result=ABSTRACT_SYNTAX_REFUSED, transfer_syntax=first
        )
    for syntax in proposed.transfer_syntaxes:
        if syntax in QUERY_SYNTAXES or (not plain and is_storable_syntax(syntax)):
            return AnsweredContext(context_id=proposed.context_id, result=ACCEPTED, transfer_syntax=syntax)
    return AnsweredContext(
        context_id=proposed.context_id, result=TRANSFER_SYNTAXES_REFUSED, transfer_syntax=first
    )


def answer_roles(proposed: tuple[Role, ...]) -> tuple[Role, ...]:
    """Storage classes and storage commitment may be used in the roles that the requestor wants.

    Others keep the default roles.
    """
    wanted = {
        role.sop_class_uid: role
        for role in proposed
        if is_storage_class(role.sop_class_uid) or role.sop_class_uid == COMMITMENT
    }
    return tuple(wanted.values())


def answer_extensions(proposed: tuple[Extension, ...]) -> tuple[Extension, ...]:
    """What both sides want of the extensions of query and retrieve."""
    answers = {}
    for extension in proposed:
        if extension.sop_class_uid in QUERY_CLASSES:
            ours = FIND_EXTENSIONS if extension.sop_class_uid in FIND_CLASSES else RETRIEVE_EXTENSIONS
            both = bytes(a & b for a, b in zip(extension.information, ours, strict=False))
            answers[extension.sop_class_uid] = Extension(
                sop_class_uid=extension.sop_class_uid, information=both
            )
    return tuple(answers.values())


def agreed_contexts(request: AssociateRequest, answers: tuple[AnsweredContext, ...]) -> dict[int, Context]:
    """The accepted presentation contexts by id, with what was agreed on for their SOP classes."""
    roles = answer_roles(request.user.roles)
    takers = {role.sop_class_uid for role in roles if role.scp} - {COMMITMENT}
    hearers = {role.sop_class_uid for role in roles if role.scu} & {COMMITMENT}
    extensions = {e.sop_class_uid: e.information for e in answer_extensions(request.user.extensions)}
    agreed = {}
    for proposed, answer in zip(request.contexts, answers, strict=True):
        if answer.result == ACCEPTED:
            uid = proposed.abstract_syntax
            words = extensions.get(uid, b"")
            agreed[answer.context_id] = Context(
                context_id=answer.context_id,
                abstract_syntax=uid,
                transfer_syntax=answer.transfer_syntax,
                takes_objects=uid in takers,
                hears_reports=uid in hearers,
                relational=words[RELATIONAL : RELATIONAL + 1] == b"\1",
                fuzzy=uid in FIND_CLASSES and words[FUZZY : FUZZY + 1] == b"\1",
            )
    return agreed


def objection(request: AssociateRequest, our_ae_title: str) -> Rejection | None:
    """Why this request cannot be meant for us, None when it can (PS3.8 9.3.4)."""
    if not request.protocol_version & 1:
        return PROTOCOL_VERSION_REFUSED
    if request.application_context != APPLICATION_CONTEXT_NAME:
        return APPLICATION_CONTEXT_REFUSED
    if request.called_ae_title != our_ae_title:
        return CALLED_AE_UNKNOWN
    return None
