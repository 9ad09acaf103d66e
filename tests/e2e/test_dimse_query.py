"""Query/Retrieve on the running product: what a hospital sent, its own find and fetch, nobody else."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest

from consult_server.demo import cast
from tests.factories.intake import Receiving, chest_files
from tests.fixtures.servers import free_port, port_answers
from tests.fixtures.waiting import wait_until

pytestmark = [pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]
SLICES = 6


def asked(receiving: Receiving, program: Path, ae_title: str, *words: str | Path) -> str:
    """What one of DCMTK's programs says after asking the node."""
    node = ("127.0.0.1", str(receiving.serving.dicom_port))
    ran = subprocess.run(
        [program, "-v", "-S", "-aet", ae_title, "-aec", "LIANZHEN", *words, *node],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
        check=False,
    )
    return ran.stdout + ran.stderr


@contextmanager
def workstation(receiving: Receiving, ae_title: str, dcmtk: Path, folder: Path) -> Iterator[None]:
    """DCMTK's storescp as a registered workstation of the township that may be sent to."""
    port = free_port()
    receiving.serving.command(
        *("peers", "add", "--ae-title", ae_title, "--institution", cast.TOWNSHIP.name),
        *("--host", "127.0.0.1", "--port", str(port)),
    )
    receiver = subprocess.Popen(
        [dcmtk / "storescp", "-od", folder, "+B", "-aet", ae_title, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: port_answers(port))
        yield
    finally:
        receiver.terminate()
        receiver.wait(10)


def test_what_was_sent_is_found_and_fetched_by_its_own_and_by_nobody_else(
    receiving: Receiving, dcmtk: Path, tmp_path: Path
) -> None:
    sender, stranger = receiving.peer("QR_CT"), receiving.peer("QR_CITY", cast.CITY)
    files = chest_files(tmp_path / "sent", seed=77, slices=SLICES)
    sent = {dataset.SOPInstanceUID: dataset for dataset in map(pydicom.dcmread, files)}
    study = f"StudyInstanceUID={next(iter(sent.values())).StudyInstanceUID}"
    assert receiving.serving.send(*files, ae_title=sender, dcmtk=dcmtk).returncode == 0
    query = ("-k", "QueryRetrieveLevel=STUDY", "-k", study)

    found = asked(receiving, dcmtk / "findscu", sender, *query, "-k", "NumberOfStudyRelatedInstances")
    assert "Received Final Find Response (Success)" in found
    assert f"IS [{SLICES}" in found
    foreign = asked(receiving, dcmtk / "findscu", stranger, *query, "-k", "NumberOfStudyRelatedInstances")
    assert "Received Final Find Response (Success)" in foreign
    assert "Find Response: 1" not in foreign

    folders = {name: tmp_path / name for name in ("got", "foreign", "moved")}
    for folder in folders.values():
        folder.mkdir()
    asked(receiving, dcmtk / "getscu", sender, "-od", folders["got"], "+B", *query)
    asked(receiving, dcmtk / "getscu", stranger, "-od", folders["foreign"], "+B", *query)
    with workstation(receiving, "QR_WS", dcmtk, folders["moved"]):
        moved = asked(receiving, dcmtk / "movescu", sender, "-aem", "QR_WS", *query)
        unknown = asked(receiving, dcmtk / "movescu", stranger, "-aem", "QR_WS", *query)
    assert "Received Final Move Response (Success)" in moved
    assert "MoveDestinationUnknown" in unknown
    assert list(folders["foreign"].iterdir()) == []
    for folder in (folders["got"], folders["moved"]):
        got = {dataset.SOPInstanceUID: dataset for dataset in map(pydicom.dcmread, folder.iterdir())}
        assert got == sent
