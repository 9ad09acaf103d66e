"""Places for associations: so many in all, so many for each peer, in one process or shared by several.

Shared places are locked bytes of a file, one byte for each place (fcntl(2)): exact across processes,
and the kernel frees the places of a process that dies, however it dies.
"""

import contextlib
import fcntl
import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path


class Seats:
    """At most `each_max` places under each name. Safe from threads; with a `folder` across processes too.

    A process opens each file once and never closes it while it lives: closing would free all of
    its places there. One object for each folder and process, for the same reason.
    """

    def __init__(self, each_max: int, folder: Path | None = None) -> None:
        self._each_max, self._folder = each_max, folder
        self._held: defaultdict[str, set[int]] = defaultdict(set)
        self._files: dict[str, int] = {}
        self._lock = threading.Lock()
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self, name: str) -> int | None:
        """A free place under `name`, to be given back; None when there is none."""
        with self._lock:
            held = self._held[name]
            for place in range(self._each_max):
                if place not in held and self._lock_byte(name, place):
                    held.add(place)
                    return place
            if not held:
                del self._held[name]
            return None

    def give(self, name: str, place: int) -> None:
        """Give a place back."""
        with self._lock:
            held = self._held[name]
            held.discard(place)
            if not held:
                del self._held[name]
            if self._folder is not None:
                fcntl.lockf(self._file(name), fcntl.LOCK_UN, 1, place)

    @contextlib.contextmanager
    def seat(self, name: str) -> Iterator[bool]:
        """Hold a place for the block; False when there is none."""
        place = self.take(name)
        try:
            yield place is not None
        finally:
            if place is not None:
                self.give(name, place)

    def close(self) -> None:
        """Free every place."""
        with self._lock:
            for file in self._files.values():
                os.close(file)
            self._files.clear()
            self._held.clear()

    def _lock_byte(self, name: str, place: int) -> bool:
        if self._folder is None:
            return True
        try:
            fcntl.lockf(self._file(name), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except BlockingIOError:
            return False
        return True

    def _file(self, name: str) -> int:
        """The open file of a name; an AE title may hold characters that no file name may."""
        if name not in self._files and self._folder is not None:
            path = self._folder / hashlib.sha256(name.encode()).hexdigest()[:32]
            self._files[name] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[name]
