"""An ECG on millimetre paper: the paper is measured in its own pixels, against the standard's millimetres."""

import io
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from consult_server.demo import cast
from consult_server.demo.ecg import HZ, ecg_dataset
from tests.e2e.reading import Reading, a_case
from tests.fixtures.browser import PHONE, Visit, mark, sign_in
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P02")
RATE = 75
CARD_MM = 85.60
CSS_PX_PER_MM = 96 / 25.4
PULSE_MS, PULSE_MV = 200, 1
HEAVY_EVERY_MM = 5
ABOVE_SECOND_ROW_MM = 38
A4_LANDSCAPE_POINTS = (842, 595)
# Columns of the first row's pulse: for each, its uppermost and lowest ink.
INK = """(canvas, [width, height]) => {
  const ratio = canvas.width / canvas.clientWidth;
  const ink = canvas.getContext('2d').getImageData(0, 0, width * ratio, height * ratio);
  const columns = [];
  for (let x = 0; x < ink.width; x++) {
    const rows = [];
    for (let y = 0; y < ink.height; y++) {
      if (ink.data[4 * (y * ink.width + x) + 3] > 127) rows.push(y / ratio);
    }
    columns.push(rows.length ? [rows[0], rows.at(-1)] : null);
  }
  return columns;
}"""
# The places of the heavy lines along the top edge: the darkest of the three colours there are.
HEAVY = """(canvas) => {
  const ratio = canvas.width / canvas.clientWidth;
  const row = canvas.getContext('2d').getImageData(0, 1 * ratio, canvas.width, 1).data;
  const greens = Array.from({length: canvas.width}, (_, x) => row[4 * x + 1]);
  const darkest = Math.min(...greens);
  return greens.flatMap((green, x) => (green <= darkest + 2 ? [x / ratio] : []));
}"""


@pytest.fixture(scope="module")
def heart(serving: Serving) -> Reading:
    """A regular ECG of 75 beats a minute, assigned to 高岩."""
    recording = ecg_dataset(
        patient=PATIENT, accession="E2EREADE", started_at=datetime.now(UTC), heart_rate=RATE
    )
    return a_case(serving, [recording], PATIENT, ae_title="SQZX_ECG", reader="gaoyan")


@pytest.fixture
def page(serving: Serving, window: Callable[..., Visit], heart: Reading) -> Page:
    """Its page, painted."""
    page = sign_in(window(), serving, "gaoyan")
    page.goto(heart.href(serving))
    mark(page, "lianzhen:ecg-painted")
    return page


def pulse(page: Page, per_mm: float) -> tuple[float, float]:
    """Width and height of the first row's calibration pulse in CSS pixels, between the lines' centres."""
    ink = page.locator("canvas.traces").evaluate(INK, [16 * per_mm, ABOVE_SECOND_ROW_MM * per_mm])
    first = next(at for at, column in enumerate(ink) if column)
    base = sum(ink[first]) / 2
    uprights = [at for at, column in enumerate(ink) if column and column[1] - column[0] > 2 * per_mm]
    edges = [uprights[0], *(b for a, b in pairwise(uprights) if b - a > 1)]
    top = min(column[0] for column in ink if column) + 0.5
    return edges[-1] - edges[0], base - top


def expect_pulse(page: Page, per_mm: float, *, speed: float, gain: float) -> None:
    """1 mV is `gain` mm high and 200 ms are as wide as the speed makes them, to the pixel."""
    width, height = pulse(page, per_mm)
    assert width == pytest.approx(PULSE_MS / 1000 * speed * per_mm, abs=1.01)
    assert height == pytest.approx(PULSE_MV * gain * per_mm, abs=1.01)


def chosen(page: Page, words: str) -> None:
    """Wait until this choice of the tool bar is the one in use."""
    expect(page.get_by_role("button", name=words)).to_have_attribute("aria-pressed", "true")


def test_the_paper_is_true_to_the_millimetre(page: Page) -> None:
    for words in ("布局 3×4+1", "走速 25 mm/s", "增益 10 mm/mV"):
        chosen(page, words)
    expect_pulse(page, CSS_PX_PER_MM, speed=25, gain=10)
    lines = page.locator(".sheet canvas").first.evaluate(HEAVY)
    assert len(lines) > 40
    every = (lines[-1] - lines[0]) / (len(lines) - 1)
    assert every == pytest.approx(HEAVY_EVERY_MM * CSS_PX_PER_MM, rel=2e-3)


