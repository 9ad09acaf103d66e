"""What every receiving process does, where all can see it: one row of `dicom_receiver` for each.

A row is written when something changed, at most once a second, and now and then to say that the
process lives; it goes when the process ends. The rows of those that died are cleared by the others.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, update

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.ids import new_id
from dicom_node.archive.tables import Receiver
from dicom_node.intake.ingest import Ingest
from dicom_node.reporting.activity import Snapshot

logger = logging.getLogger(__name__)

REPORT_SECONDS = 1.0
ALIVE_SECONDS = 15.0
DEAD_AFTER = timedelta(seconds=45)


class Reporter:
    """Keeps this process's row current, on a thread of its own."""

    def __init__(
        self, *, ingest: Ingest, clock: Clock, look: Callable[[], Snapshot], number: int = 0
    ) -> None:
        self._ingest, self._clock, self._look = ingest, clock, look
        self._receiver_id, self._number = new_id(), number
        self._said: Snapshot | None = None
        self._said_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Take the row away; the index writer must still run."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        if self._said is not None:
            self._submit(self._forget)

    def once(self) -> bool:
        """Write the row if there is news or a sign of life is due; True when it was written."""
        found, now = self._look(), self._clock.now()
        if found == self._said and now - self._said_at < timedelta(seconds=ALIVE_SECONDS):
            return False
        fresh = self._said is None
        self._said, self._said_at = found, now
        self._submit(lambda connection, moment: self._write(connection, moment, found, fresh=fresh))
        return True

    def _submit(self, job: Callable[[Connection, datetime], None]) -> None:
        try:
            self._ingest.submit(job)
        except AppError as error:
            logger.warning("reporter.not_written", extra={"reason": str(error)})

    def _run(self) -> None:
        while not self._stop.wait(REPORT_SECONDS):
            self.once()

    def _write(self, connection: Connection, now: datetime, found: Snapshot, *, fresh: bool) -> None:
        if fresh:
            connection.execute(delete(Receiver).where(Receiver.seen_at < now - DEAD_AFTER))
        change = update(Receiver).where(Receiver.receiver_id == self._receiver_id)
        if connection.execute(change.values(seen_at=now, facts=found)).rowcount:
            return
        connection.execute(
            insert(Receiver).values(
                receiver_id=self._receiver_id,
                host_name=socket.gethostname()[:64],
                process_id=os.getpid(),
                number=self._number,
                started_at=now,
                seen_at=now,
                facts=found,
            )
        )

    def _forget(self, connection: Connection, _now: datetime) -> None:
        connection.execute(delete(Receiver).where(Receiver.receiver_id == self._receiver_id))
