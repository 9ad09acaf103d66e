"""Looks for Key Object Selections that have come, and does what the rejection notes among them say."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from config.kernel.clock import Clock
from dicom_node.rejection import filing
from dicom_node.rejection.note import read_note
from dicom_node.rejection.queries import incomplete, unread
from dicom_node.rounds import Rounds

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
T = TypeVar("T")


class Writer(Protocol):
    """The one writer of the index."""

    def run(self, job: Callable[[Connection, datetime], T]) -> T:
        """Do `job` and wait until it is durable."""
        ...


class Rejections:
    """The chore."""

    def __init__(self, *, reader: Engine, writer: Writer, clock: Clock) -> None:
        self._reader, self._writer, self._clock = reader, writer, clock

    def chore(self) -> Rounds:
        """For the process that does them."""
        return Rounds("rejection notes", LOOK_SECONDS, self.once)

    def once(self) -> int:
        """Read one new selection, or hold one note against the archive again; how many."""
        found = unread(self._reader)
        if found is not None:
            note = read_note(found.metadata_json)
            self._writer.run(lambda connection, now: filing.take_note(connection, found, note, now))
            if note is not None:
                facts = {"title": note.title.value, "objects": len(note.sop_instance_uids)}
                logger.warning("rejection.noted", extra=facts)
            return 1
        note_id = incomplete(self._reader, self._clock.now())
        if note_id is None:
            return 0
        self._writer.run(lambda connection, now: filing.apply(connection, note_id, now))
        return 1
