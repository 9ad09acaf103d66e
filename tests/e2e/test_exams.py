"""An examination from the order to the images: doctor, device and list, on the running product."""

import re
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pynetdicom import AE

from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.performing import MPPS, begun, ended, scheduled
from tests.dicom_node.raw_scu import CT, status, storing
from tests.fixtures.browser import PHONE, Visit
from tests.fixtures.screens import arrive, room_faults
from tests.fixtures.serving import Serving

pytestmark = [pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]
SEEN_MS = 5_000
DEVICE = "SQZX_PACS"


def device_list(serving: Serving, dcmtk: Path, accession: str) -> str:
    """What findscu -W says of an accession number."""
    step = "ScheduledProcedureStepSequence[0]"
    keys = [f"AccessionNumber={accession}", "PatientName", "StudyInstanceUID", f"{step}.Modality"]
    ran = subprocess.run(
        [
            dcmtk / "findscu",
            *("-v", "-W", "-aet", DEVICE, "-aec", "LIANZHEN"),
            *(word for key in keys for word in ("-k", key)),
            *("127.0.0.1", str(serving.dicom_port)),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert "Received Final Find Response (Success)" in said
    return said


def order(page: Page, procedure: str) -> str:
    """Order a chest CT of the patient 仇大山 on the screen; its accession number."""
    page.get_by_role("button", name="开检查单").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("qds")
    dialog.get_by_role("button", name=re.compile("仇大山")).click()
    dialog.get_by_role("button", name="开检查单").click()
    expect(dialog).to_contain_text("请选择")
    dialog.get_by_label("设备类型").select_option("CT")
    dialog.get_by_label("部位").select_option("CHEST")
    dialog.get_by_label("检查项目").fill(procedure)
    dialog.get_by_role("radio", name="加急").click()
    dialog.get_by_role("button", name="开检查单").click()
    row = page.get_by_role("row", name=re.compile(procedure))
    expect(row).to_contain_text("待检查")
    found = re.search(r"E\d{12}", row.inner_text())
    assert found
    return found[0]


def tells(serving: Serving, exam: dict[str, str]) -> Callable[[str], int]:
    """The device: says how the examination goes, and is answered with a status."""
    entity = AE(DEVICE)
    entity.add_requested_context(MPPS, ["1.2.840.10008.1.2.1"])
    step = scheduled(
        StudyInstanceUID=exam["study_instance_uid"],
        AccessionNumber=exam["accession_number"],
        ScheduledProcedureStepID=f"{exam['accession_number']}-1",
    )

    def say(how: str) -> int:
        association = entity.associate("127.0.0.1", serving.dicom_port, ae_title="LIANZHEN")
        assert association.is_established
        send = association.send_n_create if how == "begin" else association.send_n_set
        words = begun(ScheduledStepAttributesSequence=[step]) if how == "begin" else ended()
        answer = send(words, MPPS, f"{exam['study_instance_uid']}.1"[:64])[0]
        association.release()
        return int(answer.Status)

    return say


def test_an_examination_from_the_order_to_its_images(
    serving: Serving, window: Callable[..., Visit], dcmtk: Path
) -> None:
    page = arrive(window(), serving, "zhouli", "/exams")
    accession = order(page, "胸部平扫甲")
    row = page.get_by_role("row", name=re.compile(accession))
    said = device_list(serving, dcmtk, accession)
    assert "Qiu^Dashan" in said
    with closing(serving.client("zhouli")) as client:
        (exam,) = client.get("/api/exams", params={"q": accession}).json()["rows"]
    assert exam["study_instance_uid"] in said
    say = tells(serving, exam)
    assert say("begin") == 0
    expect(row).to_contain_text("检查中", timeout=SEEN_MS)
    expect(row.get_by_role("button", name="撤销")).to_have_count(0)
    image = a_ct(
        StudyInstanceUID=exam["study_instance_uid"], AccessionNumber=accession, PatientName="仇^大山"
    )
    stored = storing(serving.dicom_port, CT, image.SOPInstanceUID, dataset_bytes(image), calling=DEVICE)
    assert status(stored) == 0
    assert say("end") == 0
    expect(row).to_have_count(0, timeout=SEEN_MS)
    assert "Find Response: 1" not in device_list(serving, dcmtk, accession)
    page.get_by_role("tab", name="已结束").click()
    expect(row).to_contain_text(re.compile("已完成 · (影像|已到) 1 幅"), timeout=SEEN_MS)
    expect(row.get_by_role("link", name="阅片")).to_have_attribute(
        "href", f"/read/{exam['study_instance_uid']}"
    )


def test_an_order_is_changed_and_taken_back_on_a_phone(
    serving: Serving, window: Callable[..., Visit], dcmtk: Path
) -> None:
    page = arrive(window(PHONE), serving, "zhouli", "/exams")
    accession = order(page, "胸部平扫乙")
    row = page.get_by_role("row", name=re.compile(accession))
    row.get_by_role("button", name="修改").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("检查项目").fill("胸部增强乙")
    assert room_faults(page) == []
    dialog.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("胸部增强乙")
    row.get_by_role("button", name="撤销").click()
    dialog.get_by_role("button", name="撤销").click()
    expect(dialog).to_contain_text("请写明原因")
    dialog.get_by_role("button", name="开错了项目").click()
    dialog.get_by_role("button", name="撤销").click()
    expect(row).to_have_count(0)
    assert "Find Response: 1" not in device_list(serving, dcmtk, accession)
