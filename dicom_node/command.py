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
    REQUESTED_SOP_CLASS = 0x0003
    COMMAND = 0x0100
    MESSAGE_ID = 0x0110
    RESPONDED_MESSAGE_ID = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    OFFENDING_ELEMENT = 0x0901
    ERROR_COMMENT = 0x0902
    ERROR_ID = 0x0903
    AFFECTED_SOP_INSTANCE = 0x1000
    REQUESTED_SOP_INSTANCE = 0x1001
    EVENT_TYPE = 0x1002
    ATTRIBUTES = 0x1005
    ACTION_TYPE = 0x1008
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
    N_EVENT_REPORT_RQ = 0x0100
    N_GET_RQ = 0x0110
    N_SET_RQ = 0x0120
    N_ACTION_RQ = 0x0130
    N_CREATE_RQ = 0x0140
    N_DELETE_RQ = 0x0150
    C_CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000
REQUESTED: Mapping[int, tuple[Field, Field]] = dict.fromkeys(
    (CommandField.N_GET_RQ, CommandField.N_SET_RQ, CommandField.N_ACTION_RQ, CommandField.N_DELETE_RQ),
    (Field.REQUESTED_SOP_CLASS, Field.REQUESTED_SOP_INSTANCE),
)
"""Requests about an instance that exists name it as requested, all others as affected (PS3.7 10.3)."""
AFFECTED = (Field.AFFECTED_SOP_CLASS, Field.AFFECTED_SOP_INSTANCE)
PENDING = frozenset({0xFF00, 0xFF01})
"""Statuses after which another response to the same request follows (PS3.7 C)."""


class CommandMalformed(Invalid):
    """The peer's command set does not follow PS3.7."""

    code = "dicom.command_malformed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How the sub-operations of a C-GET or C-MOVE stand (PS3.7 9.1.3.1)."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0


NO_COUNTS = Counts()


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A message's command set. Texts are '' and numbers 0 when absent; `status` is of a response only.

    The SOP class and instance are the affected or the requested ones, as the request has them;
    `type_id` is the Event Type ID or Action Type ID, `counts` of a response to C-GET or C-MOVE.
    """

    command: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str
    responded_id: int = 0
    status: int = 0
    comment: str = ""
    move_destination: str = ""
    type_id: int = 0
    counts: Counts = NO_COUNTS

    @property
    def is_response(self) -> bool:
        """True for an answer to a request."""
        return bool(self.command & RESPONSE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say to a request: a status (PS3.7 C) and, for a failure, why in 64 characters.

    `offending` is the tag of the attribute at fault, `identifier` an encoded data set that goes along.
    Of N services: `attributes` at fault, `error_id` a service's own word for the reason, and
    `sop_instance_uid` of what was created where the request left that to us.
    """

    status: int
    comment: str = ""
    offending: int | None = field(default=None, kw_only=True)
    counts: Counts | None = field(default=None, kw_only=True)
    identifier: bytes = field(default=b"", kw_only=True)
    attributes: tuple[int, ...] = field(default=(), kw_only=True)
    error_id: int | None = field(default=None, kw_only=True)
    sop_instance_uid: str = field(default="", kw_only=True)


def read_command(raw: bytes) -> Command:
    """The command set in `raw`, of a request or a response. Raises CommandMalformed."""
    found = _elements(raw)
    kind = _number(found, Field.COMMAND)
    sop_class, sop_instance = REQUESTED.get(kind, AFFECTED)
    answers = bool(kind & RESPONSE) or kind == CommandField.C_CANCEL_RQ
    return Command(
        command=kind,
        message_id=0 if answers else _number(found, Field.MESSAGE_ID),
        has_data_set=_number(found, Field.DATA_SET_TYPE) != NO_DATA_SET,
        sop_class_uid=_text(found, sop_class),
        sop_instance_uid=_text(found, sop_instance),
        responded_id=_number(found, Field.RESPONDED_MESSAGE_ID) if answers else 0,
        status=_number(found, Field.STATUS) if kind & RESPONSE else 0,
        comment=_text(found, Field.ERROR_COMMENT),
        move_destination=_text(found, Field.MOVE_DESTINATION),
        type_id=_type_id(found),
        counts=_counts(found) if kind & RESPONSE else NO_COUNTS,
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


def _type_id(found: dict[int, bytes]) -> int:
    present = [number for number in (Field.EVENT_TYPE, Field.ACTION_TYPE) if number in found]
    return _number(found, present[0]) if present else 0


def _counts(found: dict[int, bytes]) -> Counts:
    fields = (Field.REMAINING, Field.COMPLETED, Field.FAILED, Field.WARNING)
    numbers = [_number(found, one) if found.get(one) else 0 for one in fields]
    return Counts(remaining=numbers[0], completed=numbers[1], failed=numbers[2], warning=numbers[3])


def _text(found: dict[int, bytes], number: Field) -> str:
    return found.get(number, b"")[:66].decode("ascii", errors="replace").strip("\0 ")


def us(number: int) -> bytes:
    """A value of two bytes."""
    return struct.pack("<H", number)


def at(tag: int) -> bytes:
    """A tag."""
    return us(tag >> 16) + us(tag & 0xFFFF)


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
    sop_class, _ = REQUESTED.get(command, AFFECTED)
    return command_set(
        {
            sop_class: ui(sop_class_uid),
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
    named = answer.sop_instance_uid or asked.sop_instance_uid
    if named:
        elements[Field.AFFECTED_SOP_INSTANCE] = ui(named)
    if asked.type_id:
        elements[Field.ACTION_TYPE if asked.command == CommandField.N_ACTION_RQ else Field.EVENT_TYPE] = us(
            asked.type_id
        )
    if answer.counts is not None:
        elements |= _counted(answer.counts)
    return command_set(elements | _explained(answer))


def _explained(answer: Answer) -> dict[int, bytes]:
    """Why a request was not done, in words and by tags (PS3.7 C)."""
    words: dict[int, bytes] = {}
    if answer.comment:
        words[Field.ERROR_COMMENT] = ae(answer.comment[:COMMENT_CHARACTERS_MAX])
    if answer.offending is not None:
        words[Field.OFFENDING_ELEMENT] = at(answer.offending)
    if answer.error_id is not None:
        words[Field.ERROR_ID] = us(answer.error_id)
    if answer.attributes:
        words[Field.ATTRIBUTES] = b"".join(map(at, answer.attributes))
    return words


def _counted(counts: Counts) -> dict[int, bytes]:
    return {
        Field.REMAINING: us(counts.remaining),
        Field.COMPLETED: us(counts.completed),
        Field.FAILED: us(counts.failed),
        Field.WARNING: us(counts.warning),
    }
