"""Debian's Orthanc as a neighbour by DIMSE, both ways: as queue's destination and archive of priors, as
sender, as the one who searches and has studies sent, as C-MOVE destination, as a modality's worklist client.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from config.kernel.objects_local import LocalObjects
from dicom_node.archive.reader import read_file
from dicom_node.archive.tables import Instance
from dicom_node.forward.searching import Whose, search
from dicom_node.forward.tables import Transfer
from dicom_node.scu.association import Caller, Patience, Remote
from tests.dicom_node.asking import Place, a_place, identifier
from tests.dicom_node.forward.queue import Queue
from tests.dicom_node.objects import CT, a_ct, dataset_of, file_bytes
from tests.dicom_node.ordering import order
from tests.dicom_node.raw_scu import status, storing
from tests.dicom_node.retrieve.test_moving import move
from tests.dicom_node.rows import rows_of
from tests.fixtures.orthanc import Orthanc, running_orthanc
from tests.fixtures.schema import build
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.timeout(600), pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]
OBJECTS = 40
SIDE = 8


@pytest.fixture
def neighbour(tmp_path: Path) -> Iterator[Orthanc]:
    """An empty Orthanc as Debian starts it."""
    with running_orthanc(tmp_path / "orthanc") as running:
        yield running


@pytest.fixture
def place(sqlite_url: str, tmp_path: Path, neighbour: Orthanc) -> Iterator[Place]:
    """A node that Orthanc knows by address, and that knows Orthanc."""
    with a_place(sqlite_url, tmp_path / "home", quiet_seconds=0.5) as node:
        introduce(neighbour, node)
        yield node


def introduce(orthanc: Orthanc, node: Place) -> None:
    """Each knows the other's title and address."""
    known = {"AET": "LIANZHEN", "Host": "127.0.0.1", "Port": node.port}
    asked(orthanc, "/modalities/lianzhen", known, "PUT")
    Queue(node).register(orthanc.ae_title, orthanc.dicom_port)


def asked(orthanc: Orthanc, path: str, body: Any = None, method: str = "GET") -> Any:
    """Orthanc's REST interface."""
    answer = httpx.request(method, f"http://127.0.0.1:{orthanc.http_port}{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def given(orthanc: Orthanc, content: bytes) -> str:
    """A file put into Orthanc; its name there."""
    answer = httpx.post(f"http://127.0.0.1:{orthanc.http_port}/instances", content=content, timeout=60)
    return str(answer.raise_for_status().json()["ID"])


def held(orthanc: Orthanc) -> dict[str, Dataset]:
    """What Orthanc holds, by SOP Instance UID."""
    found: dict[str, Dataset] = {}
    for name in asked(orthanc, "/instances"):
        answer = httpx.get(f"http://127.0.0.1:{orthanc.http_port}/instances/{name}/file", timeout=60)
        dataset = pydicom.dcmread(io.BytesIO(answer.raise_for_status().content))
        found[str(dataset.SOPInstanceUID)] = dataset
    return found


def in_each_encoding() -> dict[UID, Dataset]:
    """One image as archives hold it: plain in two ways, and compressed in two."""
    pixels = (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 61 % 4096).astype("<u2")
    made = {}
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless):
        dataset = a_ct(Rows=SIDE, Columns=SIDE, StudyInstanceUID="1.2.3", PixelData=pixels.tobytes())
        if syntax == JPEGLSLossless:
            dataset.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(pixels))])
            dataset["PixelData"].VR = "OB"
        elif syntax == RLELossless:
            dataset.ensure_file_meta()
            dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            dataset.compress(RLELossless)
            del dataset.file_meta
        made[syntax] = dataset
    return made


def test_orthanc_takes_a_study_and_commits_itself(place: Place, neighbour: Orthanc) -> None:
    """With Nagle's algorithm as Debian has it. Orthanc reports over an association of its own."""
    queue = Queue(place)
    queue.rule(neighbour.ae_title, commitment=True)
    for number in range(OBJECTS):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number))
    job = queue.reaches("delivered", "committed")
    assert (job.done, job.total, job.reason) == (OBJECTS, OBJECTS, "")
    assert asked(neighbour, "/statistics")["CountInstances"] == OBJECTS


def test_orthanc_loses_an_object_and_does_not_commit_itself(place: Place, neighbour: Orthanc) -> None:
    """Deleted in Orthanc between delivery and question: the answer names it."""
    queue = Queue(place)
    for number in range(3):
        place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(number))
    queue.send("1.2.3", neighbour.ae_title)
    job = queue.reaches("delivered").transfer_id
    gone = asked(neighbour, "/instances")[0]
    asked(neighbour, f"/instances/{gone}", method="DELETE")

    async def want(tx: Any) -> None:
        row = await tx.get(Transfer, job)
        row.commitment, row.ask_at = True, row.updated_at

    queue.done(want)
    refused = queue.reaches("delivered", "refused")
    assert (refused.reason, refused.detail) == ("dicom.commitment_refused", "1 0112")


