"""`lianzhen dicom` as a process that may be killed, filled up and started again."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dicom_node.migrate import upgrade
from tests.dicom_node.conftest import register
from tests.dicom_node.raw_scu import IMPLICIT, VERIFICATION, RawScu
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until

SENDER, PROBE = "SENDER", "PROBE"
HONEST = ("dicom_node",)
START_SECONDS, STOP_SECONDS = 240, 60
MEGABYTE = 1_000_000


@dataclass
class NodeProcess:
    """One node with its data folder; `program` is the module that runs and its words."""

    home: Path
    log: Path
    port: int
    url: str
    program: tuple[str, ...] = HONEST
    variables: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self, failpoint: str = "") -> None:
        """Start and wait until it answers a C-ECHO."""
        environment = os.environ | {
            "LIANZHEN_HOME": str(self.home),
            "LIANZHEN_DATABASE__URL": self.url,
            "LIANZHEN_DICOM__PORT": str(self.port),
            "LIANZHEN_FAILPOINT": failpoint,
            **self.variables,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.program], env=environment, cwd=REPOSITORY, stderr=log
            )
        wait_until(lambda: self.has_ended or self.echoes(), START_SECONDS)
        assert not self.has_ended, self.log.read_text(errors="replace")[-3000:]

    @property
    def has_ended(self) -> bool:
        """True when the process is gone, whoever ended it."""
        return self.process is None or self.process.poll() is not None

    def echoes(self) -> bool:
        """True when it answers a C-ECHO."""
        with suppress(OSError), RawScu(self.port, PROBE) as scu:
            kind, _ = scu.associate([(1, VERIFICATION, [IMPLICIT])])
            return kind == 2 and scu.echo(1) == 0
        return False

    def kill(self) -> None:
        """SIGKILL; harmless when a failpoint was faster."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def wait_for_death(self, seconds: float) -> None:
        """Until a failpoint has killed it."""
        assert self.process is not None
        assert self.process.wait(seconds) == -signal.SIGKILL

    def stop(self) -> None:
        """SIGTERM; it has to end well."""
        assert self.process is not None
        self.process.terminate()
        assert self.process.wait(STOP_SECONDS) == 0

    def end(self) -> None:
        """Whatever state it is in."""
        if not self.has_ended:
            self.kill()

    @property
    def memory_mb(self) -> float:
        """Resident memory now, children included."""
        assert self.process is not None
        return family_mb(self.process.pid)


def family_mb(pid: int) -> float:
    """Resident memory of a process and its descendants in MB, what several share counted once."""
    total = 0
    whole = psutil.Process(pid)
    for member in [whole, *whole.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            total += int(member.memory_full_info().pss)
    return total / MEGABYTE


def new_node(home: Path, log: Path, database: Path | None = None) -> NodeProcess:
    """A node on a migrated database (in `home` unless told), with its peers registered, not yet started."""
    home.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{database or home / 'lianzhen.db'}"
    upgrade(url)
    for title in (SENDER, PROBE):
        register(url, title)
    return NodeProcess(home=home, log=log, port=free_port(), url=url)
