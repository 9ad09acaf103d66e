"""Marks filed by a specialist, and what others get of them: a colleague's browser, and a PACS by DIMSE."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.factories.cases import ok
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P08")
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
KINDS = {"KO", "PR", "SR"}


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of six slices, assigned to 许诺."""
    scan = chest_ct(
        PATIENT, accession="E2EFILED", acquired_at=ACQUIRED_AT, slices=6, series=(QUIET,), seed=21
    )
    return a_case(serving, scan, PATIENT)


def marked(page: Page) -> None:
    """A length, an ellipse and a key image, saved."""
    view = View(page)
    view.canvas.focus()
    x, y = view.middle()
    page.keyboard.press("l")
    view.drag((x - 60, y - 30), (120, 40))
    page.keyboard.press("e")
    view.drag((x - 20, y + 20), (60, 40))
    page.keyboard.press("k")
    page.keyboard.press("q")


def filed(page: Page) -> None:
    """Press the button, and read that it was kept."""
    panel = page.get_by_role("region", name="标注与关键图像")
    expect(panel.get_by_text("标注已保存")).to_be_visible()
    expect(panel.locator("[data-filing]")).to_contain_text("还没有存成 DICOM")
    panel.get_by_role("button", name="保存到检查（DICOM）").click()
    expect(panel.locator("[data-filing]")).to_contain_text("第 1 版已存入检查")
    expect(panel.locator("[data-filing]")).to_contain_text("关键图像 1、标注 1、测量 1")
    expect(panel.get_by_role("region", name="检查里的对象").get_by_role("listitem")).to_have_count(3)


def fetched(dcmtk: Path, serving: Serving, chest: Reading, folder: Path) -> dict[str, pydicom.Dataset]:
    """What the hospital's own PACS gets of the study by C-GET, besides the images."""
    for modality in sorted(KINDS):
        subprocess.run(
            [
                dcmtk / "getscu",
                *("-aet", "SQZX_PACS", "-aec", "LIANZHEN", "-S", "-od", folder),
                *("-k", "QueryRetrieveLevel=SERIES", "-k", f"StudyInstanceUID={chest.study_uid}"),
                *("-k", f"SeriesInstanceUID={series_of(dcmtk, serving, chest, modality)}"),
                "127.0.0.1",
                str(serving.dicom_port),
            ],
            check=True,
            capture_output=True,
        )
    read = [pydicom.dcmread(path) for path in folder.iterdir()]
    return {str(one.Modality): one for one in read}


def series_of(dcmtk: Path, serving: Serving, chest: Reading, modality: str) -> str:
    """The series of a modality, as C-FIND tells it."""
    done = subprocess.run(
        [
            dcmtk / "findscu",
            *("-aet", "SQZX_PACS", "-aec", "LIANZHEN", "-S", "+sr"),
            *("-k", "QueryRetrieveLevel=SERIES", "-k", f"StudyInstanceUID={chest.study_uid}"),
            *("-k", f"Modality={modality}", "-k", "SeriesInstanceUID"),
            "127.0.0.1",
            str(serving.dicom_port),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = (done.stdout + done.stderr).splitlines()
    told = (line for line in lines if "(0020,000e)" in line and "2.25." in line)
    return next(told).split("[")[1].split("]")[0].rstrip("\0 ")


def test_filed_marks_reach_a_colleague_and_the_hospitals_pacs(
    serving: Serving, window: Callable[..., Visit], chest: Reading, dcmtk: Path, tmp_path: Path
) -> None:
    page = open_reading(window(), serving, chest)
    mark(page, "lianzhen:series-loaded")
    marked(page)
    filed(page)
    got = fetched(dcmtk, serving, chest, tmp_path)
    assert set(got) == KINDS
    with closing(serving.client("xunuo")) as specialist:
        marks = ok(specialist.get(f"/api/studies/{chest.study_uid}/annotations"))
        filings = ok(specialist.get(f"/api/studies/{chest.study_uid}/filings"))["filings"]
    assert {one.SOPInstanceUID for one in got.values()} == {
        one["sop_instance_uid"] for one in filings[0]["objects"]
    }
    groups = got["SR"].ContentSequence[-1].ContentSequence
    assert len(groups) == sum(one["kind"] in {"length", "ellipse"} for one in marks) == 2
    shown = next(one for one in got["SR"].ContentSequence if one.ValueType == "PNAME")
    assert "诺" in str(shown.PersonName)
    colleague = sign_in(window(), serving, "zhouli")
    colleague.goto(f"{serving.url}/read/{chest.study_uid}")
    colleague.locator("svg.marks text").first.wait_for()
    colleague.keyboard.press("q")
    objects = colleague.get_by_role("region", name="检查里的对象")
    wait_until(lambda: objects.get_by_role("listitem").count() == 3)
    expect(colleague.get_by_role("button", name="保存到检查（DICOM）")).to_have_count(0)
