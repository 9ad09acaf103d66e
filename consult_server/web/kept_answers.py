"""Gives an answer again, as it was, while nothing has been committed since it was made.

Pages ask the same again and again: a station opens a study's lists and metadata, a work list is looked
at every few seconds. Such an answer depends on the request and on the database alone, so it holds until
the next commit, whoever makes it. Only a route that knows until when the caller's right holds at least
lets its answer be kept (`let_keep`).
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from config.changes import Changes
from config.kernel.clock import Clock
from config.kernel.limits import KIB, MIB

BODY_BYTES_MAX = 256 * KIB
BYTES_MAX = 64 * MIB
ANSWERS_MAX = 4_096
BELOW = "/dicom-web/"
REQUEST_CHARACTERS_MAX = 4_096
HOLDER = "lianzhen.kept_answer"
BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
Question: TypeAlias = tuple[Any, ...]


@dataclass
class Holder:
    """Carried by a request: until when its answer holds if nothing is committed."""

    until: datetime | None = None


def let_keep(connection: HTTPConnection, until: datetime) -> None:
    """Allow the answer to this request to be given again before `until`."""
    holder = connection.scope.get(HOLDER)
    if isinstance(holder, Holder):
        holder.until = until


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and the state of the database that it was made from."""

    mark: int
    until: datetime
    headers: list[tuple[bytes, bytes]]
    body: bytes


class KeptAnswers:
    """ASGI middleware over one process's answers; the least recently given go first."""

    def __init__(self, app: ASGIApp, *, changes: Changes, clock: Clock, bytes_max: int = BYTES_MAX) -> None:
        self._app, self._changes, self._clock, self._bytes_max = app, changes, clock, bytes_max
        self._answers: OrderedDict[Question, Kept] = OrderedDict()
        self._bytes, self._mark = 0, 0

    @property
    def kept_bytes(self) -> int:
        """How long the answers that are kept are together."""
        return self._bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        question = _question(scope)
        mark = self._changes.mark() if question else None
        if question is None or mark is None:
            await self._app(scope, receive, send)
            return
        kept = self._answers.get(question)
        if kept is not None and kept.mark == mark and self._clock.now() < kept.until:
            self._answers.move_to_end(question)
            await send({"type": "http.response.start", "status": 200, "headers": kept.headers})
            await send({"type": "http.response.body", "body": kept.body})
            return
        copy, holder = _Copy(send), Holder()
        await self._app({**scope, HOLDER: holder}, receive, copy.send)
        if holder.until is not None and copy.headers is not None and copy.body is not None:
            self._keep(question, Kept(mark, holder.until, copy.headers, copy.body))

    def _keep(self, question: Question, answer: Kept) -> None:
        if answer.mark != self._mark:  # what was kept before will never be given again
            self._answers.clear()
            self._bytes, self._mark = 0, answer.mark
        replaced = self._answers.pop(question, None)
        self._bytes += len(answer.body) - (len(replaced.body) if replaced else 0)
        self._answers[question] = answer
        while self._bytes > self._bytes_max or len(self._answers) > ANSWERS_MAX:
            self._bytes -= len(self._answers.popitem(last=False)[1].body)


def _question(scope: Scope) -> Question | None:
    """What an answer depends on besides the database; None when nothing of the kind is kept."""
    if scope["type"] != "http" or scope["method"] != "GET" or not scope["path"].startswith(BELOW):
        return None
    headers = tuple(scope["headers"])
    characters = len(scope["path"]) + len(scope["query_string"])
    characters += sum(len(name) + len(value) for name, value in headers)
    if characters > REQUEST_CHARACTERS_MAX or any(name in BODY_HEADERS for name, _ in headers):
        return None
    client = scope.get("client")
    return scope["scheme"], scope["path"], scope["query_string"], client and client[0], headers


class _Copy:
    """Passes an answer on and has it afterwards, if it is a success, small, and in one piece."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.headers: list[tuple[bytes, bytes]] | None = None
        self.body: bytes | None = None

    async def send(self, message: Message) -> None:
        """One message of the answer, on its way out."""
        if message["type"] == "http.response.start":
            self.headers = list(message.get("headers", [])) if message["status"] == HTTPStatus.OK else None
        elif message["type"] == "http.response.body":
            body = message.get("body", b"")
            whole = self.body is None and not message.get("more_body") and len(body) <= BODY_BYTES_MAX
            self.body = bytes(body) if whole else None
            self.headers = self.headers if whole else None
        await self._send(message)
