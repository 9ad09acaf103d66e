"""Chores: again at once while there is something, alive through what fails, ended when told."""

import threading
from itertools import count

from sqlalchemy.exc import OperationalError

from dicom_node.intake.errors import NotStored
from dicom_node.rounds import Rounds
from tests.fixtures.waiting import wait_until

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


def test_one_that_gives_way_rests_as_long_as_a_piece_took() -> None:
    """An hour, by the clock that it is given: nobody sees it come again."""
    chore, hours = Chore(1), count(step=FOREVER_SECONDS)
    rounds = Rounds("chore", 0.01, chore, gives_way=True, monotonic_seconds=lambda: next(hours))
    rounds.start()
    wait_until(lambda: chore.calls)
    assert not chore.idle.wait(0.5)
    rounds.stop()
    assert chore.calls == 1


def test_after_nothing_its_rest_is_as_it_was() -> None:
    chore, hours = Chore(0), count(step=FOREVER_SECONDS)
    rounds = Rounds("chore", 0.01, chore, gives_way=True, monotonic_seconds=lambda: next(hours))
    rounds.start()
    assert chore.idle.wait(10)
    rounds.stop()


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
