"""C-GET and C-MOVE as operations of an association (PS3.7 9.1.3, 9.1.4)."""

import logging
from dataclasses import dataclass

from dicom_node.archive.tables import Instance
from dicom_node.command import Answer
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.pdu import AbortReason
from dicom_node.query.identifier import Collector, Filters
from dicom_node.query.model import IdentifierFault
from dicom_node.query.queries import Index
from dicom_node.retrieve.retrieval import Retrieval, keys_of, wanted
from dicom_node.retrieve.sending import (
    KINDS_MAX,
    Broken,
    NotSendable,
    Outbox,
    best_context,
    sent,
    sent_over,
    services,
)
from dicom_node.scu.association import (
    Caller,
    Originator,
    Outgoing,
    Patience,
    Remote,
    contexts_of,
    open_association,
)
from dicom_node.scu.errors import AssociationRejected, PeerMisbehaved, PeerUnreachable
from dicom_node.status import DESTINATION_UNKNOWN
from dicom_node.wire import PduRefused

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What objects are sent with: their bytes, our name, how long to wait for the other side."""

    outbox: Outbox
    caller: Caller
    patience: Patience


class _Retrieving:
    """What C-GET and C-MOVE share: an identifier that comes in pieces and says what is wanted."""

    def __init__(self, index: Index, context: Context) -> None:
        self._index, self._context = index, context
        self._collector, self._syntax = Collector(), syntax_of(context.transfer_syntax)

    def take(self, piece: memoryview) -> None:
        """The next bytes of the identifier."""
        self._collector.take(piece)

    def close(self) -> None:
        """Nothing is held."""

    def _filters(self) -> Filters:
        return wanted(self._collector.identifier(self._syntax), self._context)


class Getting(_Retrieving):
    """A C-GET: the objects come over the same association, in the contexts that the peer takes them in."""

    def __init__(self, index: Index, context: Context, sending: Sending) -> None:
        super().__init__(index, context)
        self._outbox = sending.outbox

    def answer(self, line: Line) -> Answer:
        """Every object over `line`, then how it went."""
        try:
            filters = self._filters()
        except IdentifierFault as fault:
            return fault.answer
        keys = keys_of(self._index, filters)
        if isinstance(keys, Answer):
            return keys

        def send(instance: Instance) -> int:
            context = best_context(line.taking, instance)
            if context is None:
                raise NotSendable
            return sent(
                self._outbox,
                instance,
                context.transfer_syntax,
                lambda pieces: line.store(context, instance.sop_instance_uid, pieces),
            )

        try:
            return Retrieval(self._index, keys, line, self._syntax).run(send)
        except Broken as broken:
            raise PduRefused(AbortReason.NOT_SPECIFIED) from broken


class Moving(_Retrieving):
    """A C-MOVE: the objects go over an association of our own to a peer that the register knows."""

    def __init__(
        self,
        index: Index,
        context: Context,
        sending: Sending,
        *,
        destination: Remote | None,
        originator: Originator,
    ) -> None:
        super().__init__(index, context)
        self._sending, self._destination, self._originator = sending, destination, originator

    def answer(self, line: Line) -> Answer:
        """Every object to the destination, then how it went."""
        try:
            filters = self._filters()
        except IdentifierFault as fault:
            return fault.answer
        if self._destination is None:
            return Answer(DESTINATION_UNKNOWN, "the move destination is not known here")
        keys = keys_of(self._index, filters)
        if isinstance(keys, Answer):
            return keys
        retrieval = Retrieval(self._index, keys, line, self._syntax)
        return self._moved(retrieval, filters, self._destination) if keys else retrieval.done()

    def _moved(self, retrieval: Retrieval, filters: Filters, destination: Remote) -> Answer:
        contexts = contexts_of(*services(self._index.kinds(filters, KINDS_MAX)))
        caller, patience = self._sending.caller, self._sending.patience
        try:
            with open_association(destination, contexts, caller=caller, patience=patience) as outgoing:
                answer = retrieval.run(lambda instance: self._send(outgoing, instance))
                if retrieval.fault is not None:
                    raise retrieval.fault  # ends the association without a farewell
                return answer
        except (AssociationRejected, PeerUnreachable, PeerMisbehaved) as fault:
            logger.warning("move.failed", extra={"destination": destination.ae_title, "why": str(fault)})
            return retrieval.done() if retrieval.fault is not None else retrieval.fail(fault)

    def _send(self, outgoing: Outgoing, instance: Instance) -> int:
        try:
            return sent_over(outgoing, self._sending.outbox, instance, self._originator)
        except Broken as broken:
            raise PeerMisbehaved(fault="an object could not be read to its end") from broken
