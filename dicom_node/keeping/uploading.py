"""The chore that sends on what lies in the folder: takes note of it, carries it, writes down how it went."""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, Engine

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from config.kernel.objects import ObjectMissing, StoreFailed
from config.spooled_objects import SpooledObjects
from dicom_node.archive.files import sha256_in
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping import queries, whereabouts
from dicom_node.keeping.copies import carry, digest_of
from dicom_node.keeping.queries import Due

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
NEWS_AT_ONCE = 500
SENT_AT_ONCE = 64
STREAMS = 4
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=1)
AWAY = StoreFailed.code
"""The bucket did not answer, or refused: no fault of the object's."""
GONE = "gone"


class Uploader:
    """Sends on, holding `sending`. `once` takes one bounded step and says how much it did."""

    def __init__(
        self,
        *,
        store: SpooledObjects,
        reader: Engine,
        ingest: Ingest,
        clock: Clock,
        failpoints: Failpoints,
        sending: Lock,
    ) -> None:
        self._store, self._reader, self._ingest = store, reader, ingest
        self._clock, self._failpoints, self._sending = clock, failpoints, sending
        self._looking_through = self._look_through()
        self._failures, self._away_until = 0, clock.now()

    def once(self) -> int:
        """Take note of what is new, look through some of the folder after a start, send some."""
        noted = self._note(self._store.news(NEWS_AT_ONCE))
        looked = next(self._looking_through, 0)
        with self._sending:
            return noted + looked + self._send()

    def _note(self, keys: list[str]) -> int:
        if not keys:
            return 0
        self._write_down(keys)
        self._store.forget_news(keys)
        return len(keys)

    def _write_down(self, keys: list[str]) -> None:
        sizes = {key: size for key in keys if (size := _size(self._store.local.root / key)) is not None}
        self._run(lambda connection, now: whereabouts.note(connection, sizes, now))

    def _look_through(self) -> Iterator[int]:
        """Everything that lies in the folder, some at a time: after a loss of power news may be lost."""
        for keys in _stored_below(self._store.local.root):
            unknown = set(keys) - queries.noted(self._reader, keys)
            if unknown:
                self._write_down(sorted(unknown))
            yield len(keys)

    def _send(self) -> int:
        now = self._clock.now()
        if now < self._away_until:
            return 0
        due = queries.due(self._reader, now, SENT_AT_ONCE)
        if not due:
            return 0
        self._run(lambda connection, _now: whereabouts.begin(connection, [one.key for one in due]))
        self._failpoints.passed("before_upload")
        with ThreadPoolExecutor(STREAMS, "upload") as streams:
            codes = list(streams.map(self._carried, due))
        self._failpoints.passed("after_upload")
        outcomes = [(one, code) for one, code in zip(due, codes, strict=True) if code is not None]
        self._run(lambda connection, moment: _settle(connection, outcomes, moment))
        return self._heed([code for _one, code in outcomes if code])

    def _carried(self, one: Due) -> str | None:
        """Why the bucket does not have it now, "" when it has, GONE when it is nowhere; None: not tried."""
        if self._clock.now() < self._away_until:
            return None
        key, size, path = one.key, one.size, self._store.local.root / one.key
        try:
            if not path.exists():
                return "" if self._is_in_bucket(key, size) else GONE
            carry(self._store, key, size)
            if path.exists():
                return ""
            self._store.remote.delete(key)  # somebody deleted it while it was on its way
        except AppError as error:
            if error.code == AWAY:
                self._away_until = self._clock.now() + FIRST_REST
            return error.code
        return GONE

    def _is_in_bucket(self, key: str, size: int) -> bool:
        try:
            return digest_of(self._store.remote, key, size) == sha256_in(key) != ""
        except ObjectMissing:
            return False

    def _heed(self, codes: list[str]) -> int:
        """While the bucket is away, try ever more seldom, one batch at a time, whatever waits."""
        if AWAY not in codes:
            self._failures = 0
            return 1
        self._failures += 1
        self._away_until = self._clock.now() + min(whereabouts.wait_after(self._failures), LONGEST_REST)
        logger.warning("upload.waiting", extra={"failures": self._failures})
        return 0

    def _run(self, job: Callable[[Connection, datetime], None]) -> None:
        self._ingest.run(job)


def _settle(connection: Connection, outcomes: list[tuple[Due, str]], now: datetime) -> None:
    whereabouts.stored(connection, [one.key for one, code in outcomes if not code], now)
    whereabouts.forget(connection, [one.key for one, code in outcomes if code == GONE])
    for one, code in outcomes:
        if code not in {"", GONE}:
            whereabouts.failed(connection, one.key, one.attempts + 1, code, now)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _stored_below(root: Path) -> Iterator[list[str]]:
    """The keys of all files, a folder at a time, in pieces of NEWS_AT_ONCE; hidden names are no keys."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        keys = [str((Path(folder) / name).relative_to(root)) for name in files if not name.startswith(".")]
        for start in range(0, len(keys), NEWS_AT_ONCE):
            yield keys[start : start + NEWS_AT_ONCE]
