"""Answers given again: the same bytes, only to the same question, only while nothing was committed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from config.changes import Changes
from consult_server.web.kept_answers import ANSWERS_MAX, BODY_BYTES_MAX, KeptAnswers, let_keep
from tests.fixtures.clock import HandClock

Headers = tuple[tuple[bytes, bytes], ...]
LONG = timedelta(minutes=1)
SINCE = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


class ByHand(Changes):
    """Changes that a test makes."""

    def __init__(self) -> None:
        super().__init__("postgresql://nobody@127.0.0.1/nothing")
        self.now: int | None = 1

    def mark(self) -> int | None:
        """What the test says."""
        return self.now


@dataclass
class Counting:
    """An application that counts its answers; each is another one."""

    status: int = 200
    keep_for: timedelta | None = LONG
    pieces: list[bytes] = field(default_factory=lambda: [b"answer"])
    answers: int = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.answers += 1
        if self.keep_for is not None:
            let_keep(HTTPConnection(scope), SINCE + self.keep_for)
        headers = [(b"etag", str(self.answers).encode())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        last = len(self.pieces) - 1
        for number, piece in enumerate(self.pieces):
            body = piece + str(self.answers).encode()
            await send({"type": "http.response.body", "body": body, "more_body": number < last})


@dataclass
class Site:
    """The middleware over a counting application."""

    app: Counting = field(default_factory=Counting)
    changes: ByHand = field(default_factory=ByHand)
    clock: HandClock = field(default_factory=lambda: HandClock(SINCE))
    bytes_max: int = 1_000_000

    def __post_init__(self) -> None:
        self.kept = KeptAnswers(self.app, changes=self.changes, clock=self.clock, bytes_max=self.bytes_max)

    async def ask(self, **changes: Any) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Ask; status, headers and body."""
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b""}

        async def send(message: Message) -> None:
            sent.append(message)
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", b"1")]  # as the edge does

        await self.kept({**REQUEST, **changes}, receive, send)
        start, *rest = sent
        return start["status"], start["headers"], b"".join(message["body"] for message in rest)


REQUEST: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "scheme": "http",
    "path": "/dicom-web/studies",
    "query_string": b"limit=5",
    "client": ("127.0.0.1", 4000),
    "headers": [(b"host", b"site"), (b"cookie", b"a=1")],
}


async def test_the_same_question_is_answered_once_to_the_letter() -> None:
    site = Site()
    first = await site.ask()
    again = await site.ask(client=("127.0.0.1", 4001))
    assert first == again == (200, [(b"etag", b"1"), (b"x-request-id", b"1")], b"answer1")
    assert site.app.answers == 1


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/dicom-web/series"},
        {"query_string": b"limit=6"},
        {"scheme": "https"},
        {"client": ("10.0.0.9", 4000)},
        {"client": None},
        {"headers": [(b"host", b"site"), (b"cookie", b"a=2")]},
        {"headers": [(b"host", b"elsewhere"), (b"cookie", b"a=1")]},
        {"headers": [(b"host", b"site"), (b"cookie", b"a=1"), (b"accept", b"application/json")]},
        {"headers": [(b"host", b"site")]},
    ],
)
async def test_another_question_has_an_answer_of_its_own(other: dict[str, Any]) -> None:
    site = Site()
    await site.ask()
    assert (await site.ask(**other))[2] == b"answer2"
    assert (await site.ask())[2] == b"answer1"


@pytest.mark.parametrize(
    "request_",
    [
        {"method": "HEAD"},
        {"method": "POST"},
        {"path": "/api/consults"},
        {"headers": [(b"content-length", b"3")]},
        {"headers": [(b"transfer-encoding", b"chunked")]},
        {"query_string": b"x" * 5_000},
        {"headers": [(b"x-long", b"x" * 5_000)]},
    ],
)
async def test_what_is_no_plain_question_is_always_answered_anew(request_: dict[str, Any]) -> None:
    site = Site()
    assert [(await site.ask(**request_))[2] for _ in range(3)] == [b"answer1", b"answer2", b"answer3"]


async def test_after_a_commit_it_is_answered_anew_and_kept_again() -> None:
    site = Site()
    await site.ask()
    site.changes.now = 2
    assert (await site.ask())[2] == b"answer2"
    assert (await site.ask())[2] == b"answer2"


async def test_after_a_commit_those_of_before_take_no_room() -> None:
    site = Site()
    for number in range(9):
        await site.ask(query_string=b"limit=%d" % number)
    assert site.kept.kept_bytes == 9 * len(b"answer1")
    site.changes.now = 2
    await site.ask()
    assert site.kept.kept_bytes == len(b"answer10")


async def test_a_commit_while_it_is_answered_counts_as_one_after_it() -> None:
    site = Site()

    class Committing(Counting):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            site.changes.now = 7
            await super().__call__(scope, receive, send)

    site.kept = KeptAnswers(Committing(), changes=site.changes, clock=site.clock)
    assert [(await site.ask())[2] for _ in range(3)] == [b"answer1", b"answer2", b"answer2"]


async def test_where_nobody_can_say_what_was_committed_nothing_is_kept() -> None:
    site = Site()
    site.changes.now = None
    assert [(await site.ask())[2] for _ in range(2)] == [b"answer1", b"answer2"]


async def test_it_holds_as_long_as_was_said_and_no_longer() -> None:
    site = Site(app=Counting(keep_for=timedelta(seconds=10)))
    await site.ask()
    site.clock.advance(9.999)
    assert (await site.ask())[2] == b"answer1"
    site.clock.advance(0.001)
    assert (await site.ask())[2] == b"answer2"


@pytest.mark.parametrize(
    "app",
    [
        Counting(keep_for=None),
        Counting(status=404),
        Counting(status=206),
        Counting(pieces=[b"a", b"b"]),
        Counting(pieces=[b"x" * BODY_BYTES_MAX]),
    ],
    ids=["not allowed", "not found", "a range", "in pieces", "too large"],
)
async def test_only_small_whole_successes_are_kept_and_only_if_allowed(app: Counting) -> None:
    site = Site(app=app)
    bodies = [(await site.ask())[2] for _ in range(2)]
    assert bodies[0] != bodies[1]
    assert app.answers == 2


async def test_the_least_recently_given_go_when_there_is_no_room() -> None:
    site = Site(app=Counting(pieces=[b"x" * 99]), bytes_max=300)
    for path in "abc":
        await site.ask(path=f"/dicom-web/{path}")
    await site.ask(path="/dicom-web/a")
    await site.ask(path="/dicom-web/d")
    asked = site.app.answers
    for path in "acd":
        await site.ask(path=f"/dicom-web/{path}")
    assert site.app.answers == asked
    await site.ask(path="/dicom-web/b")
    assert site.app.answers == asked + 1


async def test_there_are_never_more_than_so_many() -> None:
    site = Site(app=Counting(pieces=[b""]))
    for number in range(ANSWERS_MAX + 1):
        await site.ask(query_string=str(number).encode())
    await site.ask(query_string=str(ANSWERS_MAX).encode())
    assert site.app.answers == ANSWERS_MAX + 1
    await site.ask(query_string=b"0")
    assert site.app.answers == ANSWERS_MAX + 2


async def test_what_is_no_request_passes_through() -> None:
    site = Site()
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any:
        return None

    await KeptAnswers(app, changes=site.changes, clock=site.clock)({"type": "lifespan"}, nothing, nothing)
    assert seen == ["lifespan"]
