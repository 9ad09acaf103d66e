"""Places are counted exactly, by threads, by processes, and after a process died holding some."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from dicom_node.seats import Seats
from tests.fixtures.samples import REPOSITORY

HOLDER = """
import sys, pathlib
from dicom_node.seats import Seats
seats = Seats(int(sys.argv[2]), pathlib.Path(sys.argv[1]))
print(sum(seats.take("A") is not None for _ in range(int(sys.argv[3]))), flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["own", "shared"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Places of one process, and places of several."""
    return tmp_path / "seats" if request.param == "shared" else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(each_max=st.integers(0, 4), wanted=st.lists(st.sampled_from("ABC"), max_size=12))
def test_nobody_holds_more_places_than_there_are(
    folder: Path | None, each_max: int, wanted: list[str]
) -> None:
    seats, held = Seats(each_max, folder), dict.fromkeys("ABC", 0)
    with ExitStack() as stack:
        for title in wanted:
            seated = stack.enter_context(seats.seat(title))
            assert seated is (held[title] < each_max)
            held[title] += int(seated)
    with ExitStack() as stack:
        assert all(stack.enter_context(seats.seat("A")) for _ in range(each_max)), "places are given back"
    seats.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from("AB"), st.booleans()), max_size=30))
def test_places_taken_and_given_in_any_order(folder: Path | None, acts: list[tuple[str, bool]]) -> None:
    """Against a model: three places under each name."""
    seats, held = Seats(3, folder), {"A": list[int](), "B": list[int]()}
    for name, takes in acts:
        if takes:
            place = seats.take(name)
            assert (place is None) is (len(held[name]) == 3)
            held[name] += [] if place is None else [place]
            assert len(set(held[name])) == len(held[name]), "no place is held twice"
        elif held[name]:
            seats.give(name, held[name].pop(0))
    seats.close()


def test_a_place_is_given_back_when_its_association_breaks(folder: Path | None) -> None:
    seats = Seats(1, folder)
    with pytest.raises(RuntimeError), seats.seat("A") as seated:
        assert seated
        raise RuntimeError
    with seats.seat("A") as again:
        assert again
    seats.close()


def test_places_are_counted_right_by_many_threads(folder: Path | None) -> None:
    seats, most, now, lock = Seats(3, folder), [0], [0], threading.Lock()

    def come_and_go() -> None:
        for _ in range(200):
            with seats.seat("A") as seated:
                if seated:
                    with lock:
                        now[0] += 1
                        most[0] = max(most[0], now[0])
                    with lock:
                        now[0] -= 1

    threads = [threading.Thread(target=come_and_go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most[0] <= 3
    seats.close()


def holder(folder: Path, each_max: int, wanted: int) -> "subprocess.Popen[str]":
    """Another process that holds places until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), str(each_max), str(wanted)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("kill", [True, False])
def test_processes_share_places_and_death_frees_them(tmp_path: Path, kill: bool) -> None:
    seats = Seats(5, tmp_path)
    mine = [seats.take("A") for _ in range(2)]
    with holder(tmp_path, 5, 5) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert int(other.stdout.readline()) == 3, "two of five are taken"
        assert seats.take("A") is None
        assert seats.take("B") is not None, "another name has places of its own"
        if kill:
            os.kill(other.pid, signal.SIGKILL)
        else:
            other.stdin.close()
        other.wait(30)
    assert [seats.take("A") is not None for _ in range(4)] == [True, True, True, False]
    assert None not in mine
    seats.close()


def test_a_name_that_is_no_file_name_has_places_too(tmp_path: Path) -> None:
    seats = Seats(1, tmp_path / "deep" / "er")
    for name in ("../../etc", "A/B", "x" * 300, "A B", ""):
        with seats.seat(name) as seated:
            assert seated
            assert seats.take(name) is None
    assert len(list((tmp_path / "deep" / "er").iterdir())) == 5
    seats.close()
