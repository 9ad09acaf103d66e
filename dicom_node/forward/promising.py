"""Asking a peer to commit itself to what it was sent, and hearing its report (PS3.4 J)."""

import logging

from config.kernel.errors import AppError
from dicom_node.command import Answer, CommandField, Field, ui, us
from dicom_node.dialogue import Message
from dicom_node.forward import commitment, ledger
from dicom_node.forward.attempt import Means
from dicom_node.forward.errors import CommitmentRefused
from dicom_node.forward.ledger import Question
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.pdu import Role
from dicom_node.peers import KnownPeer
from dicom_node.scu.association import PLAIN_SYNTAXES, Outgoing, contexts_of, open_association
from dicom_node.status import PROCESSING_FAILURE, SUCCESS

logger = logging.getLogger(__name__)

LINGER_SECONDS = 2.0
"""How long we stay for a report on the same association; a later one comes over the peer's own."""
NO_SUCH_EVENT = 0x0113
REPORT_BYTES_MAX = 4 * 1024 * 1024


def ask(means: Means, transfer_id: str, peer_ae_title: str) -> None:
    """Ask the peer of a delivered job for its commitment."""
    question = means.ingest.run(lambda connection, now: ledger.asking(connection, transfer_id, now))
    if question is None:
        return
    try:
        _converse(means, question, peer_ae_title)
    except AppError as fault:
        named = fault
        logger.warning("forward.not_asked", extra={"transfer_id": transfer_id, "reason": str(fault)})
        means.ingest.run(lambda connection, now: ledger.not_asked(connection, transfer_id, named, now))


def _converse(means: Means, question: Question, peer_ae_title: str) -> None:
    if len(question.references) > commitment.REFERENCES_MAX:
        raise CommitmentRefused(why="too many objects for one request")
    remote, heard = means.remote(peer_ae_title), list[str]()
    with open_association(
        remote,
        contexts_of((commitment.CLASS_UID, PLAIN_SYNTAXES)),
        caller=means.sending.caller,
        patience=means.sending.patience,
        roles=(Role(sop_class_uid=commitment.CLASS_UID, scu=True, scp=False),),
    ) as outgoing:

        def reported(message: Message) -> int:
            syntax = outgoing.context_for(commitment.CLASS_UID).transfer_syntax
            answer = take_report(
                means.ingest, peer_ae_title, message.command.type_id, message.data_set, syntax
            )
            heard.append(question.transaction_uid)
            return answer.status

        outgoing.reported = reported
        _request(outgoing, question)
        outgoing.hear_reports(LINGER_SECONDS, lambda: bool(heard))


def _request(outgoing: Outgoing, question: Question) -> None:
    context = outgoing.context_for(commitment.CLASS_UID)
    syntax = syntax_of(context.transfer_syntax)
    answer = outgoing.answer_to(
        context,
        CommandField.N_ACTION_RQ,
        more={
            Field.REQUESTED_SOP_INSTANCE: ui(commitment.INSTANCE_UID),
            Field.ACTION_TYPE: us(commitment.REQUEST),
        },
        data_set=[commitment.action(question.transaction_uid, question.references, syntax)],
    )
    if answer.command.status != SUCCESS:
        raise CommitmentRefused(why=f"{answer.command.status:04X}")


def take_report(ingest: Ingest, peer_ae_title: str, event_type: int, raw: bytes, syntax_uid: str) -> Answer:
    """Keep what a peer reports; the answer to it."""
    if event_type not in {commitment.ALL_COMMITTED, commitment.SOME_FAILED}:
        return Answer(NO_SUCH_EVENT, "no such event type")
    try:
        report = commitment.read_report(raw, syntax_of(syntax_uid))
        known = ingest.run(lambda connection, now: ledger.heard(connection, peer_ae_title, report, now))
    except AppError as error:
        return Answer(PROCESSING_FAILURE, error.code)
    return Answer(SUCCESS) if known else Answer(PROCESSING_FAILURE, "no such transaction")


class Reported:
    """An N-EVENT-REPORT that a peer makes in an association of its own."""

    def __init__(self, ingest: Ingest, peer: KnownPeer, context: Context, event_type: int) -> None:
        self._ingest, self._peer, self._context = ingest, peer, context
        self._event_type, self._raw = event_type, bytearray()

    def take(self, piece: memoryview) -> None:
        """The next bytes of the event information; beyond the bound it cannot be read."""
        if len(self._raw) <= REPORT_BYTES_MAX:
            self._raw += piece

    def answer(self, line: Line) -> Answer:
        """Success when the report is durable."""
        return take_report(
            self._ingest,
            self._peer.ae_title,
            self._event_type,
            bytes(self._raw),
            self._context.transfer_syntax,
        )

    def close(self) -> None:
        """Nothing is held."""
