"""DIMSE command sets (PS3.7 6.3, E): a few elements of group 0000 in Implicit VR Little Endian."""

import struct
from dataclasses import dataclass
from enum import IntEnum

from config.kernel.errors import Invalid

COMMAND_BYTES_MAX = 64 * 1024
ELEMENTS_MAX = 64
US_BYTES = 2
NO_DATA_SET = 0x0101
COMMENT_CHARACTERS_MAX = 64


class Field(IntEnum):
    """Element numbers in group 0000."""

    AFFECTED_SOP_CLASS = 0x0002
    COMMAND = 0x0100
    MESSAGE_ID = 0x0110
    RESPONDED_MESSAGE_ID = 0x0120
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE = 0x1000


class CommandField(IntEnum):
    """What a message asks for (PS3.7 E.1)."""

    C_STORE_RQ = 0x0001
    C_ECHO_RQ = 0x0030
    C_CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000


class CommandMalformed(Invalid):
    """The peer's command set does not follow PS3.7."""

    code = "dicom.command_malformed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """A request's command set. UIDs are '' when absent."""

    command: int
    message_id: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What we say to a request: a status (PS3.7 C) and, for a failure, why in 64 characters."""

    status: int
    comment: str = ""


def read_command(raw: bytes) -> Command:
    """The command set in `raw`. Raises CommandMalformed."""
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
    return Command(
        command=_number(found, Field.COMMAND),
        message_id=_number(found, Field.MESSAGE_ID),
        has_data_set=_number(found, Field.DATA_SET_TYPE) != NO_DATA_SET,
        sop_class_uid=_uid(found, Field.AFFECTED_SOP_CLASS),
        sop_instance_uid=_uid(found, Field.AFFECTED_SOP_INSTANCE),
    )


def _number(found: dict[int, bytes], field: Field) -> int:
    value = found.get(field, b"")
    if len(value) != US_BYTES:
        raise CommandMalformed(fault=f"element (0000,{field:04X}) is missing or not of two bytes")
    return int.from_bytes(value, "little")


def _uid(found: dict[int, bytes], field: Field) -> str:
    return found.get(field, b"")[:66].decode("ascii", errors="replace").strip("\0 ")


def _element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def _padded(text: str, pad: bytes) -> bytes:
    raw = text.encode("ascii", errors="replace")
    return raw + pad * (len(raw) % 2)


def response(request: Command, answer: Answer) -> bytes:
    """The command set that answers `request`."""
    parts = []
    if request.sop_class_uid:
        parts.append(_element(Field.AFFECTED_SOP_CLASS, _padded(request.sop_class_uid, b"\0")))
    parts += [
        _element(Field.COMMAND, struct.pack("<H", request.command | RESPONSE)),
        _element(Field.RESPONDED_MESSAGE_ID, struct.pack("<H", request.message_id)),
        _element(Field.DATA_SET_TYPE, struct.pack("<H", NO_DATA_SET)),
        _element(Field.STATUS, struct.pack("<H", answer.status)),
    ]
    if answer.comment:
        parts.append(_element(Field.ERROR_COMMENT, _padded(answer.comment[:COMMENT_CHARACTERS_MAX], b" ")))
    if request.sop_instance_uid:
        parts.append(_element(Field.AFFECTED_SOP_INSTANCE, _padded(request.sop_instance_uid, b"\0")))
    body = b"".join(parts)
    return _element(0x0000, struct.pack("<L", len(body))) + body
