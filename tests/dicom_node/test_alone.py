"""The node runs alone: it loads neither the product nor a web framework, stops when asked, says how it is."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from config.kernel.database import open_sync_engine
from dicom_node.app import Node
from dicom_node.archive.tables import Peer, Study
from dicom_node.health import HealthPage
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu, command, pdu, pdv, status, storing
from tests.dicom_node.rows import rows_of
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

FORBIDDEN = (
    "consult_server",
    "viewer",
    "signaling",
    "fastapi",
    "starlette",
    "uvicorn",
    "numpy",
    "PIL",
    "gdcm",
    "pydicom",
)
"""The last four decode pixels: that code is not even in the process that meets strangers."""


def test_importing_everything_loads_nothing_from_above() -> None:
    program = (
        "import importlib, json, pkgutil, sys, dicom_node\n"
        "for m in pkgutil.walk_packages(dicom_node.__path__, 'dicom_node.'):\n"
        "    'migrations' in m.name or m.name.endswith('__main__') or importlib.import_module(m.name)\n"
        "print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, cwd=REPOSITORY)
    loaded = json.loads(done.stdout)
    assert "dicom_node" in loaded
    assert [name for name in FORBIDDEN if name in loaded] == []


def test_stopping_ends_idle_associations_and_finishes_the_one_at_work(
    start_node: Callable[..., Node],
) -> None:
    node = start_node()
    dataset = a_ct()
    with RawScu(node.listener.port) as idle, RawScu(node.listener.port) as busy:
        for scu in (idle, busy):
            assert scu.associate([(1, CT, [EXPLICIT])])[0] == 2
        busy.send(
            pdu(4, pdv(1, command(1, 7, CT, dataset.SOPInstanceUID, data=True), is_command=True, last=True))
        )
        assert busy.store(1, CT, dataset.SOPInstanceUID, dataset_bytes(dataset)) == -1
        with RawScu(node.listener.port) as late:
            late.associate([(1, CT, [EXPLICIT])])
            assert late.store(1, CT, dataset.SOPInstanceUID, dataset_bytes(dataset)) == 0
            node.listener.stop()
            assert idle.receive() == (0, b"")
            assert late.receive() == (0, b"")


def test_the_health_page_tells_live_ready_and_nothing_else(node: Node) -> None:
    with (
        HealthPage("127.0.0.1", 0, node.facts) as page,
        httpx.Client(base_url=f"http://127.0.0.1:{page.port}") as client,
    ):
        assert client.get("/health/live").json() == {"live": True}
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert client.get("/other").status_code == 404
        assert client.get("/health/live?x=" + "y" * 5_000).status_code == 404


def test_the_health_page_says_when_the_index_does_not_answer() -> None:
    with HealthPage("127.0.0.1", 0, lambda: {"ready": False, "reason": "x"}) as page:
        assert httpx.get(f"http://127.0.0.1:{page.port}/health/ready").status_code == 503


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_lianzhen_dicom_is_a_whole_node_by_itself(
    database_url: str, tmp_path: Path, end: signal.Signals
) -> None:
    """On an own database and port: takes an object, settles it, says how it is, ends cleanly when asked."""
    register(database_url, "COUNTY")
    port, health, dataset = free_port(), free_port(), a_ct()
    environment = os.environ | {
        "LIANZHEN_HOME": str(tmp_path / "home"),
        "LIANZHEN_DATABASE__URL": database_url,
        "LIANZHEN_DICOM__PORT": str(port),
        "LIANZHEN_DICOM__HEALTH_PORT": str(health),
        "LIANZHEN_DICOM__QUIET_SECONDS": "0.2",
        "LIANZHEN_DICOM__PROCESSES": "1",
    }
    words = [sys.executable, "-m", "consult_server.cli", "dicom"]
    engine = open_sync_engine(database_url, writes=False)
    with subprocess.Popen(words, env=environment, cwd=REPOSITORY, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: port_answers(port) and port_answers(health), 60)
            ready = httpx.get(f"http://127.0.0.1:{health}/health/ready")
            assert (ready.status_code, ready.json()) == (
                200,
                {
                    "ready": True,
                    "associations": 0,
                    "receiving": [],
                    "objects": {"missing": 0, "damaged": 0, "unsent": 0},
                },
            )
            assert status(storing(port, CT, dataset.SOPInstanceUID, dataset_bytes(dataset))) == 0
            wait_until(lambda: all(study.settled_at for study in rows_of(engine, Study)))
            with RawScu(port) as idle:
                assert idle.associate([(1, CT, [EXPLICIT])])[0] == 2
                facts = httpx.get(f"http://127.0.0.1:{health}/health/ready").json()
                assert facts["associations"] == 1
                process.send_signal(end)
                assert process.wait(30) == 0
        finally:
            process.kill()
    (study,), (peer,) = rows_of(engine, Study), rows_of(engine, Peer)
    assert (study.study_instance_uid, study.version) == (dataset.StudyInstanceUID, 1)
    assert peer.last_seen_at is not None
    assert peer.last_seen_address == "127.0.0.1"
    engine.dispose()


def test_a_node_without_its_database_is_live_and_not_ready(tmp_path: Path) -> None:
    """It says so and goes on waiting; nobody has to start it again."""
    home, health = tmp_path / "home", free_port()
    home.mkdir()
    environment = os.environ | {
        "LIANZHEN_HOME": str(home),
        "LIANZHEN_DATABASE__URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "LIANZHEN_DICOM__PORT": str(free_port()),
        "LIANZHEN_DICOM__HEALTH_PORT": str(health),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "dicom_node"], env=environment, cwd=REPOSITORY, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: port_answers(health), 60)
            ready = httpx.get(f"http://127.0.0.1:{health}/health/ready", timeout=30)
            assert (ready.status_code, ready.json()["ready"]) == (503, False)
            assert ready.json()["reason"] == "the database does not answer"
            assert httpx.get(f"http://127.0.0.1:{health}/health/live").status_code == 200
        finally:
            process.terminate()
            process.wait(30)
