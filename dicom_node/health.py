"""The node's own health page when it runs by itself: `GET /health/live`, `/health/ready`, `/metrics`."""

import json
import logging
import socketserver
import threading
from collections.abc import Callable
from typing import Self

from config.kernel.errors import AppError
from dicom_node.reporting.metrics import CONTENT_TYPE

JSON = "application/json"
logger = logging.getLogger(__name__)

REQUEST_BYTES_MAX = 4096
READ_SECONDS = 2.0


class _Handler(socketserver.StreamRequestHandler):
    """One request, one answer, connection closed."""

    timeout = READ_SECONDS
    server: "_Server"

    def handle(self) -> None:
        try:
            words = self.rfile.readline(REQUEST_BYTES_MAX).split()
        except OSError:
            return
        status, kind, body = self.server.answer(words[1].decode("latin_1") if len(words) > 1 else "")
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(head.encode() + b"Connection: close\r\n\r\n" + body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], facts: Callable[[], dict[str, object]], metrics: Callable[[], str]
    ) -> None:
        super().__init__(address, _Handler)
        self._facts, self._metrics = facts, metrics

    def answer(self, path: str) -> tuple[str, str, bytes]:
        """Status line, media type and body for a path."""
        if path == "/health/live":
            return "200 OK", JSON, json.dumps({"live": True}).encode()
        if path == "/metrics":
            return self._figures()
        if path != "/health/ready":
            return "404 Not Found", JSON, b"{}"
        facts = self._facts()
        status = "200 OK" if facts.get("ready") else "503 Service Unavailable"
        return status, JSON, json.dumps(facts).encode()

    def _figures(self) -> tuple[str, str, bytes]:
        try:
            return "200 OK", CONTENT_TYPE, self._metrics().encode()
        except AppError as error:
            return "503 Service Unavailable", JSON, json.dumps({"code": error.code}).encode()


class HealthPage:
    """Serves `facts()` (with a truth value `ready`) and `metrics()` on an own thread while the block runs."""

    def __init__(
        self,
        host: str,
        port: int,
        facts: Callable[[], dict[str, object]],
        metrics: Callable[[], str] = lambda: "",
    ) -> None:
        self._server = _Server((host, port), facts, metrics)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
