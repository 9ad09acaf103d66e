"""What this process is doing: associations, the objects now arriving, and counters since it began.

Written by the threads of associations and by the index writer, read by the reporter. The figures
of all processes meet in the table `dicom_receiver` (`reporter`).
"""

import threading
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from dicom_node.archive.verification import Integrity
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import Facts
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Reception, Source, Spool
from dicom_node.keeping.room import BoundedDoor, Room
from dicom_node.status import status_of

Snapshot: TypeAlias = dict[str, Any]
COMMIT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper ends of the histogram's steps; longer commits count in its last one."""


@dataclass(slots=True)
class _Open:
    """One association, and the object that is arriving in it."""

    ae_title: str
    address: str
    began_at: datetime
    objects: int = 0
    reception: Reception | None = None


@dataclass(slots=True)
class _Commits:
    seconds: float = 0.0
    steps: list[int] = field(default_factory=lambda: [0] * (len(COMMIT_SECONDS) + 1))


class Activity:
    """Counts. Every method is quick and safe from threads; an association has a thread of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._open: dict[int, _Open] = {}
        self._counts = Counter[str]()
        self._refusals = Counter[str]()
        self._unsound = Counter[str]()
        self._commits = _Commits()

    def accepted(self, ae_title: str, address: str) -> None:
        """This thread's association has been accepted."""
        with self._lock:
            self._counts["associations"] += 1
            self._open[threading.get_ident()] = _Open(ae_title, address, self._clock.now())

    def ended(self) -> None:
        """This thread's association is over, if there was one."""
        with self._lock:
            self._open.pop(threading.get_ident(), None)

    def arriving(self, reception: Reception | None) -> None:
        """An object has begun to arrive in this thread's association, or (None) is no longer arriving."""
        with self._lock:
            here = self._open.get(threading.get_ident())
            if here is not None:
                here.reception = reception

    def stored(self, object_bytes: int) -> None:
        """An object of this thread's association is stored and indexed."""
        with self._lock:
            self._counts["instances"] += 1
            self._counts["bytes"] += object_bytes
            here = self._open.get(threading.get_ident())
            if here is not None:
                here.objects += 1

    def refused(self, status: int) -> None:
        """An object was answered with this status."""
        with self._lock:
            self._refusals[f"{status:04X}"] += 1

    def unsound(self, found: Integrity) -> None:
        """A stored object was read again and is no longer what was received."""
        with self._lock:
            self._unsound[found.value] += 1

    def committed(self, seconds: float) -> None:
        """The index writer has ended a transaction."""
        with self._lock:
            self._commits.seconds += seconds
            self._commits.steps[bisect_left(COMMIT_SECONDS, seconds)] += 1

    def snapshot(self, queue_depth: int) -> Snapshot:
        """All of it as JSON."""
        with self._lock:
            return {
                "associations": self._counts["associations"],
                "instances": self._counts["instances"],
                "bytes": self._counts["bytes"],
                "refusals": dict(sorted(self._refusals.items())),
                "unsound": dict(sorted(self._unsound.items())),
                "queue": queue_depth,
                "commit_seconds": round(self._commits.seconds, 6),
                "commit_steps": list(self._commits.steps),
                "open": [
                    {
                        "ae_title": one.ae_title,
                        "address": one.address,
                        "began_at": one.began_at.isoformat(),
                        "objects": one.objects,
                        "bytes": one.reception.received_bytes if one.reception else None,
                    }
                    for one in self._open.values()
                ],
            }


class WatchedDoor(BoundedDoor):
    """The door of an association's services, which tells what goes through it."""

    def __init__(
        self,
        *,
        activity: Activity,
        spool: Spool,
        objects: ObjectStore,
        ingest: Ingest,
        object_bytes_max: int,
        room: Room,
    ) -> None:
        super().__init__(
            spool=spool, objects=objects, ingest=ingest, object_bytes_max=object_bytes_max, room=room
        )
        self._activity = activity

    def begin(self, announced: Announced) -> Reception:
        """As `BoundedDoor.begin`."""
        try:
            reception = super().begin(announced)
        except AppError as error:
            self._activity.refused(status_of(error))
            raise
        self._activity.arriving(reception)
        return reception

    def admit(self, reception: Reception, source: Source, *, study_instance_uid: str | None = None) -> Facts:
        """As `BoundedDoor.admit`."""
        size = reception.received_bytes
        try:
            facts = super().admit(reception, source, study_instance_uid=study_instance_uid)
        except AppError as error:
            self._activity.refused(status_of(error))
            raise
        finally:
            self._activity.arriving(None)
        self._activity.stored(size)
        return facts
