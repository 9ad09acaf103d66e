"""DIMSE messages on a wire: sent in PDUs that the peer takes, read whole within a bound.

Used where we speak as well as answer: by our own associations (`scu/`), and inside an association of
a peer's for the sub-operations of C-GET and for hearing a C-CANCEL.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from dicom_node.command import COMMAND_BYTES_MAX, Command, read_command
from dicom_node.pdu import AbortReason, PduType, Pdv, data, data_room, read_pdvs
from dicom_node.wire import PduRefused, PeerGone, Wire

DATA_SET_BYTES_MAX = 1024 * 1024
"""The longest data set read here: identifiers and reports of actions, never objects."""
WRITE_BYTES = 128 * 1024
Pieces: TypeAlias = Iterable[bytes | memoryview]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as read: its presentation context, command set and data set (b"" without one)."""

    context_id: int
    command: Command
    data_set: bytes = b""


@dataclass(slots=True)
class _Incoming:
    """A message on its way in."""

    context_id: int
    command_bytes: bytearray = field(default_factory=bytearray)
    command: Command | None = None
    data_set: bytearray = field(default_factory=bytearray)

    def take(self, pdv: Pdv) -> Message | None:
        """The next fragment; the message once it is whole. Raises PduRefused or CommandMalformed."""
        if pdv.context_id != self.context_id or pdv.is_command is not (self.command is None):
            raise PduRefused(AbortReason.UNEXPECTED_PARAMETER)
        target = self.command_bytes if self.command is None else self.data_set
        target += pdv.fragment
        if len(self.command_bytes) > COMMAND_BYTES_MAX or len(self.data_set) > DATA_SET_BYTES_MAX:
            raise PduRefused(AbortReason.INVALID_PARAMETER)
        if not pdv.is_last:
            return None
        if self.command is None:
            self.command = read_command(bytes(self.command_bytes))
            if self.command.has_data_set:
                return None
        return Message(context_id=self.context_id, command=self.command, data_set=bytes(self.data_set))


class Dialogue:
    """Messages both ways on one association. Used by one thread."""

    def __init__(self, wire: Wire, peer_bytes_max: int) -> None:
        self._wire, self._peer_bytes_max = wire, peer_bytes_max
        self._incoming: _Incoming | None = None
        self._read: list[Message] = []

    def send(self, context_id: int, command_set: bytes, data_set: Pieces | None = None) -> None:
        """One message, its data set as the pieces come. Raises PeerGone, or what the pieces raise."""
        limit = self._peer_bytes_max
        words = data(context_id, command_set, is_command=True, peer_bytes_max=limit)
        for part, is_last in _parts(data_set, data_room(limit)) if data_set is not None else ():
            self._wire.write(
                words + data(context_id, part, is_command=False, peer_bytes_max=limit, is_last=is_last)
            )
            words = b""
        if words:
            self._wire.write(words)

    def has_input(self) -> bool:
        """True when something has come that was not read yet; never waits. Raises PeerGone."""
        return bool(self._read) or self._wire.has_input()

    def receive(self) -> Message:
        """The next whole message.

        Raises PeerGone, PduRefused, PduMalformed or CommandMalformed; a release in the middle of an
        operation is refused as unexpected.
        """
        while not self._read:
            kind, body = self._wire.read_pdu()
            if kind is PduType.ABORT:
                raise PeerGone("aborted")
            if kind is not PduType.DATA:
                raise PduRefused(AbortReason.UNEXPECTED_PDU)
            for pdv in read_pdvs(body):
                self._take(pdv)
        return self._read.pop(0)

    def _take(self, pdv: Pdv) -> None:
        incoming = self._incoming = self._incoming or _Incoming(pdv.context_id)
        message = incoming.take(pdv)
        if message is not None:
            self._incoming = None
            self._read.append(message)


def _parts(pieces: Pieces, room: int) -> Iterator[tuple[bytes, bool]]:
    """`pieces` in parts of whole PDUs, about WRITE_BYTES each, and whether a part is the last."""
    size = max(room, WRITE_BYTES // room * room)
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True
