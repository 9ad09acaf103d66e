"""A study settles when nothing new has come for the quiet period; then it may be worked on."""

import logging
import threading
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from dicom_node.archive.tables import Study, outbox
from dicom_node.events import StudySettled
from dicom_node.intake.ingest import Ingest

logger = logging.getLogger(__name__)

BATCH_STUDIES = 200
LOOK_SECONDS = 0.2


def _quiet(since: datetime) -> list[ColumnElement[bool]]:
    return [Study.settled_at.is_(None), Study.last_received_at <= since]


def settle(connection: Connection, now: datetime, quiet: timedelta) -> int:
    """Settle every study that has been quiet, each with its event; how many there were."""
    found = connection.execute(
        select(
            Study.study_key,
            Study.institution_id,
            Study.study_instance_uid,
            Study.version,
            Study.instance_count,
        )
        .where(*_quiet(now - quiet))
        .limit(BATCH_STUDIES)
        .with_for_update(skip_locked=True)
    ).all()
    for row in found:
        connection.execute(
            update(Study)
            .where(Study.study_key == row.study_key)
            .values(settled_at=now, version=row.version + 1)
        )
        event = StudySettled(
            subject=row.study_key,
            institution_id=row.institution_id,
            study_instance_uid=row.study_instance_uid,
            version=row.version + 1,
            instance_count=row.instance_count,
        )
        connection.execute(insert(outbox.table).values(**outbox.row(event, now)))
    return len(found)


class Settler:
    """Looks for quiet studies on its own thread; reads often, writes only when there is one."""

    def __init__(self, *, reader: Engine, ingest: Ingest, clock: Clock, quiet_seconds: float) -> None:
        self._reader, self._ingest, self._clock = reader, ingest, clock
        self._quiet = timedelta(seconds=quiet_seconds)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settler", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._thread.join()

    def once(self) -> int:
        """Settle what is quiet now; how many studies."""
        with self._reader.connect() as connection:
            waiting = connection.scalar(
                select(Study.study_key).where(*_quiet(self._clock.now() - self._quiet)).limit(1)
            )
        if waiting is None:
            return 0
        return self._ingest.run(lambda connection, now: settle(connection, now, self._quiet))

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.once()
            except (AppError, SQLAlchemyError) as error:
                logger.warning("settler.waiting", extra={"reason": type(error).__name__})
