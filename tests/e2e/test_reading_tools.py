"""The tools in a specialist's hands: measured on the phantom's own geometry, kept, found again, seen."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import COLUMNS, LUNG, PIXEL_MM, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading, pane
from tests.fixtures.browser import PHONE, Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P08")
SLICES = 12
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
THICK = Reconstruction(2, "纵隔", LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
SHARE = 0.01


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of two series of 12 slices, assigned to 许诺."""
    scan = chest_ct(
        PATIENT, accession="E2ETOOLS1", acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET, THICK), seed=12
    )
    return a_case(serving, scan, PATIENT)


def said(page: Page) -> list[str]:
    """The first line beside each mark of the first picture."""
    return [text.strip() for text in page.locator("[data-viewport] svg.marks text tspan").all_text_contents()]


def figure(page: Page, pattern: str) -> float:
    """The figure of the mark whose words fit."""

    def found() -> float | None:
        matches = (re.search(pattern, text) for text in said(page))
        return next((float(match[1].replace("−", "-")) for match in matches if match), None)

    return float(wait_until(found))


def measured(page: Page, view: View) -> None:
    """Draw one of each kind and compare with what the phantom is."""
    view.canvas.focus()
    _, _, width, height = view.box()
    side = min(width, height)
    per_mm = side / (COLUMNS * PIXEL_MM)
    x, y = width / 2, height / 2
    page.keyboard.press("l")
    view.drag((x - 100 * per_mm, y - 60 * per_mm), (120 * per_mm, 50 * per_mm))
    assert figure(page, r"① ([\d.]+) mm") == pytest.approx(130, rel=SHARE)
    page.keyboard.press("a")
    view.drag((x, y), (60, 0))
    page.mouse.click(view.box()[0] + x + 60, view.box()[1] + y + 60)
    assert figure(page, r"② ([\d.]+)°") == pytest.approx(90, abs=0.5)
    page.keyboard.press("e")
    corner = (x - side / 2 + 4, y - side / 2 + 4)
    view.drag(corner, (20 * per_mm, 20 * per_mm))
    assert figure(page, r"③ 均值 ([−\d.]+) HU") == pytest.approx(-1000, abs=10), "air beside the body"
    assert figure(page, r"面积 ([\d.]+) mm²") == pytest.approx(3.14159 * 100, rel=0.03)
    page.keyboard.press("b")
    view.drag((x + 60, y + 40), (80 * per_mm, 0))
    assert figure(page, r"④ ([\d.]+) × 40") == pytest.approx(80, rel=SHARE)
    expect(page.locator(".corners").first).to_contain_text("定标：像素间距")


def kept(page: Page, chest: Reading) -> str:
    """Undo, key image, turning, the list and the report; answers the id of the length."""
    page.keyboard.press("Control+z")
    wait_until(lambda: not any(text.startswith("④") for text in said(page)))
    page.keyboard.press("Control+y")
    figure(page, r"④ ([\d.]+) × 40")
    page.keyboard.press("k")
    expect(page.locator("[data-viewport] .key")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator(".corners").first).to_contain_text("已转 90°")
    assert figure(page, r"① ([\d.]+) mm") == pytest.approx(130, rel=SHARE), "turning measures nothing anew"
    page.keyboard.press("Space")
    page.keyboard.press("q")
    panel = page.get_by_role("region", name="标注与关键图像")
    expect(panel.get_by_role("listitem")).to_have_count(5)
    expect(panel.get_by_role("status")).to_have_text("标注已保存")
    findings = pane(page).get_by_label("影像所见")
    findings.fill("")
    page.keyboard.press("F2")
    expect(findings).to_have_value(re.compile(r"^\d+\.\d × 40\.\d mm$"))
    marks = page.evaluate(f"fetch('/api/studies/{chest.study_uid}/annotations').then((a) => a.json())")
    assert sorted(one["kind"] for one in marks) == ["angle", "bidirectional", "ellipse", "key", "length"]
    panel.get_by_role("button", name="完成").click()
    return str(next(one["annotation_id"] for one in marks if one["kind"] == "length"))


def side_by_side(page: Page, view: View) -> None:
    """Two series follow each other by position; one is dragged from its thumbnail into a pane."""
    view.canvas.focus()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    ports = page.locator("[data-viewport]")
    expect(ports).to_have_count(2)
    corners = ports.nth(1).locator(".corners")
    expect(corners).to_contain_text("序列 2")
    view.canvas.focus()
    page.keyboard.press("y")
    expect(corners).to_contain_text("按位置同步")
    page.keyboard.press("Home")
    expect(corners).to_contain_text(f"层 1/{SLICES}")
    page.keyboard.press("ArrowDown")
    expect(corners).to_contain_text(f"层 2/{SLICES}")
    page.get_by_role("navigation", name="序列").get_by_role("button").first.drag_to(ports.nth(1))
    expect(corners).to_contain_text("序列 1")


def own_key(page: Page) -> None:
    """A key of one's own is refused while it is taken, then kept for the person."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="快捷键设置")
    dialog.get_by_label("查找").fill("反色")
    dialog.get_by_role("button", name="改键 反色").click()
    page.keyboard.press("l")
    expect(dialog.get_by_role("status")).to_contain_text("已用于“测距”")
    page.keyboard.press("0")
    expect(dialog.get_by_role("status")).to_contain_text("快捷键已保存")
    page.reload()
    expect(page.get_by_role("button", name="反色（0）")).to_be_visible()
    page.evaluate(
        "fetch('/api/me/preferences/reading.keys', {method: 'PUT', body: '{\"value\":{}}',"
        " headers: {'Content-Type': 'application/json'}})"
    )


def test_marks_are_measured_kept_found_again_and_seen_by_colleagues(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    page = open_reading(visit, serving, chest)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    measured(page, view)
    length_id = kept(page, chest)
    side_by_side(page, view)
    own_key(page)
    assert visit.faults == []
    # The link of a measurement opens the image at the mark, with its author's name.
    colleague = sign_in(window(), serving, "zhouli")
    colleague.goto(f"{serving.url}/read/{chest.study_uid}?mark={length_id}")
    held = colleague.locator(f'g.peer.held[data-mark="{length_id}"] text')
    expect(held).to_contain_text("130")
    expect(held).to_contain_text("许诺")


def test_a_finger_measures_on_a_phone(serving: Serving, window: Callable[..., Visit], chest: Reading) -> None:
    page = open_reading(window(PHONE), serving, chest)
    view = View(page)
    page.get_by_role("button", name=re.compile("^测距")).click()
    view.drag((100, 200), (120, 0))
    assert figure(page, r"([\d.]+) mm") > 0
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.get_by_role("button", name=re.compile("^测距")).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
