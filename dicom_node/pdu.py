"""Protocol data units of the DICOM upper layer (PS3.8 9.3) as bytes.

What an acceptor reads and writes and what both sides share; `scu/requesting.py` has the rest. No
socket and no state here. Each length inside a PDU is held against the PDU's own end, so hostile
lengths cost nothing.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from config.kernel.errors import Invalid

HEADER_BYTES = 6
FIXED_BYTES = 68
CONTEXTS_MAX = 128
SYNTAXES_MAX = 128
USER_ITEMS_MAX = 1024
ROLE_BYTES = 2
APPLICATION_CONTEXT_NAME = "1.2.840.10008.3.1.1.1"
UNLIMITED_BYTES = 131_072
"""What we send at most to a peer that names no limit."""
PDV_HEADER_BYTES = 6
PDV_CONTROL_BYTES = 2
ITEM_HEADER_BYTES = 4
LENGTH_BYTES = 4


class PduType(IntEnum):
    """The first byte of a PDU."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    DATA = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class ItemType(IntEnum):
    """The first byte of a variable item (PS3.8 9.3.2, PS3.7 D.3)."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ANSWERED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAXIMUM_LENGTH = 0x51
    IMPLEMENTATION_CLASS_UID = 0x52
    ROLE_SELECTION = 0x54
    IMPLEMENTATION_VERSION_NAME = 0x55
    EXTENDED_NEGOTIATION = 0x56


class AbortReason(IntEnum):
    """Why the provider aborts (PS3.8 9.3.8)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    UNEXPECTED_PARAMETER = 5
    INVALID_PARAMETER = 6


class Rejection(tuple[int, int, int]):
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    __slots__ = ()


APPLICATION_CONTEXT_REFUSED = Rejection((1, 1, 2))
CALLING_AE_UNKNOWN = Rejection((1, 1, 3))
CALLED_AE_UNKNOWN = Rejection((1, 1, 7))
PROTOCOL_VERSION_REFUSED = Rejection((1, 2, 2))
CONGESTED = Rejection((2, 3, 1))
LIMIT_EXCEEDED = Rejection((2, 3, 2))


class PduMalformed(Invalid):
    """The peer's protocol data unit does not follow PS3.8."""

    code = "dicom.pdu_malformed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedContext:
    """One presentation context as proposed."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """Role selection for a SOP class: which roles the requestor takes (PS3.7 D.3.3.4)."""

    sop_class_uid: str
    scu: bool
    scp: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Extension:
    """SOP class extended negotiation: the service class's own bytes for a SOP class (PS3.7 D.3.3.5)."""

    sop_class_uid: str
    information: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class UserInformation:
    """What either side says about itself. `pdu_bytes_max` is the longest P-DATA-TF it takes, 0 for any."""

    pdu_bytes_max: int = 0
    implementation: str = ""
    roles: tuple[Role, ...] = ()
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AssociateRequest:
    """An A-ASSOCIATE-RQ. `user` is what the requestor says about itself."""

    protocol_version: int
    called_ae_title: str
    calling_ae_title: str
    application_context: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation


