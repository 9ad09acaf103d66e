"""The screen at work: what it is good for, images as large as they are, a stack with a gap, the check."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, PIXEL_MM, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.fixtures.browser import PHONE, Visit, mark
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(500)
PATIENT = cast.patient("P08")
SLICES, GONE = 14, {5, 6}
LEFT = SLICES - len(GONE)
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
# What CSS takes a millimetre for, which the card's frame opens with.
CSS_PX_PER_MM = 96 / 25.4


@pytest.fixture(scope="module")
def gapped(serving: Serving) -> Reading:
    """A CT that lacks two slices in the middle of its way."""
    scan = chest_ct(
        PATIENT, accession="E2ESCREEN", acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET,), seed=14
    )
    return a_case(serving, (one for at, one in enumerate(scan) if at not in GONE), PATIENT)


def sizes(page: Page, view: View) -> None:
    """One image pixel on one device pixel; then a millimetre for a millimetre, once the screen is known."""
    view.canvas.focus()
    page.keyboard.press("Shift+Z")
    view.corner("1:1（一个图像像素占一个屏幕像素）")
    wait_until(lambda: view.zoom() == 100)
    page.keyboard.press("+")
    expect(page.locator(".corners").first).not_to_contain_text("1:1")
    page.keyboard.press("Shift+S")
    card = page.get_by_role("dialog", name="用一张银行卡校准屏幕")
    card.get_by_role("button", name="保存校准").click()
    view.corner("真实大小")
    wait_until(lambda: view.zoom() == round(PIXEL_MM * CSS_PX_PER_MM * 100))
    view.canvas.focus()
    width = view.box()[2]
    page.keyboard.press("g")
    wait_until(lambda: view.box()[2] < width)
    view.corner("真实大小")
    assert view.zoom() == round(PIXEL_MM * CSS_PX_PER_MM * 100), "a smaller viewport changes no millimetre"
    page.keyboard.press("Space")
    expect(page.locator(".corners").first).not_to_contain_text("真实大小")


def gap(page: Page, view: View) -> None:
    """It is said at its place and at the slices beside it, nowhere else."""
    view.canvas.focus()
    page.keyboard.press("Home")
    places = page.locator("[data-places]")
    expect(places.locator("i.missing")).to_have_count(1)
    said = {}
    for number in range(1, LEFT + 1):
        view.corner(f"层 {number}/{LEFT}")
        said[number] = places.get_by_role("status").inner_text().strip()
        page.keyboard.press("ArrowDown")
    before = min(GONE)
    assert {number: text for number, text in said.items() if text} == {
        before: "此处缺 2 层（在下一层之前）",
        before + 1: "此处缺 2 层（在上一层之后）",
    }


def calibrated(page: Page, view: View) -> None:
    """The check shows its patterns by key; what was measured changes the greys and the standing."""
    standing = page.get_by_role("status", name="显示器状态")
    expect(standing).to_contain_text("参考显示，非诊断用 · 此显示器未校准，不作为首要诊断依据")
    standing.get_by_role("button", name="显示器检查").click()
    check = page.get_by_role("dialog", name="显示器检查")
    pattern = check.get_by_label("检查图")
    expect(pattern).to_have_value("qc")
    assert axe_faults(page) == []
    seen = set()
    for _ in range(8):
        picture = check.locator("canvas")
        seen.add(picture.get_attribute("aria-label"))
        exact = picture.evaluate("(one) => [one.width, one.clientWidth * devicePixelRatio]")
        assert exact[0] == exact[1]
        check.locator("h2").click()
        page.keyboard.press("ArrowRight")
    assert len(seen) == 8
    measured(page, view, check)


def measured(page: Page, view: View, check: Locator) -> None:
    """Luminances are kept for this screen, and change what is sent to it."""
    standing = page.get_by_role("status", name="显示器状态")
    left, top = view.middle()
    row = view.greys(left - 100, top, 200)
    check.get_by_role("button", name="保存校准").click()
    expect(check.get_by_role("alert")).to_contain_text("请填写亮度")
    for label, value in {
        "最暗 Lmin（关灯）": "0.4",
        "最亮 Lmax（关灯）": "450",
        "环境反射 Lamb": "0.2",
    }.items():
        check.get_by_label(label).fill(value)
    check.get_by_role("button", name="保存校准").click()
    expect(check.get_by_text("校准已存在本机")).to_be_visible()
    check.get_by_role("button", name="关闭").click()
    expect(standing).to_contain_text(f"GSDF 已校准 {datetime.now(UTC):%Y-}")
    wait_until(lambda: view.greys(left - 100, top, 200) != row)
    page.reload()
    expect(standing).to_contain_text("GSDF 已校准")
    standing.get_by_role("button", name="显示器检查").click()
    check.get_by_role("checkbox", name="按 GSDF 显示图像").click()
    expect(check.get_by_text("此显示器的 GSDF 没有启用").first).to_be_visible()
    check.get_by_role("button", name="删除校准").click()
    page.keyboard.press("Escape")
    expect(standing).to_contain_text("此显示器未校准")


def test_a_screen_its_sizes_and_a_gap(
    serving: Serving, window: Callable[..., Visit], gapped: Reading
) -> None:
    page = open_reading(window(), serving, gapped)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    gap(page, view)
    sizes(page, view)
    calibrated(page, view)


def test_a_phone_says_what_its_screen_is_good_for(
    serving: Serving, window: Callable[..., Visit], gapped: Reading
) -> None:
    page = open_reading(window(PHONE), serving, gapped)
    expect(page.get_by_role("status", name="显示器状态")).to_contain_text("非诊断用")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.get_by_role("button", name="显示器检查").click()
    check = page.get_by_role("dialog", name="显示器检查")
    expect(check.get_by_label("检查图")).to_be_visible()
    assert axe_faults(page) == []
    check.get_by_role("button", name="关闭").click()
    expect(check).to_have_count(0)


def test_the_page_says_that_the_line_is_down_and_that_it_is_back(
    serving: Serving, window: Callable[..., Visit], gapped: Reading
) -> None:
    visit = window()
    page = open_reading(visit, serving, gapped)
    mark(page, "lianzhen:series-loaded")
    visit.context.set_offline(offline=True)
    expect(page.get_by_text(re.compile("网络断开，正在重连"))).to_be_visible()
    visit.context.set_offline(offline=False)
    expect(page.get_by_text("网络已恢复")).to_be_visible()
    expect(page.get_by_text(re.compile("网络断开，正在重连"))).to_have_count(0)
