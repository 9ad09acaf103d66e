"""PDUs that are wrong in every way we could think of (PS3.8 9.3, PS3.7 6.3 and E)."""

import random
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from tests.dicom_node.raw_scu import (
    CT,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    associate_rq,
    command,
    item,
    pdu,
    pdv,
    ui,
)
from tests.faults.node_process import SENDER

STUDY_FIND, COMMITMENT = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.1.20.1"
CONTEXTS = [
    (1, VERIFICATION, [IMPLICIT]),
    (3, CT, [EXPLICIT, IMPLICIT]),
    (5, STUDY_FIND, [IMPLICIT]),
    (7, COMMITMENT, [IMPLICIT]),
]
REQUEST = associate_rq("LIANZHEN", SENDER, CONTEXTS)
ACCEPTED = 2
ANSWER_SECONDS = 20.0
LENGTHS = (0, 1, 2, 5, 67, 0xFFFF, 0x10000000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
COMMANDS = (0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0110, 0x0130, 0x0140, 0x0FFF, 0x8001, 0x8030, 0)
IDENTIFIER = struct.pack("<HHL", 8, 0x52, 6) + b"STUDY " + struct.pack("<HHL", 0x10, 0x10, 2) + b"* "
Dice: TypeAlias = random.Random


@dataclass(frozen=True)
class Case:
    """Bytes at once, and bytes once an association stands (None: there is to be none)."""

    kind: str
    first: bytes
    then: bytes | None = None


def flipped(dice: Dice, raw: bytes) -> bytes:
    """With some bytes changed, removed or put in."""
    content = bytearray(raw)
    for _ in range(dice.choice((1, 1, 2, 4, 16))):
        place, way = dice.randrange(len(content) + 1), dice.randrange(4)
        if way == 0:
            content[place : place + 1] = dice.randbytes(1)
        elif way == 1:
            content[place : place + 1] = dice.choice((b"\0", b"\xff", b"\x7f", b"\x80"))
        elif way == 2:
            del content[place : place + dice.randint(1, 8)]
        else:
            content[place:place] = dice.randbytes(dice.randint(1, 8))
    return bytes(content)


def with_length(dice: Dice, raw: bytes, first: int, order: str = ">L") -> bytes:
    """With another number of 4 bytes from `first` on."""
    content = bytearray(raw)
    place = dice.randrange(first, len(content) - 4)
    content[place : place + 4] = struct.pack(order, dice.choice((*LENGTHS, len(raw), len(raw) * 2)))
    return bytes(content)


def a_message(dice: Dice) -> bytes:
    """One right message without its data set, or with one that says little."""
    return dice.choice(
        (
            pdu(4, pdv(1, command(0x30, 1, VERIFICATION), is_command=True, last=True)),
            pdu(4, pdv(3, command(1, 1, CT, "1.2.3", data=True), is_command=True, last=True)),
            _found(IDENTIFIER),
        )
    )


def _found(identifier: bytes) -> bytes:
    asked = command(0x20, 1, STUDY_FIND, data=True)
    return pdu(4, pdv(5, asked, is_command=True, last=True)) + pdu(
        4, pdv(5, identifier, is_command=False, last=True)
    )


def _stored(dice: Dice, uid: bytes, data: bytes) -> bytes:
    asked = command(1, 1, CT, uid.decode("latin-1").encode("ascii", "replace").decode(), data=True)
    return pdu(4, pdv(3, asked, is_command=True, last=True)) + pdu(
        4, pdv(3, data, is_command=False, last=dice.random() < 0.7)
    )


def garbage(dice: Dice) -> Case:
    return Case("garbage", dice.randbytes(dice.choice((1, 5, 6, 7, 74, 300, 5000))))


def request_changed(dice: Dice) -> Case:
    return Case("request changed", flipped(dice, REQUEST))


def request_length(dice: Dice) -> Case:
    return Case("request length", REQUEST[:2] + struct.pack(">L", dice.choice(LENGTHS)) + REQUEST[6:])


def request_items(dice: Dice) -> Case:
    content = bytearray(REQUEST)
    place = dice.randrange(74, len(content) - 2)
    content[place : place + 2] = dice.choice((b"\xff\xff", b"\0\0", b"\x7f\xff"))
    return Case("item length", bytes(content))


def many_contexts(dice: Dice) -> Case:
    count = dice.choice((0, 128, 129, 256, 1000))
    contexts = [(n % 256, f"1.2.{n}", [IMPLICIT] * dice.choice((0, 1, 50))) for n in range(count)]
    return Case("many contexts", associate_rq("LIANZHEN", SENDER, contexts))


def nested_items(dice: Dice) -> Case:
    inner = b""
    for _ in range(dice.randint(2, 40)):
        inner = item(dice.choice((0x20, 0x30, 0x40, 0x50, 0x54, 0x56, 0x58)), inner)
    return Case("nested items", pdu(1, REQUEST[6:74] + inner))


def other_protocol(dice: Dice) -> Case:
    hello = bytes.fromhex("16030100c8010000c40303") + dice.randbytes(200)
    return Case(
        "other protocol", dice.choice((b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", hello, b"SSH-2.0-x\r\n"))
    )


def other_pdu(dice: Dice) -> Case:
    return Case("other PDU", pdu(dice.choice((0, 2, 3, 4, 5, 6, 7, 8, 99, 255)), dice.randbytes(64)))


def huge_pdu(dice: Dice) -> Case:
    head = struct.pack(">BBL", dice.choice((1, 4)), 0, dice.choice(LENGTHS[-5:]))
    content = head + dice.randbytes(2000)
    return Case("huge PDU", content) if head[0] == 1 else Case("huge PDU", REQUEST, content)


def cut_request(dice: Dice) -> Case:
    return Case("cut request", REQUEST[: dice.randrange(1, len(REQUEST))])


def message_changed(dice: Dice) -> Case:
    return Case("message changed", REQUEST, flipped(dice, a_message(dice)))


def message_length(dice: Dice) -> Case:
    return Case("element length", REQUEST, with_length(dice, a_message(dice), 12, "<L"))


def value_length(dice: Dice) -> Case:
    raw = a_message(dice)
    return Case("PDV length", REQUEST, raw[:6] + struct.pack(">L", dice.choice(LENGTHS)) + raw[10:])


def cut_message(dice: Dice) -> Case:
    raw = a_message(dice)
    return Case("cut message", REQUEST, raw[: dice.randrange(1, len(raw))])


def wrong_order(dice: Dice) -> Case:
    parts = (REQUEST, pdu(5, bytes(4)), pdu(6, bytes(4)), pdu(7, bytes(4)), a_message(dice))
    return Case("wrong order", REQUEST, b"".join(dice.choices(parts, k=dice.randint(2, 5))))


def query_changed(dice: Dice) -> Case:
    return Case("query changed", REQUEST, _found(flipped(dice, IDENTIFIER)))


def object_changed(dice: Dice) -> Case:
    data = dice.randbytes(dice.choice((0, 1, 8, 500)))
    return Case("object changed", REQUEST, _stored(dice, flipped(dice, b"1.2.3.4.5"), data))


def other_command(dice: Dice) -> Case:
    asked = command(dice.choice(COMMANDS), 1, COMMITMENT, "1.2", data=dice.random() < 0.5)
    context = dice.choice((1, 3, 5, 7, 2, 255))
    data = pdu(4, pdv(context, flipped(dice, IDENTIFIER), is_command=False, last=True))
    return Case("other command", REQUEST, pdu(4, pdv(context, asked, is_command=True, last=True)) + data)


def many_elements(dice: Dice) -> Case:
    body = b"".join(struct.pack("<HHL", 0, dice.randrange(0x10000), 0) for _ in range(5000)) + ui("1.2")
    return Case("many elements", REQUEST, pdu(4, pdv(1, body, is_command=True, last=True)))


KINDS: tuple[Callable[[Dice], Case], ...] = (
    garbage,
    request_changed,
    request_length,
    request_items,
    many_contexts,
    nested_items,
    other_protocol,
    other_pdu,
    huge_pdu,
    cut_request,
    message_changed,
    message_length,
    value_length,
    cut_message,
    wrong_order,
    query_changed,
    object_changed,
    other_command,
    many_elements,
)


def a_case(seed: int) -> Case:
    """A wrong PDU; the same one for the same seed."""
    dice = Dice(seed)
    return dice.choice(KINDS)(dice)


def outcome(port: int, case: Case) -> str:
    """How the connection ended after we sent everything and our end: "closed", "reset", "hang"."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as line:
            line.sendall(case.first)
            if case.then is not None:
                answer = line.recv(65_536)
                if answer[:1] != bytes([ACCEPTED]):
                    return "no association"
                line.sendall(case.then)
            line.shutdown(socket.SHUT_WR)
            while line.recv(65_536):
                pass
    except TimeoutError:
        return "hang"
    except OSError:
        return "reset"
    return "closed"
