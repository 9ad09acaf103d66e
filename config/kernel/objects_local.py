"""Objects as local files, durable when the call returns."""

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path

from config.kernel.ids import new_id
from config.kernel.objects import CONTENT_NAME, ObjectMissing, StoreFailed, StoreFull, checked_key


def fsync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DiskErrors:
    """Turns what the disk says about a key into ObjectMissing, StoreFull or StoreFailed."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        self._key = key

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise ObjectMissing(key=self._key) from error
        if isinstance(error, OSError):
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise (StoreFull if full else StoreFailed)(key=self._key) from error


def disk_errors(key: str) -> DiskErrors:
    """Within the block, what the disk says about `key` becomes ObjectMissing, StoreFull or StoreFailed."""
    return DiskErrors(key)


class LocalObjects:
    """Objects as files below one folder (mode 0700)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    def _folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            fsync_folder(folder.parent)

    def adopt(self, key: str, path: Path) -> None:
        target = self._path(key)
        with disk_errors(key):
            self._folder(target.parent)
            try:
                target.hardlink_to(path)
            except FileExistsError:
                if CONTENT_NAME.fullmatch(target.name):
                    self._renew(target, path)
            fsync_folder(target.parent)

    def _renew(self, target: Path, path: Path) -> None:
        draft = self.root / f".spool-{new_id()}"
        draft.hardlink_to(path)
        draft.replace(target)
        draft.unlink(missing_ok=True)  # rename(2) leaves it when both names are one file's

    def put(self, key: str, content: bytes) -> None:
        target = self._path(key)
        spool = self.root / f".spool-{new_id()}"
        with disk_errors(key):
            try:
                with spool.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                self.adopt(key, spool)
            finally:
                spool.unlink(missing_ok=True)
        if not target.exists():
            raise StoreFailed(key=key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        with disk_errors(key), self._path(key).open("rb") as file:
            file.seek(start)
            return file.read() if end is None else file.read(end - start)

    def read_now(self, key: str, places: Sequence[tuple[int, memoryview]]) -> bool:
        with contextlib.suppress(OSError), self._path(key).open("rb", buffering=0) as file:
            return all(
                os.preadv(file.fileno(), [buffer], start, os.RWF_NOWAIT) == len(buffer)
                for start, buffer in places
            )
        return False

    def delete(self, key: str) -> None:
        with disk_errors(key):
            self._path(key).unlink(missing_ok=True)
