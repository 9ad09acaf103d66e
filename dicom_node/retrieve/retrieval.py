"""What C-GET and C-MOVE share: which objects, one after another, the counts (PS3.4 C.4.2, C.4.3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from config.kernel.errors import AppError
from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter
from dicom_node.archive.tables import Instance
from dicom_node.command import Answer, Counts
from dicom_node.intake.elements import Syntax
from dicom_node.line import Context, Line
from dicom_node.query.encoding import encoded
from dicom_node.query.identifier import Filters, Identifier
from dicom_node.query.model import (
    FAILED_UIDS,
    KEYS,
    MISMATCH,
    PATIENT_ID,
    UNIQUE_KEYS,
    IdentifierFault,
    Level,
    root_level,
)
from dicom_node.query.queries import PAGE_ROWS, Index
from dicom_node.retrieve.sending import NotSendable
from dicom_node.status import (
    CANCELLED,
    CANNOT_COUNT_MATCHES,
    PENDING,
    SOME_SUB_OPERATIONS_FAILED,
    SUB_OPERATIONS_FAILED,
    SUCCESS,
)

SUB_OPERATIONS_MAX = 65_535
"""The counts of a response are two bytes wide (PS3.7 9.3.3.2)."""
FAILED_UIDS_MAX = 1_000
"""As many as a value of Explicit VR can hold."""
WARNINGS = frozenset({0xB000, 0xB006, 0xB007})

Send = Callable[[Instance], int]
"""Stores one object there; its status. Raises NotSendable for this one alone, AppError for all to come."""


def wanted(identifier: Identifier, context: Context) -> Filters:
    """The objects that a C-GET or C-MOVE names by unique keys. Raises IdentifierFault."""
    level, top = identifier.level(context.abstract_syntax), root_level(context.abstract_syntax)
    if not context.relational:
        identifier.require_one_of_each_above(level, top)
    named = {
        one: identifier.value(UNIQUE_KEYS[one], KEYS[UNIQUE_KEYS[one]].kind)
        for one in Level
        if top <= one <= level
    }
    if named[level] is None:
        raise IdentifierFault(MISMATCH, UNIQUE_KEYS[level], "is needed at this level")
    patient = named.get(Level.PATIENT) or ""
    if set(patient) & {"*", "?"}:
        raise IdentifierFault(MISMATCH, PATIENT_ID, "must be one value at this level")
    return Filters(
        studies=StudyFilter(patient_id=patient, study_instance_uids=named.get(Level.STUDY) or ()),
        series=SeriesFilter(series_instance_uids=named.get(Level.SERIES) or ()),
        instances=InstanceFilter(sop_instance_uids=named.get(Level.IMAGE) or ()),
    )


class Retrieval:
    """Sends the objects of these keys over `send`, telling `line` how it stands after each."""

    def __init__(self, index: Index, keys: Sequence[str], line: Line, syntax: Syntax) -> None:
        self._index, self._keys, self._line, self._syntax = index, keys, line, syntax
        self._counts, self._failed = Counts(remaining=len(keys)), list[str]()
        self.fault: AppError | None = None

    def run(self, send: Send) -> Answer:
        """All of them, until cancelled; after a fault, kept as `fault`, the rest has failed."""
        for instance, damaged in self._instances():
            if self.fault is None and self._line.cancelled():
                return self._final(CANCELLED)
            self._count(self._attempt(_not_sent if damaged else send, instance), instance.sop_instance_uid)
            if self.fault is None and self._counts.remaining:
                self._line.pending(Answer(PENDING, counts=self._counts))
        return self.done()

    def fail(self, fault: AppError) -> Answer:
        """None can be sent."""
        self.fault = fault
        return self.run(_not_sent)

    def _attempt(self, send: Send, instance: Instance) -> str:
        if self.fault is None:
            try:
                return _outcome(send(instance))
            except NotSendable:
                return "failed"
            except AppError as error:
                self.fault = error
        return "failed"

    def done(self) -> Answer:
        """The final response; whatever was not sent has failed."""
        counts = self._counts
        self._counts = counts = replace(counts, failed=counts.failed + counts.remaining, remaining=0)
        if not counts.failed and not counts.warning:
            return self._final(SUCCESS)
        if counts.failed == len(self._keys):
            return self._final(SUB_OPERATIONS_FAILED)
        return self._final(SOME_SUB_OPERATIONS_FAILED)

    def _instances(self) -> Iterator[tuple[Instance, bool]]:
        """The objects, and which of them are known to be damaged: those are not sent as if whole."""
        for start in range(0, len(self._keys), PAGE_ROWS):
            page = self._keys[start : start + PAGE_ROWS]
            matches = self._index.page(Level.IMAGE, page, sop_classes=False)
            instances = [match.instance for match in matches if match.instance is not None]
            damaged = self._index.damaged([one.object_key for one in instances])
            yield from ((one, one.object_key in damaged) for one in instances)

    def _count(self, outcome: str, sop_instance_uid: str) -> None:
        counts = self._counts
        self._counts = replace(
            counts, remaining=counts.remaining - 1, **{outcome: getattr(counts, outcome) + 1}
        )
        if outcome == "failed" and len(self._failed) < FAILED_UIDS_MAX:
            self._failed.append(sop_instance_uid)

    def _final(self, status: int) -> Answer:
        identifier = b""
        if self._failed:
            identifier = encoded({FAILED_UIDS: ("UI", self._failed)}, self._syntax, "ISO_IR 192")
        return Answer(status, counts=self._counts, identifier=identifier)


def _not_sent(_instance: Instance) -> int:
    raise NotSendable


def _outcome(status: int) -> str:
    """Which count a C-STORE's status belongs to."""
    if status == SUCCESS:
        return "completed"
    return "warning" if status in WARNINGS else "failed"


def keys_of(index: Index, filters: Filters) -> list[str] | Answer:
    """The keys of the objects, or the answer that they are too many."""
    keys = index.keys(Level.IMAGE, filters, SUB_OPERATIONS_MAX + 1)
    if len(keys) > SUB_OPERATIONS_MAX:
        return Answer(CANNOT_COUNT_MATCHES, f"more than {SUB_OPERATIONS_MAX} objects")
    return keys
