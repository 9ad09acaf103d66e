"""A node with an archive, on SQLite and PostgreSQL in turn."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.dicom_node.asking import OpenPlace, Place, a_place


@pytest.fixture
def open_place(database_url: str, tmp_path: Path) -> Iterator[OpenPlace]:
    """Starts a node with changed DICOM settings; peers COUNTY and CITY are known."""
    with ExitStack() as stack:
        yield lambda **dicom: stack.enter_context(a_place(database_url, tmp_path / "home", **dicom))


@pytest.fixture
def place(open_place: OpenPlace) -> Place:
    """A running node; peers COUNTY and CITY are known."""
    return open_place()
