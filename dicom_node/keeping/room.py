"""Whether there is room for one more object: on the disk, and in what its institution may have.

Asked for every object, so it reads the counters once a second at most and counts on from there.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from config.kernel.objects import ObjectStore, StoreFailed, StoreFull
from dicom_node.intake.door import Door
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import Facts
from dicom_node.intake.part10 import Announced
from dicom_node.intake.receive import Reception, Source, Spool
from dicom_node.keeping.errors import OverQuota
from dicom_node.keeping.queries import InUse, in_use

KNOWN_SECONDS = 1.0
SHARE_OF_SMALL_DISK = 20
"""Of a disk that is small against the reserve, only its twentieth part is kept free."""


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk: how large, and how much may still be written on it."""

    size: int
    free: int

    def keeps_free(self, reserve_bytes: int) -> int:
        """How much of it is to stay free."""
        return min(reserve_bytes, self.size // SHARE_OF_SMALL_DISK)


def disk_of(folder: Path) -> Disk:
    """The disk that `folder` lies on. Raises StoreFailed when the folder is gone."""
    try:
        found = os.statvfs(folder)
    except OSError as error:
        raise StoreFailed(key=folder.name) from error
    return Disk(size=found.f_blocks * found.f_frsize, free=found.f_bavail * found.f_frsize)


def short_of(folder: Path, reserve_bytes: int, disk_of: Callable[[Path], Disk] = disk_of) -> int:
    """How many bytes should leave so that twice the reserve is free: intake stops at the reserve."""
    disk = disk_of(folder)
    return 2 * disk.keeps_free(reserve_bytes) - disk.free


class Room:
    """What may still come in. `folders` lie on the disks of the objects and of the index."""

    def __init__(
        self,
        *,
        reader: Engine,
        folders: Sequence[Path],
        reserve_bytes: int,
        seconds: Callable[[], float] = time.monotonic,
        disk_of: Callable[[Path], Disk] = disk_of,
    ) -> None:
        self._reader, self._folders, self._reserve = reader, folders, reserve_bytes
        self._disk_of = disk_of
        self._seconds, self._lock = seconds, threading.Lock()
        self._known: Mapping[str, InUse] = {}
        self._known_until = seconds()
        self._since = Counter[str]()

    def check_disk(self) -> None:
        """Raises StoreFull when a disk has less free than its reserve, which the index needs."""
        for disk in map(self._disk_of, self._folders):
            if disk.free < disk.keeps_free(self._reserve):
                raise StoreFull(reserve_bytes=self._reserve)

    def check_quota(self, institution_id: str, more_bytes: int) -> None:
        """Raises OverQuota when the institution may not have so many bytes more, or DatabaseUnavailable."""
        known = self._of(institution_id)
        if known.quota and known.used + more_bytes > known.quota:
            raise OverQuota(quota_bytes=known.quota)

    def took(self, institution_id: str, more_bytes: int) -> None:
        """So much has come in."""
        with self._lock:
            self._since[institution_id] += more_bytes

    def _of(self, institution_id: str) -> InUse:
        with self._lock:
            if self._seconds() >= self._known_until:
                self._known = in_use(self._reader)
                self._known_until = self._seconds() + KNOWN_SECONDS
                self._since.clear()
            known = self._known.get(institution_id, InUse(used=0, quota=0))
            return InUse(used=known.used + self._since[institution_id], quota=known.quota)


class BoundedDoor(Door):
    """The door where it is asked first whether there is room."""

    def __init__(
        self, *, spool: Spool, objects: ObjectStore, ingest: Ingest, object_bytes_max: int, room: Room
    ) -> None:
        super().__init__(spool=spool, objects=objects, ingest=ingest, object_bytes_max=object_bytes_max)
        self._room = room

    def begin(self, announced: Announced) -> Reception:
        """As `Door.begin`; StoreFull also while something is still free on the disk."""
        self._room.check_disk()
        return super().begin(announced)

    def admit(self, reception: Reception, source: Source, *, study_instance_uid: str | None = None) -> Facts:
        """As `Door.admit`, but OverQuota where the institution has used up what it may have."""
        size = reception.received_bytes
        try:
            self._room.check_quota(source.institution_id, size)
        except OverQuota:
            reception.discard()
            raise
        facts = super().admit(reception, source, study_instance_uid=study_instance_uid)
        self._room.took(source.institution_id, size)
        return facts
