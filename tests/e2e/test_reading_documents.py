"""Documents that came with a study are read beside its images: without leaving the page, by keys too."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.factories.encapsulated import CDA_CLASS, a_document, a_pdf
from tests.factories.structured import a_text_report
from tests.fixtures.browser import PHONE, Visit, mark
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
SERIES = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
SLICES, WORDS = 3, "REQUEST 2026-03-02"
SENTENCES = {"影像所见": "左肺下叶结节，较前增大。", "印象": "建议增强检查。"}


def a_scan(seed: int, accession: str) -> list[Dataset]:
    made = chest_ct(
        PATIENT, accession=accession, acquired_at=ACQUIRED_AT, slices=SLICES, series=(SERIES,), seed=seed
    )
    return list(made)


@pytest.fixture(scope="module")
def with_papers(serving: Serving) -> Reading:
    """A CT with its request as a PDF, and a document that no browser shows."""
    scan = a_scan(71, "E2EDOC")
    cda = b"<ClinicalDocument/>"
    papers = [
        a_document(cda, title="电子病历", media_type="text/XML", sop_class_uid=CDA_CLASS, study=scan[0]),
        a_document(a_pdf(WORDS, bytes_min=3_000), title="检查申请单", study=scan[0]),
    ]
    return a_case(serving, [*scan, *papers], PATIENT)


@pytest.fixture(scope="module")
def without_papers(serving: Serving) -> Reading:
    """A CT alone."""
    return a_case(serving, a_scan(72, "E2ENODOC"), PATIENT)


@pytest.fixture(scope="module")
def report_alone(serving: Serving) -> Reading:
    """A structured report of a study whose images were not sent."""
    absent = a_scan(73, "E2ESRONLY")[0]
    return a_case(serving, [a_text_report("影像报告", SENTENCES, study=absent)], PATIENT)


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="文书", exact=True)


def at_images(page: Page) -> View:
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    view.canvas.focus()
    return view


def stands_beside(page: Page, view: View, wide: float) -> None:
    """The panel covers nothing of the picture, which was `wide` before."""
    left, _, width, _ = view.box()
    beside = panel(page).bounding_box()
    assert beside is not None
    assert left + width <= beside["x"] + 1
    assert width < wide


def test_documents_are_read_beside_the_images(
    serving: Serving, window: Callable[..., Visit], with_papers: Reading
) -> None:
    page = open_reading(window(), serving, with_papers)
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if "/documents/" in one.url else None)
    view = at_images(page)
    wide = view.box()[2]
    button = page.get_by_role("navigation", name="序列").get_by_role("button", name="文书")
    expect(button).to_contain_text("2")
    assert fetched == []
    page.keyboard.press("Shift+F")
    rows = panel(page).get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(panel(page).get_by_role("button", name="检查申请单")).to_contain_text("PDF · 2026-03-02 09:15")
    panel(page).get_by_role("button", name="检查申请单").press("Enter")
    frame = panel(page).locator("iframe[title='检查申请单']")
    expect(frame).to_be_visible()
    assert any(one.url.startswith("blob:") for one in page.frames)
    assert WORDS.encode() in page.request.get(fetched[0]).body()
    expect(panel(page).get_by_role("link", name="下载")).to_have_attribute("download", "检查申请单")
    stands_beside(page, view, wide)
    assert axe_faults(page) == []
    panel(page).get_by_role("button", name="电子病历").click()
    expect(panel(page)).to_contain_text("不能在这里显示")
    expect(panel(page).locator("iframe")).to_have_count(0)
    panel(page).get_by_role("button", name="电子病历").press("Escape")
    expect(panel(page)).to_have_count(0)
    expect(view.canvas).to_be_focused()
    assert page.url == with_papers.href(serving)


def test_a_study_without_documents_says_so(
    serving: Serving, window: Callable[..., Visit], without_papers: Reading
) -> None:
    page = open_reading(window(), serving, without_papers)
    at_images(page)
    page.keyboard.press("Shift+F")
    expect(panel(page)).to_contain_text("这次检查没有附带文书")
    panel(page).get_by_role("button", name="关闭文书").press("Enter")
    expect(panel(page)).to_have_count(0)


def test_a_document_has_the_whole_screen_of_a_phone(
    serving: Serving, window: Callable[..., Visit], with_papers: Reading
) -> None:
    page = open_reading(window(PHONE), serving, with_papers)
    mark(page, "lianzhen:series-loaded")
    page.get_by_role("navigation", name="序列").get_by_role("button", name="文书").click()
    panel(page).get_by_role("button", name="检查申请单").click()
    expect(panel(page).get_by_role("link", name="在新标签页打开")).to_be_visible()
    box = panel(page).bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (PHONE["width"], PHONE["height"])
    panel(page).get_by_role("button", name="关闭文书").click()
    expect(panel(page)).to_have_count(0)


def test_a_report_without_images_is_read(
    serving: Serving, window: Callable[..., Visit], report_alone: Reading
) -> None:
    page = open_reading(window(), serving, report_alone)
    expect(page.get_by_text("这次检查没有图像")).to_be_visible()
    page.get_by_role("button", name="打开文书（1）").click()
    row = panel(page).get_by_role("button", name="影像报告")
    expect(row).to_contain_text("结构化报告 · 2026-03-02 10:15")
    expect(page.get_by_text("这次检查没有图像")).to_have_count(0)
    row.press("Enter")
    said = page.get_by_role("dialog", name="影像报告")
    for name, sentence in SENTENCES.items():
        expect(said.get_by_text(name)).to_be_visible()
        expect(said.get_by_text(sentence)).to_be_visible()
    assert axe_faults(page) == []
    page.keyboard.press("Escape")
    expect(said).to_have_count(0)
    expect(panel(page)).to_be_visible()
