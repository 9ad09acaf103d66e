"""Failpoints strike exactly where and when they are told, and never otherwise."""

import signal
import subprocess
import sys

import pytest

from dicom_node.intake.failpoints import NAMES, Failpoints
from tests.fixtures.samples import REPOSITORY

PROGRAM = """
import sys
from dicom_node.intake.failpoints import Failpoints
points = Failpoints(sys.argv[1])
for number, name in enumerate(sys.argv[2:], 1):
    print(number, flush=True)
    points.passed(name)
"""


def passed(plan: str, *names: str) -> tuple[int, int]:
    """How a process ends that passes these points, and how many it came to."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, plan, *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    return done.returncode, len(done.stdout.split())


@pytest.mark.parametrize(
    "plan, reached", [("after_write", 1), ("after_write:1", 1), ("after_write:2", 3), ("after_fsync", 2)]
)
def test_it_strikes_when_its_point_is_passed_that_often(plan: str, reached: int) -> None:
    assert passed(plan, "after_write", "after_fsync", "after_write") == (-signal.SIGKILL, reached)


@pytest.mark.parametrize("plan", ["", "after_write:4", "after_commit", "nonsense", "after"])
def test_it_strikes_nowhere_else(plan: str) -> None:
    assert passed(plan, "after_write", "after_write", "after_write", "after_fsync") == (0, 4)


def test_without_a_plan_every_point_may_be_passed_for_ever() -> None:
    points = Failpoints()
    for name in (*NAMES, "anything"):
        points.passed(name)


@pytest.mark.parametrize("plan", ["after_write:x", "after_write:1.5"])
def test_a_plan_that_is_none_is_said_at_the_start(plan: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Failpoints(plan)
