"""Receiving processes, measured: one against two on SQLite and on PostgreSQL, in turns.

Written for people into tests/bench/results/receivers.md. Everything is on one machine: senders take
their share of the same cores. The tests' PostgreSQL does not wait for its disk, SQLite does.
"""

import os
import shutil
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.bench.nodes import SMALL, fresh, running_node, sent_seconds
from tests.bench.report import machine, save, where

pytestmark = pytest.mark.timeout(1_800)
ROUNDS, SENDERS = 5, (1, 4, 16)


def measured(url_of: Callable[[int], str], folder: Path) -> dict[tuple[int, int], float]:
    """Median objects per second for each (processes, senders), taken in turns."""
    found: dict[tuple[int, int], list[float]] = {}
    folder.mkdir()
    with ExitStack() as stack:
        ports = {}
        for processes in (1, 2):
            home = folder / f"home{processes}"
            node = running_node(url_of(processes), home, LIANZHEN_DICOM__PROCESSES=str(processes))
            ports[processes] = stack.enter_context(node).port
        for turn in range(ROUNDS):
            for senders in SENDERS:
                for processes, port in ports.items():
                    files = fresh(SMALL, folder / f"{turn}-{senders}-{processes}")
                    seconds = sent_seconds(port, "LIANZHEN", senders, files)
                    found.setdefault((processes, senders), []).append(SMALL.count / seconds)
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

    rates = {"SQLite": measured(sqlite, tmp_path / "s"), "PostgreSQL": measured(postgres, tmp_path / "p")}
    facts = machine()
    lines = [
        "# Receiving processes",
        "",
        f"{where(facts)} {SMALL.count} CT of 9 KB a turn, TCP_NODELAY, median of {ROUNDS} turns.",
        "",
        "| database | associations | 1 process, objects/s | 2 processes | ratio |",
        "|---|---|---|---|---|",
        *(row for name, each in rates.items() for row in table(name, each)),
    ]
    rows = [
        {"database": name, "processes": processes, "associations": senders, "per_second": round(rate, 1)}
        for name, each in rates.items()
        for (processes, senders), rate in each.items()
    ]
    save("receivers", facts, rows, lines)
