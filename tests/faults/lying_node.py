"""The node made dishonest in one way, to prove that the fault tests notice: `python -m … LIE`.

A test that cannot fail proves nothing. Each lie is one that real servers tell.
"""

import os
import sys
from collections.abc import Callable
from typing import Any

from config.kernel.objects import StoreFull
from config.settings import load
from dicom_node import handlers
from dicom_node.command import Answer
from dicom_node.intake.errors import NotStored
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.rows import Outcome, store_all
from dicom_node.receivers import run
from dicom_node.status import SUCCESS, answer_of


def no_fsync() -> None:
    """Files are written and never synced; the index is, so that it points to what a cut takes away."""

    def unsynced(fd: object) -> None:
        del fd

    os.fsync = unsynced


def success_before_index() -> None:
    """The answer is given while the row still waits for its transaction."""
    honest = Ingest.run_together

    def queued(self: Ingest, work: Any, subject: Any) -> Any:
        if work is not store_all:
            return honest(self, work, subject)
        self.submit(lambda connection, now: work(connection, [subject], now)[0])
        return Outcome.STORED

    Ingest.run_together = queued  # type: ignore[method-assign]  # the lie


def success_when_full() -> None:
    """A full disk is kept from the sender."""

    def hushed(error: Any) -> Answer:
        return Answer(SUCCESS) if isinstance(error, StoreFull | NotStored) else answer_of(error)

    vars(handlers)["answer_of"] = hushed


LIES: dict[str, Callable[[], None]] = {
    "no_fsync": no_fsync,
    "success_before_index": success_before_index,
    "success_when_full": success_when_full,
}


if __name__ == "__main__":
    LIES[sys.argv[1]]()
    run(load())
