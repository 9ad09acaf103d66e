"""Storage commitment at work: requests taken in associations, checks and reports by the node's chores.

A request is durable before it is answered. Then it is checked and reported at once where the peer
hears the report in the same association, and otherwise, or when that came to nothing, by the chores.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.objects import StoreFailed
from dicom_node.archive.tables import Commitment
from dicom_node.command import Answer, Command, CommandField
from dicom_node.commitment import ledger
from dicom_node.commitment.checking import Checker
from dicom_node.commitment.model import ENDED, REPORTABLE, Request, State
from dicom_node.commitment.queries import due, one
from dicom_node.commitment.reporting import Courier, fault_of, report_of
from dicom_node.intake.ingest import Ingest
from dicom_node.line import Context, Line
from dicom_node.peers import KnownPeer
from dicom_node.rounds import Rounds
from dicom_node.scu.calling import remote_of
from dicom_node.status import RESOURCE_LIMITATION, SUCCESS, answer_of
from dicom_node.wire import PeerGone

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
REPORTS_AT_ONCE: Final = 50
UNANSWERED_MAX: Final = 64
HELD_FOR_CALLABLE: Final = timedelta(seconds=10)
"""How long the association has to itself before the chores call the peer; it stops working before that."""
HELD_FOR_OTHERS: Final = timedelta(minutes=15)
"""The same for a peer that cannot be called: the chores could do nothing for it."""
SHARE_FOR_CHECKING: Final = 0.8
NO_ADDRESS: Final = "no_address"
"""The fault of a report to a peer that is not registered with host and port, or no longer enabled."""
T = TypeVar("T")


class _Here(threading.local):
    """What this thread's association is still to be told, and what it was told and has not answered."""

    def __init__(self) -> None:
        self.owed: list[str] = []
        self.unanswered: dict[int, str] = {}
        self.told = 0


def _hold_for(peer: KnownPeer) -> timedelta:
    return HELD_FOR_OTHERS if remote_of(peer) is None else HELD_FOR_CALLABLE


