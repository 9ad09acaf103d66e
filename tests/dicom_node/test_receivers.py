"""Several receiving processes on one port: one node to the outside, and no cap is passed together."""

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from config.kernel.database import open_sync_engine
from config.settings import load
from dicom_node.archive.tables import Instance, Study
from dicom_node.receivers import free_port as usable_port, processes_of
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, EXPLICIT, IMPLICIT, VERIFICATION, RawScu, status, storing
from tests.dicom_node.rows import rows_of
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(240)
ECHO = [(1, VERIFICATION, [IMPLICIT])]
QUIET = {
    "ready": True,
    "receivers": 2,
    "associations": 0,
    "receiving": [],
    "objects": {"missing": 0, "damaged": 0, "unsent": 0},
}
LIMIT_EXCEEDED = bytes([0, 2, 3, 2])


@dataclass
class Group:
    """A node of two receivers under its watching process."""

    process: "subprocess.Popen[bytes]"
    port: int
    health_port: int

    def receivers(self) -> list[psutil.Process]:
        """The receiving processes."""
        return psutil.Process(self.process.pid).children()

    def facts(self) -> dict[str, object]:
        """What the health page says; {} when it does not answer."""
        try:
            answer: dict[str, object] = httpx.get(
                f"http://127.0.0.1:{self.health_port}/health/ready", timeout=10
            ).json()
        except httpx.TransportError:
            return {}
        return answer

    def listens(self) -> int:
        """How many of the receivers listen."""
        return sum(
            any(one.status == "LISTEN" and one.laddr.port == self.port for one in process.net_connections())
            for process in self.receivers()
        )


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Group]]:
    """Starts groups of two; none outlives its test."""
    with ExitStack() as stack:

        def begin(url: str, **settings: object) -> Group:
            port, health = free_port(), free_port()
            given = {"processes": 2, "port": port, "health_port": health, "quiet_seconds": 0.2} | settings
            environment = os.environ | {
                "LIANZHEN_HOME": str(tmp_path / "home"),
                "LIANZHEN_DATABASE__URL": url,
                **{f"LIANZHEN_DICOM__{name.upper()}": str(value) for name, value in given.items()},
            }
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "dicom_node"],
                    env=environment,
                    cwd=REPOSITORY,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.kill)
            group = Group(process, port, health)
            wait_until(lambda: group.listens() == 2, 90)
            return group

        yield begin


@contextmanager
def associations(port: int, count: int, calling: str = "COUNTY") -> Iterator[list[tuple[int, bytes]]]:
    """So many associations at once; what each was answered."""
    with ExitStack() as stack:
        peers = [stack.enter_context(RawScu(port, calling)) for _ in range(count)]
        yield [peer.associate(ECHO) for peer in peers]


def test_two_receivers_are_one_node(database_url: str, start: Callable[..., Group]) -> None:
    """Both take objects into one archive, each study settles once, and all end together when asked."""
    register(database_url, "COUNTY")
    group = start(database_url)
    assert group.facts() == QUIET
    first = a_ct()
    datasets = [first, *(a_ct(StudyInstanceUID=first.StudyInstanceUID) for _ in range(19))]
    for dataset in datasets:
        answer = storing(group.port, CT, dataset.SOPInstanceUID, dataset_bytes(dataset), EXPLICIT)
        assert status(answer) == 0
    engine = open_sync_engine(database_url, writes=False)
    assert {row.sop_instance_uid for row in rows_of(engine, Instance)} == {d.SOPInstanceUID for d in datasets}
    wait_until(lambda: all(study.settled_at for study in rows_of(engine, Study)))
    (study,) = rows_of(engine, Study)
    assert study.instance_count == 20
    family = group.receivers()
    with RawScu(group.port) as idle:
        assert idle.associate(ECHO)[0] == 2
        group.process.send_signal(signal.SIGTERM)
        assert idle.receive() == (0, b"")
        assert group.process.wait(30) == 0
    _, left = psutil.wait_procs(family, 10)
    assert left == []
    engine.dispose()


@pytest.mark.parametrize("which", ["associations_per_peer_max", "associations_max"])
def test_caps_hold_across_processes(sqlite_url: str, start: Callable[..., Group], which: str) -> None:
    """However the kernel spreads the connections: exactly so many, and as many again afterwards."""
    register(sqlite_url, "COUNTY")
    group = start(sqlite_url, **{which: 3})
    for _round in range(2):
        with associations(group.port, 9) as answers:
            assert Counter(kind for kind, _body in answers) == {2: 3, 3: 6}
            assert {body for kind, body in answers if kind == 3} == {LIMIT_EXCEEDED}

        def is_free() -> bool:
            with associations(group.port, 3) as again:
                return [kind for kind, _body in again] == [2, 2, 2]

        wait_until(is_free)


def test_a_receiver_that_dies_is_started_again_and_its_places_are_free(
    sqlite_url: str, start: Callable[..., Group]
) -> None:
    register(sqlite_url, "COUNTY")
    group = start(sqlite_url, associations_per_peer_max=4)
    before = {process.pid for process in group.receivers()}
    with associations(group.port, 4) as answers:
        assert [kind for kind, _body in answers] == [2, 2, 2, 2]
        for process in group.receivers():
            process.kill()
        wait_until(lambda: not {process.pid for process in group.receivers()} & before, 60)
        wait_until(lambda: group.listens() == 2, 60)
        with associations(group.port, 4) as again:
            assert [kind for kind, _body in again] == [2, 2, 2, 2]
    wait_until(lambda: group.facts() == QUIET, 30)


def test_a_port_that_is_taken_is_not_shared(start: Callable[..., Group], sqlite_url: str) -> None:
    group = start(sqlite_url)
    with pytest.raises(OSError, match="in use"):
        usable_port("127.0.0.1", group.port)
    second = subprocess.run(
        [sys.executable, "-m", "dicom_node"],
        env=os.environ
        | {
            "LIANZHEN_DATABASE__URL": sqlite_url,
            "LIANZHEN_DICOM__PORT": str(group.port),
            "LIANZHEN_DICOM__PROCESSES": "2",
        },
        cwd=REPOSITORY,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert second.returncode != 0
    assert b"in use" in second.stderr


def test_a_port_is_chosen_where_none_is_asked_for() -> None:
    port = usable_port("127.0.0.1", 0)
    assert usable_port("127.0.0.1", port) == port > 1024
    with socket.create_server(("127.0.0.1", port)), pytest.raises(OSError, match="in use"):
        usable_port("127.0.0.1", port)


@pytest.mark.parametrize(
    "asked, url, expected",
    [
        (3, "sqlite:///x.db", 3),
        (1, "postgresql://h/n", 1),
        (0, "sqlite:///x.db", 1),
        (0, "postgresql://h/n", min(2, os.cpu_count() or 1)),
    ],
)
def test_how_many_processes_receive(asked: int, url: str, expected: int) -> None:
    assert processes_of(load(dicom={"processes": asked}, database={"url": url})) == expected
