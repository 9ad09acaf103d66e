"""Where bytes live: local files by default, an S3-compatible store by setting.

Content is created once and never overwritten, but for a key that names its content by SHA-256: the
same bytes again take the place of what lies there, whole or damaged. `adopt` and `put` return only
when the bytes are durable: on local disk that is fsync of the file, a name in its folder, fsync of the
folder (libraries promise the name, not the fsync). After a failed fsync nothing is retried: the call
fails.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from config.kernel.errors import Invalid, NotFound, Unavailable

_NAME = r"(?=[^/]*[0-9A-Za-z])[0-9A-Za-z_-][0-9A-Za-z._-]*"
KEY = re.compile(rf"{_NAME}(/{_NAME})*")
CONTENT_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z]+)?")


class ObjectMissing(NotFound):
    """No object is stored under this key."""

    code = "objects.missing"


class ObjectKeyRefused(Invalid):
    """An object key may only hold letters, digits, dots, dashes, underscores and single slashes."""

    code = "objects.key_refused"


class StoreFull(Unavailable):
    """There is no space left for objects."""

    code = "objects.full"


class StoreFailed(Unavailable):
    """The object store did not take or give the bytes."""

    code = "objects.failed"


class ObjectStore(Protocol):
    """Create-only storage of byte strings by key. All calls block: use them from threads."""

    def adopt(self, key: str, path: Path) -> None:
        """Make the file at `path`, which is durable itself, the object `key`; `path` stays the caller's."""
        ...

    def put(self, key: str, content: bytes) -> None:
        """Store `content` as `key`, durably; an object already there is left as it is."""
        ...

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes [start, end) of `key`; raises ObjectMissing."""
        ...

    def delete(self, key: str) -> None:
        """Remove `key` if it is there."""
        ...


@runtime_checkable
class ReadsAtOnce(Protocol):
    """A store that knows what of it is in memory, and gives that without waiting (any thread)."""

    def read_now(self, key: str, places: Sequence[tuple[int, memoryview]]) -> bool:
        """Fill each buffer with the bytes of `key` from its place on; False when it would have to wait."""
        ...


def checked_key(key: str) -> str:
    """`key`, refused when it could leave its root or name a hidden file."""
    if not KEY.fullmatch(key):
        raise ObjectKeyRefused(key=key[:80])
    return key
