"""Receiving processes, measured: one against two on SQLite and on PostgreSQL, in turns.

Written for people into tests/bench/results/receivers.md. Everything is on one machine: senders take
their share of the same cores. The tests' PostgreSQL does not wait for its disk, SQLite does.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.dicom_node.conftest import register
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(1_800)
RESULTS = Path(__file__).parent / "results"
ROUNDS, OBJECTS, SENDERS = 5, 160, (1, 4, 16)
MARK = "1.2.3." + "9" * 20
SENDER = f"""
import sys
from pathlib import Path
from tests.dicom_node.raw_scu import EXPLICIT, RawScu
port, sender, count, template = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
uids = [f"1.2.3.{{sender}}{{n:0{{20 - len(sender)}}}}" for n in range(count)]
objects = [(uid, template.read_bytes().replace(b"{MARK}", uid.encode())) for uid in uids]
with RawScu(port) as scu:
    scu.associate([(1, "{CT}", [EXPLICIT])])
    print("ready", flush=True)
    sys.stdin.readline()
    for uid, data in objects:
        assert scu.store(1, "{CT}", uid, data) == 0
    print("done", flush=True)
    scu.release()
"""


@contextmanager
def node(url: str, home: Path, processes: int) -> Iterator[int]:
    """A running node; its port."""
    port = free_port()
    environment = os.environ | {
        "LIANZHEN_HOME": str(home),
        "LIANZHEN_DATABASE__URL": url,
        "LIANZHEN_DICOM__PORT": str(port),
        "LIANZHEN_DICOM__PROCESSES": str(processes),
    }
    words = [sys.executable, "-m", "dicom_node"]
    with subprocess.Popen(words, env=environment, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: port_answers(port), 60)
            yield port
        finally:
            process.terminate()
            process.wait(30)


def objects_per_second(port: int, senders: int, turn: int, template: Path) -> float:
    """How fast so many associations send their share of OBJECTS, from the first byte to the last answer."""
    each = OBJECTS // senders
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", SENDER, str(port), f"{turn}{number:02}", str(each), template],
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(senders)
        ]
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        began = time.monotonic()
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in running:
            assert one.stdout is not None
            assert one.stdout.readline() == "done\n"
        return each * senders / (time.monotonic() - began)


def measured(url_of: Callable[[int], str], folder: Path) -> dict[tuple[int, int], float]:
    """Median objects per second for each (processes, senders), taken in turns."""
    found: dict[tuple[int, int], list[float]] = {}
    folder.mkdir()
    template = folder / "template"
    a_slice = a_ct(SOPInstanceUID=MARK, PixelData=bytes(9_600), Rows=80, Columns=60)
    template.write_bytes(dataset_bytes(a_slice))
    with ExitStack() as stack:
        ports = {}
        for processes in (1, 2):
            url = url_of(processes)
            register(url, "COUNTY")
            ports[processes] = stack.enter_context(node(url, folder / f"home{processes}", processes))
        for turn in range(1, ROUNDS + 1):
            for senders in SENDERS:
                for processes, port in ports.items():
                    rate = objects_per_second(port, senders, turn * 100 + senders, template)
                    found.setdefault((processes, senders), []).append(rate)
    return {key: statistics.median(rates) for key, rates in found.items()}


def table(name: str, rates: dict[tuple[int, int], float]) -> list[str]:
    """The rows of one database."""
    return [
        f"| {name} | {senders} | {rates[1, senders]:.0f} | {rates[2, senders]:.0f} "
        f"| {rates[2, senders] / rates[1, senders]:.2f} |"
        for senders in SENDERS
    ]


def test_one_process_and_two(tmp_path: Path, postgres_server: str, sqlite_template: Path) -> None:
    def sqlite(processes: int) -> str:
        shutil.copy(sqlite_template, tmp_path / f"{processes}.db")
        return f"sqlite:///{tmp_path}/{processes}.db"

    def postgres(processes: int) -> str:
        name = f"bench_{processes}_{os.getpid()}"
        with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE template_lianzhen").format(sql.Identifier(name))
            connection.execute(made)
        return f"{postgres_server}/{name}"

    lines = [
        "# Receiving processes",
        "",
        f"{os.cpu_count()} cores, load {os.getloadavg()}; {OBJECTS} CT of 10 KB a turn, median of {ROUNDS}.",
        "",
        "| database | associations | 1 process, objects/s | 2 processes | ratio |",
        "|---|---|---|---|---|",
        *table("SQLite", measured(sqlite, tmp_path / "s")),
        *table("PostgreSQL", measured(postgres, tmp_path / "p")),
    ]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "receivers.md").write_text("\n".join(lines) + "\n")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