def test_gain_speed_and_layout_follow_their_keys(page: Page) -> None:
    for key, gain in (("]", 20), ("[", 10), ("[", 5), ("]", 10)):
        page.keyboard.press(key)
        chosen(page, f"增益 {gain} mm/mV")
        expect_pulse(page, CSS_PX_PER_MM, speed=25, gain=gain)
    for key, speed in ((".", 50), (",", 25), (",", 12.5), (".", 25)):
        page.keyboard.press(key)
        chosen(page, f"走速 {speed} mm/s")
        expect_pulse(page, CSS_PX_PER_MM, speed=speed, gain=10)
    for layout in ("3×4+3", "Cabrera", "12×1"):
        page.keyboard.press("g")
        chosen(page, f"布局 {layout}")
    image = page.get_by_role("img", name="12 导联心电图，12×1，25 mm/s，10 mm/mV")
    expect(image).to_be_visible()


def test_a_card_calibrates_the_display_for_good(page: Page) -> None:
    chip = page.get_by_role("button", name="未校准，不按真实比例")
    chip.click()
    dialog = page.get_by_role("dialog")
    edge = dialog.get_by_role("slider", name="卡的右边")
    edge.focus()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    shown = re.search(r"([\d.]+) 毫米为 ([\d.]+) 像素", edge.get_attribute("aria-valuetext") or "")
    assert shown
    assert float(shown[1]) == CARD_MM
    assert float(shown[2]) == pytest.approx(CARD_MM * CSS_PX_PER_MM + 59, abs=0.06)
    box = dialog.locator(".card").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(float(shown[2]), abs=0.1)
    dialog.get_by_role("button", name="保存校准").click()
    per_mm = float(shown[2]) / CARD_MM
    expect(page.get_by_role("button", name="真实比例 100%")).to_be_visible()
    expect_pulse(page, per_mm, speed=25, gain=10)
    page.reload()
    mark(page, "lianzhen:ecg-painted")
    expect(page.get_by_role("button", name="真实比例 100%")).to_be_visible()
    expect_pulse(page, per_mm, speed=25, gain=10)
    page.keyboard.press("\\")
    expect(page.get_by_role("region", name="报告与申请")).to_be_hidden()
    expect_pulse(page, per_mm, speed=25, gain=10)


def test_the_caliper_measures_time_to_the_sample(page: Page) -> None:
    page.keyboard.press("c")
    chip = page.locator("output.chip")
    found = re.fullmatch(r"RR (\d+) ms · (\d+)", chip.inner_text())
    assert found
    interval, rate = int(found[1]), int(found[2])
    assert interval == pytest.approx(60_000 / RATE, rel=0.08)
    assert rate == round(60_000 / interval)
    page.get_by_role("slider", name="卡尺第二条线").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    expect(chip).to_contain_text(f"RR {interval + 9 * 1000 // HZ} ms")
    line = page.get_by_role("slider", name="卡尺第一条线")
    box = line.bounding_box()
    assert box is not None
    place = (box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.move(*place)
    page.mouse.down()
    page.mouse.move(place[0] - 0.2 * 25 * CSS_PX_PER_MM, place[1], steps=5)
    page.mouse.up()
    widened = re.search(r"(\d+) ms", chip.inner_text())
    assert widened
    assert int(widened[1]) == pytest.approx(interval + 18 + 200, abs=6), "200 ms are 5 mm of paper"
    page.keyboard.press("c")
    expect(chip).to_have_count(0)


def test_fitting_shows_the_whole_page_and_says_that_it_is_not_to_scale(page: Page) -> None:
    paper = page.get_by_role("region", name="心电图纸")
    page.keyboard.press("f")
    expect(page.get_by_role("button", name="适合窗口，不按真实比例")).to_be_visible()
    assert paper.evaluate("(box) => box.scrollWidth - box.clientWidth") <= 1
    page.keyboard.press("f")
    expect_pulse(page, CSS_PX_PER_MM, speed=25, gain=10)


def test_print_is_a_landscape_page_at_true_scale(page: Page) -> None:
    pdf = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    assert len(pdf.pages) == 1
    sheet = pdf.pages[0]
    assert (float(sheet.mediabox.width), float(sheet.mediabox.height)) == pytest.approx(
        A4_LANDSCAPE_POINTS, abs=1.5
    )
    text = unicodedata.normalize("NFKC", "".join(sheet.extract_text().split()))
    for words in (PATIENT.name, "25mm/s", "10mm/mV", "实际大小", "此线应为50mm"):
        assert "".join(words.split()) in text


def test_a_phone_has_the_paper_and_the_report(
    serving: Serving, window: Callable[..., Visit], heart: Reading
) -> None:
    page = sign_in(window(PHONE), serving, "gaoyan")
    page.goto(heart.href(serving))
    mark(page, "lianzhen:ecg-painted")
    page.get_by_role("region", name="报告与申请").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect_pulse(page, CSS_PX_PER_MM, speed=25, gain=10)
    expect(page.get_by_role("button", name="未校准，不按真实比例")).to_be_in_viewport()
