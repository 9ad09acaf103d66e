"""The node runs alone: it loads neither the product nor a web framework, stops when asked, says how it is."""

import json
import subprocess
import sys
from collections.abc import Callable

import httpx

from dicom_node.app import Node
from dicom_node.health import HealthPage
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu, command, pdu, pdv
from tests.fixtures.samples import REPOSITORY

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
