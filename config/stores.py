"""The object store that settings name, and where files on their way into it may wait."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from config.kernel.errors import Invalid
from config.kernel.objects import ObjectStore
from config.kernel.objects_local import LocalObjects
from config.objects_s3 import open_bucket
from config.settings import Settings, secret
from config.spooled_objects import SpooledObjects

SPOOL_NAME = ".spool"


class ObjectsUrlRefused(Invalid):
    """The address of the object store is neither file:///path nor s3://bucket."""

    code = "objects.url_refused"


def open_store(url: str, key_id: str = "", key_secret: str = "") -> ObjectStore:
    """The store at `file:///path` or `s3://bucket/prefix?endpoint=…`. Raises ObjectsUrlRefused."""
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.netloc:
        return open_bucket(url, key_id, key_secret)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return LocalObjects(Path(unquote(parts.path)))
    raise ObjectsUrlRefused


def objects_of(settings: Settings) -> ObjectStore:
    """The store in use: a bucket has a local folder before it; the keys of a bucket are secrets."""
    url = settings.objects_url
    if not url.startswith("s3:"):
        return open_store(url)
    keys = (secret(settings, name).get_secret_value() for name in ("s3_key_id", "s3_secret"))
    bucket = open_store(url, *keys)
    if not settings.objects.upload_later:
        return bucket
    return SpooledObjects(LocalObjects(settings.home_path / "objects"), bucket)


def folder_of(store: ObjectStore) -> Path | None:
    """The local folder that objects lie in, None for a bucket by itself."""
    local = store.local if isinstance(store, SpooledObjects) else store
    return local.root if isinstance(local, LocalObjects) else None


def spool_folder(store: ObjectStore, elsewhere: Path) -> Path:
    """A folder on the store's own file system, so that a file can be renamed into the store.

    A store without one (a bucket by itself) copies what it adopts; then files wait in `elsewhere`.
    """
    folder = folder_of(store)
    return folder / SPOOL_NAME if folder else elsewhere
