"""A bucket with a local folder before it: the folder is the durable point, the bucket comes later.

What is stored lies in the folder when the call returns, and a note of it in the folder's own list of
news; who sends it on, and when it may leave the folder again, is not decided here. What has left is
read from the bucket.
"""

import contextlib
import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote

from config.kernel.clock import Clock, SystemClock
from config.kernel.objects import ObjectMissing, ObjectStore, StoreFailed
from config.kernel.objects_local import LocalObjects, disk_errors

NEWS_NAME = ".news"
READ_AGAIN_SECONDS = 60.0
"""Within this time a second reading is not noted."""


class SpooledObjects:
    """An ObjectStore: `local` takes everything first, `remote` is where it is kept."""

    def __init__(self, local: LocalObjects, remote: ObjectStore, clock: Clock | None = None) -> None:
        self.local, self.remote = local, remote
        self._clock = clock or SystemClock()
        self._news = local.root / NEWS_NAME
        self._news.mkdir(mode=0o700, exist_ok=True)

    def adopt(self, key: str, path: Path) -> None:
        self.local.adopt(key, path)
        self._tell(key)

    def put(self, key: str, content: bytes) -> None:
        self.local.put(key, content)
        self._tell(key)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        try:
            content = self.local.read(key, start, end)
        except ObjectMissing:
            return self.remote.read(key, start, end)
        self._was_read(self.local.root / key)
        return content

    def read_now(self, key: str, places: Sequence[tuple[int, memoryview]]) -> bool:
        if not self.local.read_now(key, places):
            return False
        self._was_read(self.local.root / key)
        return True

    def delete(self, key: str) -> None:
        self.local.delete(key)
        self.remote.delete(key)

    def news(self, most: int) -> list[str]:
        """Keys that were stored and not yet taken note of, at most so many. Raises StoreFailed."""
        try:
            with os.scandir(self._news) as entries:
                return [unquote(entry.name) for entry in islice(entries, most)]
        except OSError as error:
            raise StoreFailed(key=NEWS_NAME) from error

    def forget_news(self, keys: list[str]) -> None:
        """These keys have been taken note of."""
        for key in keys:
            with disk_errors(key):
                (self._news / quote(key, safe="")).unlink(missing_ok=True)

    def _tell(self, key: str) -> None:
        """Not synced: after a loss of power whoever sends on looks through the folder itself."""
        with disk_errors(key), contextlib.suppress(FileExistsError, FileNotFoundError):
            (self._news / quote(key, safe="")).hardlink_to(self.local.root / key)

    def _was_read(self, path: Path) -> None:
        """Keep the time of the last reading as the file's own: whoever clears the folder goes by it."""
        with contextlib.suppress(OSError):
            now = self._clock.now().timestamp()
            if now - path.stat().st_mtime > READ_AGAIN_SECONDS:
                os.utime(path, (now, now))
