"""Bytes to durable storage: spool on the store's own file system, hash while writing, then adopt.

Each process has its own folder in the spool and holds a lock on it while it lives, so that a
starting process can tell what a dead one left. What has arrived whole lies in a folder of its
source until its rows are committed; what a crash leaves there is taken up again.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import FileIO
from pathlib import Path
from typing import BinaryIO, Self

from config.kernel.ids import new_id
from config.kernel.objects import ObjectMissing, StoreFailed, StoreFull
from config.kernel.objects_local import disk_errors
from dicom_node.intake.errors import ObjectTooLarge
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.part10 import HEAD_BYTES_MAX, Announced, head_of, read_head

LOCK_NAME = "lock"
SOURCE_NAME = "source.json"
OURS = frozenset({LOCK_NAME, SOURCE_NAME})
HASH_BYTES = 1024 * 1024
MEMORY_BYTES_MAX = 256 * 1024
"""An object that is no larger stays in memory until it is whole: one write, and no reading back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Who an object comes from, and so whose it is."""

    institution_id: str
    ae_title: str
    issuer_of_patient_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """A complete object in the spool, not yet in the store; `content` is its file when it is in memory."""

    path: Path
    announced: Announced
    dataset_offset: int
    file_bytes: int
    file_sha256: str
    dataset_sha256: str
    content: bytearray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftBehind:
    """A whole object that a process had in its hands when it died."""

    path: Path
    source: Source


class Spool:
    """This process's folder for files on their way in."""

    def __init__(self, folder: Path, failpoints: Failpoints) -> None:
        self.folder, self.failpoints = folder, failpoints
        while (held := _held_folder(folder)) is None:
            continue
        self.own, self._lock = held
        self._sources: dict[Source, Path] = {}
        self._naming = threading.Lock()

    def close(self) -> None:
        """Give the folder up; whoever starts next clears it."""
        with contextlib.suppress(FileNotFoundError):
            if not any(path.name not in OURS for path in self.own.rglob("*") if path.is_file()):
                shutil.rmtree(self.own, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def receive(self, announced: Announced, object_bytes_max: int) -> "Reception":
        """Begin to take one object in."""
        return Reception(self, announced, object_bytes_max)

    def left_behind(self) -> Iterator[LeftBehind]:
        """What processes that are gone had received; their folders are cleared once it was handled."""
        for folder in sorted(self.folder.iterdir()):
            if folder == self.own or not folder.is_dir():
                continue
            try:
                lock = (folder / LOCK_NAME).open("ab")
            except FileNotFoundError:
                continue  # another process that starts was faster
            with lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                yield from _whole_objects(folder)
                shutil.rmtree(folder, ignore_errors=True)

    @contextlib.contextmanager
    def held(self, received: Received, source: Source) -> Iterator[Path]:
        """Where the file lies while it becomes an object of the store; gone when the block ends well.

        When the store refused it, nothing was stored and it goes too. When anything else went wrong
        nobody knows, so one copy waits for the next start.
        """
        with disk_errors(received.path.name):
            path = received.path.rename(self._folder_of(source) / received.path.name)
        known = False
        try:
            yield path
            known = True
        except (StoreFull, StoreFailed):
            known = True
            raise
        finally:
            if known:
                path.unlink(missing_ok=True)
            else:
                path.replace(path.with_name(received.file_sha256))

    def _folder_of(self, source: Source) -> Path:
        with self._naming:
            if source not in self._sources:
                folder = self.own / new_id()
                folder.mkdir(mode=0o700)
                (folder / SOURCE_NAME).write_text(json.dumps(asdict(source)), encoding="utf-8")
                self._sources[source] = folder
            return self._sources[source]


def _held_folder(folder: Path) -> tuple[Path, BinaryIO] | None:
    """A new folder and the lock on it; None when another process cleared it before it was locked.

    One that starts in the same moment sees a folder without a holder, as a dead process leaves it.
    """
    own = folder / new_id()
    own.mkdir(mode=0o700, parents=True)
    try:
        lock = (own / LOCK_NAME).open("wb")
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if os.path.samestat(os.fstat(lock.fileno()), (own / LOCK_NAME).stat()):
            return own, lock
    except FileNotFoundError:
        pass
    lock.close()
    return None


def _whole_objects(folder: Path) -> Iterator[LeftBehind]:
    for source_file in sorted(folder.glob(f"*/{SOURCE_NAME}")):
        try:
            source = Source(**json.loads(source_file.read_text(encoding="utf-8")))
        except (ValueError, TypeError):
            continue  # it was being written when the process died, so nothing was here yet
        for path in sorted(source_file.parent.iterdir()):
            if path != source_file:
                yield LeftBehind(path=path, source=source)


def received_again(path: Path) -> Received:
    """The whole Part 10 file at `path` as if it had just come. Raises NotDicom or DatasetUnreadable."""
    with path.open("rb") as file:
        announced, offset = read_head(file.read(HEAD_BYTES_MAX))
        file.seek(0)
        file_hash, dataset_hash = hashlib.sha256(file.read(offset)), hashlib.sha256()
        while piece := file.read(HASH_BYTES):
            file_hash.update(piece)
            dataset_hash.update(piece)
        return Received(
            path=path,
            announced=announced,
            dataset_offset=offset,
            file_bytes=file.tell(),
            file_sha256=file_hash.hexdigest(),
            dataset_sha256=dataset_hash.hexdigest(),
        )


class Reception:
    """One object arriving: `write` its data set in pieces, then `finish`; `discard` in any case.

    The file begins only when it is finished, or when the object is no longer a small one.
    """

    def __init__(self, spool: Spool, announced: Announced, object_bytes_max: int) -> None:
        self._spool, self._announced, self._bytes_max = spool, announced, object_bytes_max
        self.path = spool.own / f"{new_id()}.part"
        self._memory: bytearray | None = bytearray(head_of(announced))
        self._dataset_offset = self._bytes = len(self._memory)
        self._file: FileIO | None = None
        self._hashes = (hashlib.sha256(), hashlib.sha256())
        self._discarded = False

    @property
    def received_bytes(self) -> int:
        """How much is here so far, our head included."""
        return self._bytes

    def write(self, piece: bytes | memoryview) -> None:
        """Take the next bytes of the data set. Raises ObjectTooLarge, StoreFull or StoreFailed."""
        self._bytes += len(piece)
        if self._bytes > self._bytes_max:
            raise ObjectTooLarge(limit_bytes=self._bytes_max)
        if self._memory is not None and self._bytes <= MEMORY_BYTES_MAX:
            self._memory += piece
            return
        if self._memory is not None:
            held, self._memory = self._memory, None
            self._put(held, self._dataset_offset)
        self._put(piece)

    def _put(self, piece: bytes | bytearray | memoryview, dataset_from: int = 0) -> FileIO:
        """Hash and write on; the data set begins at `dataset_from` in this piece. The file, still open."""
        of_file, of_dataset = self._hashes
        of_file.update(piece)
        of_dataset.update(memoryview(piece)[dataset_from:])
        try:
            with disk_errors(self.path.name):
                file = self._file = self._file or FileIO(self.path, "xb")
                written = file.write(piece)
                while written < len(piece):  # the kernel takes less than all only when the disk fills up
                    written += file.write(memoryview(piece)[written:])
        except ObjectMissing as error:
            raise StoreFailed(key=self.path.name) from error  # the spool itself is gone
        return file

    def finish(self) -> Received:
        """Make the file durable in the spool. After a failed fsync nothing is retried: it fails."""
        if self._discarded:
            raise StoreFailed(key=self.path.name)
        file = self._put(b"" if self._memory is None else self._memory, self._dataset_offset)
        with disk_errors(self.path.name), file:
            self._spool.failpoints.passed("after_write")
            os.fsync(file.fileno())
            self._spool.failpoints.passed("after_fsync")
        of_file, of_dataset = self._hashes
        return Received(
            path=self.path,
            announced=self._announced,
            dataset_offset=self._dataset_offset,
            file_bytes=self._bytes,
            file_sha256=of_file.hexdigest(),
            dataset_sha256=of_dataset.hexdigest(),
            content=self._memory,
        )

    def discard(self) -> None:
        """Remove what is still in the spool; harmless after the object was adopted, and a second time."""
        if self._discarded:
            return
        self._discarded = True
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self.path.unlink(missing_ok=True)
