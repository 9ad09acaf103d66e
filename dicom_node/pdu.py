"""Protocol data units of the DICOM upper layer (PS3.8 9.3) as bytes, for an acceptor.

Only what an acceptor reads and writes; no socket and no state here. Each length inside a PDU is
held against the PDU's own end, so hostile lengths cost nothing.
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
    IMPLEMENTATION_VERSION_NAME = 0x55


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
class AssociateRequest:
    """An A-ASSOCIATE-RQ. `pdu_bytes_max` is the longest P-DATA-TF the peer takes, 0 for any."""

    protocol_version: int
    called_ae_title: str
    calling_ae_title: str
    application_context: str
    contexts: tuple[ProposedContext, ...]
    pdu_bytes_max: int
    implementation: str


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


def _text(raw: bytes) -> str:
    return raw.decode("ascii", errors="replace").strip("\0 ")


def _items(body: bytes, place: int, end: int, limit: int) -> Iterator[tuple[int, int, int]]:
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
    for kind, low, high in _items(body, start + 4, end, SYNTAXES_MAX + 1):
        if kind == ItemType.ABSTRACT_SYNTAX:
            abstract = _text(body[low:high])
        elif kind == ItemType.TRANSFER_SYNTAX:
            syntaxes.append(_text(body[low:high]))
    return ProposedContext(
        context_id=body[start], abstract_syntax=abstract, transfer_syntaxes=tuple(syntaxes)
    )


def _user_information(body: bytes, start: int, end: int) -> tuple[int, str]:
    limit, name = 0, ""
    for kind, low, high in _items(body, start, end, 1024):
        if kind == ItemType.MAXIMUM_LENGTH and high - low == LENGTH_BYTES:
            (limit,) = struct.unpack_from(">L", body, low)
        elif kind == ItemType.IMPLEMENTATION_VERSION_NAME:
            name = _text(body[low:high])[:16]
    return limit, name


def read_associate_request(body: bytes) -> AssociateRequest:
    """The A-ASSOCIATE-RQ whose bytes after the PDU header are `body`. Raises PduMalformed."""
    if len(body) < FIXED_BYTES:
        raise PduMalformed(fault="shorter than its fixed fields")
    application, contexts, limit, name = "", [], 0, ""
    for kind, low, high in _items(body, FIXED_BYTES, len(body), CONTEXTS_MAX + 8):
        if kind == ItemType.APPLICATION_CONTEXT:
            application = _text(body[low:high])
        elif kind == ItemType.PROPOSED_CONTEXT:
            contexts.append(_context(body, low, high))
        elif kind == ItemType.USER_INFORMATION:
            limit, name = _user_information(body, low, high)
    if len({c.context_id for c in contexts}) != len(contexts):
        raise PduMalformed(fault="a presentation context id occurs twice")
    return AssociateRequest(
        protocol_version=int.from_bytes(body[:2], "big"),
        called_ae_title=_text(body[4:20]),
        calling_ae_title=_text(body[20:36]),
        application_context=application,
        contexts=tuple(contexts),
        pdu_bytes_max=limit,
        implementation=name,
    )


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(content)) + content


def _pdu(kind: PduType, body: bytes) -> bytes:
    return struct.pack(">BxL", kind, len(body)) + body


def associate_accept(
    request_body: bytes,
    contexts: tuple[AnsweredContext, ...],
    *,
    pdu_bytes_max: int,
    implementation_class_uid: str,
    implementation_version_name: str,
) -> bytes:
    """An A-ASSOCIATE-AC that answers the request of body `request_body` (its AE fields go back as sent)."""
    user = (
        _item(ItemType.MAXIMUM_LENGTH, struct.pack(">L", pdu_bytes_max))
        + _item(ItemType.IMPLEMENTATION_CLASS_UID, implementation_class_uid.encode())
        + _item(ItemType.IMPLEMENTATION_VERSION_NAME, implementation_version_name.encode())
    )
    answered = b"".join(
        _item(
            0x21,
            struct.pack(">BxBx", c.context_id, c.result)
            + _item(ItemType.TRANSFER_SYNTAX, c.transfer_syntax.encode("ascii", "replace")),
        )
        for c in contexts
    )
    fixed = struct.pack(">HH", 1, 0) + request_body[4:FIXED_BYTES]
    return _pdu(
        PduType.ASSOCIATE_AC,
        fixed
        + _item(ItemType.APPLICATION_CONTEXT, APPLICATION_CONTEXT_NAME.encode())
        + answered
        + _item(ItemType.USER_INFORMATION, user),
    )


def associate_reject(rejection: Rejection) -> bytes:
    """An A-ASSOCIATE-RJ."""
    return _pdu(PduType.ASSOCIATE_RJ, struct.pack(">xBBB", *rejection))


def release_response() -> bytes:
    """An A-RELEASE-RP."""
    return _pdu(PduType.RELEASE_RP, bytes(4))


def abort(reason: AbortReason) -> bytes:
    """An A-ABORT by the service provider."""
    return _pdu(PduType.ABORT, struct.pack(">xxBB", 2, reason))


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


def data(context_id: int, message: bytes, *, is_command: bool, peer_bytes_max: int) -> bytes:
    """`message` as P-DATA-TF PDUs, none longer than the peer takes; to be written at once."""
    room = (peer_bytes_max or UNLIMITED_BYTES) - PDV_HEADER_BYTES
    room = max(room, PDV_HEADER_BYTES) // 2 * 2
    pdus = []
    for start in range(0, max(len(message), 1), room):
        piece = message[start : start + room]
        control = int(is_command) | (2 if start + room >= len(message) else 0)
        pdus.append(_pdu(PduType.DATA, struct.pack(">LBB", len(piece) + 2, context_id, control) + piece))
    return b"".join(pdus)
