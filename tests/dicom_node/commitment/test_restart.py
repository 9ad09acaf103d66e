"""kill -9 between a request and its report: what was answered with success is reported after the restart."""

import signal
from pathlib import Path

from sqlalchemy import Engine

from config.kernel.database import open_sync_engine
from dicom_node.archive.tables import Commitment
from tests.dicom_node.commitment.asker import COMMITMENT, Ear, action, message, waiting
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.processes import node_process
from tests.dicom_node.raw_scu import EXPLICIT, RawScu, status, storing
from tests.dicom_node.rows import rows_of
from tests.fixtures.servers import free_port
from tests.fixtures.waiting import wait_until


def states(engine: Engine) -> dict[str, str]:
    """How requests stand, by transaction UID."""
    return {row.transaction_uid: row.state for row in rows_of(engine, Commitment)}


def asking(port: int) -> RawScu:
    """LAB's association for requests."""
    scu = RawScu(port, "LAB")
    scu.associate([(1, COMMITMENT, [EXPLICIT])])
    return scu


def test_what_was_answered_is_reported_after_kills(sqlite_url: str, tmp_path: Path) -> None:
    """Killed once before the answer could be written and once after it, while the peer is away."""
    port, ear_port, sent, ear = free_port(), free_port(), a_ct(), Ear()
    register(sqlite_url, "LAB", port=ear_port)
    engine = open_sync_engine(sqlite_url, writes=False)
    unanswered, answered = action([(CT, sent.SOPInstanceUID)]), action([(CT, sent.SOPInstanceUID)])
    with node_process(tmp_path, sqlite_url, port, "after_commit:2") as process:
        stored = storing(port, CT, sent.SOPInstanceUID, dataset_bytes(sent), calling="LAB")
        assert status(stored) == 0
        with asking(port) as scu:
            scu.send(message(1, unanswered))
            assert scu.answer() == {}, "killed before it could answer"
        assert process.wait(30) == -signal.SIGKILL
    with node_process(tmp_path, sqlite_url, port) as process, asking(port) as scu:
        scu.send(message(1, answered))
        assert status(scu.answer()) == 0
        process.kill()
    assert ear.heard == []
    assert len(states(engine)) == 2
    with waiting(ear, "LAB", ear_port), node_process(tmp_path, sqlite_url, port):
        for asked in (unanswered, answered):
            assert ear.first(asked.TransactionUID, 60).event_type == 1
        wait_until(lambda: set(states(engine).values()) == {"delivered"}, 30)
    assert len(ear.heard) == 2, "each once"
    engine.dispose()
