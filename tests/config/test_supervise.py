"""Real processes: restarted when they end, stopped in order, gone when their parent is."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.supervise import Child, Supervisor
from tests.contracts.sources import ROOT
from tests.fixtures.waiting import eventually, wait_until

FOR_EVER = "import signal; signal.pause()"


def child(name: str, code: str = FOR_EVER, **options: object) -> Child:
    return Child(name, [sys.executable, "-c", code], **options)  # type: ignore[arg-type]


def pid_of(one: Child) -> int:
    return one.process.pid if one.process else 0


async def test_a_child_that_ends_is_started_again() -> None:
    async with Supervisor() as group:
        one = child("one")
        await group.start(one)
        first = pid_of(one)
        os.kill(first, signal.SIGKILL)
        second = await eventually(lambda: pid_of(one) not in {0, first} and pid_of(one))
        assert one.restarts == 1
        assert psutil.pid_exists(second)
    assert not psutil.pid_exists(second)


async def test_children_stop_in_the_opposite_order(tmp_path: Path) -> None:
    """Each writes its name when it is asked to end."""
    record = tmp_path / "ended"
    code = (
        "import signal, sys, pathlib\n"
        "def end(*_):\n"
        f"    open({str(record)!r}, 'a').write(sys.argv[1])\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, sys.argv[1]).touch()\n"
        "while True: signal.pause()\n"
    )
    async with Supervisor() as group:
        for name in ("a", "b", "c"):
            await group.start(Child(name, [sys.executable, "-c", code, name]))
            await eventually((tmp_path / name).exists)
    assert record.read_text() == "cba"


async def test_a_deaf_child_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    deaf = "import signal, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    one = child(
        "deaf", f"{deaf}pathlib.Path({str(ready)!r}).touch()\nwhile True: signal.pause()", stop_seconds=0.2
    )
    async with Supervisor() as group:
        await group.start(one)
        await eventually(ready.exists)
    assert one.process is not None
    assert one.process.returncode == -signal.SIGKILL


async def test_a_signal_asks_the_group_to_stop() -> None:
    async with Supervisor() as group:
        assert not group.stopping.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await eventually(group.stopping.is_set)


async def test_what_a_child_says_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "one.log"
    one = child(
        "one", "import os; print(os.environ['WORD'], flush=True)", log_file=log, environment={"WORD": "hello"}
    )
    await one.start()
    await eventually(lambda: log.exists() and "hello" in log.read_text())
    await one.stop()


PARENT = """
import asyncio, json, sys
from config.supervise import Child, Supervisor

async def main():
    async with Supervisor() as group:
        children = [Child(str(n), [sys.executable, "-c", "import signal; signal.pause()"]) for n in range(2)]
        for child in children:
            await group.start(child)
        print(json.dumps([child.process.pid for child in children]), flush=True)
        await group.stopping.wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_end_with_their_parent_however_it_ends(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE) as parent:
        line = parent.stdout.readline() if parent.stdout else b"[]"
        pids = json.loads(line)
        assert len(pids) == 2
        assert all(psutil.pid_exists(pid) for pid in pids)
        parent.send_signal(number)
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


LATE_CHILD = """
import os, signal, subprocess, sys
from config.supervise import die_with_parent

if sys.argv[1:]:
    sys.stdin.read()  # ends when the parent is gone
    die_with_parent(int(sys.argv[1]))
    signal.pause()
child = subprocess.Popen([sys.executable, "-c", sys.orig_argv[2], str(os.getpid())], stdin=subprocess.PIPE)
print(child.pid, flush=True)
os._exit(0)
"""


def test_a_child_that_is_told_too_late_ends_as_well() -> None:
    """Its parent was gone before it could ask Linux to end with it, as pools under load are."""
    done = subprocess.run(
        [sys.executable, "-c", LATE_CHILD], cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=60
    )
    wait_until(lambda: not psutil.pid_exists(int(done.stdout)), 30)
