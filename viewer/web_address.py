"""The address of the DICOMweb root, as the caller reached it."""

from functools import lru_cache
from typing import Any

from starlette.requests import Request

PREFIX = "/dicom-web"


def root_of(request: Request) -> str:
    """The absolute address of the DICOMweb root, without a slash at its end.

    Host and scheme are the request's own: whoever serves the application lets only its hosts through.
    """
    scope = request.scope
    where = scope.get("app_root_path", scope.get("root_path", ""))
    server = scope.get("server")
    return _root(scope["scheme"], request.headers.get("host"), tuple(server) if server else None, where)


@lru_cache(maxsize=256)
def _root(scheme: str, host: str | None, server: tuple[Any, ...] | None, root_path: str) -> str:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    scope = {
        "type": "http",
        "scheme": scheme,
        "server": server,
        "headers": headers,
        "path": "/",
        "root_path": root_path,
    }
    return f"{str(Request(scope).base_url).rstrip('/')}{PREFIX}"
