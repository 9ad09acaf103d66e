"""DIMSE command sets (PS3.7 6.3, E): a few elements of group 0000 in Implicit VR Little Endian."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from config.kernel.errors import Invalid

COMMAND_BYTES_MAX = 64 * 1024
ELEMENTS_MAX = 64
US_BYTES = 2
NO_DATA_SET, DATA_SET = 0x0101, 0x0001
COMMENT_CHARACTERS_MAX = 64
MEDIUM_PRIORITY = 0


class Field(IntEnum):
    """Element numbers in group 0000."""

    AFFECTED_SOP_CLASS = 0x0002
    COMMAND = 0x0100
    MESSAGE_ID = 0x0110
    RESPONDED_MESSAGE_ID = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    OFFENDING_ELEMENT = 0x0901
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE = 0x1000
    REMAINING = 0x1020
    COMPLETED = 0x1021
    FAILED = 0x1022
    WARNING = 0x1023
    MOVE_ORIGINATOR = 0x1030
    MOVE_ORIGINATOR_MESSAGE_ID = 0x1031


class CommandField(IntEnum):
    """What a message asks for (PS3.7 E.1)."""

    C_STORE_RQ = 0x0001
    C_GET_RQ = 0x0010
    C_FIND_RQ = 0x0020
    C_MOVE_RQ = 0x0021
    C_ECHO_RQ = 0x0030
    C_CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000
PENDING = frozenset({0xFF00, 0xFF01})
"""Statuses after which another response to the same request follows (PS3.7 C)."""


class CommandMalformed(Invalid):
    """The peer's command set does not follow PS3.7."""

    code = "dicom.command_malformed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A message's command set. Texts are '' and numbers 0 when absent; `status` is of a response only."""

    command: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str
    responded_id: int = 0
    status: int = 0
    comment: str = ""
    move_destination: str = ""

    @property
    def is_response(self) -> bool:
        """True for an answer to a request."""
        return bool(self.command & RESPONSE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How the sub-operations of a C-GET or C-MOVE stand (PS3.7 9.1.3.1)."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say to a request: a status (PS3.7 C) and, for a failure, why in 64 characters.

    `offending` is the tag of the attribute at fault, `identifier` an encoded data set that goes along.
    """

    status: int
    comment: str = ""
    offending: int | None = field(default=None, kw_only=True)
    counts: Counts | None = field(default=None, kw_only=True)
    identifier: bytes = field(default=b"", kw_only=True)


def read_command(raw: bytes) -> Command:
    """The command set in `raw`, of a request or a response. Raises CommandMalformed."""
    found = _elements(raw)
    kind = _number(found, Field.COMMAND)
    answers = bool(kind & RESPONSE) or kind == CommandField.C_CANCEL_RQ
    return Command(
        command=kind,
        message_id=0 if answers else _number(found, Field.MESSAGE_ID),
        has_data_set=_number(found, Field.DATA_SET_TYPE) != NO_DATA_SET,
        sop_class_uid=_text(found, Field.AFFECTED_SOP_CLASS),
        sop_instance_uid=_text(found, Field.AFFECTED_SOP_INSTANCE),
        responded_id=_number(found, Field.RESPONDED_MESSAGE_ID) if answers else 0,
        status=_number(found, Field.STATUS) if kind & RESPONSE else 0,
        comment=_text(found, Field.ERROR_COMMENT),
        move_destination=_text(found, Field.MOVE_DESTINATION),
    )


def _elements(raw: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    place = 0
    while place < len(raw):
        if place + 8 > len(raw) or len(found) >= ELEMENTS_MAX:
            raise CommandMalformed(fault="ends inside an element, or has too many")
        group, number, length = struct.unpack_from("<HHL", raw, place)
        if group != 0 or place + 8 + length > len(raw):
            raise CommandMalformed(fault="an element is of another group or reaches beyond the end")
        found[number] = raw[place + 8 : place + 8 + length]
        place += 8 + length
    return found


def _number(found: dict[int, bytes], number: Field) -> int:
    value = found.get(number, b"")
    if len(value) != US_BYTES:
        raise CommandMalformed(fault=f"element (0000,{number:04X}) is missing or not of two bytes")
    return int.from_bytes(value, "little")


def _text(found: dict[int, bytes], number: Field) -> str:
    return found.get(number, b"")[:66].decode("ascii", errors="replace").strip("\0 ")


def us(number: int) -> bytes:
    """A value of two bytes."""
    return struct.pack("<H", number)


def ui(uid: str) -> bytes:
    """A UID of even length."""
    return _padded(uid, b"\0")


def ae(title: str) -> bytes:
    """An AE title or other text of even length."""
    return _padded(title, b" ")


def _padded(text: str, pad: bytes) -> bytes:
    raw = text.encode("ascii", errors="replace")
    return raw + pad * (len(raw) % 2)


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def command_set(elements: Mapping[int, bytes]) -> bytes:
    """These elements in order, after their group length."""
    body = b"".join(_element(number, elements[number]) for number in sorted(elements))
    return _element(0x0000, struct.pack("<L", len(body))) + body


def request(
    command: CommandField,
    message_id: int,
    sop_class_uid: str,
    *,
    has_data_set: bool = False,
    more: Mapping[int, bytes] = MappingProxyType({}),
) -> bytes:
    """The command set of a request; `more` holds what only this kind of request has, encoded."""
    return command_set(
        {
            Field.AFFECTED_SOP_CLASS: ui(sop_class_uid),
            Field.COMMAND: us(command),
            Field.MESSAGE_ID: us(message_id),
            Field.DATA_SET_TYPE: us(DATA_SET if has_data_set else NO_DATA_SET),
        }
        | dict(more)
    )


def response(asked: Command, answer: Answer) -> bytes:
    """The command set that answers the request `asked`."""
    elements: dict[int, bytes] = {
        Field.COMMAND: us(asked.command | RESPONSE),
        Field.RESPONDED_MESSAGE_ID: us(asked.message_id),
        Field.DATA_SET_TYPE: us(DATA_SET if answer.identifier else NO_DATA_SET),
        Field.STATUS: us(answer.status),
    }
    if asked.sop_class_uid:
        elements[Field.AFFECTED_SOP_CLASS] = ui(asked.sop_class_uid)
    if asked.sop_instance_uid:
        elements[Field.AFFECTED_SOP_INSTANCE] = ui(asked.sop_instance_uid)
    if answer.comment:
        elements[Field.ERROR_COMMENT] = ae(answer.comment[:COMMENT_CHARACTERS_MAX])
    if answer.offending is not None:
        elements[Field.OFFENDING_ELEMENT] = us(answer.offending >> 16) + us(answer.offending & 0xFFFF)
    if answer.counts is not None:
        elements |= _counted(answer.counts)
    return command_set(elements)


def _counted(counts: Counts) -> dict[int, bytes]:
    return {
        Field.REMAINING: us(counts.remaining),
        Field.COMPLETED: us(counts.completed),
        Field.FAILED: us(counts.failed),
        Field.WARNING: us(counts.warning),
    }
