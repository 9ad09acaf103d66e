"""Objects in an S3-compatible bucket."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from config.kernel.objects import ObjectMissing, StoreFailed, checked_key

PIECES_AT_ONCE = 2
NOT_SATISFIABLE = "416 Range Not Satisfiable"


def open_bucket(url: str, key_id: str, secret: str) -> "S3Objects":
    """The store behind `s3://bucket/prefix?endpoint=http://host:port&region=name`."""
    parts = urlsplit(url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    endpoint = options.get("endpoint")
    store = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=endpoint,
        region=options.get("region", "us-east-1"),
        access_key_id=key_id,
        secret_access_key=secret,
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": "30s"},
        retry_config={"max_retries": 2},
    )
    return S3Objects(store)


@contextlib.contextmanager
def bucket_errors(key: str) -> Iterator[None]:
    """Turn what the bucket says about `key` into ObjectMissing or StoreFailed."""
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise ObjectMissing(key=key) from error
    except (BaseError, OSError) as error:
        raise StoreFailed(key=key) from error


class S3Objects:
    """Objects in an S3-compatible bucket: `s3://bucket/prefix?endpoint=http://host:port`."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def adopt(self, key: str, path: Path) -> None:
        """As of every store; sent in parts, a few at once, so that no object is ever held whole."""
        with bucket_errors(key):
            try:
                obstore.head(self._store, checked_key(key))
            except (NotFoundError, FileNotFoundError):
                obstore.put(self._store, key, path, max_concurrency=PIECES_AT_ONCE)

    def put(self, key: str, content: bytes) -> None:
        with bucket_errors(key), contextlib.suppress(AlreadyExistsError):
            obstore.put(self._store, checked_key(key), content, mode="create")

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        with bucket_errors(key):
            if start == 0 and end is None:
                return bytes(obstore.get(self._store, checked_key(key)).bytes())
            stop = end if end is not None else obstore.head(self._store, key)["size"]
            return self._range(checked_key(key), start, stop)

    def _range(self, key: str, start: int, stop: int) -> bytes:
        """As of a file: what lies beyond the end is empty, though a bucket refuses to say so."""
        if start >= stop:
            return b""
        try:
            return bytes(obstore.get_range(self._store, key, start=start, end=stop))
        except BaseError as error:
            if NOT_SATISFIABLE in str(error):
                return b""
            raise

    def delete(self, key: str) -> None:
        with contextlib.suppress(ObjectMissing), bucket_errors(key):
            obstore.delete(self._store, checked_key(key))
