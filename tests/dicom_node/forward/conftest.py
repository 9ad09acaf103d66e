"""A node with an archive and a queue; what the database decides is tested on both, the rest on SQLite."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dicom_node.asking import OpenPlace, a_place
from tests.dicom_node.forward.queue import Queue

QUICK = {"quiet_seconds": 0.05, "idle_seconds": 3.0}


@pytest.fixture
def open_queue(sqlite_url: str, tmp_path: Path) -> Iterator[OpenPlace]:
    """Starts a node with changed DICOM settings; peers COUNTY and CITY are known."""
    with ExitStack() as stack:
        yield lambda **dicom: stack.enter_context(a_place(sqlite_url, tmp_path / "home", **QUICK | dicom))


@pytest.fixture
def queue(open_queue: OpenPlace) -> Queue:
    """A running node's queue, on SQLite."""
    return Queue(open_queue())


@pytest.fixture
def either_queue(database_url: str, tmp_path: Path) -> Iterator[Queue]:
    """A running node's queue, on SQLite and PostgreSQL in turn."""
    with a_place(database_url, tmp_path / "home", **QUICK) as place:
        yield Queue(place)
