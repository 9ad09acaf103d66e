"""Chores: again at once while there is something, alive through what fails, ended when told."""

import threading

from sqlalchemy.exc import OperationalError

from dicom_node.intake.errors import NotStored
from dicom_node.rounds import Rounds

FOREVER_SECONDS = 3600.0


class Chore:
    """Does what it is told, one entry for each call: an amount, or a failure; after the last it is idle."""

    def __init__(self, *said: int | Exception) -> None:
        self._said, self.calls, self.idle = list(said), 0, threading.Event()

    def __call__(self) -> int:
        self.calls += 1
        if not self._said:
            self.idle.set()
            return 0
        found = self._said.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def test_something_is_followed_at_once_and_nothing_by_rest() -> None:
    chore = Chore(3, 1)
    rounds = Rounds("chore", 0.01, chore)
    rounds.start()
    assert chore.idle.wait(10)
    rounds.stop()
    assert chore.calls >= 3


def test_rest_ends_when_it_is_told_to_stop() -> None:
    chore = Chore()
    rounds = Rounds("chore", FOREVER_SECONDS, chore)
    rounds.start()
    rounds.stop()
    assert chore.calls == 0


def test_what_fails_is_tried_again() -> None:
    chore = Chore(NotStored(reason="away"), OperationalError("select", {}, OSError("away")), 1)
    rounds = Rounds("chore", 0.01, chore)
    rounds.start()
    assert chore.idle.wait(10)
    rounds.stop()
    assert chore.calls >= 4


def test_it_may_be_stopped_before_it_began() -> None:
    Rounds("chore", FOREVER_SECONDS, Chore()).stop()
