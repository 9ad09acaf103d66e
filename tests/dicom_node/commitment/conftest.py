"""A node with an archive, on SQLite and PostgreSQL in turn, and peers that ask it for commitment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.kernel.database import open_sync_engine
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from tests.dicom_node.asking import Place, a_place
from tests.fixtures.clock import HandClock


@pytest.fixture
def place(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """A running node; peers COUNTY and CITY are known, neither with a port."""
    with a_place(database_url, tmp_path / "home") as running:
        yield running


@pytest.fixture
def reader(database_url: str) -> Iterator[Engine]:
    """A reading engine on this test's database."""
    opened = open_sync_engine(database_url, writes=False)
    yield opened
    opened.dispose()


@pytest.fixture
def ingest(database_url: str, clock: HandClock) -> Iterator[Ingest]:
    """An index writer whose clock is moved by hand."""
    writer = Ingest(open_sync_engine(database_url), clock, Failpoints())
    yield writer
    writer.close()
