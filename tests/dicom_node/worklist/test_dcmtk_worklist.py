"""DCMTK's findscu -W asks for the worklist: an implementation nobody here wrote."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pydicom
import pytest

from tests.dicom_node.asking import Place
from tests.dicom_node.ordering import order
from tests.dicom_node.query.test_dcmtk_query import findscu

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
STEP = "ScheduledProcedureStepSequence[0]"


def query_file(path: Path, terms: str | list[str], name: str) -> Path:
    """A query of this patient in this character set."""
    asked, step = pydicom.Dataset(), pydicom.Dataset()
    asked.SpecificCharacterSet, asked.PatientName, asked.PatientID = terms, name, ""
    asked.RequestedProcedureDescription = asked.RequestingPhysician = ""
    step.Modality, step.ScheduledPerformingPhysicianName = "CT", ""
    asked.ScheduledProcedureStepSequence = [step]
    asked.ensure_file_meta()
    asked.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    pydicom.dcmwrite(path, asked, enforce_file_format=False)
    return path


def in_utf8(dcmtk: Path, folder: Path) -> list[pydicom.FileDataset]:
    """The kept answers, their texts converted by DCMTK itself."""
    made = []
    for answer in sorted(folder.glob("rsp*.dcm")):
        plain = answer.with_suffix(".utf8")
        subprocess.run([dcmtk / "dcmconv", "+U8", answer, plain], check=True, timeout=60)
        made.append(pydicom.dcmread(plain))
    return made


@pytest.mark.parametrize(
    "terms, kept",
    [("GB18030", "GB18030"), ("ISO_IR 192", "ISO_IR 192"), (["", "ISO 2022 IR 58"], ["", "ISO 2022 IR 58"])],
    ids=["gb18030", "utf8", "ir58"],
)
def test_findscu_asks_and_is_answered_in_each_chinese_encoding(
    place: Place, dcmtk: Path, tmp_path: Path, terms: str | list[str], kept: str | list[str]
) -> None:
    order(place.url)
    order(place.url, patient_name="Li^Na=李^娜", patient_id="P2", study_instance_uid="2.25.2")
    asked = query_file(tmp_path / "query.dcm", terms, "王*" if "58" not in str(terms) else "wang*")
    answers, said = findscu(place, dcmtk, tmp_path / "answers", "-W", files=[asked])
    assert [answer.SpecificCharacterSet for answer in answers] == [kept], said
    (answer,) = in_utf8(dcmtk, tmp_path / "answers")
    assert str(answer.PatientName) == "Wang^Xiaodong=王^小东"
    assert (answer.RequestedProcedureDescription, str(answer.RequestingPhysician)) == (
        "胸部 CT 平扫",
        "Li^Si=李^四",
    )
    (step,) = answer.ScheduledProcedureStepSequence
    assert str(step.ScheduledPerformingPhysicianName) == "Zhao^Wu=赵^五"


@pytest.mark.parametrize(
    "keys, expected",
    [
        (["PatientName=wang*"], ["E202611280001"]),
        (["PatientName=WANG^XIAO?ONG"], ["E202611280001"]),
        ([f"{STEP}.ScheduledProcedureStepStartDate=20261128-20261130"], ["E202611280001", "E202611280002"]),
        ([f"{STEP}.ScheduledProcedureStepStartDate=20261130-"], ["E202611280002"]),
        ([f"{STEP}.Modality=DX"], ["E202611280002"]),
        ([f"{STEP}.ScheduledStationAETitle=CT1", f"{STEP}.Modality=CT"], ["E202611280001"]),
        (["AccessionNumber=E202611280009"], []),
    ],
    ids=range(7),
)
def test_findscu_narrows_by_keys_beside_and_inside_the_step(
    place: Place, dcmtk: Path, tmp_path: Path, keys: Sequence[str], expected: list[str]
) -> None:
    order(place.url)
    order(
        place.url,
        accession_number="E202611280002",
        patient_name="Li^Na=李^娜",
        modality="DX",
        start_date="20261130",
        study_instance_uid="2.25.2",
    )
    wanted = [f"{STEP}.ScheduledStationAETitle", "StudyInstanceUID", *keys]
    if not any(key.startswith("AccessionNumber") for key in keys):
        wanted.append("AccessionNumber")
    words = [word for key in wanted for word in ("-k", key)]
    answers, said = findscu(place, dcmtk, tmp_path / "answers", "-W", *words)
    assert [answer.AccessionNumber for answer in answers] == expected, said
    assert "Received Final Find Response (Success)" in said
    stations = [answer.ScheduledProcedureStepSequence[0].ScheduledStationAETitle for answer in answers]
    assert stations == ["CT1"] * len(expected)


def test_findscu_is_told_what_is_wrong_and_may_cancel(place: Place, dcmtk: Path, tmp_path: Path) -> None:
    for number in range(20):
        order(place.url, study_instance_uid=f"2.25.{number}")
    wrong = f"{STEP}.ScheduledProcedureStepStartDate=tomorrow"
    answers, said = findscu(place, dcmtk, tmp_path / "1", "-W", "-k", wrong)
    assert (answers, "UnableToProcess" in said) == ([], True), said
    answers, said = findscu(place, dcmtk, tmp_path / "2", "-W", "--cancel", "3", "-k", "PatientID")
    assert "Sending Cancel Request" in said
    assert 3 <= len(answers) <= 20
