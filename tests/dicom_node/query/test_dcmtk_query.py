"""DCMTK's findscu asks: an implementation nobody here wrote."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pydicom
import pytest

from tests.dicom_node.asking import Place

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def findscu(
    place: Place, dcmtk: Path, folder: Path, *arguments: str, files: Sequence[Path] = ()
) -> tuple[list[pydicom.FileDataset], str]:
    """The answers that findscu kept, and what it said."""
    folder.mkdir()
    ran = subprocess.run(
        [
            dcmtk / "findscu",
            "-v",
            *("-aet", "COUNTY", "-aec", "LIANZHEN", "-X", "-od", folder),
            *arguments,
            "127.0.0.1",
            str(place.port),
            *files,
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    answers = [pydicom.dcmread(path, force=True) for path in sorted(folder.glob("rsp*.dcm"))]
    return answers, ran.stdout + ran.stderr


def test_findscu_walks_from_patient_to_image(place: Place, dcmtk: Path, tmp_path: Path) -> None:
    sent = place.send()
    place.send(PatientID="P2")
    level = "QueryRetrieveLevel"
    patients, said = findscu(
        place, dcmtk, tmp_path / "1", "-P", "-k", f"{level}=PATIENT", "-k", "PatientID", "-k", "PatientName"
    )
    assert sorted(answer.PatientID for answer in patients) == ["P1", "P2"]
    assert "Received Final Find Response (Success)" in said
    studies, said = findscu(
        place,
        dcmtk,
        tmp_path / "2",
        "-S",
        "-k",
        f"{level}=STUDY",
        "-k",
        "PatientID=P1",
        "-k",
        "StudyInstanceUID",
    )
    assert [answer.StudyInstanceUID for answer in studies] == [sent.StudyInstanceUID]
    of_study = f"StudyInstanceUID={sent.StudyInstanceUID}"
    series, said = findscu(
        place, dcmtk, tmp_path / "3", "-S", "-k", f"{level}=SERIES", "-k", of_study, "-k", "SeriesInstanceUID"
    )
    assert [answer.SeriesInstanceUID for answer in series] == [sent.SeriesInstanceUID]
    of_series = f"SeriesInstanceUID={sent.SeriesInstanceUID}"
    images, said = findscu(
        place,
        dcmtk,
        tmp_path / "4",
        *("-S", "-k", f"{level}=IMAGE", "-k", of_study, "-k", of_series, "-k", "SOPInstanceUID"),
    )
    assert [answer.SOPInstanceUID for answer in images] == [sent.SOPInstanceUID]
    assert "Received Final Find Response (Success)" in said


def test_findscu_with_a_query_file_in_gb18030_finds_and_is_answered_in_it(
    place: Place, dcmtk: Path, tmp_path: Path
) -> None:
    place.send()
    asked = pydicom.Dataset()
    asked.SpecificCharacterSet, asked.QueryRetrieveLevel = "GB18030", "STUDY"
    asked.PatientName, asked.StudyDescription = "王*", ""
    asked.ensure_file_meta()
    asked.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    pydicom.dcmwrite(tmp_path / "query.dcm", asked, enforce_file_format=False)
    # findscu reads query files after the address.
    answers, said = findscu(place, dcmtk, tmp_path / "answers", "-S", files=[tmp_path / "query.dcm"])
    assert len(answers) == 1, said
    (answer,) = answers
    assert answer.SpecificCharacterSet == "GB18030"
    assert (str(answer.PatientName), answer.StudyDescription) == ("Wang^Xiaodong=王^小东", "头颅平扫")


def test_findscu_is_told_what_is_wrong_and_may_cancel(place: Place, dcmtk: Path, tmp_path: Path) -> None:
    for number in range(20):
        place.send(PatientID=f"P{number}", PixelData=None)
    answers, said = findscu(place, dcmtk, tmp_path / "1", "-S", "-k", "QueryRetrieveLevel=SERIES")
    assert answers == []
    assert "Received Final Find Response (Error: DataSetDoesNotMatchSOPClass)" in said, said
    answers, said = findscu(
        place,
        dcmtk,
        tmp_path / "2",
        "-S",
        "--cancel",
        "3",
        "-k",
        "QueryRetrieveLevel=STUDY",
        "-k",
        "PatientID",
    )
    assert "Sending Cancel Request" in said
    assert 3 <= len(answers) <= 20
