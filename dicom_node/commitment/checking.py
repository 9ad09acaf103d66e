"""Is every object there, of the class that was named, and byte for byte what came? Only then we say yes."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sqlalchemy import Engine

from config.kernel.objects import ObjectStore, StoreFailed
from dicom_node.archive.tables import Commitment
from dicom_node.archive.verification import Expected, Integrity, verified
from dicom_node.commitment.model import Failures, Reason, Reference
from dicom_node.commitment.queries import Stored, references_of, stored

logger = logging.getLogger(__name__)

PAGE: Final = 500
CHECKS_MAX: Final = 8
"""After so many vain attempts to read an object we no longer wait for the store and say that it failed."""
REASONS: Final = {Integrity.MISSING: Reason.NO_SUCH_OBJECT, Integrity.DAMAGED: Reason.PROCESSING_FAILURE}


class Checker:
    """Holds what a peer named against the index and the store. `unsound` hears of each damage found."""

    def __init__(self, reader: Engine, objects: ObjectStore, unsound: Callable[[Integrity], None]) -> None:
        self._reader, self._objects, self._unsound = reader, objects, unsound

    def failures(self, row: Commitment, go_on: Callable[[], bool] = lambda: True) -> Failures | None:
        """Each reference we cannot commit to and why; None when `go_on` said to stop.

        Only objects of the asking peer's institution exist here. Raises StoreFailed or
        DatabaseUnavailable while nobody can know.
        """
        references = references_of(row)
        if row.duplicate:
            return dict.fromkeys(references, Reason.DUPLICATE_TRANSACTION)
        found: Failures = {}
        for reference, instance in self._named(row.institution_id, references):
            if not go_on():
                return None
            reason = self._reason(reference, instance, patient=row.attempts < CHECKS_MAX)
            if reason is not None:
                found[reference] = reason
        return found

    def _named(
        self, institution_id: str, references: Sequence[Reference]
    ) -> Iterator[tuple[Reference, Stored | None]]:
        for start in range(0, len(references), PAGE):
            page = references[start : start + PAGE]
            rows = stored(self._reader, institution_id, [sop_instance for _class, sop_instance in page])
            yield from ((reference, rows.get(reference[1])) for reference in page)

    def _reason(self, reference: Reference, instance: Stored | None, *, patient: bool) -> Reason | None:
        if instance is None:
            return Reason.NO_SUCH_OBJECT
        if instance.sop_class_uid != reference[0]:
            return Reason.CLASS_CONFLICT
        expected = Expected(
            object_bytes=instance.object_bytes,
            dataset_offset=instance.dataset_offset,
            dataset_sha256=instance.dataset_sha256,
        )
        try:
            integrity = verified(self._objects, instance.object_key, expected)
        except StoreFailed:
            if patient:
                raise
            return Reason.PROCESSING_FAILURE
        if integrity is Integrity.INTACT:
            return None
        logger.error(
            "archive.object_unsound", extra={"object_key": instance.object_key, "found": integrity.value}
        )
        self._unsound(integrity)
        return REASONS[integrity]
