"""Having a study sent to us by the peer that holds it: a C-MOVE whose destination we are (PS3.4 C.4.2)."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import AppError
from dicom_node.command import MEDIUM_PRIORITY, CommandField, Field, ae, us
from dicom_node.dialogue import Message
from dicom_node.forward import ledger
from dicom_node.forward.attempt import Cancelled, Means
from dicom_node.forward.errors import MoveIncomplete, MoveRefused
from dicom_node.forward.ledger import Job, Outcome
from dicom_node.intake.parse import syntax_of
from dicom_node.query.encoding import encoded
from dicom_node.query.model import LEVEL, MOVE, STUDY_ROOT, STUDY_UID
from dicom_node.scu.association import PLAIN_SYNTAXES, Agreed, Outgoing, contexts_of, open_association
from dicom_node.status import (
    DESTINATION_UNKNOWN,
    PENDING,
    SOME_SUB_OPERATIONS_FAILED,
    SUB_OPERATIONS_FAILED,
    SUCCESS,
)

logger = logging.getLogger(__name__)

STUDY_MOVE: Final = f"{STUDY_ROOT}{MOVE}"
ANSWER_SECONDS: Final = 600.0
"""Archives fetch old studies from slow places, and say nothing meanwhile."""


class Fetch:
    """Asks for one study and follows how the peer says it comes along."""

    def __init__(self, means: Means, job: Job) -> None:
        self._means, self._job = means, job

    def run(self) -> Outcome:
        """What the peer made of it."""
        outcome = Outcome()
        try:
            self._fetch(outcome)
        except Cancelled:
            logger.info("forward.cancelled", extra={"transfer_id": self._job.transfer_id})
        except AppError as fault:
            outcome.fault = fault
        except SQLAlchemyError:
            outcome.fault = DatabaseUnavailable()
        return outcome

    def _fetch(self, outcome: Outcome) -> None:
        sending = self._means.sending
        with open_association(
            self._means.remote(self._job.peer_ae_title),
            contexts_of((STUDY_MOVE, PLAIN_SYNTAXES)),
            caller=sending.caller,
            patience=replace(sending.patience, answer_seconds=ANSWER_SECONDS),
        ) as outgoing:
            context = outgoing.context_for(STUDY_MOVE)
            for message in self._asked(outgoing, context):
                self._follow(message)
                if message.command.status != PENDING:
                    _judge(message)
            outcome.confirmed = 1

    def _asked(self, outgoing: Outgoing, context: Agreed) -> Iterator[Message]:
        identifier = encoded(
            {LEVEL: ("CS", "STUDY"), STUDY_UID: ("UI", self._job.study_instance_uid)},
            syntax_of(context.transfer_syntax),
            "ISO_IR 192",
        )
        more: dict[int, bytes] = {
            Field.PRIORITY: us(MEDIUM_PRIORITY),
            Field.MOVE_DESTINATION: ae(self._means.sending.caller.ae_title),
        }
        return outgoing.ask(context, CommandField.C_MOVE_RQ, more=more, data_set=[identifier])

    def _follow(self, message: Message) -> None:
        counts, transfer_id = message.command.counts, self._job.transfer_id
        done = counts.completed + counts.warning
        total = done + counts.failed + counts.remaining
        wanted = not total or self._means.ingest.run(
            lambda connection, now: ledger.progress(connection, transfer_id, done, total, now)
        )
        if not wanted:
            raise Cancelled


def _judge(message: Message) -> None:
    """Raises why the peer's last word does not mean that all has come."""
    status, said = message.command.status, f"{message.command.status:04X}"
    if status == SUCCESS:
        return
    if status in {SOME_SUB_OPERATIONS_FAILED, SUB_OPERATIONS_FAILED}:
        raise MoveIncomplete(status=said, failed=message.command.counts.failed)
    if status == DESTINATION_UNKNOWN:
        raise MoveRefused(status=said, why="it does not know us as a destination")
    raise MoveRefused(status=said, why=message.command.comment[:64])