class Commitments:
    """The service. `promised_for` is how long a report is tried."""

    def __init__(
        self,
        *,
        reader: Engine,
        ingest: Ingest,
        clock: Clock,
        checker: Checker,
        courier: Courier,
        find_peer: Callable[[str], KnownPeer | None],
        promised_for: timedelta,
    ) -> None:
        self._reader, self._ingest, self._clock = reader, ingest, clock
        self._checker, self._courier, self._find_peer = checker, courier, find_peer
        self._promised_for = promised_for
        self._here, self._stopping = _Here(), threading.Event()

    def chores(self) -> list[Rounds]:
        """What one process of all does; a peer that does not answer never keeps a check waiting."""
        return [
            Rounds("commitment checks", LOOK_SECONDS, self.check_once),
            Rounds("commitment reports", LOOK_SECONDS, self.report_once),
        ]

    def take(self, peer: KnownPeer, asked: Request, context: Context, line: Line) -> Answer | None:
        """Keep the request, then answer it; None when that was done over `line` already."""
        here = context.hears_reports or remote_of(peer) is None
        held = _hold_for(peer) if here else ledger.NOW
        try:
            commitment_id = self._ingest.run(
                lambda connection, now: ledger.accept(connection, asked, peer, now, held=held)
            )
        except AppError as error:
            return Answer(RESOURCE_LIMITATION, answer_of(error).comment)
        if not here:
            return Answer(SUCCESS)
        line.pending(Answer(SUCCESS))
        self._here.owed.append(commitment_id)
        self.go_on(peer, context, line)
        return None

    def go_on(self, peer: KnownPeer, context: Context, line: Line) -> None:
        """Check and report what this thread's association is owed, as long as the peer only listens.

        What goes wrong on our side leaves it to the chores; raises PeerGone.
        """
        try:
            self._report_here(context, line, _hold_for(peer))
        except PeerGone:
            raise
        except (AppError, SQLAlchemyError) as error:
            logger.warning("commitment.left_to_chores", extra={"reason": type(error).__name__})

    def _report_here(self, context: Context, line: Line, held: timedelta) -> None:
        until = time.monotonic() + held.total_seconds() * SHARE_FOR_CHECKING
        owed = self._here.owed
        while owed and not line.has_input() and time.monotonic() < until:
            row = one(self._reader, owed[0])
            if row is not None and row.state not in ENDED and row.next_at > self._clock.now():
                if row.state == State.REQUESTED:
                    row = self._checked_here(row, line, until, held)
                    if row is None:
                        return
                self._tell(row, context, line)
            owed.pop(0)

    def _checked_here(self, row: Commitment, line: Line, until: float, held: timedelta) -> Commitment | None:
        """The row after its check; None when the peer spoke meanwhile, or it took too long."""
        found = self._checker.failures(row, lambda: not line.has_input() and time.monotonic() < until)
        if found is None:
            return None
        self._ingest.run(
            lambda connection, now: ledger.checked(connection, row.commitment_id, found, now, held=held)
        )
        return one(self._reader, row.commitment_id)

    def _tell(self, row: Commitment, context: Context, line: Line) -> None:
        here = self._here
        here.told = here.told % 65_535 + 1
        if len(here.unanswered) >= UNANSWERED_MAX:
            here.unanswered.pop(next(iter(here.unanswered)))
        here.unanswered[here.told] = row.commitment_id
        report = report_of(row, self._courier.caller.ae_title, context.transfer_syntax)
        line.ask(CommandField.N_EVENT_REPORT_RQ, here.told, report.more, [report.data_set])

    def answered(self, response: Command) -> bool:
        """A response to a report told in this thread's association; False when there was none such."""
        commitment_id = self._here.unanswered.pop(response.responded_id, None)
        if commitment_id is None:
            return False
        self._ingest.submit(partial(_noted, commitment_id, fault_of(response), 1))
        return True

    def stop(self) -> None:
        """Let go of a check that is under way; it is made anew after the next start."""
        self._stopping.set()

    def check_once(self) -> int:
        """Check one request that waits for it; how many there were."""
        now = self._clock.now()
        found = due(self._reader, [State.REQUESTED], now, 1)
        if not found:
            return self._forget(now)
        row = one(self._reader, found[0].commitment_id)
        if row is None:
            return 0
        try:
            failures = self._checker.failures(row, lambda: not self._stopping.is_set())
        except StoreFailed:
            self._run(partial(ledger.not_checked, commitment_id=row.commitment_id, attempts=row.attempts + 1))
            return 1
        if failures is None:
            return 0
        self._run(partial(ledger.checked, commitment_id=row.commitment_id, failures=failures))
        return 1

    def report_once(self) -> int:
        """Tell one peer what is due, or give up what was due for too long; how many requests that was."""
        now = self._clock.now()
        found = due(self._reader, REPORTABLE, now, 1)
        if not found:
            return 0
        if found[0].requested_at <= now - self._promised_for:
            count = self._run(partial(ledger.give_up, since=now - self._promised_for))
            logger.error("commitment.report_given_up", extra={"requests": count})
            return count
        ae_title, attempts = found[0].ae_title, found[0].attempts + 1
        fault = self._reported(ae_title, now)
        if fault:
            logger.warning("commitment.not_reported", extra={"ae_title": ae_title, "reason": fault})
            self._run(partial(ledger.not_reached, ae_title=ae_title, fault=fault, attempts=attempts))
        return 1

    def _reported(self, ae_title: str, now: datetime) -> str:
        remote = remote_of(self._find_peer(ae_title))
        if remote is None:
            return NO_ADDRESS
        waiting = {
            row.commitment_id: row.attempts + 1
            for row in due(self._reader, REPORTABLE, now, REPORTS_AT_ONCE, ae_title)
        }
        return self._courier.deliver(
            remote,
            list(waiting),
            partial(one, self._reader),
            lambda commitment_id, fault: self._run(
                partial(_noted, commitment_id, fault, waiting[commitment_id])
            ),
        )

    def _forget(self, now: datetime) -> int:
        return self._run(ledger.forget) if due(self._reader, ENDED, now, 1) else 0

    def _run(self, job: Callable[..., T]) -> T:
        """A job of the ledger's; its moment is named `now`."""
        return self._ingest.run(lambda connection, now: job(connection=connection, now=now))


def _noted(commitment_id: str, fault: str, attempts: int, connection: Connection, now: datetime) -> None:
    """What a peer answered to a report."""
    if fault:
        ledger.not_delivered(connection, commitment_id, fault, attempts, now)
    else:
        ledger.delivered(connection, commitment_id, now)
