"""The chore that reads every stored object again and compares it with its hashes; what it can, it mends.

A round goes through all objects by key, from where it stopped, at no more than so many bytes a second.
What is not whole is written down, mended from the other copy if there is one that is whole, and looked
at again until it is whole: the same object sent once more takes the damaged one's place (LocalObjects).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection, Engine

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from config.spooled_objects import SpooledObjects
from dicom_node.archive.verification import Integrity, verified
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping import damages, queries, whereabouts
from dicom_node.keeping.damages import Mended
from dicom_node.keeping.queries import Stored

LOOK_SECONDS = 1.0
AT_ONCE = 100
LOOK_AGAIN = timedelta(minutes=10)
REST_AFTER_FAILURE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one object is; when it was not whole, how it was mended, and which row that changes."""

    one: Stored
    integrity: Integrity
    mended_by: Mended | None = None
    send_again: bool = False
    left_folder: bool = False

    @property
    def is_fault(self) -> bool:
        """Not whole everywhere when it was looked at."""
        return self.integrity is not Integrity.INTACT

    def write_down(self, connection: Connection, now: datetime) -> None:
        """In the transaction of whoever found it."""
        if self.is_fault:
            damages.found(connection, self.one.key, self.integrity, self.mended_by, now)
        else:
            damages.whole_again(connection, self.one.key, now)
        if self.send_again:
            whereabouts.send_again(connection, [self.one.key], now)
        if self.left_folder:
            whereabouts.left_folder(connection, [self.one.key])


def look_at(objects: ObjectStore, one: Stored) -> Finding:
    """Read an object, in both places where there are two, and mend what can be mended.

    Raises StoreFailed when a place does not answer: then nobody knows.
    """
    if isinstance(objects, SpooledObjects):
        return _look_at_both(objects, one)
    return Finding(one, verified(objects, one.key, one.expected))


def _look_at_both(objects: SpooledObjects, one: Stored) -> Finding:
    here = verified(objects.local, one.key, one.expected)
    if here is Integrity.INTACT and not one.in_bucket:
        return Finding(one, here)
    there = verified(objects.remote, one.key, one.expected)
    if there is Integrity.INTACT:
        if here is not Integrity.DAMAGED:
            return Finding(one, there)
        objects.local.delete(one.key)
        return Finding(one, here, Mended.BY_OTHER_COPY, left_folder=True)
    if here is Integrity.INTACT:
        return Finding(one, there, Mended.BY_OTHER_COPY, send_again=True)
    return Finding(one, here if here is Integrity.DAMAGED else there)


class Checker:
    """Reads again. `once` takes one bounded step; it says 0, for its pace is the rounds' own rest.

    Holding `leaving`, for nothing may leave the folder between a look at the bucket and its consequence.
    """

    def __init__(
        self,
        *,
        objects: ObjectStore,
        reader: Engine,
        ingest: Ingest,
        clock: Clock,
        period: timedelta,
        bytes_per_second: int,
        leaving: Lock,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._objects, self._reader, self._ingest, self._clock = objects, reader, ingest, clock
        self._period, self._pace, self._seconds = period, bytes_per_second, seconds
        self._leaving, self._rests_until = leaving, seconds()

    def once(self) -> int:
        """Look again at what is known not to be whole, then go on with the round."""
        if self._seconds() < self._rests_until:
            return 0
        began = self._seconds()
        try:
            with self._leaving:
                read_bytes = self._look_again() + self._go_on()
        except AppError:
            self._rests_until = self._seconds() + REST_AFTER_FAILURE_SECONDS
            raise
        self._rests_until = began + read_bytes / self._pace
        return 0

    def _look_again(self) -> int:
        keys = queries.not_whole(self._reader, self._clock.now() - LOOK_AGAIN, AT_ONCE)
        if not keys:
            return 0
        named = queries.stored_as(self._reader, keys)
        findings = [look_at(self._objects, one) for one in named.values()]
        gone = [key for key in keys if key not in named]

        def write_down(connection: Connection, now: datetime) -> None:
            for finding in findings:
                finding.write_down(connection, now)
            for key in gone:
                damages.forget(connection, key)

        self._ingest.run(write_down)
        return _bytes_of(findings)

    def _go_on(self) -> int:
        known = queries.the_round(self._reader)
        if known is None or known.ended_at is not None:
            if known is None or self._clock.now() >= known.began_at + self._period:
                self._ingest.run(damages.begin)
            return 0
        findings = self._some_more(queries.stored_after(self._reader, known.reached_key, AT_ONCE))
        self._ingest.run(lambda connection, now: _note_progress(connection, findings, now))
        return _bytes_of(findings)

    def _some_more(self, objects: Sequence[Stored]) -> list[Finding]:
        """As many as the pace allows for one step, one at least."""
        findings: list[Finding] = []
        for one in objects:
            findings.append(look_at(self._objects, one))
            if _bytes_of(findings) >= self._pace * LOOK_SECONDS:
                break
        return findings


def _bytes_of(findings: Sequence[Finding]) -> int:
    return sum(finding.one.expected.object_bytes for finding in findings)


def _note_progress(connection: Connection, findings: Sequence[Finding], now: datetime) -> None:
    if not findings:
        damages.end(connection, now)
        return
    for finding in findings:
        if finding.is_fault:
            finding.write_down(connection, now)
    damages.reached(
        connection,
        findings[-1].one.key,
        objects=len(findings),
        read_bytes=_bytes_of(findings),
        faults=sum(finding.is_fault for finding in findings),
    )
