"""The node as a process of its own, to be killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import port_answers
from tests.fixtures.waiting import wait_until

START_SECONDS = 60


@contextmanager
def node_process(
    home: Path, url: str, port: int, failpoint: str = "", **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The node, answering on `port`; studies settle when `settings` say so, not in the time of a test."""
    environment = os.environ | {
        "LIANZHEN_HOME": str(home),
        "LIANZHEN_DATABASE__URL": url,
        "LIANZHEN_DICOM__PORT": str(port),
        "LIANZHEN_FAILPOINT": failpoint,
        "LIANZHEN_DICOM__QUIET_SECONDS": "600",
        "PYTHONPATH": str(REPOSITORY),
        **settings,
    }
    with (
        (home / "log").open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "dicom_node"], env=environment, cwd=REPOSITORY, stderr=log
        ) as process,
    ):
        try:
            wait_until(lambda: process.poll() is not None or port_answers(port), START_SECONDS)
            yield process
        finally:
            process.kill()
