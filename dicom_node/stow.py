"""Objects that arrive as DICOM files over HTTP (STOW-RS): the same door as C-STORE, no HTTP here.

Blocking: use it from threads. Everything is opened on first use, so that a process that never
stores holds no spool and no writer.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from config.kernel.clock import Clock
from config.kernel.database import open_sync_engine
from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from config.stores import spool_folder
from dicom_node.archive.errors import DatasetTruncated
from dicom_node.archive.inflate import DEFLATED
from dicom_node.intake.door import Door
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import Facts, syntax_of
from dicom_node.intake.part10 import HEAD_BYTES_MAX, Announced, completed, read_head
from dicom_node.intake.receive import Reception, Source, Spool
from dicom_node.keeping.room import BoundedDoor, Room
from dicom_node.status import STORED_AS_IT_SAYS, SUCCESS, answer_of, stored_answer

AE_TITLE = "STOW-RS"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stowed:
    """What became of one file. `status` is a DIMSE status; UIDs are '' when unknown."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    status: int
    comment: str

    @property
    def is_stored(self) -> bool:
        """Kept, perhaps with a warning."""
        return self.status in {SUCCESS, STORED_AS_IT_SAYS}


class Upload:
    """One file arriving: `write` its bytes, then `finish` or `discard`."""

    def __init__(self, door: Door, source: Source, study_instance_uid: str | None) -> None:
        self._door, self._source, self._study = door, source, study_instance_uid
        self._start = bytearray()
        self._announced = Announced(sop_class_uid="", sop_instance_uid="", transfer_syntax_uid="")
        self._reception: Reception | None = None
        self._failure: AppError | None = None

    def write(self, piece: bytes) -> None:
        """Take the next bytes. What is wrong with them is remembered for `finish`."""
        if self._failure is not None:
            return
        try:
            if self._reception is not None:
                self._reception.write(piece)
                return
            self._start += piece
            if len(self._start) >= HEAD_BYTES_MAX:
                self._begin()
        except AppError as error:
            self._failure = error
            self.discard()

    def _begin(self) -> Reception:
        start = bytes(self._start[:HEAD_BYTES_MAX])
        announced, offset = read_head(start)
        syntax_uid = announced.transfer_syntax_uid
        deflated = syntax_uid in DEFLATED
        self._announced = (
            announced if deflated else completed(announced, start, offset, syntax_of(syntax_uid))
        )
        self._reception = self._door.begin(self._announced)
        self._reception.write(bytes(self._start[offset:]))
        self._start.clear()
        return self._reception

    def finish(self) -> Stowed:
        """Store the file; success means that bytes and index are durable. Never raises an AppError."""
        try:
            if self._failure is not None:
                raise self._failure
            if self._reception is None and not self._start:
                raise DatasetTruncated(fault="the part is empty")
            reception = self._reception or self._begin()
            return self._stored(self._door.admit(reception, self._source, study_instance_uid=self._study))
        except AppError as error:
            return self._refused(error)
        finally:
            self.discard()

    def _stored(self, facts: Facts) -> Stowed:
        uid = facts.instance.sop_instance_uid
        answer = stored_answer(announced_uid=self._announced.sop_instance_uid or uid, stored_uid=uid)
        return Stowed(
            sop_class_uid=facts.instance.sop_class_uid,
            sop_instance_uid=facts.instance.sop_instance_uid,
            study_instance_uid=facts.study.study_instance_uid,
            series_instance_uid=facts.series.series_instance_uid,
            status=answer.status,
            comment=answer.comment,
        )

    def _refused(self, error: AppError) -> Stowed:
        answer = answer_of(error)
        return Stowed(
            sop_class_uid=self._announced.sop_class_uid,
            sop_instance_uid=self._announced.sop_instance_uid,
            study_instance_uid="",
            series_instance_uid="",
            status=answer.status,
            comment=answer.comment,
        )

    def discard(self) -> None:
        """Leave nothing in the spool."""
        self._start.clear()
        if self._reception is not None:
            self._reception.discard()


class Stow:
    """The store of one process for objects that come over HTTP."""

    def __init__(
        self,
        *,
        database_url: str,
        objects: ObjectStore,
        elsewhere: Path,
        object_bytes_max: int,
        reserve_bytes: int,
        clock: Clock,
    ) -> None:
        self._database_url, self._objects, self._elsewhere = database_url, objects, elsewhere
        self._object_bytes_max, self._reserve_bytes, self._clock = object_bytes_max, reserve_bytes, clock
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    def check_room(self, institution_id: str, body_bytes: int) -> None:
        """Refuse a body of so many bytes before it is read. Raises StoreFull or OverQuota."""
        room = self._parts().room
        room.check_disk()
        room.check_quota(institution_id, max(body_bytes, 1))

    def upload(self, institution_id: str, study_instance_uid: str | None) -> Upload:
        """Begin to take one file for an institution, into that study if one is named."""
        source = Source(institution_id=institution_id, ae_title=AE_TITLE, issuer_of_patient_id="")
        return Upload(self._parts().door, source, study_instance_uid)

    def _parts(self) -> "_Opened":
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> "_Opened":
        failpoints = Failpoints()
        spool = Spool(spool_folder(self._objects, self._elsewhere), failpoints)
        ingest = Ingest(open_sync_engine(self._database_url), self._clock, failpoints)
        reader = open_sync_engine(self._database_url, writes=False)
        room = Room(reader=reader, folders=[spool.own], reserve_bytes=self._reserve_bytes)
        door = BoundedDoor(
            spool=spool,
            objects=self._objects,
            ingest=ingest,
            object_bytes_max=self._object_bytes_max,
            room=room,
        )
        return _Opened(spool, ingest, reader, room, door)

    def close(self) -> None:
        """Finish what was taken and let go."""
        with self._lock:
            if self._opened is not None:
                self._opened.ingest.close()
                self._opened.spool.close()
                self._opened.reader.dispose()
                self._opened = None


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a process holds that has stored something."""

    spool: Spool
    ingest: Ingest
    reader: Engine
    room: Room
    door: BoundedDoor
