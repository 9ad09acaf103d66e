"""Objects in an S3-compatible bucket."""

import contextlib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from config.kernel.objects import ObjectMissing, StoreFailed, checked_key


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
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": "10s"},
        retry_config={"max_retries": 2},
    )
    return S3Objects(store)


class S3Objects:
    """Objects in an S3-compatible bucket: `s3://bucket/prefix?endpoint=http://host:port`."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def adopt(self, key: str, path: Path) -> None:
        self.put(key, path.read_bytes())

    def put(self, key: str, content: bytes) -> None:
        try:
            obstore.put(self._store, checked_key(key), content, mode="create")
        except AlreadyExistsError:
            return
        except (BaseError, OSError) as error:
            raise StoreFailed(key=key) from error

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        try:
            if start == 0 and end is None:
                return bytes(obstore.get(self._store, checked_key(key)).bytes())
            stop = end if end is not None else obstore.head(self._store, key)["size"]
            return bytes(obstore.get_range(self._store, checked_key(key), start=start, end=stop))
        except (NotFoundError, FileNotFoundError) as error:
            raise ObjectMissing(key=key) from error
        except (BaseError, OSError) as error:
            raise StoreFailed(key=key) from error

    def delete(self, key: str) -> None:
        with contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, checked_key(key))
