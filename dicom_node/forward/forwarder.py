"""Works the queue off: a thread for each destination with something due, so that none waits for another."""

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from dicom_node.forward import ledger, queries
from dicom_node.forward.attempt import Attempt, Means
from dicom_node.forward.domain import Acknowledgement, Delivery, Kind
from dicom_node.forward.fetching import Fetch
from dicom_node.forward.ledger import Job, Outcome
from dicom_node.forward.notifying import Notice
from dicom_node.forward.promising import ask
from dicom_node.rounds import Rounds

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
DESTINATIONS_MAX = 4
STOP_SECONDS, FORGET_SECONDS = 5.0, 3600.0
TURN_SECONDS = 10.0
"""After so long a destination's thread ends between two jobs, so that others get their turn."""


class Forwarder:
    """The senders. Runs in one process of a node; start, stop."""

    def __init__(self, means: Means, clock: Clock, destinations_max: int = DESTINATIONS_MAX) -> None:
        self._means, self._clock, self._destinations_max = means, clock, destinations_max
        self._busy: dict[str, threading.Thread] = {}
        self._lock, self._forget_at = threading.Lock(), time.monotonic() + FORGET_SECONDS
        self._rounds = Rounds("forwarder", LOOK_SECONDS, self.once)

    def start(self) -> None:
        """Begin; the first round takes up what an earlier life left."""
        self._rounds.start()

    def stop(self) -> None:
        """End; the means must say already that we are stopping.

        Whoever waits for a silent peer is left behind: its job is taken up where the confirmations end.
        """
        self._rounds.stop()
        with self._lock:
            threads = list(self._busy.values())
        ends = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))

    def once(self) -> int:
        """Give a thread to each destination that has something due and none, as many as may be.

        Jobs whose sender has died are due again; those that ended long ago are let go.
        """
        self._take_up_strays()
        self._forget()
        started = 0
        for peer in queries.due_peers(self._means.reader, self._clock.now()):
            with self._lock:
                if peer in self._busy or len(self._busy) >= self._destinations_max:
                    continue
                thread = threading.Thread(
                    target=self._turn, args=(peer,), name=f"forward {peer}", daemon=True
                )
                self._busy[peer] = thread
            thread.start()
            started += 1
        return started

    def _take_up_strays(self) -> None:
        """A thread that is there answers for its jobs; what nobody answers for is put back."""
        found = queries.being_sent(self._means.reader)
        with self._lock:
            strays = [transfer_id for transfer_id, peer in found if peer not in self._busy]
        if strays:
            count = self._means.ingest.run(lambda connection, now: ledger.resume(connection, strays, now))
            logger.warning("forward.resumed", extra={"jobs": count})

    def _forget(self) -> None:
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            self._means.ingest.submit(ledger.forget)

    def _turn(self, peer: str) -> None:
        """Jobs of one destination, one after the other."""
        ends = time.monotonic() + TURN_SECONDS
        try:
            while not self._means.stopping() and time.monotonic() < ends and self._one(peer):
                continue
        except (AppError, SQLAlchemyError) as error:
            logger.warning("forward.waiting", extra={"peer": peer, "reason": type(error).__name__})
        finally:
            with self._lock:
                del self._busy[peer]

    def _one(self, peer: str) -> bool:
        """The next job of a destination; False when nothing is due."""
        due = queries.next_due(self._means.reader, peer, self._clock.now())
        if due is None:
            return False
        ingest, transfer_id = self._means.ingest, str(due.transfer_id)
        if due.delivery == Delivery.WAITING.value:
            job = ingest.run(lambda connection, now: ledger.begin(connection, transfer_id, now))
            if job is not None:
                outcome = RUNS[job.kind](self._means, job)
                ingest.run(lambda connection, now: ledger.end(connection, transfer_id, outcome, now))
        elif due.acknowledgement == Acknowledgement.ASKED.value:
            ingest.run(lambda connection, now: ledger.overdue(connection, transfer_id, now))
        else:
            ask(self._means, transfer_id, peer)
        return True


RUNS: dict[Kind, Callable[[Means, Job], Outcome]] = {
    Kind.SEND: lambda means, job: Attempt(means, job).run(),
    Kind.FETCH: lambda means, job: Fetch(means, job).run(),
    Kind.NOTIFY: lambda means, job: Notice(means, job).run(),
}
