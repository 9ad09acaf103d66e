"""kill -9 while a study is on its way: all of it arrives after the restart, what was confirmed only once."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from dicom_node.intake.failpoints import SENT_ON
from tests.dicom_node.asking import Place
from tests.dicom_node.conftest import node_settings, register, serving
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.forward.test_forwarding import Taken, taking
from tests.dicom_node.processes import node_process
from tests.fixtures.servers import free_port

OBJECTS, STRIKES_AT = 12, 5
STUDY = "1.2.840.7"


@pytest.fixture
def prepared(sqlite_url: str, tmp_path: Path) -> tuple[Queue, set[str], Path]:
    """An archive with one study whose node has ended; its queue, the objects, its folder."""
    home = tmp_path / "home"
    register(sqlite_url, "COUNTY")
    with serving(node_settings(home, sqlite_url)) as node:
        place = Place(node, sqlite_url)
        sent = {
            str(place.send(StudyInstanceUID=STUDY, InstanceNumber=str(n)).SOPInstanceUID)
            for n in range(OBJECTS)
        }
        queue = Queue(place)
        queue.register("OTHER", free_port())
    return queue, sent, home


def test_a_kill_in_the_middle_loses_nothing_and_sends_nothing_confirmed_again(
    prepared: tuple[Queue, set[str], Path], sqlite_url: str
) -> None:
    queue, sent, home = prepared
    taken = Taken()
    with taking(taken) as remote:
        queue.port_is("OTHER", remote.port)
        job = queue.send(STUDY, "OTHER")
        with node_process(home, sqlite_url, free_port(), f"{SENT_ON}:{STRIKES_AT}") as process:
            assert process.wait(60) == -signal.SIGKILL
        assert queue.job().delivery == "sending", "as a kill leaves it"
        confirmed = set(queue.confirmed(job))
        assert len(taken.times) == STRIKES_AT
        assert confirmed < set(taken.times)
        with node_process(home, sqlite_url, free_port()) as process:
            done = queue.reaches("delivered")
            process.terminate()
            assert process.wait(30) == 0
    assert set(taken.objects) == sent == set(queue.confirmed(job))
    assert (done.total, done.done) == (OBJECTS, OBJECTS)
    times = Counter(taken.times)
    assert all(times[uid] == 1 for uid in confirmed)
    assert {uid for uid in sent if times[uid] > 1} <= set(taken.times[:STRIKES_AT]) - confirmed
    assert max(times.values()) <= 2