@dataclass(frozen=True, kw_only=True, slots=True)
class AnsweredContext:
    """One presentation context as answered; result 0 is acceptance (PS3.8 9.3.3.2)."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Pdv:
    """One presentation data value: a fragment of a command or of a data set."""

    context_id: int
    is_command: bool
    is_last: bool
    fragment: memoryview


def text(raw: bytes) -> str:
    """An AE title, UID or name without its padding."""
    return raw.decode("ascii", errors="replace").strip("\0 ")


def items(body: bytes, place: int, end: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """The (type, start, end) of each item in [place, end)."""
    for _ in range(limit):
        if place == end:
            return
        if place + 4 > end:
            raise PduMalformed(fault="ends inside an item header")
        kind, length = struct.unpack_from(">BxH", body, place)
        if place + 4 + length > end:
            raise PduMalformed(fault="an item reaches beyond its end")
        yield kind, place + 4, place + 4 + length
        place += 4 + length
    raise PduMalformed(fault="too many items")


def _context(body: bytes, start: int, end: int) -> ProposedContext:
    if end - start < ITEM_HEADER_BYTES or body[start] % 2 == 0:
        raise PduMalformed(fault="a presentation context without a valid id")
    abstract, syntaxes = "", []
    for kind, low, high in items(body, start + 4, end, SYNTAXES_MAX + 1):
        if kind == ItemType.ABSTRACT_SYNTAX:
            abstract = text(body[low:high])
        elif kind == ItemType.TRANSFER_SYNTAX:
            syntaxes.append(text(body[low:high]))
    return ProposedContext(
        context_id=body[start], abstract_syntax=abstract, transfer_syntaxes=tuple(syntaxes)
    )


def read_user_information(body: bytes, start: int, end: int) -> UserInformation:
    """The sub-items of a user information item at [start, end). Raises PduMalformed."""
    limit, name, roles, extensions = 0, "", list[Role](), list[Extension]()
    for kind, low, high in items(body, start, end, USER_ITEMS_MAX):
        if kind == ItemType.MAXIMUM_LENGTH and high - low == LENGTH_BYTES:
            (limit,) = struct.unpack_from(">L", body, low)
        elif kind == ItemType.IMPLEMENTATION_VERSION_NAME:
            name = text(body[low:high])[:16]
        elif kind in {ItemType.ROLE_SELECTION, ItemType.EXTENDED_NEGOTIATION}:
            uid, rest = _about_a_class(body[low:high])
            if kind == ItemType.EXTENDED_NEGOTIATION:
                extensions.append(Extension(sop_class_uid=uid, information=rest))
            elif len(rest) == ROLE_BYTES:
                roles.append(Role(sop_class_uid=uid, scu=rest[0] == 1, scp=rest[1] == 1))
    return UserInformation(
        pdu_bytes_max=limit, implementation=name, roles=tuple(roles), extensions=tuple(extensions)
    )


def _about_a_class(raw: bytes) -> tuple[str, bytes]:
    """The UID that a sub-item begins with, after its length, and what follows it."""
    length = int.from_bytes(raw[:2], "big")
    if len(raw) < 2 + length:
        raise PduMalformed(fault="a SOP class UID reaches beyond its item")
    return text(raw[2 : 2 + length]), raw[2 + length :]


def read_associate_request(body: bytes) -> AssociateRequest:
    """The A-ASSOCIATE-RQ whose bytes after the PDU header are `body`. Raises PduMalformed."""
    if len(body) < FIXED_BYTES:
        raise PduMalformed(fault="shorter than its fixed fields")
    application, contexts, user = "", [], UserInformation()
    for kind, low, high in items(body, FIXED_BYTES, len(body), CONTEXTS_MAX + 8):
        if kind == ItemType.APPLICATION_CONTEXT:
            application = text(body[low:high])
        elif kind == ItemType.PROPOSED_CONTEXT:
            contexts.append(_context(body, low, high))
        elif kind == ItemType.USER_INFORMATION:
            user = read_user_information(body, low, high)
    if len({c.context_id for c in contexts}) != len(contexts):
        raise PduMalformed(fault="a presentation context id occurs twice")
    return AssociateRequest(
        protocol_version=int.from_bytes(body[:2], "big"),
        called_ae_title=text(body[4:20]),
        calling_ae_title=text(body[20:36]),
        application_context=application,
        contexts=tuple(contexts),
        user=user,
    )


def item(kind: int, content: bytes) -> bytes:
    """A variable item with its header."""
    return struct.pack(">BxH", kind, len(content)) + content


def pdu(kind: PduType, body: bytes) -> bytes:
    """A PDU with its header."""
    return struct.pack(">BxL", kind, len(body)) + body


def user_information(user: UserInformation, implementation_class_uid: str) -> bytes:
    """A user information item, its sub-items in the order of their types (PS3.8 D.1, PS3.7 D.3.3)."""
    parts = [
        item(ItemType.MAXIMUM_LENGTH, struct.pack(">L", user.pdu_bytes_max)),
        item(ItemType.IMPLEMENTATION_CLASS_UID, implementation_class_uid.encode()),
        *(
            item(ItemType.ROLE_SELECTION, _named(role.sop_class_uid, bytes((role.scu, role.scp))))
            for role in user.roles
        ),
        item(ItemType.IMPLEMENTATION_VERSION_NAME, user.implementation.encode()),
        *(
            item(ItemType.EXTENDED_NEGOTIATION, _named(extension.sop_class_uid, extension.information))
            for extension in user.extensions
        ),
    ]
    return item(ItemType.USER_INFORMATION, b"".join(parts))


def _named(sop_class_uid: str, rest: bytes) -> bytes:
    uid = sop_class_uid.encode("ascii", "replace")
    return struct.pack(">H", len(uid)) + uid + rest


def associate_accept(
    request_body: bytes,
    contexts: tuple[AnsweredContext, ...],
    *,
    user: UserInformation,
    implementation_class_uid: str,
) -> bytes:
    """An A-ASSOCIATE-AC that answers the request of body `request_body` (its AE fields go back as sent)."""
    answered = b"".join(
        item(
            0x21,
            struct.pack(">BxBx", c.context_id, c.result)
            + item(ItemType.TRANSFER_SYNTAX, c.transfer_syntax.encode("ascii", "replace")),
        )
        for c in contexts
    )
    fixed = struct.pack(">HH", 1, 0) + request_body[4:FIXED_BYTES]
    return pdu(
        PduType.ASSOCIATE_AC,
        fixed
        + item(ItemType.APPLICATION_CONTEXT, APPLICATION_CONTEXT_NAME.encode())
        + answered
        + user_information(user, implementation_class_uid),
    )


def associate_reject(rejection: Rejection) -> bytes:
    """An A-ASSOCIATE-RJ."""
    return pdu(PduType.ASSOCIATE_RJ, struct.pack(">xBBB", *rejection))


def release_response() -> bytes:
    """An A-RELEASE-RP."""
    return pdu(PduType.RELEASE_RP, bytes(4))


def abort(reason: AbortReason) -> bytes:
    """An A-ABORT by the service provider."""
    return pdu(PduType.ABORT, struct.pack(">xxBB", 2, reason))


def read_pdvs(body: memoryview) -> Iterator[Pdv]:
    """The presentation data values of a P-DATA-TF. Raises PduMalformed."""
    place, end = 0, len(body)
    while place < end:
        if place + PDV_HEADER_BYTES > end:
            raise PduMalformed(fault="ends inside a data value header")
        length, context_id, control = struct.unpack_from(">LBB", body, place)
        stop = place + 4 + length
        if length < PDV_CONTROL_BYTES or stop > end:
            raise PduMalformed(fault="a data value reaches beyond its end")
        yield Pdv(context_id, bool(control & 1), bool(control & 2), body[place + PDV_HEADER_BYTES : stop])
        place = stop


def data_room(peer_bytes_max: int) -> int:
    """How many bytes of a message fit into one PDU that the peer takes, an even number."""
    return max((peer_bytes_max or UNLIMITED_BYTES) - PDV_HEADER_BYTES, PDV_HEADER_BYTES) // 2 * 2


def data(
    context_id: int, message: bytes, *, is_command: bool, peer_bytes_max: int, is_last: bool = True
) -> bytes:
    """`message` as P-DATA-TF PDUs, none longer than the peer takes; to be written at once.

    With `is_last` False more of the same message follows.
    """
    room = data_room(peer_bytes_max)
    pdus = []
    for start in range(0, max(len(message), 1), room):
        piece = message[start : start + room]
        control = int(is_command) | (2 if is_last and start + room >= len(message) else 0)
        pdus.append(pdu(PduType.DATA, struct.pack(">LBB", len(piece) + 2, context_id, control) + piece))
    return b"".join(pdus)
