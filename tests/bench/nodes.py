"""Our node to be measured, and objects for it."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.sender import CALLING, Sent
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, file_bytes
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

STORESCU = "STORESCU"
START_SECONDS, STOP_SECONDS, SEND_SECONDS = 60, 30, 600


@dataclass(frozen=True)
class Corpus:
    """Objects of one kind: a square CT slice of this many pixels a side."""

    name: str
    side: int
    count: int


SMALL, CT = Corpus("small (9 KB)", 64, 250), Corpus("CT (525 KB)", 512, 60)


@dataclass(frozen=True)
class RunningNode:
    """Where it listens, and its process."""

    port: int
    pid: int


@contextmanager
def running_node(url: str, home: Path, **variables: str) -> Iterator[RunningNode]:
    """`lianzhen dicom` on a migrated database, with the benches' senders registered."""
    for calling in (CALLING, STORESCU):
        register(url, calling)
    port = free_port()
    environment = os.environ | variables
    environment |= {
        "LIANZHEN_HOME": str(home),
        "LIANZHEN_DATABASE__URL": url,
        "LIANZHEN_DICOM__PORT": str(port),
    }
    command = [sys.executable, "-m", "dicom_node"]
    home.mkdir(exist_ok=True)
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, cwd=REPOSITORY, stderr=log) as process,
    ):
        try:
            wait_until(lambda: port_answers(port), START_SECONDS)
            yield RunningNode(port, process.pid)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def fresh(corpus: Corpus, folder: Path) -> Path:
    """The corpus as files with UIDs nobody has seen."""
    folder.mkdir()
    noise = random.Random(corpus.side)
    study = a_ct()
    pixels = noise.randbytes(corpus.side * corpus.side * 2)
    for number in range(corpus.count):
        one = a_ct(
            Rows=corpus.side,
            Columns=corpus.side,
            PixelData=pixels,
            InstanceNumber=str(number),
            StudyInstanceUID=study.StudyInstanceUID,
            SeriesInstanceUID=study.SeriesInstanceUID,
        )
        (folder / f"{number:04}.dcm").write_bytes(file_bytes(one))
    return folder


def sent_seconds(port: int, called: str, associations: int, folder: Path) -> float:
    """Our sender with TCP_NODELAY; seconds from the common start to the last answer, none refused."""
    words = [str(port), called, str(associations), str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.sender", *words],
        check=True,
        cwd=REPOSITORY,
        capture_output=True,
        timeout=SEND_SECONDS,
    )
    sent = Sent(**json.loads(done.stdout))
    assert sent.refused == 0
    return sent.seconds
