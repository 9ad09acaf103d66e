"""A running node on a free port, with one known peer."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from config.kernel.clock import Clock
from config.kernel.database import Database, open_sync_engine
from config.settings import Settings, load
from dicom_node.app import Node, running_node
from dicom_node.peers import add_peer

HOME_INSTITUTION = "0190-county"
QUIET_SECONDS = 2.0


def register(
    url: str,
    ae_title: str,
    institution_id: str = HOME_INSTITUTION,
    host: str | None = "127.0.0.1",
    port: int | None = None,
) -> None:
    """Make a peer known."""

    async def add() -> None:
        database = Database(url)
        async with database.write() as tx:
            await add_peer(
                tx,
                ae_title=ae_title,
                institution_id=institution_id,
                institution_name="县医院",
                host=host,
                port=port,
                issuer_of_patient_id="COUNTY-PID",
                now=datetime.now(UTC),
            )
        await database.close()

    asyncio.run(add())


def node_settings(home: Path, database_url: str, objects_url: str = "", **dicom: object) -> Settings:
    """Settings of a node on a free port."""
    return load(
        home=str(home),
        database={"url": database_url},
        objects={"url": objects_url},
        dicom={"port": 0} | dicom,
    )


@contextmanager
def serving(settings: Settings, clock: Clock | None = None) -> Iterator[Node]:
    """A node that listens, until the block ends."""
    with running_node(settings, clock=clock) as node:
        thread = threading.Thread(target=node.run)
        thread.start()
        try:
            yield node
        finally:
            node.stop()
            thread.join()


@pytest.fixture
def start_node(sqlite_url: str, tmp_path: Path) -> Iterator[Callable[..., Node]]:
    """Starts a node with changed DICOM settings on this test's SQLite file; peer COUNTY is known."""
    register(sqlite_url, "COUNTY")
    with ExitStack() as stack:
        yield lambda **dicom: stack.enter_context(
            serving(node_settings(tmp_path / "home", sqlite_url, **dicom))
        )


@pytest.fixture
def node(start_node: Callable[..., Node]) -> Node:
    """A running node; peer COUNTY is known from this machine."""
    return start_node()


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """A reading engine on this test's SQLite file."""
    opened = open_sync_engine(sqlite_url, writes=False)
    yield opened
    opened.dispose()
