"""The one writer of this process: jobs from many threads, few transactions, answers after the commit.

Everything that waits is taken together, up to BATCH_JOBS, each job behind its own savepoint, so
that one bad row never fails its neighbours and one fsync makes many objects durable.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeAlias, TypeVar

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
MISTAKES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RuntimeError, OSError)
"""What a faulty job may raise: it fails that job, never the thread that everybody waits for."""
T = TypeVar("T")
Job: TypeAlias = Callable[[Connection, datetime], T]


@dataclass(slots=True)
class _Waiting(Generic[T]):
    job: Job[T]
    future: "Future[T]"
    awaited: bool
    result: T | None = None
    error: Exception | None = None


class Ingest:
    """Runs jobs in commit order on its own thread. `close` finishes what was taken."""

    def __init__(self, engine: Engine, clock: Clock, failpoints: Failpoints) -> None:
        self._engine, self._clock, self._failpoints = engine, clock, failpoints
        self._queue: queue.Queue[_Waiting[Any] | None] = queue.Queue(QUEUE_JOBS_MAX)
        self._thread = threading.Thread(target=self._run, name="ingest", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], *, awaited: bool = False) -> "Future[T]":
        """Queue `job`; its future ends when its transaction has. Raises NotStored when overfull.

        Fault tests strike only where somebody awaits the answer.
        """
        waiting = _Waiting(job, Future[T](), awaited)
        try:
            self._queue.put(waiting, timeout=WAIT_SECONDS)
        except queue.Full as error:
            raise NotStored(reason="the index is overloaded") from error
        return waiting.future

    def run(self, job: Job[T]) -> T:
        """Do `job` and wait until it is durable. Raises NotStored, or what the job raised as AppError."""
        future = self.submit(job, awaited=True)
        try:
            return future.result(WAIT_SECONDS)
        except TimeoutError as error:
            raise NotStored(reason="the index does not answer") from error

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
                return

    def _next_batch(self) -> list[_Waiting[Any] | None]:
        batch = [self._queue.get()]
        while batch[-1] is not None and len(batch) < BATCH_JOBS:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, jobs: list[_Waiting[Any]]) -> None:
        now = self._clock.now()
        try:
            with self._engine.begin() as connection:
                for waiting in jobs:
                    _attempt(waiting, connection, now, alone=len(jobs) == 1)
                self._strike("before_commit", jobs)
            self._strike("after_commit", jobs)
        except SQLAlchemyError as error:
            logger.warning("ingest.commit_failed", extra={"jobs": len(jobs), "reason": type(error).__name__})
            for waiting in jobs:
                waiting.error = NotStored(reason="the index did not take it")
        for waiting in jobs:
            if waiting.error is not None:
                waiting.future.set_exception(waiting.error)
            else:
                waiting.future.set_result(waiting.result)

    def _strike(self, name: str, jobs: list[_Waiting[Any]]) -> None:
        if any(waiting.awaited for waiting in jobs):
            self._failpoints.passed(name)


def _attempt(waiting: _Waiting[Any], connection: Connection, now: datetime, *, alone: bool) -> None:
    """One job; its failure is its own: behind a savepoint, or with the transaction when it is alone.

    A lost connection fails the whole batch.
    """
    try:
        with nullcontext() if alone else connection.begin_nested():
            waiting.result = waiting.job(connection, now)
    except AppError as error:
        waiting.error = error
    except SQLAlchemyError as error:
        if not connection.in_transaction() or connection.invalidated:
            raise
        logger.warning("ingest.row_failed", extra={"reason": type(error).__name__})
        waiting.error = NotStored(reason="the index did not take it")
    except MISTAKES:
        logger.exception("ingest.row_failed")
        waiting.error = NotStored(reason="the index did not take it")
    if alone and waiting.error is not None and (transaction := connection.get_transaction()):
        transaction.rollback()