def test_priors_are_found_in_orthanc_and_fetched(place: Place, neighbour: Orthanc, tmp_path: Path) -> None:
    """A second node that has nothing asks for what the first one sent there. Orthanc answers in Latin
    letters alone, so the name comes without its characters.
    """
    queue = Queue(place)
    sent = [place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in range(5)]
    queue.send("1.2.3", neighbour.ae_title)
    queue.reaches("delivered")
    second_url = f"sqlite:///{tmp_path / 'second.db'}"
    build(second_url)
    with a_place(second_url, tmp_path / "second", quiet_seconds=0.5) as other:
        introduce(neighbour, other)
        remote = Remote(ae_title=neighbour.ae_title, host="127.0.0.1", port=neighbour.dicom_port)
        whose = Whose(patient_id="P1", name="王小东", birth_date="19700101")
        [prior] = search(remote, whose, caller=Caller(ae_title="LIANZHEN"), patience=Patience())
        assert (prior.study_instance_uid, prior.same_name, prior.instance_count) == ("1.2.3", True, 5)
        assert prior.patient_name.rstrip("=^") == "Wang^Xiaodong"
        second = Queue(other)
        second.fetch("1.2.3", neighbour.ae_title)
        job = second.reaches("delivered")
        wait_until(lambda: len(rows_of(other.node._reader, Instance)) == len(sent))
    assert (job.total, job.done) == (5, 5)


def test_orthanc_sends_what_it_holds_in_every_encoding(
    place: Place, neighbour: Orthanc, tmp_path: Path
) -> None:
    """Its test of the connection first, as a person does it."""
    asked(neighbour, "/modalities/lianzhen/echo", {}, "POST")
    made = in_each_encoding()
    names = [given(neighbour, file_bytes(dataset, syntax)) for syntax, dataset in made.items()]
    told = asked(neighbour, "/modalities/lianzhen/store", {"Resources": names, "Synchronous": True}, "POST")
    assert (told["InstancesCount"], told["FailedInstancesCount"]) == (len(made), 0)
    rows = {row.sop_instance_uid: row for row in rows_of(place.node._reader, Instance)}
    for syntax, dataset in made.items():
        row = rows[dataset.SOPInstanceUID]
        stored = pydicom.dcmread(io.BytesIO(read_file(LocalObjects(tmp_path / "home" / "objects"), row)))
        assert (row.transfer_syntax_uid, stored.PixelData) == (str(syntax), dataset.PixelData)
        assert str(stored.PatientName) == "Wang^Xiaodong=王^小东"


def test_orthanc_searches_and_has_a_study_sent_to_itself(place: Place, neighbour: Orthanc) -> None:
    """C-FIND at three levels, then C-MOVE with Orthanc as its destination."""
    sent = [place.send(StudyInstanceUID="1.2.3", InstanceNumber=str(n)) for n in range(3)]
    place.send(PatientID="P2")
    for level, query, count in (
        ("Patient", {"PatientID": "P1"}, 1),
        ("Study", {"PatientName": "wang*", "StudyDate": "20260301-20260303"}, 2),
        ("Series", {"StudyInstanceUID": "1.2.3", "Modality": "CT"}, 3),
    ):
        found = asked(neighbour, "/modalities/lianzhen/query", {"Level": level, "Query": query}, "POST")
        assert len(asked(neighbour, f"{found['Path']}/answers")) == count, level
    named = {"Level": "Study", "Query": {"StudyInstanceUID": "1.2.3"}}
    found = asked(neighbour, "/modalities/lianzhen/query", named, "POST")
    answer = asked(neighbour, f"{found['Path']}/answers/0/content?simplify")
    assert (answer["StudyInstanceUID"], answer["PatientID"]) == ("1.2.3", "P1")
    asked(neighbour, f"{found['Path']}/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True}, "POST")
    assert held(neighbour).keys() == {dataset.SOPInstanceUID for dataset in sent}


def test_a_third_one_has_every_encoding_moved_to_orthanc(place: Place, neighbour: Orthanc) -> None:
    made = in_each_encoding()
    for syntax, dataset in made.items():
        raw = dataset_of(file_bytes(dataset, syntax))
        assert status(storing(place.port, CT, dataset.SOPInstanceUID, raw, syntax)) == 0
    moved = move(place, identifier("STUDY", StudyInstanceUID="1.2.3"), neighbour.ae_title)
    assert moved.final == (0, len(made), 0, 0)
    there = held(neighbour)
    for syntax, dataset in made.items():
        copy = there[dataset.SOPInstanceUID]
        assert (copy.file_meta.TransferSyntaxUID, copy.PixelData) == (syntax, dataset.PixelData)


def test_orthanc_reads_the_worklist(place: Place, neighbour: Orthanc) -> None:
    order(place.url)
    order(place.url, accession_number="E2", modality="DX", study_instance_uid="2.25.9")
    wanted = {
        "PatientName": "",
        "AccessionNumber": "",
        "ScheduledProcedureStepSequence": [{"Modality": "CT", "ScheduledStationAETitle": ""}],
    }
    (entry,) = asked(neighbour, "/modalities/lianzhen/find-worklist", wanted, "POST")
    assert entry["AccessionNumber"] == "E202611280001"
    assert entry["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"] == "CT1"
