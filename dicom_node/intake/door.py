"""One object from its announcement to its acknowledgement: the same way in for C-STORE and STOW-RS."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.archive.files import object_key, quarantine_key
from dicom_node.archive.inflate import DEFLATED
from dicom_node.intake.errors import SameUidOtherContent, SopClassMismatch, StudyMismatch
from dicom_node.intake.ingest import Ingest
from dicom_node.intake.parse import Facts, facts_of_file, parse
from dicom_node.intake.part10 import HEAD_BYTES_MAX, Announced, read_head
from dicom_node.intake.receive import Received, Reception, Source, Spool, received_again
from dicom_node.intake.rows import Arrival, Outcome, Refusal, refuse, store_all

logger = logging.getLogger(__name__)

Read: TypeAlias = Callable[[Received], Facts]
KEPT_BYTES_MAX = 256 * 1024 * 1024
"""A refused object larger than this is recorded without its bytes."""
PIECE_BYTES = 4 * 1024 * 1024
MISREAD = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a mistake of ours raises when an object says what nobody thought of: it is set aside like any other
that cannot be read, and whoever sent it is told; the log says where the mistake is.
"""


def read_facts(received: Received) -> Facts:
    """What the received object says. Raises as `parse` does."""
    syntax_uid = received.announced.transfer_syntax_uid
    if received.content is not None and syntax_uid not in DEFLATED:
        return facts_of_file(received.content, received.dataset_offset, syntax_uid)
    return parse(received.path, received.dataset_offset, syntax_uid)


class Door:
    """Takes objects in. `begin`, write to the reception, then `admit`; blocking, from any thread."""

    def __init__(
        self,
        *,
        spool: Spool,
        objects: ObjectStore,
        ingest: Ingest,
        object_bytes_max: int,
        read: Read = read_facts,
    ) -> None:
        self._spool, self._objects, self._ingest, self._read = spool, objects, ingest, read
        self._object_bytes_max = object_bytes_max

    def begin(self, announced: Announced) -> Reception:
        """A place for the bytes of one object. Raises StoreFull or StoreFailed."""
        return self._spool.receive(announced, self._object_bytes_max)

    def admit(self, reception: Reception, source: Source, *, study_instance_uid: str | None = None) -> Facts:
        """Make the received object durable and indexed; afterwards it may be acknowledged.

        With `study_instance_uid` only an object of that study is taken (StudyMismatch).

        An object that is refused for what it is goes to the quarantine first, and the refusal is
        raised: any of `intake.errors`. StoreFull, StoreFailed, NotStored and DatabaseUnavailable mean
        that the archive failed, not the object: nothing was stored.
        """
        try:
            return self._admit(reception.finish(), source, study_instance_uid)
        finally:
            reception.discard()

    def _admit(self, received: Received, source: Source, study_instance_uid: str | None) -> Facts:
        try:
            facts = _facts(received, self._read)
        except AppError as refusal:
            self._quarantine(received, source, refusal)
            raise
        if study_instance_uid not in {None, facts.study.study_instance_uid}:
            raise StudyMismatch
        self._keep(received, facts, source)
        return facts

    def readmit(self, object_key: str, object_bytes: int | None, source: Source) -> Facts:
        """Take in what was set aside and lies in the store, if the rules of now allow it.

        Raises as `admit` does, and ObjectMissing; a refusal leaves everything as it was.
        """
        announced, offset = read_head(self._objects.read(object_key, 0, _least(HEAD_BYTES_MAX, object_bytes)))
        reception = self.begin(announced)
        try:
            for start in range(offset, object_bytes or KEPT_BYTES_MAX, PIECE_BYTES):
                piece = self._objects.read(object_key, start, _least(start + PIECE_BYTES, object_bytes))
                if not piece:
                    break
                reception.write(piece)
            received = reception.finish()
            facts = _facts(received, self._read)
            self._keep(received, facts, source, set_aside=False)
            return facts
        finally:
            reception.discard()

    def _keep(self, received: Received, facts: Facts, source: Source, *, set_aside: bool = True) -> None:
        key = object_key(received.file_sha256)
        with self._spool.held(received, source) as path:
            self._objects.adopt(key, path)
            self._spool.failpoints.passed("after_rename")
            arrival = Arrival(
                source=source, received=received, object_key=key, facts=facts, set_aside=set_aside
            )
            outcome = self._ingest.run_together(store_all, arrival)
        if outcome is Outcome.OTHER_CONTENT:
            logger.warning("intake.same_uid_other_content", extra={"ae_title": source.ae_title})
            raise SameUidOtherContent

    def _quarantine(self, received: Received, source: Source, refusal: AppError) -> None:
        key = quarantine_key(received.file_sha256) if received.file_bytes <= KEPT_BYTES_MAX else None
        if key is not None:
            self._objects.adopt(key, received.path)
        row = Refusal(
            source=source,
            sop_instance_uid=received.announced.sop_instance_uid,
            reason_code=refusal.code,
            reason=str(refusal),
            object_key=key,
            object_bytes=received.file_bytes,
            dataset_sha256=received.dataset_sha256,
        )
        logger.warning("intake.refused", extra={"ae_title": source.ae_title, "reason": str(refusal)})
        self._ingest.run(lambda connection, now: refuse(connection, row, now))

    def recover(self) -> int:
        """Take up what dead processes were storing: index it or set it aside; how many objects."""
        taken = 0
        for left in self._spool.left_behind():
            try:
                self._admit(received_again(left.path), left.source, None)
            except AppError as refusal:
                logger.warning("intake.left_behind_refused", extra={"reason": str(refusal)})
            taken += 1
        return taken


def _least(end: int, object_bytes: int | None) -> int:
    """`end`, but not beyond an object whose size is known: a bucket answers for no range outside it."""
    return end if object_bytes is None else min(end, object_bytes)


def _facts(received: Received, read: Read) -> Facts:
    """What the received object is, if it is of the class that was announced. Raises the refusal.

    Many real files name another instance in their head than in their data set: anonymising tools
    change only the latter. The data set says who an object is, and the sender is told so.
    """
    try:
        facts = read(received)
    except MISREAD as mistake:
        logger.exception("intake.misread")
        raise DatasetUnreadable(fault="it says something that was not foreseen") from mistake
    if facts.instance.sop_class_uid != received.announced.sop_class_uid:
        raise SopClassMismatch
    return facts
