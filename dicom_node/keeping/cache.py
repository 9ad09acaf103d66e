"""The chore that keeps the folder before a bucket within its bounds: what was read longest ago leaves first.

Only what the bucket is known to have whole may leave; so while the bucket is away the folder grows.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock

from sqlalchemy import Connection, Engine

from config.spooled_objects import READ_AGAIN_SECONDS, SpooledObjects
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping import queries, whereabouts

LOOK_SECONDS = 10.0
LOOKED_AT_ONCE = 200


class Cache:
    """Bounds the folder: by `bytes_max`, and by `short_of` bytes that the disk should have free besides.

    Objects leave while this holds `leaving` and at no other time.
    """

    def __init__(
        self,
        *,
        store: SpooledObjects,
        reader: Engine,
        ingest: Ingest,
        failpoints: Failpoints,
        bytes_max: int,
        leaving: Lock,
        short_of: Callable[[], int] = lambda: 0,
    ) -> None:
        self._store, self._reader, self._ingest = store, reader, ingest
        self._failpoints, self._bytes_max, self._short_of = failpoints, bytes_max, short_of
        self._leaving = leaving

    def once(self) -> int:
        """Let some objects leave if there are too many; how many were looked at with success."""
        with self._leaving:
            return self._once()

    def _once(self) -> int:
        too_many = max(queries.local_bytes(self._reader) - self._bytes_max, self._short_of())
        if too_many <= 0:
            return 0
        read_since, leaving = self._chosen(too_many)
        for key in leaving:
            self._store.local.delete(key)
        self._failpoints.passed("after_leaving")
        if read_since or leaving:
            self._ingest.run(lambda connection, _now: _write_down(connection, read_since, leaving))
        return len(read_since) + len(leaving)

    def _chosen(self, too_many: int) -> tuple[dict[str, datetime], list[str]]:
        """What was read since its row says so, and what leaves: the longest unread."""
        read_since: dict[str, datetime] = {}
        leaving: list[str] = []
        for key, size, read_at in queries.longest_unread(self._reader, LOOKED_AT_ONCE):
            if too_many <= 0:
                break
            moment = self._last_read(key)
            if moment is not None and (moment - read_at).total_seconds() > READ_AGAIN_SECONDS:
                read_since[key] = moment
                continue
            leaving.append(key)
            too_many -= size
        return read_since, leaving

    def _last_read(self, key: str) -> datetime | None:
        try:
            return datetime.fromtimestamp((self._store.local.root / key).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None


def _write_down(connection: Connection, read_since: dict[str, datetime], leaving: list[str]) -> None:
    whereabouts.read_later(connection, read_since)
    whereabouts.left_folder(connection, leaving)
