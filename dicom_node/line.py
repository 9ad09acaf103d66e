"""What an operation may say and hear on its association before it answers for good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from dicom_node.command import (
    MEDIUM_PRIORITY,
    RESPONSE,
    Answer,
    Command,
    CommandField,
    Field,
    request,
    response,
    ui,
    us,
)
from dicom_node.dialogue import Dialogue, Message, Pieces
from dicom_node.pdu import AbortReason
from dicom_node.wire import PduRefused


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """An accepted presentation context.

    `takes_objects`: the requestor is a storage SCP in it, for the sub-operations of C-GET.
    `hears_reports`: the requestor named its roles for the storage commitment class, the user's among
    them, so it waits for the N-EVENT-REPORT in this association too. `relational` and `fuzzy` are
    what extended negotiation agreed on for a query (PS3.4 C.5).
    """

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    takes_objects: bool = False
    hears_reports: bool = False
    relational: bool = False
    fuzzy: bool = False


class Operation(Protocol):
    """One request being served: takes the data set in pieces, then answers."""

    def take(self, piece: memoryview) -> None:
        """The next bytes of the data set, valid during the call."""
        ...

    def answer(self, line: "Line") -> Answer | None:
        """The data set is complete (or there is none): do it and say how it went; None says nothing.

        Intermediate responses and sub-operations go over `line`.
        """
        ...

    def close(self) -> None:
        """The operation is over, answered or not."""
        ...


class Line:
    """One request's way to the peer that made it."""

    def __init__(
        self, dialogue: Dialogue, asked: Command, context: Context, contexts: Collection[Context]
    ) -> None:
        self._dialogue, self._asked, self._context = dialogue, asked, context
        self._contexts = contexts
        self._cancelled, self._stores = False, 0

    @property
    def taking(self) -> list[Context]:
        """The contexts in which the peer takes objects from us."""
        return [context for context in self._contexts if context.takes_objects]

    def pending(self, answer: Answer) -> None:
        """An intermediate response. Raises PeerGone."""
        data_set = [answer.identifier] if answer.identifier else None
        self._dialogue.send(self._context.context_id, response(self._asked, answer), data_set)

    def cancelled(self) -> bool:
        """True once the peer has cancelled the request; never waits.

        Raises PeerGone, or what a broken protocol raises; whoever speaks out of turn is refused.
        """
        while not self._cancelled and self._dialogue.has_input():
            self._hear(self._dialogue.receive())
        return self._cancelled

    def has_input(self) -> bool:
        """True once the peer has begun to say something more; never waits. Raises PeerGone."""
        return self._dialogue.has_input()

    def ask(
        self, command: CommandField, message_id: int, more: Mapping[int, bytes], data_set: Pieces
    ) -> None:
        """A request of our own in this request's context, whose response comes in like any message.

        Raises PeerGone.
        """
        sop_class = self._context.abstract_syntax
        words = request(command, message_id, sop_class, has_data_set=True, more=more)
        self._dialogue.send(self._context.context_id, words, data_set)

    def store(self, context: Context, sop_instance_uid: str, data_set: Pieces) -> int:
        """A C-STORE sub-operation in one of the `taking` contexts; its status.

        Raises as `cancelled` does, and what the pieces raise; then nothing more can be said.
        """
        self._stores = self._stores % 65_535 + 1
        words = request(
            CommandField.C_STORE_RQ,
            self._stores,
            context.abstract_syntax,
            has_data_set=True,
            more={Field.PRIORITY: us(MEDIUM_PRIORITY), Field.AFFECTED_SOP_INSTANCE: ui(sop_instance_uid)},
        )
        self._dialogue.send(context.context_id, words, data_set)
        while True:
            message = self._dialogue.receive()
            command = message.command
            if (command.command, command.responded_id) == (CommandField.C_STORE_RQ | RESPONSE, self._stores):
                return command.status
            self._hear(message)

    def _hear(self, message: Message) -> None:
        if message.command.command != CommandField.C_CANCEL_RQ:
            raise PduRefused(AbortReason.UNEXPECTED_PARAMETER)
        self._cancelled |= message.command.responded_id == self._asked.message_id
