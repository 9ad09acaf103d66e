"""A DICOM peer made of bytes: says exactly what a test wants on the wire (PS3.8 9.3, PS3.7 E)."""

import socket
import struct
from collections.abc import Sequence
from typing import Self

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
EXPLICIT, IMPLICIT, DEFLATED, BIG = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
)
ANSWER_SECONDS = 20.0
Context = tuple[int, str, Sequence[str]]


def pdu(kind: int, body: bytes) -> bytes:
    """A PDU with its header."""
    return struct.pack(">BBL", kind, 0, len(body)) + body


def item(kind: int, content: bytes) -> bytes:
    """A variable item of an A-ASSOCIATE PDU."""
    return struct.pack(">BBH", kind, 0, len(content)) + content


def associate_rq(
    called: str, calling: str, contexts: Sequence[Context], pdu_bytes_max: int = 65_536
) -> bytes:
    """An A-ASSOCIATE-RQ."""
    body = struct.pack(">HH", 1, 0) + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for context_id, abstract, syntaxes in contexts:
        subs = item(0x30, abstract.encode()) + b"".join(item(0x40, ts.encode()) for ts in syntaxes)
        body += item(0x20, bytes([context_id, 0, 0, 0]) + subs)
    user = item(0x51, struct.pack(">L", pdu_bytes_max)) + item(0x52, b"1.2.3.4")
    return pdu(1, body + item(0x50, user))


def element(number: int, value: bytes) -> bytes:
    """An element of group 0000."""
    return struct.pack("<HHL", 0, number, len(value)) + value


def ui(text: str) -> bytes:
    """A UID value of even length."""
    raw = text.encode()
    return raw + b"\0" * (len(raw) % 2)


def command(
    field: int, message_id: int, sop_class: str = "", sop_instance: str = "", *, data: bool = False
) -> bytes:
    """A command set; what N-GET, N-SET, N-ACTION and N-DELETE name is requested, not affected."""
    requested = field in {0x0110, 0x0120, 0x0130, 0x0150}
    body = (
        element(0x0002 + requested, ui(sop_class))
        + element(0x0100, struct.pack("<H", field))
        + element(0x0110, struct.pack("<H", message_id))
        + element(0x0700, b"\0\0")
        + element(0x0800, struct.pack("<H", 0 if data else 0x0101))
    )
    if sop_instance:
        body += element(0x1000 + requested, ui(sop_instance))
    return element(0, struct.pack("<L", len(body))) + body


def pdv(context_id: int, content: bytes, *, is_command: bool, last: bool) -> bytes:
    """A presentation data value."""
    return struct.pack(">LBB", len(content) + 2, context_id, is_command | last << 1) + content


class RawScu:
    """One connection. Methods return what the peer answered."""

    def __init__(self, port: int, calling: str = "COUNTY", called: str = "LIANZHEN") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.calling, self.called = calling, called
        self.accepted: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, raw: bytes) -> None:
        """Bytes as they are."""
        self.socket.sendall(raw)

    def receive(self) -> tuple[int, bytes]:
        """The next PDU; (0, b"") when the connection ended."""
        head = self._exactly(6)
        return (head[0], self._exactly(struct.unpack(">L", head[2:])[0])) if head else (0, b"")

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            try:
                piece = self.socket.recv(count - len(got))
            except ConnectionResetError:
                return b""
            if not piece:
                return b""
            got += piece
        return got

    def associate(self, contexts: Sequence[Context]) -> tuple[int, bytes]:
        """Ask for an association; the answer's type and body. `accepted` maps context id to syntax."""
        self.send(associate_rq(self.called, self.calling, contexts))
        kind, body = self.receive()
        place = 68
        while kind == 2 and place < len(body):
            code, length = struct.unpack_from(">BxH", body, place)
            if code == 0x21 and body[place + 6] == 0:
                self.accepted[body[place + 4]] = body[place + 12 : place + 4 + length].decode()
            place += 4 + length
        return kind, body

    def request(
        self, context_id: int, command_set: bytes, data: bytes | None = None, piece: int = 65_000
    ) -> dict[int, bytes]:
        """Send one message; the elements of the answer, {} when the association ended instead."""
        self.send(pdu(4, pdv(context_id, command_set, is_command=True, last=True)))
        starts = range(0, 0 if data is None else max(1, len(data)), piece)
        for start in starts:
            part = (data or b"")[start : start + piece]
            self.send(pdu(4, pdv(context_id, part, is_command=False, last=start == starts[-1])))
        return self.answer()

    def answer(self) -> dict[int, bytes]:
        """The elements of the next response."""
        kind, body = self.receive()
        if kind != 4:
            return {}
        found, place = {}, 6
        while place < len(body):
            _group, number, length = struct.unpack_from("<HHL", body, place)
            found[number] = body[place + 8 : place + 8 + length]
            place += 8 + length
        return found

    def store(
        self, context_id: int, sop_class: str, sop_instance: str, data: bytes, piece: int = 65_000
    ) -> int:
        """C-STORE; the status, -1 when the association ended instead."""
        return status(
            self.request(context_id, command(1, 7, sop_class, sop_instance, data=True), data, piece)
        )

    def echo(self, context_id: int) -> int:
        """C-ECHO; the status."""
        return status(self.request(context_id, command(0x30, 1, VERIFICATION)))

    def release(self) -> int:
        """Release; the type of the answer."""
        self.send(pdu(5, bytes(4)))
        return self.receive()[0]


def status(answer: dict[int, bytes]) -> int:
    """The status of a response, -1 without one."""
    return int.from_bytes(answer[0x0900], "little") if 0x0900 in answer else -1


def comment(answer: dict[int, bytes]) -> str:
    """The error comment of a response."""
    return answer.get(0x0902, b"").decode().strip()


def storing(
    port: int, sop_class: str, sop_instance: str, data: bytes, syntax: str = EXPLICIT, calling: str = "COUNTY"
) -> dict[int, bytes]:
    """One object in an association of its own; the response's elements."""
    with RawScu(port, calling) as scu:
        scu.associate([(1, sop_class, [syntax])])
        answer = scu.request(1, command(1, 7, sop_class, sop_instance, data=True), data)
        scu.release()
        return answer
