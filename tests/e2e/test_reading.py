"""A CT in a specialist's hands: slices, window, zoom, place and length, on the phantom's own geometry."""

import re
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, Route, expect

from consult_server.demo import cast
from consult_server.demo.ct import COLUMNS, LUNG, NODULE, PIXEL_MM, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, SLICES, Reading, View, a_case, open_reading, pane
from tests.fixtures.browser import PHONE, Visit, mark, sign_in, until
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
NODULE_SLICE = 34
NOTICED_LATENCY_MS = 1000
# Without noise an edge lies where the phantom has it.
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
LENGTH_PX, LENGTH_SHARE = 0.5, 0.01
PACKS = re.compile(r"/api/packs/")


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of 54 slices, assigned to 许诺."""
    scan = chest_ct(
        PATIENT, accession="E2EREAD1", acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET,), seed=11
    )
    return a_case(serving, scan, PATIENT)


@pytest.fixture
def page(serving: Serving, window: Callable[..., Visit], chest: Reading) -> Page:
    """The reading page with all slices loaded."""
    page = open_reading(window(), serving, chest)
    mark(page, "lianzhen:series-loaded")
    return page


@pytest.fixture
def view(page: Page) -> View:
    """Its picture."""
    view = View(page)
    view.corner(f"已载入 {SLICES}/{SLICES}")
    return view


def millimetres(view: View, page: Page) -> float:
    """The length that was measured last, as F2 writes it into the report."""
    findings = pane(page).get_by_label("影像所见")
    findings.fill("")
    page.keyboard.press("F2")
    expect(findings).to_have_value(re.compile(r"^\d+\.\d mm$"))
    figure = findings.input_value().removesuffix(" mm")
    view.canvas.focus()
    return float(figure)


def fitted(view: View) -> tuple[float, float, float]:
    """Where the fitted square image lies in the picture: left, top, and pixels for a millimetre."""
    _, _, width, height = view.box()
    side = min(width, height)
    return (width - side) / 2, (height - side) / 2, side / (COLUMNS * PIXEL_MM)


def test_every_slice_is_reached_by_wheel_keys_and_bar(page: Page, view: View) -> None:
    mark(page, "lianzhen:series-loaded")
    assert view.slice() == SLICES // 2 + 1, "it opens in the middle"
    page.mouse.move(*(a + b / 2 for a, b in zip(view.box()[:2], view.box()[2:], strict=True)))
    page.mouse.wheel(0, 120)
    view.corner(f"层 {SLICES // 2 + 2}/{SLICES}")
    page.mouse.wheel(0, -120)
    view.corner(f"层 {SLICES // 2 + 1}/{SLICES}")
    view.canvas.focus()
    page.keyboard.press("Home")
    page.evaluate(
        """() => { window.longTasks = [];
        new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => e.duration)))
            .observe({type: 'longtask'}); }"""
    )
    pictures = set()
    for number in range(1, SLICES + 1):
        view.corner(f"层 {number}/{SLICES}")
        pictures.add(tuple(view.greys(0, view.middle()[1], int(view.box()[2]))))
        page.keyboard.press("ArrowDown")
    assert len(pictures) == SLICES, "each slice has a picture of its own"
    page.keyboard.press("PageUp")
    view.corner(f"层 {SLICES - 10}/{SLICES}")
    bar = page.get_by_role("slider", name="翻层条")
    box = bar.bounding_box()
    assert box is not None
    for share, number in ((0.001, 1), (0.5, SLICES // 2 + 1), (0.999, SLICES)):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * share)
        page.mouse.down()
        page.mouse.up()
        view.corner(f"层 {number}/{SLICES}")
        expect(bar).to_have_attribute("aria-valuenow", str(number))
    long_tasks = page.evaluate("window.longTasks")
    sys.stdout.write(f"\nlong tasks while scrolling {SLICES} slices: {[round(ms) for ms in long_tasks]} ms\n")


def test_window_by_drag_and_by_key_shows_its_figures_and_its_greys(page: Page, view: View) -> None:
    assert view.window() == (-600, 1500)
    view.drag(view.middle(), (60, 0))
    level, width = view.window()
    assert (level, width > 1500) == (-600, True)
    view.drag(view.middle(), (0, 40))
    assert view.window() == (view.window()[0], width)
    assert view.window()[0] > level
    view.canvas.focus()
    for key, figures in (
        ("1", (40, 400)),
        ("3", (90, 150)),
        ("4", (480, 2500)),
        ("5", (40, 80)),
        ("2", (-600, 1500)),
    ):
        page.keyboard.press(key)
        view.corner(f"WL {figures[0]} / WW {figures[1]}".replace("-", "−"))
        assert view.window() == figures
    left, top, _ = fitted(view)
    # Air outside the body, -1000 HU: PS3.3 C.11.2.1.2.1 gives (-1000 + 600.5) / 1499 + 0.5 of white.
    assert view.greys(left + 8, top + 8, 3) == [round(255 * ((-1000 + 600.5) / 1499 + 0.5))] * 3
    page.keyboard.press("1")
    wait_until(lambda: view.greys(left + 8, top + 8, 3) == [0, 0, 0])
    page.keyboard.press("i")
    wait_until(lambda: view.greys(left + 8, top + 8, 3) == [255, 255, 255])
    page.keyboard.press("Space")
    wait_until(lambda: view.window() == (-600, 1500))


def test_zoom_and_pan_move_the_picture_and_space_puts_it_back(page: Page, view: View) -> None:
    at = view.middle()
    row = view.greys(at[0] - 100, at[1], 200)
    whole = view.zoom()
    view.drag(at, (40, 25), button="middle")
    wait_until(lambda: view.greys(at[0] - 60, at[1] + 25, 200) == row)
    view.canvas.focus()
    page.keyboard.press("+")
    expect(page.locator(".corners").first).to_contain_text(f"缩放 {round(whole * 1.25)}%")
    view.drag(at, (0, -40), button="right")
    wait_until(lambda: view.zoom() > round(whole * 1.25))
    page.keyboard.press("Space")
    view.corner(f"缩放 {whole}%")
    wait_until(lambda: view.greys(at[0] - 100, at[1], 200) == row)


def test_lengths_are_those_of_the_phantom(page: Page, view: View) -> None:
    view.canvas.focus()
    page.keyboard.press("l")
    left, top, per_mm = fitted(view)
    view.drag((left + 20 * per_mm, top + 180 * per_mm), (200 * per_mm, 150 * per_mm))
    assert millimetres(view, page) == pytest.approx(250, rel=LENGTH_SHARE)
    page.keyboard.press("Home")
    for _ in range(NODULE_SLICE - 1):
        page.keyboard.press("ArrowDown")
    view.corner(f"位置 −{abs(NODULE.z_mm):.1f} mm")
    half = COLUMNS * PIXEL_MM / 2
    x, y = left + (NODULE.x_mm + half) * per_mm, top + (NODULE.y_mm + half) * per_mm
    start = int(x - NODULE.long_mm * per_mm)
    row = view.greys(start, y, round(2 * NODULE.long_mm * per_mm))
    lung, solid = row[0], max(row)
    assert solid - lung > 100, "the nodule is bright in the lung window"
    level = (lung + solid) / 2
    passed = [at for at, (one, next_one) in enumerate(pairwise(row)) if (one < level) != (next_one < level)]
    edges = [crossing(row, at, level) for at in (passed[0], passed[-1])]
    # A pointer stands on whole pixels, the picture shows the rest.
    first, last = (start + 0.5 + edge for edge in edges)
    assert (last - first) / per_mm == pytest.approx(NODULE.long_mm, abs=LENGTH_PX * PIXEL_MM)
    view.drag((round(first), y), (round(last) - round(first), 0))
    assert millimetres(view, page) == pytest.approx(NODULE.long_mm, abs=LENGTH_PX * PIXEL_MM + 0.5 / per_mm)


def crossing(row: list[int], at: int, level: float) -> float:
    """Where a row of greys passes `level` between `at` and the next pixel."""
    return at + (level - row[at]) / (row[at + 1] - row[at])


def test_a_series_plays_and_stops(page: Page, view: View) -> None:
    view.canvas.focus()
    page.keyboard.press("End")
    view.corner(f"层 {SLICES}/{SLICES}")
    page.keyboard.press("c")
    seen: set[int] = set()

    def round_again() -> bool:
        seen.add(view.slice())
        return len(seen) >= 4 and min(seen) <= 2

    wait_until(round_again)
    page.keyboard.press("c")
    expect(page.get_by_role("button", name=re.compile("^播放"))).to_have_attribute("aria-pressed", "false")
    stopped = view.slice()
    page.keyboard.press("ArrowDown")
    view.corner(f"层 {stopped + 1}/{SLICES}")


def test_the_first_image_follows_the_key_within_a_second(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = sign_in(window(), serving, "xunuo")
    page.locator(f'tr[data-key="{chest.consult_id}"]').click()
    until(page, "document.querySelectorAll('link[rel=modulepreload]').length > 0")
    page.evaluate(
        """() => addEventListener('keydown', (event) =>
        sessionStorage.setItem('key', performance.timeOrigin + event.timeStamp), {capture: true})"""
    )
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/read/"))
    painted = mark(page, "lianzhen:first-image")
    took = page.evaluate("performance.timeOrigin - Number(sessionStorage.getItem('key'))") + painted
    sys.stdout.write(f"\nkey to first image of {SLICES} slices: {took:.0f} ms\n")
    assert took < NOTICED_LATENCY_MS


def test_without_the_decoder_the_page_says_so_and_retry_brings_the_images(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    page = sign_in(visit, serving, "xunuo")
    visit.context.route("**/*.wasm", lambda route: route.abort())
    page.goto(chest.href(serving))
    expect(page.get_by_text("解码程序没有载入，图像暂时显示不了")).to_be_visible()
    expect(pane(page).get_by_label("影像所见")).to_be_editable()
    visit.context.unroute("**/*.wasm")
    page.get_by_role("button", name="重试").click()
    mark(page, "lianzhen:series-loaded")
    View(page).corner(f"已载入 {SLICES}/{SLICES}")


def test_a_line_that_breaks_leaves_what_is_there_and_retry_brings_the_rest(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    page = sign_in(visit, serving, "xunuo")
    asked: list[str] = []

    def first_only(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.continue_()
        else:
            route.abort()

    visit.context.route(PACKS, first_only)
    page.goto(chest.href(serving))
    view = View(page)
    expect(page.get_by_text(re.compile("网络断开或中心没有应答"))).to_be_visible(timeout=30_000)
    view.corner(f"已载入 1/{SLICES}")
    assert len(set(view.greys(*view.middle(), 100))) > 1, "the slice that came can be read"
    view.canvas.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(f"第 {SLICES // 2 + 2} 层载入中")).to_be_visible()
    visit.context.unroute(PACKS)
    page.get_by_role("button", name="重试").click()
    mark(page, "lianzhen:series-loaded")
    expect(page.get_by_role("button", name="重试")).to_have_count(0)


def test_a_damaged_frame_is_named_and_the_others_are_read(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    page = sign_in(visit, serving, "xunuo")
    visit.context.route(PACKS, damage_first_frame)
    page.goto(chest.href(serving))
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    view.corner(f"已载入 {SLICES - 1}/{SLICES}")
    view.canvas.focus()
    page.keyboard.press("Home")
    notice = page.locator("[data-viewport]").first.locator(".waiting")
    expect(notice).to_contain_text("第 1 层显示不了")
    expect(notice).to_contain_text("图像数据已损坏")
    page.keyboard.press("ArrowDown")
    expect(notice).to_have_count(0)


def damage_first_frame(route: Route) -> None:
    """Let the frames through, the very first of the series with a wrong codestream."""
    answer = route.fetch()
    body = bytearray(answer.body())
    if int.from_bytes(body[:4], "little") == 0 and len(body) > 16:
        end = 16 + int.from_bytes(body[8:12], "little")
        body[16:end] = bytes(end - 16)
    route.fulfill(response=answer, body=bytes(body))


def test_a_phone_shows_the_images_and_the_report_without_sideways_scrolling(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = open_reading(window(PHONE), serving, chest)
    view = View(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert view.box()[2] >= PHONE["width"] - 8
    sign = pane(page).get_by_role("button", name=re.compile("^签发|^开始阅片"))
    expect(sign).to_be_in_viewport()
    for name in ("呼叫周丽", "下一例"):
        box = page.get_by_role("banner").get_by_text(name).bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= PHONE["width"]
