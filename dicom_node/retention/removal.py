"""The chore that removes the bytes of what was destroyed, from the folder and from the bucket.

An object's name is the hash of its content, so another study, a quarantined object or the same study
sent again may name the same bytes, also while this works. Who takes an object in holds a second name of
its file until its row is committed (`Spool.held`). So: the file is first moved aside, which whoever comes
later does not see; then, when nobody holds it and no row names it, it is removed; else it is put back.
Every step may be the last one before a kill: what was moved aside is found there again.
"""

import contextlib
import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from sqlalchemy import Connection, Engine, delete, update

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from config.kernel.objects_local import disk_errors, fsync_folder
from config.spooled_objects import SpooledObjects
from config.stores import folder_of
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping import damages, whereabouts
from dicom_node.retention import queries
from dicom_node.retention.destroying import ORPHAN
from dicom_node.rounds import Rounds

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
AT_ONCE: Final = 100
LOOK_AGAIN: Final = timedelta(minutes=1)
ASIDE: Final = ".leaving"
FAILPOINTS: Final = ("before_removal", "moved_aside", "removed_here", "removed_there")
"""Where a fault test may strike."""


@dataclass(kw_only=True, slots=True)
class Remover:
    """Removes, holding the locks of whoever clears the folder and whoever sends to the bucket."""

    objects: ObjectStore
    reader: Engine
    ingest: Ingest
    clock: Clock
    failpoints: Failpoints
    leaving: Lock
    sending: Lock

    def chores(self) -> list[Rounds]:
        """The chore; none for a bucket by itself, where nobody could see who is storing the same."""
        return [] if folder_of(self.objects) is None else [Rounds("remover", LOOK_SECONDS, self.once)]

    def once(self) -> int:
        """Remove some of what is due; how many objects were dealt with."""
        due = queries.due_orphans(self.reader, self.clock.now(), AT_ONCE)
        if not due:
            return 0
        with self.leaving, self.sending:
            done = self._removed(due)
        waiting = [key for key in due if key not in set(done)]
        self.ingest.run(lambda connection, now: _note(connection, done, waiting, now))
        return len(done)

    def _removed(self, keys: list[str]) -> list[str]:
        """What is gone, or named again; after a failure of the store the rest waits."""
        done = []
        for key in keys:
            self.failpoints.passed("before_removal")
            try:
                if self._remove(key):
                    done.append(key)
            except AppError as error:
                logger.warning("removal.waiting", extra={"object_key": key, "reason": error.code})
                break
        return done

    def _remove(self, key: str) -> bool:
        """False when it has to be looked at again. Raises StoreFailed."""
        folder = folder_of(self.objects) or Path()
        here, aside = folder / key, folder / ASIDE / key.replace("/", "-")
        named = queries.is_named(self.reader, key)
        if not named and not aside.exists() and _holders(here) > 1:
            return False
        if not named:
            with disk_errors(key):
                _move_aside(here, aside)
        self.failpoints.passed("moved_aside")
        if _holders(aside) > 1 or queries.is_named(self.reader, key):
            with disk_errors(key):
                _put_back(here, aside)
            return queries.is_named(self.reader, key)
        if isinstance(self.objects, SpooledObjects):
            self.ingest.run(lambda connection, _now: whereabouts.forget(connection, [key]))
        with disk_errors(key):
            aside.unlink(missing_ok=True)
        self.failpoints.passed("removed_here")
        if isinstance(self.objects, SpooledObjects):
            self.objects.remote.delete(key)
        self.failpoints.passed("removed_there")
        return True


def _holders(path: Path) -> int:
    """How many names a file has; 0 when it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_nlink
    return 0


def _move_aside(here: Path, aside: Path) -> None:
    aside.parent.mkdir(mode=0o700, exist_ok=True)
    if aside.exists():
        return  # an earlier life moved it; what lies here now came later and is somebody's
    with contextlib.suppress(FileNotFoundError):
        here.rename(aside)


def _put_back(here: Path, aside: Path) -> None:
    with contextlib.suppress(FileExistsError, FileNotFoundError):
        os.link(aside, here)
        fsync_folder(here.parent)
    aside.unlink(missing_ok=True)


def _note(connection: Connection, done: list[str], waiting: list[str], now: datetime) -> None:
    connection.execute(delete(ORPHAN).where(ORPHAN.c.object_key.in_(done)))
    for key in done:
        damages.forget(connection, key)
    later = update(ORPHAN).where(ORPHAN.c.object_key.in_(waiting))
    connection.execute(later.values(next_at=now + LOOK_AGAIN))
