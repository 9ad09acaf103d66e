"""The services of an association: which operation serves which request (PS3.7 9.1)."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from config.kernel.errors import AppError
from dicom_node.command import RESPONSE, Answer, Command, CommandField, CommandMalformed
from dicom_node.commitment.operation import Committing, Heard
from dicom_node.commitment.service import Commitments
from dicom_node.forward.promising import Reported
from dicom_node.intake.door import Door
from dicom_node.intake.errors import ObjectTooLarge
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Source
from dicom_node.line import Context, Line, Operation
from dicom_node.mpps.operations import Performing, is_served
from dicom_node.negotiation import COMMITMENT, VERIFICATION, is_storage_class
from dicom_node.pdu import AbortReason, PduMalformed
from dicom_node.peers import KnownPeer
from dicom_node.query.access import destination_of, scope_of
from dicom_node.query.finding import Finding
from dicom_node.query.model import FIND_CLASSES, GET_CLASSES, MOVE_CLASSES
from dicom_node.query.queries import Index
from dicom_node.retrieve.operations import Getting, Moving, Sending
from dicom_node.scu.association import Originator
from dicom_node.status import (
    CANNOT_UNDERSTAND,
    SOP_CLASS_NOT_SUPPORTED,
    STORED_AS_IT_SAYS,
    SUCCESS,
    UNRECOGNIZED_OPERATION,
    answer_of,
    stored_answer,
)
from dicom_node.wire import PduRefused, PeerGone
from dicom_node.worklist.finding import Listing
from dicom_node.worklist.model import MODALITY_WORKLIST
from dicom_node.worklist.queries import Worklist

logger = logging.getLogger(__name__)


ASKING = {
    CommandField.C_FIND_RQ: FIND_CLASSES | {MODALITY_WORKLIST},
    CommandField.C_GET_RQ: GET_CLASSES,
    CommandField.C_MOVE_RQ: MOVE_CLASSES,
}
"""The requests with an identifier, and the SOP classes in which they are served."""


class Said:
    """An operation whose answer is known from the start; a data set is read past."""

    def __init__(self, answer: Answer | None) -> None:
        self._answer = answer

    def take(self, piece: memoryview) -> None:
        """Nothing is kept."""

    def answer(self, line: Line) -> Answer | None:
        """What was known."""
        return self._answer

    def close(self) -> None:
        """Nothing is held."""


class Storing:
    """A C-STORE: the data set goes to the spool as it comes, the answer follows the commit."""

    def __init__(self, door: Door, announced: Announced, source: Source) -> None:
        self._door, self._source = door, source
        self._announced_uid, self._reception = announced.sop_instance_uid, door.begin(announced)
        self._failure: AppError | None = None

    def take(self, piece: memoryview) -> None:
        """Write on; after a full disk only count, so that the peer gets a truthful answer.

        An object over the size cap has no end we would wait for: the association is aborted.
        """
        if self._failure is not None:
            return
        try:
            self._reception.write(piece)
        except ObjectTooLarge as error:
            raise PduRefused(AbortReason.NOT_SPECIFIED) from error
        except AppError as error:
            self._failure = error
            self._reception.discard()

    def answer(self, line: Line) -> Answer:
        """Success only when bytes and index are durable."""
        if self._failure is not None:
            return answer_of(self._failure)
        try:
            facts = self._door.admit(self._reception, self._source)
        except AppError as error:
            return answer_of(error)
        except Exception:
            logger.exception("store.failed")
            return Answer(CANNOT_UNDERSTAND, "internal error, nothing was stored")
        stored_uid = facts.instance.sop_instance_uid
        return stored_answer(announced_uid=self._announced_uid, stored_uid=stored_uid)

    def close(self) -> None:
        """Nothing half received stays behind."""
        self._reception.discard()


class Guarded:
    """An operation whose refusals and mistakes become its answer; the faults of the line pass through."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    def take(self, piece: memoryview) -> None:
        """The operation's own."""
        self._operation.take(piece)

    def answer(self, line: Line) -> Answer | None:
        """The operation's own answer, else why there is none."""
        try:
            return self._operation.answer(line)
        except (PeerGone, PduRefused, PduMalformed, CommandMalformed):
            raise
        except AppError as error:
            return answer_of(error)
        except Exception:
            logger.exception("query.failed")
            return Answer(CANNOT_UNDERSTAND, "internal error")

    def close(self) -> None:
        """The operation's own."""
        self._operation.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What queries, retrieval and storage commitment, both ways, are served from."""

    engine: Engine
    ae_title: str
    results_max: int
    sending: Sending
    find_peer: Callable[[str], KnownPeer | None]
    commitments: Commitments


class Dimse:
    """The services of this node."""

    def __init__(self, door: Door, failpoints: Failpoints, reading: Reading, ingest: Ingest) -> None:
        self._door, self._failpoints, self._reading, self._ingest = door, failpoints, reading, ingest

    def begin(self, peer: KnownPeer, context: Context, command: Command) -> Operation:
        """Start serving `command`."""
        if command.command == CommandField.C_ECHO_RQ and context.abstract_syntax == VERIFICATION:
            return Said(Answer(SUCCESS))
        if command.command == CommandField.C_STORE_RQ and command.has_data_set:
            return self._store(peer, context, command)
        if command.command == CommandField.C_CANCEL_RQ:
            return Said(None)
        if command.is_response:
            return self._heard(peer, context, command)
        if command.command in ASKING and command.has_data_set:
            return self._query(peer, context, command)
        return self._act(peer, context, command)

    def _act(self, peer: KnownPeer, context: Context, command: Command) -> Operation:
        if command.command == CommandField.N_ACTION_RQ and context.abstract_syntax == COMMITMENT:
            return Committing(self._reading.commitments, peer, context, command)
        if is_served(context, command):
            return Guarded(Performing(self._ingest, peer, context, command))
        if command.command == CommandField.N_EVENT_REPORT_RQ and context.abstract_syntax == COMMITMENT:
            return Reported(self._ingest, peer, context, command.type_id)
        return Said(Answer(UNRECOGNIZED_OPERATION, "this operation is not served"))

    def _heard(self, peer: KnownPeer, context: Context, response: Command) -> Operation:
        """What answers a report of ours; any other response was not asked for."""
        desk = self._reading.commitments
        if response.command == CommandField.N_EVENT_REPORT_RQ | RESPONSE and desk.answered(response):
            return Heard(desk, peer, context)
        raise PduRefused(AbortReason.UNEXPECTED_PARAMETER)

    def _query(self, peer: KnownPeer, context: Context, command: Command) -> Operation:
        served = ASKING[CommandField(command.command)]
        if command.sop_class_uid != context.abstract_syntax or context.abstract_syntax not in served:
            return Said(Answer(SOP_CLASS_NOT_SUPPORTED, "SOP class was not negotiated in this context"))
        reading = self._reading
        if context.abstract_syntax == MODALITY_WORKLIST:
            worklist = Worklist(reading.engine, scope_of(peer))
            return Guarded(Listing(worklist, context, calling=peer.ae_title, results_max=reading.results_max))
        index, sending = Index(reading.engine, scope_of(peer)), reading.sending
        if command.command == CommandField.C_FIND_RQ:
            return Guarded(
                Finding(index, context, ae_title=reading.ae_title, results_max=reading.results_max)
            )
        if command.command == CommandField.C_GET_RQ:
            return Guarded(Getting(index, context, sending))
        return self._move(peer, index, context, command)

    def _move(self, peer: KnownPeer, index: Index, context: Context, command: Command) -> Operation:
        try:
            known = self._reading.find_peer(command.move_destination)
        except AppError as error:
            return Said(answer_of(error))
        moving = Moving(
            index,
            context,
            self._reading.sending,
            destination=destination_of(peer, known),
            originator=Originator(ae_title=peer.ae_title, message_id=command.message_id),
        )
        return Guarded(moving)

    def _store(self, peer: KnownPeer, context: Context, command: Command) -> Operation:
        if command.sop_class_uid != context.abstract_syntax or not is_storage_class(context.abstract_syntax):
            return Said(Answer(SOP_CLASS_NOT_SUPPORTED, "SOP class was not negotiated in this context"))
        source = Source(
            institution_id=peer.institution_id,
            ae_title=peer.ae_title,
            issuer_of_patient_id=peer.issuer_of_patient_id,
        )
        announced = Announced(
            sop_class_uid=command.sop_class_uid,
            sop_instance_uid=command.sop_instance_uid[:64],
            transfer_syntax_uid=context.transfer_syntax,
        )
        try:
            return Storing(self._door, announced, source)
        except AppError as error:
            return Said(answer_of(error))

    def answered(self, answer: Answer) -> None:
        """A success is about to be written: the last place where a fault test may strike."""
        if answer.status in {SUCCESS, STORED_AS_IT_SAYS}:
            self._failpoints.passed("before_response")
