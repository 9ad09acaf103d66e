"""First light, measured: an archive sends 54 slices, a specialist opens them. Figures are written for
people (first_light.md) and for scripts (first_light.json) into tests/bench/results.
"""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pydicom
import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from tests.bench.report import Figure, write
from tests.contracts.sources import p95
from tests.factories.story import Story
from tests.fixtures.browser import Visit, sign_in, until
from tests.fixtures.samples import samples_folder
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(900)

SLICES, REPETITIONS = 54, 10
FIRST_IMAGE_MS, LIST_SECONDS = 1_000, 3.0
NOW = "performance.timeOrigin + performance.now()"
NOTES = (
    "The client is warm, the network is loopback. Load above the number of cores means: not comparable.",
)
MARK = "performance.getEntriesByName('lianzhen:first-image')[0]"


def slices(folder: Path) -> list[Path]:
    """54 CT slices as files of one patient of ours: the sample study where it is, else our phantom."""
    patient, (found, why_not) = cast.patient("P12"), samples_folder()
    if why_not is None:
        files = sorted((found / "ct" / "philips_54").glob("I*"))
        datasets = [pydicom.dcmread(file) for file in files]
    else:
        scan = chest_ct(
            patient, accession="BENCH1", acquired_at=datetime.now(UTC), slices=SLICES, series=(LUNG,)
        )
        datasets = [pydicom.FileDataset("", one, file_meta=one.file_meta) for one in scan]
    for number, one in enumerate(datasets):
        one.PatientID, one.AccessionNumber = patient.patient_id, "BENCH1"
        one.PatientName, one.PatientSex = patient.pinyin, patient.sex
        one.PatientBirthDate = patient.birth_date.strftime("%Y%m%d")
        one.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    assert len(datasets) == SLICES
    return sorted(folder.glob("*.dcm"))


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    write("first_light", "First light", NOTES, found)


def test_second_start(serving: Serving, figures: list[Figure]) -> None:
    """With all of the demonstration kept."""
    assert serving.stop() == 0
    began = time.monotonic()
    serving.start()
    seconds = round(time.monotonic() - began, 1)
    figures.append(Figure(name="second start until ready", measured=seconds, unit="s"))


def test_from_storescu_to_the_list_to_the_first_image(
    serving: Serving, window: Callable[..., Visit], dcmtk: Path, tmp_path: Path, figures: list[Figure]
) -> None:
    files = slices(tmp_path)
    story = the_story(serving, files)
    began = time.monotonic()
    sent = serving.send(*files, ae_title="SQZX_PACS", dcmtk=dcmtk)
    assert sent.returncode == 0, sent.stderr
    arrived = time.monotonic()
    seconds = round(arrived - began, 2)
    figures.append(Figure(name=f"C-STORE of {SLICES} slices by storescu", measured=seconds, unit="s"))
    quiet = float(story.product.environment.get("LIANZHEN_DICOM__QUIET_SECONDS", "2"))
    story.settle()
    after = time.monotonic() - arrived - quiet
    figures.append(
        Figure(name="in the list after settling", measured=round(after, 2), unit="s", at_most=LIST_SECONDS)
    )
    story.until("assign")
    times = open_often(sign_in(window(), serving, "xunuo"), serving.url)
    story.stack.close()
    for what, measured, limit in (
        ("median", statistics.median(times), FIRST_IMAGE_MS),
        ("p95", p95([round(t) for t in times]), FIRST_IMAGE_MS),
        ("longest", max(times), None),
    ):
        name = f"first image after Enter, {what}"
        figures.append(Figure(name=name, measured=round(measured), unit="ms", at_most=limit))


def the_story(serving: Serving, files: list[Path]) -> Story:
    """The case about the files, which are sent by somebody else."""
    story = Story(serving, number=54)
    heads = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
    story.study_uid = str(heads[0].StudyInstanceUID)
    story.slices = {str(head.SOPInstanceUID): b"" for head in heads}
    story.stored = dict(story.slices)
    return story


def open_often(page: Page, home: str) -> list[float]:
    """Open the case by Enter on its row, look at the last slice, go back; once more to warm up."""
    times = []
    for _turn in range(REPETITIONS + 1):
        page.goto(home)
        page.get_by_role("row", name=re.compile("缪")).first.click()
        pressed = float(page.evaluate(NOW))
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/read/"))
        times.append(float(until(page, f"{MARK} && performance.timeOrigin + {MARK}.startTime")) - pressed)
        until(page, "performance.getEntriesByName('lianzhen:series-loaded').length")
        page.keyboard.press("End")
        shown = re.compile(rf"(?<!\d){SLICES} 层，共 {SLICES} 层")
        expect(page.get_by_role("img").first).to_have_attribute("aria-label", shown)
    return times[1:]
