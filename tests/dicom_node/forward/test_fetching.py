"""Priors that come from elsewhere: asked for with C-MOVE, sent to us by C-STORE, followed on the way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID
from pynetdicom import AE, evt

from dicom_node.archive.tables import Instance, Study
from dicom_node.forward.searching import is_same_name
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
STUDY_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY = "1.2.840.9"


class Archive:
    """An archive by pynetdicom that sends what it holds to whom it is told, at the port it was given."""

    def __init__(self, objects: list[Dataset], port: int) -> None:
        self.objects, self.port = objects, port
        self.asked: list[tuple[Dataset, str]] = []
        self.unknown, self.lost = False, 0
        self.gate = threading.Event()
        self.gate.set()

    def move(self, event: evt.Event) -> Iterator[Any]:
        self.asked.append((event.identifier, str(event.move_destination)))
        if self.unknown:
            yield None, None
            return
        yield "127.0.0.1", self.port
        yield len(self.objects)
        for number, one in enumerate(self.objects):
            if number:
                self.gate.wait(20)
            if number < self.lost:
                broken = Dataset()
                broken.SOPInstanceUID, broken.SOPClassUID = one.SOPInstanceUID, "1.2.3.4"
                yield 0xFF00, _with_meta(broken)
            else:
                yield 0xFF00, _with_meta(one)


def _with_meta(dataset: Dataset) -> Dataset:
    """pynetdicom sends in the transfer syntax that the object names."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    return dataset


@contextmanager
def holding(queue: Queue, count: int = 3) -> Iterator[Archive]:
    """An archive with one study, registered as OTHER."""
    objects = [a_ct(StudyInstanceUID=STUDY, InstanceNumber=str(n)) for n in range(count)]
    archive = Archive(objects, queue.place.port)
    entity = AE("OTHER")
    entity.add_supported_context(STUDY_MOVE, [EXPLICIT, IMPLICIT])
    entity.add_requested_context(CT, [EXPLICIT])
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_MOVE, archive.move)], ae_title="OTHER"
    )
    assert server is not None
    assert server.socket is not None
    queue.register("OTHER", server.socket.getsockname()[1])
    try:
        yield archive
    finally:
        archive.gate.set()
        server.shutdown()


def test_a_prior_comes_and_is_the_peers_institutions(queue: Queue) -> None:
    with holding(queue) as archive:
        queue.fetch(STUDY, "OTHER")
        job = queue.reaches("delivered")
        expected = {str(one.SOPInstanceUID): dataset_bytes(one) for one in _bare(archive.objects)}
    [(identifier, destination)] = archive.asked
    assert (identifier.QueryRetrieveLevel, identifier.StudyInstanceUID) == ("STUDY", STUDY)
    assert destination.strip() == "LIANZHEN"
    assert (job.total, job.done, job.reason) == (3, 3, "")
    engine = queue.place.node._reader
    assert {row.sop_instance_uid for row in rows_of(engine, Instance)} == set(expected)
    [study] = rows_of(engine, Study)
    assert (study.institution_id, study.source_ae_title) == (job.institution_id, "OTHER")


def _bare(objects: list[Dataset]) -> list[Dataset]:
    for one in objects:
        if hasattr(one, "file_meta"):
            del one.file_meta
    return objects


def test_how_far_it_has_come_is_seen_and_it_can_be_cancelled(queue: Queue) -> None:
    with holding(queue) as archive:
        archive.gate.clear()
        job = queue.fetch(STUDY, "OTHER")
        wait_until(lambda: queue.job().done == 1)
        assert (queue.job().delivery, queue.job().total) == ("sending", 3)
        queue.cancel(job)
        archive.gate.set()
        wait_until(lambda: not queue.place.node._rounds[1]._busy)  # type: ignore[attr-defined]
        assert queue.job().delivery == "cancelled"
        queue.again(job)
        assert queue.reaches("delivered").done == 3


def test_a_peer_that_does_not_know_us_needs_a_person(queue: Queue) -> None:
    with holding(queue) as archive:
        archive.unknown = True
        queue.fetch(STUDY, "OTHER")
        job = queue.reaches("failed")
    assert (job.reason, job.detail) == ("dicom.move_refused", "A801 it does not know us as a destination")
    assert job.attempts == 1


def test_an_incomplete_prior_is_tried_again(queue: Queue) -> None:
    with holding(queue) as archive:
        archive.lost = 1
        queue.fetch(STUDY, "OTHER")
        job = wait_until(lambda: next((one for one in queue.jobs() if one.reason), None))
        assert (job.delivery, job.reason, job.detail) == ("waiting", "dicom.move_incomplete", "B000 1")
        archive.lost = 0
        queue.again(job.transfer_id)
        assert queue.reaches("delivered").reason == ""


@pytest.mark.parametrize(
    "theirs, ours, same",
    [
        ("Qiu^Dashan=仇^大山", "仇大山", True),
        ("仇大山", "仇大山", True),
        ("仇 大山^^", "仇大山", True),
        ("QIU^DASHAN", "Qiu Dashan", True),
        ("Qiu^Dashan=仇^小山", "仇大山", False),
        ("Qiu^Dashan=^", "仇大山", True),
        ("CHOU^DA SHAN", "仇大山", True),
        ("Lv^Na", "吕娜", True),
        ("Qiu^Xiaoshan", "仇大山", False),
        ("QDS", "仇大山", False),
        ("", "仇大山", False),
        ("", "", False),
        ("==", "", False),
    ],
)
def test_names_are_compared_by_any_group(theirs: str, ours: str, same: bool) -> None:
    assert is_same_name(theirs, ours) is same


@given(st.text(st.characters(codec="utf-8", exclude_characters="=^"), max_size=20))
def test_a_name_is_the_same_as_itself(name: str) -> None:
    assert is_same_name(f"X^Y={name}", name) is bool("".join(name.split()))
