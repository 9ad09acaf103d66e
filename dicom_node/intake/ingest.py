"""The one writer of this process: jobs from many threads, few transactions, answers after the commit.

Everything that waits is taken together, up to BATCH_JOBS, so that one fsync makes many objects
durable; when something of it fails, each job is done again behind its own savepoint, so that one bad
row never fails its neighbours.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from config.kernel.clock import Clock
from config.kernel.errors import AppError
from dicom_node.intake.errors import NotStored
from dicom_node.intake.failpoints import Failpoints

logger = logging.getLogger(__name__)

BATCH_JOBS = 256
QUEUE_JOBS_MAX = 4096
WAIT_SECONDS = 60.0
HOLD_SECONDS = 1.0
"""How long the connection is kept for the next batch; afterwards the pool tests it before it is used."""
MISTAKES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError, OSError)
"""What a faulty job may raise: it fails that job, never the thread that everybody waits for."""
T = TypeVar("T")
S = TypeVar("S")
Job: TypeAlias = Callable[[Connection, datetime], T]
Work: TypeAlias = Callable[[Connection, Sequence[S], datetime], Sequence[T]]
"""What is done to many subjects of one kind together; one result for each, in order."""


def _shut() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """One subject of some work. Its thread waits at `gate`, which costs a fifth of waiting for a future."""

    work: Work[Any, T]
    subject: Any
    future: "Future[T] | None" = None
    gate: threading.Lock = field(default_factory=_shut)
    result: T | None = None
    error: Exception | None = None

    @property
    def awaited(self) -> bool:
        return self.future is None

    def end(self) -> None:
        """Tell whoever waits that `result` or `error` is final."""
        if self.future is None:
            self.gate.release()
        elif self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("T", self.result))


class Ingest:
    """Runs jobs in commit order on its own thread. `close` finishes what was taken."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        failpoints: Failpoints,
        committed: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """`committed` hears how long each transaction took that somebody waited for, failed ones too.

        Others are not told: a report of the figures is written by one, and would be news itself.
        """
        self._engine, self._clock, self._failpoints = engine, clock, failpoints
        self._committed = committed
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> "Future[T]":
        """Queue `job`, which nobody waits for; its future ends when its transaction has.

        Raises NotStored when overfull.
        """
        future = Future[T]()
        self._queue_up(_Waiting(_by_itself, job, future))
        return future

    def run(self, job: Job[T]) -> T:
        """Do `job` and wait until it is durable. Raises NotStored, or what the job raised as AppError."""
        return self.run_together(_by_itself, job)

    def run_together(self, work: Work[S, T], subject: S) -> T:
        """Do `work` to `subject`, with what else waits for the same work, and wait until it is durable.

        Raises NotStored, or what the work raised as AppError for this subject alone.
        """
        waiting = _Waiting(work, subject)
        self._queue_up(waiting)
        if not waiting.gate.acquire(timeout=WAIT_SECONDS):
            raise NotStored(reason="the index does not answer")
        if waiting.error is not None:
            raise waiting.error
        return cast("T", waiting.result)

    def _queue_up(self, waiting: _Waiting[Any]) -> None:
        if self._queue.qsize() >= QUEUE_JOBS_MAX:
            raise NotStored(reason="the index is overloaded")
        self._queue.put(waiting)

    @property
    def depth(self) -> int:
        """How many jobs wait."""
        return self._queue.qsize()

    def close(self) -> None:
        """Finish the queue and end the thread."""
        self._queue.put(None)
        self._thread.join()
        self._engine.dispose()

    def _run(self) -> None:
        while True:
            batch = self._next_batch()
            jobs = [waiting for waiting in batch if waiting is not None]
            if jobs:
                self._commit(jobs)
            if len(jobs) < len(batch):
                self._let_go()
                return

    def _next_batch(self) -> list[_Waiting[Any] | None]:
        batch = [self._first()]
        while batch[-1] is not None and len(batch) < BATCH_JOBS:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _first(self) -> _Waiting[Any] | None:
        if self._connection is not None:
            try:
                return self._queue.get(timeout=HOLD_SECONDS)
            except queue.Empty:
                self._let_go()
        return self._queue.get()

    def _let_go(self) -> None:
        """Give the connection back to the pool, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):
                connection.close()

    def _commit(self, jobs: list[_Waiting[Any]]) -> None:
        now, began = self._clock.now(), time.monotonic()
        try:
            self._transact(jobs, now)
            self._strike("after_commit", jobs)
        except SQLAlchemyError as error:
            logger.warning("ingest.commit_failed", extra={"jobs": len(jobs), "reason": type(error).__name__})
            for waiting in jobs:
                waiting.error = NotStored(reason="the index did not take it")
            self._let_go()
        if _is_awaited(jobs):
            self._committed(time.monotonic() - began)
        for waiting in jobs:
            waiting.end()

    def _transact(self, jobs: list[_Waiting[Any]], now: datetime) -> None:
        """All of it in one transaction; what is of one kind first without savepoints, as it seldom fails."""
        connection = self._connection = self._connection or self._engine.connect()
        groups = _groups(jobs)
        if len(groups) == 1:
            with connection.begin() as transaction:
                error = _tried(jobs, connection, now, bare=True)
                if error is None:
                    self._strike("before_commit", jobs)
                    return
                transaction.rollback()
            if len(jobs) == 1:
                jobs[0].error = error
                return
            groups = [[waiting] for waiting in jobs]
        with connection.begin():
            for group in groups:
                _attempt(group, connection, now)
            self._strike("before_commit", jobs)

    def _strike(self, name: str, jobs: list[_Waiting[Any]]) -> None:
        if _is_awaited(jobs):
            self._failpoints.passed(name)


def _is_awaited(jobs: list[_Waiting[Any]]) -> bool:
    return any(waiting.awaited for waiting in jobs)


def _by_itself(connection: Connection, jobs: Sequence[Job[T]], now: datetime) -> list[T]:
    """Jobs of any kind, one after the other."""
    return [job(connection, now) for job in jobs]


def _groups(jobs: list[_Waiting[Any]]) -> list[list[_Waiting[Any]]]:
    """What is done together: everything that waits for the same work; other jobs each by itself."""
    groups: dict[object, list[_Waiting[Any]]] = {}
    for number, waiting in enumerate(jobs):
        groups.setdefault(number if waiting.work is _by_itself else waiting.work, []).append(waiting)
    return list(groups.values())


def _attempt(group: list[_Waiting[Any]], connection: Connection, now: datetime) -> None:
    """Do one group behind a savepoint; when it fails, each of it by itself: a failure is only its own.

    A lost connection fails the whole batch.
    """
    error = _tried(group, connection, now, bare=False)
    if error is None:
        return
    if len(group) == 1:
        group[0].error = error
        return
    for waiting in group:
        _attempt([waiting], connection, now)


def _tried(
    group: list[_Waiting[Any]], connection: Connection, now: datetime, *, bare: bool
) -> AppError | None:
    """Why the group failed, None when each of it has its result."""
    try:
        with nullcontext() if bare else connection.begin_nested():
            results = group[0].work(connection, [waiting.subject for waiting in group], now)
    except AppError as error:
        return error
    except SQLAlchemyError as error:
        if not connection.in_transaction() or connection.invalidated:
            raise
        logger.warning("ingest.row_failed", extra={"reason": type(error).__name__, "jobs": len(group)})
        return NotStored(reason="the index did not take it")
    except MISTAKES:
        logger.exception("ingest.row_failed")
        return NotStored(reason="the index did not take it")
    for waiting, result in zip(group, results, strict=True):
        waiting.result = result
    return None
