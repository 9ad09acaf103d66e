"""Blocks of frames on disk: written whole, read whole, forgotten oldest first. Always rebuildable.

A disk that takes nothing more is no reason to show nothing: what was made is shown, and made again.
"""

import contextlib
import logging
import os
from pathlib import Path
from typing import BinaryIO

from config.kernel.ids import new_id
from config.kernel.limits import GIB

BYTES_MAX = 20 * GIB
KEEP_SHARE = 0.9
logger = logging.getLogger(__name__)


class BlockCache:
    """Files below one folder, at most about `bytes_max` bytes in all. Calls block: use threads.

    Several processes may share the folder: files appear whole by rename and are never changed.
    """

    def __init__(self, folder: Path, *, bytes_max: int = BYTES_MAX) -> None:
        self._folder, self._bytes_max = folder, bytes_max
        self._written_since_count = bytes_max

    def read(self, group: str, name: str) -> bytes | None:
        """The file, marked as used now; None when it is not there."""
        path = self._folder / group / name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("cache.not_read", extra={"reason": type(error).__name__, "errno": error.errno})
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return content

    def has(self, group: str, name: str) -> bool:
        """Whether the file is there."""
        return (self._folder / group / name).exists()

    def write(self, group: str, name: str, content: bytes) -> bool:
        """Keep the file if the disk takes it; in a cache too large the least recently used files go."""
        try:
            self._write(group, name, content)
        except OSError as error:
            logger.warning("cache.not_kept", extra={"reason": type(error).__name__, "errno": error.errno})
            return False
        return True

    def _write(self, group: str, name: str, content: bytes) -> None:
        draft = self.draft(group, name)
        try:
            draft.write_bytes(content)
            self.keep(group, name, draft)
        finally:
            draft.unlink(missing_ok=True)

    def draft(self, group: str, name: str) -> Path:
        """Where a file may be written that is too large to be handed over; its maker removes it."""
        folder = self._folder / group
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / f".{name}.{new_id()}"

    def keep(self, group: str, name: str, draft: Path) -> None:
        """Keep what was written to a draft, which is moved. Raises OSError."""
        size = draft.stat().st_size
        draft.replace(self._folder / group / name)
        self._written_since_count += size
        if self._written_since_count > self._bytes_max * (1 - KEEP_SHARE):
            self._forget_oldest()

    def open(self, group: str, name: str) -> BinaryIO | None:
        """The file to be read in parts, marked as used now; it can be read to its end even when forgotten."""
        path = self._folder / group / name
        try:
            opened = path.open("rb")
        except FileNotFoundError:
            return None
        with contextlib.suppress(FileNotFoundError):
            os.utime(path)
        return opened

    def forget(self, group: str, name: str) -> None:
        """Remove one file, for instance because it is damaged."""
        (self._folder / group / name).unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        self._written_since_count = 0
        files = []
        for path in self._folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                files.append((facts.st_mtime_ns, facts.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self._bytes_max:
            return
        for _, size, path in sorted(files):
            if total <= self._bytes_max * KEEP_SHARE:
                return
            path.unlink(missing_ok=True)
            total -= size
