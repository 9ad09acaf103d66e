"""kill -9 at every step of storing: after the restart nothing acknowledged is missing, nothing is half there.

One kill at each step; the long runs (random moments, power loss, full disks) live in tests/faults.
"""

import hashlib
import signal
from pathlib import Path

from sqlalchemy import Engine, select

from config.kernel.objects_local import LocalObjects
from dicom_node.archive.files import sha256_in
from dicom_node.archive.tables import Instance, Study
from dicom_node.intake.failpoints import NAMES
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.processes import node_process
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu
from tests.dicom_node.rows import rows_of
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until

BEFORE_DURABLE = {"after_write", "after_fsync"}
STUDY = "1.2.840.1"
OBJECTS, STRIKES_AT = 4, 3


def send(port: int, objects: dict[str, bytes]) -> set[str]:
    """Store objects in one association until it ends; the acknowledged UIDs."""
    acknowledged = set[str]()
    with RawScu(port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        for uid, data in objects.items():
            try:
                if scu.store(1, CT, uid, data) == 0:
                    acknowledged.add(uid)
            except OSError:
                break
    return acknowledged


def stored(engine: Engine) -> dict[str, Instance]:
    """All instances by UID."""
    return {row.sop_instance_uid: row for row in rows_of(engine, Instance)}


def wait_for(engine: Engine, uids: set[str]) -> None:
    """Until exactly these objects are in the index."""
    wait_until(lambda: stored(engine).keys() == uids, 30)


def some_objects() -> dict[str, bytes]:
    """A few objects of one study, by UID."""
    made = [a_ct(StudyInstanceUID=STUDY) for _ in range(OBJECTS)]
    return {str(dataset.SOPInstanceUID): dataset_bytes(dataset) for dataset in made}


def test_kills_at_every_step_lose_nothing_acknowledged(
    sqlite_url: str, engine: Engine, tmp_path: Path
) -> None:
    port, expected, sent, left = free_port(), set[str](), dict[str, bytes](), False
    register(sqlite_url, "COUNTY")
    for step in NAMES:
        recovers = int(left and step.endswith("_commit"))
        with node_process(tmp_path, sqlite_url, port, f"{step}:{STRIKES_AT + recovers}") as process:
            wait_for(engine, expected)
            objects = some_objects()
            acknowledged = send(port, objects)
            assert process.wait(30) == -signal.SIGKILL, step
        assert len(acknowledged) == STRIKES_AT - 1
        assert stored(engine).keys() >= expected | acknowledged
        in_flight = list(objects)[STRIKES_AT - 1]
        left = step not in BEFORE_DURABLE
        expected |= acknowledged | ({in_flight} if left else set())
        sent |= objects
    with node_process(tmp_path, sqlite_url, port) as process:
        wait_for(engine, expected)
        assert send(port, sent) == sent.keys()
        process.terminate()
        assert process.wait(30) == 0
    everything_is_whole(engine, tmp_path, sent)


def everything_is_whole(engine: Engine, home: Path, objects: dict[str, bytes]) -> None:
    """Each object once, byte for byte, under its own hash, counted right, and nothing else in the store."""
    store = LocalObjects(home / "objects")
    found = stored(engine)
    assert found.keys() == objects.keys()
    for uid, row in found.items():
        content = store.read(row.object_key)
        assert hashlib.sha256(content).hexdigest() == sha256_in(row.object_key)
        assert content[row.dataset_offset :] == objects[uid]
    with engine.connect() as connection:
        assert connection.scalars(select(Study.instance_count)).all() == [len(objects)]
    files = [path for path in (home / "objects").rglob("*") if path.is_file()]
    assert len(files) == len(objects)
