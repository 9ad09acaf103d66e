"""A chore of the node on a thread of its own: look for something to do, do a piece of it, look again."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from config.kernel.errors import AppError

logger = logging.getLogger(__name__)


class Chore(Protocol):
    """Something that is done besides receiving."""

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End; harmless when it never began."""
        ...


class Rounds:
    """Calls `once` now and then until stopped.

    `once` does one bounded piece of work and says how much that was: after something it is called
    again at once, after nothing it has `seconds` of rest. One that gives way has as much rest as
    a piece took: SQLite lets in whoever happens to ask, and not who has waited longest. What it
    raises as AppError or from the database is logged, and the next round tries anew.
    """

    def __init__(
        self,
        name: str,
        seconds: float,
        once: Callable[[], int],
        *,
        gives_way: bool = False,
        monotonic_seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._seconds, self._once = name, seconds, once
        self._gives_way, self._monotonic_seconds = gives_way, monotonic_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the piece at hand; harmless when it never began."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        rest = self._seconds
        while not self._stopping.wait(rest):
            began = self._monotonic_seconds()
            done = self._round()
            took = self._monotonic_seconds() - began
            rest = self._seconds if not done else took if self._gives_way else 0

    def _round(self) -> int:
        try:
            return self._once()
        except (AppError, SQLAlchemyError) as error:
            logger.warning("rounds.waiting", extra={"chore": self._name, "reason": type(error).__name__})
            return 0
