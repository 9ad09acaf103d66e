"""A study settles when nothing new has come for the quiet period; then it may be worked on."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update

from config.kernel.clock import Clock
from dicom_node.archive.tables import Study, outbox
from dicom_node.events import StudySettled
from dicom_node.intake.ingest import Ingest

BATCH_STUDIES = 200
LOOK_SECONDS = 0.2
Settled: TypeAlias = Callable[[Connection, str, datetime], None]
"""Told of a study (by its key) in the transaction in which it settles."""


def _quiet(since: datetime) -> list[ColumnElement[bool]]:
    return [Study.settled_at.is_(None), Study.last_received_at <= since]


def unheard(_connection: Connection, _study_key: str, _now: datetime) -> None:
    """Nobody but the event's readers wants to know."""


def settle(connection: Connection, now: datetime, quiet: timedelta, settled: Settled = unheard) -> int:
    """Settle every study that has been quiet, each with its event; how many there were.

    `settled` adds to the same transaction what follows from it.
    """
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
        settled(connection, row.study_key, now)
    return len(found)


class Settler:
    """Looks for quiet studies; reads often, writes only when there is one."""

    def __init__(
        self,
        *,
        reader: Engine,
        ingest: Ingest,
        clock: Clock,
        quiet_seconds: float,
        settled: Settled = unheard,
    ) -> None:
        self._reader, self._ingest, self._clock, self._settled = reader, ingest, clock, settled
        self._quiet = timedelta(seconds=quiet_seconds)

    def once(self) -> int:
        """Settle what is quiet now; how many studies."""
        with self._reader.connect() as connection:
            waiting = connection.scalar(
                select(Study.study_key).where(*_quiet(self._clock.now() - self._quiet)).limit(1)
            )
        if waiting is None:
            return 0
        return self._ingest.run(lambda connection, now: settle(connection, now, self._quiet, self._settled))
