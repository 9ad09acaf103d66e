"""The N-ACTION that asks for storage commitment, and what a peer says to a report (PS3.4 J.3.2, J.3.3)."""

import logging

from dicom_node.command import Answer, Command
from dicom_node.commitment.request import Collector, Unacceptable, check_target, read_request
from dicom_node.commitment.service import Commitments
from dicom_node.intake.parse import syntax_of
from dicom_node.line import Context, Line
from dicom_node.peers import KnownPeer

logger = logging.getLogger(__name__)


class Committing:
    """One request: its data set is collected, judged, kept, and only then answered."""

    def __init__(self, desk: Commitments, peer: KnownPeer, context: Context, command: Command) -> None:
        self._desk, self._peer, self._context, self._command = desk, peer, context, command
        self._collector = Collector()

    def take(self, piece: memoryview) -> None:
        """The next bytes of the action information."""
        self._collector.take(piece)

    def answer(self, line: Line) -> Answer | None:
        """Success when the request is durable, else why it was refused; None when `line` has said so."""
        try:
            check_target(self._command, self._context.abstract_syntax)
            asked = read_request(self._collector.whole(), syntax_of(self._context.transfer_syntax))
        except Unacceptable as refused:
            logger.warning(
                "commitment.refused",
                extra={"ae_title": self._peer.ae_title, "status": f"{refused.answer.status:04X}"},
            )
            return refused.answer
        return self._desk.take(self._peer, asked, self._context, line)

    def close(self) -> None:
        """Nothing is held."""


class Heard:
    """The response to a report that was told in this association; what else is owed follows."""

    def __init__(self, desk: Commitments, peer: KnownPeer, context: Context) -> None:
        self._desk, self._peer, self._context = desk, peer, context

    def take(self, piece: memoryview) -> None:
        """An event reply says nothing in this service."""

    def answer(self, line: Line) -> None:
        """A response is not answered."""
        self._desk.go_on(self._peer, self._context, line)

    def close(self) -> None:
        """Nothing is held."""
