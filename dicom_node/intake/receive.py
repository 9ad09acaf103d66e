"""Bytes to durable storage: spool on the store's own file system, hash while writing, then adopt.

Each process has its own folder in the spool and holds a lock on it while it lives, so that a
starting process can tell what a dead one left. Before an object is adopted an intent names it;
after the commit the intent goes. A crash between the two leaves an intent to be taken up again.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from config.kernel.ids import new_id
from config.kernel.objects import ObjectMissing, StoreFailed
from config.kernel.objects_local import disk_errors
from dicom_node.intake.errors import ObjectTooLarge
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.part10 import Announced, head_of

BUFFER_BYTES = 256 * 1024
LOCK_NAME = "lock"
INTENT_SUFFIX = ".intent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Who an object comes from, and so whose it is."""

    institution_id: str
    ae_title: str
    issuer_of_patient_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A complete object in the spool, not yet in the store."""

    path: Path
    announced: Announced
    dataset_offset: int
    file_bytes: int
    file_sha256: str
    dataset_sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Intent:
    """What was about to become an object of the store when the process may have died."""

    object_key: str
    source: Source


class Spool:
    """This process's folder for files on their way in."""

    def __init__(self, folder: Path, failpoints: Failpoints) -> None:
        self.folder, self.failpoints = folder, failpoints
        self.own = folder / new_id()
        self.own.mkdir(mode=0o700, parents=True)
        self._lock = (self.own / LOCK_NAME).open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Give the folder up; whoever starts next clears it."""
        with contextlib.suppress(FileNotFoundError):
            if not any(path.name != LOCK_NAME for path in self.own.iterdir()):
                shutil.rmtree(self.own, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def receive(self, announced: Announced, object_bytes_max: int) -> "Reception":
        """Begin to take one object in."""
        return Reception(self, announced, object_bytes_max)

    def left_behind(self) -> Iterator[Intent]:
        """The intents of processes that are gone; their folders are cleared once they were handled."""
        for folder in sorted(self.folder.iterdir()):
            if folder == self.own or not folder.is_dir():
                continue
            with (folder / LOCK_NAME).open("ab") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                yield from _intents(folder)
                shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def intent(self, object_key: str, source: Source) -> Iterator[None]:
        """Note that `object_key` is being stored for `source`; forgotten when the block ends well."""
        path = self.own / f"{new_id()}{INTENT_SUFFIX}"
        with disk_errors(object_key):
            path.write_text(
                json.dumps({"object_key": object_key, "source": asdict(source)}), encoding="utf-8"
            )
        yield
        path.unlink(missing_ok=True)


def _intents(folder: Path) -> Iterator[Intent]:
    for path in sorted(folder.glob(f"*{INTENT_SUFFIX}")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            yield Intent(object_key=content["object_key"], source=Source(**content["source"]))
        except (ValueError, KeyError, TypeError):
            continue  # it was being written when the process died, so nothing was adopted yet


class Reception:
    """One object arriving: `write` its data set in pieces, then `finish`; `discard` in any case."""

    def __init__(self, spool: Spool, announced: Announced, object_bytes_max: int) -> None:
        self._spool, self._announced, self._bytes_max = spool, announced, object_bytes_max
        self.path = spool.own / f"{new_id()}.part"
        head = head_of(announced)
        self._dataset_offset = self._bytes = len(head)
        self._file_hash, self._dataset_hash = hashlib.sha256(head), hashlib.sha256()
        try:
            with disk_errors(self.path.name):
                self._file = self.path.open("xb", buffering=BUFFER_BYTES)
                self._file.write(head)
        except ObjectMissing as error:
            raise StoreFailed(key=self.path.name) from error  # the spool itself is gone

    def write(self, piece: bytes | memoryview) -> None:
        """Take the next bytes of the data set. Raises ObjectTooLarge, StoreFull or StoreFailed."""
        self._bytes += len(piece)
        if self._bytes > self._bytes_max:
            raise ObjectTooLarge(limit_bytes=self._bytes_max)
        self._file_hash.update(piece)
        self._dataset_hash.update(piece)
        with disk_errors(self.path.name):
            self._file.write(piece)

    def finish(self) -> Received:
        """Make the file durable in the spool. After a failed fsync nothing is retried: it fails."""
        try:
            with disk_errors(self.path.name):
                self._file.flush()
                self._spool.failpoints.passed("after_write")
                os.fsync(self._file.fileno())
                self._spool.failpoints.passed("after_fsync")
                self._file.close()
        except ValueError as error:
            raise StoreFailed(key=self.path.name) from error
        return Received(
            path=self.path,
            announced=self._announced,
            dataset_offset=self._dataset_offset,
            file_bytes=self._bytes,
            file_sha256=self._file_hash.hexdigest(),
            dataset_sha256=self._dataset_hash.hexdigest(),
        )

    def discard(self) -> None:
        """Remove what is still in the spool; harmless after the object was adopted."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)
