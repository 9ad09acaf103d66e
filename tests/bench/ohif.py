"""OHIF, the viewer of others, as a client of our DICOMweb: fetched by its hash, served beside our root.

`python -m tests.bench.ohif` fetches it, for `make ohif`. It is no part of this repository.
"""

import base64
import hashlib
import http.client
import mimetypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from config import prepare

NAME, VERSION = "@ohif/app", "3.13.2"
INTEGRITY = "WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
"""SHA-512 of the package, as its registry gives it."""
FOLDER = prepare.TOOLS / f"ohif-{VERSION}"
DIST = FOLDER / "package" / "dist"
DICOMWEB = "/dicom-web"
PASSED_ON = ("accept", "accept-encoding", "range", "if-none-match", "host")
ONE_HOP = {"connection", "transfer-encoding", "date", "server", "content-length"}
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
PROXY_SECONDS = 60
CONFIGURED = """window.config = {
  routerBasename: '/', showStudyList: true, extensions: [], modes: [],
  investigationalUseDialog: { option: 'never' }, defaultDataSourceName: 'ours',
  dataSources: [{
    namespace: '@ohif/extension-default.dataSourcesModule.dicomweb', sourceName: 'ours',
    configuration: {
      friendlyName: 'Lianzhen', name: 'ours',
      qidoRoot: '/dicom-web', wadoRoot: '/dicom-web', wadoUriRoot: '/dicom-web',
      qidoSupportsIncludeField: true, supportsFuzzyMatching: true, supportsWildcard: true,
      imageRendering: 'wadors', thumbnailRendering: 'wadors', enableStudyLazyLoad: true,
      bulkDataURI: { enabled: true }, omitQuotationForMultipartRequest: true,
    },
  }],
};
"""


def fetch() -> None:
    """The built viewer in DIST, from whatever registry npm is set up for. Raises SetUpFailed."""
    if (DIST / "index.html").is_file():
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    prepare.say(f"fetching {NAME} {VERSION}")
    prepare.call(
        ["npm", "pack", "--silent", f"{NAME}@{VERSION}"], cwd=str(FOLDER), **prepare.node_environment()
    )
    (package,) = FOLDER.glob("*.tgz")
    unpack(package, INTEGRITY, FOLDER)


def unpack(package: Path, integrity: str, folder: Path) -> None:
    """What is in a package of this hash; another is removed. Raises SetUpFailed."""
    with package.open("rb") as content:
        found = base64.b64encode(hashlib.file_digest(content, "sha512").digest()).decode()
    if found != integrity:
        package.unlink()
        message = f"{package.name} has the SHA-512 {found}, not {integrity}"
        raise prepare.SetUpFailed(message)
    prepare.call(["tar", "-xzf", package, "-C", folder])
    package.unlink()


@dataclass(frozen=True)
class Asked:
    """A request to DICOMweb and how it was answered."""

    path: str
    status: int
    bytes_count: int


@dataclass
class Front:
    """One origin for the viewer and our DICOMweb, as a reverse proxy of a hospital makes it."""

    upstream_port: int
    token: str
    dist: Path
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def answered(self, part: str) -> list[Asked]:
        """The requests whose path has `part` in it."""
        return [one for one in self.asked if part in one.path]


class FrontServer(ThreadingHTTPServer):
    """A server that knows its front."""

    daemon_threads = True

    def __init__(self, front: Front) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.front = front


class Handler(BaseHTTPRequestHandler):
    """DICOMweb with the bearer token, else a file of the viewer, else its page."""

    protocol_version = "HTTP/1.1"
    server: FrontServer

    def do_GET(self) -> None:
        if self.path.startswith(DICOMWEB):
            self._forward()
        else:
            self._file()

    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""

    def _forward(self) -> None:
        front = self.server.front
        line = http.client.HTTPConnection("127.0.0.1", front.upstream_port, timeout=PROXY_SECONDS)
        wanted = {k: v for k, v in self.headers.items() if k.lower() in PASSED_ON}
        line.request("GET", self.path, headers=wanted | {"Authorization": f"Bearer {front.token}"})
        answer = line.getresponse()
        content = answer.read()
        line.close()
        front.asked.append(Asked(self.path, answer.status, len(content)))
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in ONE_HOP}
        self._answer(answer.status, content, kept)

    def _file(self) -> None:
        path = self.server.front.dist / self.path.partition("?")[0].lstrip("/")
        if path.name == "app-config.js":
            self._answer(200, CONFIGURED.encode(), {"Content-Type": "text/javascript"})
            return
        if not path.is_file():
            path = self.server.front.dist / "index.html"
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        self._answer(200, path.read_bytes(), {"Content-Type": kind})

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (headers | ISOLATED | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def standing(front: Front) -> Iterator[Front]:
    """The front, answering until the block ends."""
    server = FrontServer(front)
    front.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    try:
        with prepare.alone():
            fetch()
    except prepare.SetUpFailed as error:
        sys.exit(str(error))
