"""The object store behind an address, and where files on their way into it may wait."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from config.kernel.errors import Invalid
from config.kernel.objects import ObjectStore
from config.kernel.objects_local import LocalObjects
from config.kernel.objects_s3 import open_bucket

SPOOL_NAME = ".spool"


class ObjectsUrlRefused(Invalid):
    """The address of the object store is neither file:///path nor s3://bucket."""

    code = "objects.url_refused"


def open_store(url: str, key_id: str = "", secret: str = "") -> ObjectStore:
    """The store at `file:///path` or `s3://bucket/prefix?endpoint=…`. Raises ObjectsUrlRefused."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        return open_bucket(url, key_id, secret)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return LocalObjects(Path(unquote(parts.path)))
    raise ObjectsUrlRefused


def spool_folder(store: ObjectStore, elsewhere: Path) -> Path:
    """A folder on the store's own file system, so that a file can be renamed into the store.

    A store without one (S3) copies what it adopts; then files wait in `elsewhere`.
    """
    return store.root / SPOOL_NAME if isinstance(store, LocalObjects) else elsewhere
