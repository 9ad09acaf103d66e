"""PET over CT in a specialist's hands: colours sit where the tracer is, and both values are read there."""

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from consult_server.demo import cast
from consult_server.demo.ct import COLUMNS, LUNG, PIXEL_MM, SPACING_DEFAULT_MM, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.factories.uptake import Ball, Raster, a_pet
from tests.fixtures.browser import PHONE, Visit, mark
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
SLICES, SPACING_MM = 9, 5.0
HOT, MILD, REST = 5.0, 2.0, 0.0
HIGH, OPACITY, WHOLE_FROM = 7.0, 0.6, 0.25
"""As at first: the window's upper end, the opacity, the share of the window from which a colour is whole."""
LOWEST_MM = -8.5
"""How far the lowest slice of the PET lies above that of the CT."""
HOT_MM, MILD_MM, BALL_MM = (-60.0, 10.0), (55.0, -30.0), 18.0
NEAR = 10
Colour = tuple[int, int, int]
PALETTE = Path(pydicom.data.__file__).parent / "palettes" / "hotiron.dcm"


@cache
def palette() -> tuple[Colour, ...]:
    """The well-known palette as pydicom carries it."""
    data = dcmread(PALETTE)
    parts = [data[f"{name}PaletteColorLookupTableData"].value for name in ("Red", "Green", "Blue")]
    return tuple(zip(*(bytes(part) for part in parts), strict=True))


def scan_of(accession: str, seed: int) -> list[Dataset]:
    """A CT of a few slices from the head down."""
    return list(
        chest_ct(
            PATIENT, accession=accession, acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET,), seed=seed
        )
    )


def pet_over(scan: Sequence[Dataset], frame_of_reference_uid: str) -> list[Dataset]:
    """A PET whose slices lie between those of the CT, with two balls about the CT's middle."""
    heights = [float(one.ImagePositionPatient[2]) for one in scan]
    middle = sorted(heights)[SLICES // 2]
    raster = Raster(
        corner=(-178.0, -178.0, min(heights) + LOWEST_MM), size=(90, 90, 13), spacing_mm=SPACING_MM
    )
    balls = [
        Ball(centre=(*HOT_MM, middle), radius_mm=BALL_MM, suv=HOT),
        Ball(centre=(*MILD_MM, middle), radius_mm=BALL_MM, suv=MILD),
    ]
    return a_pet(
        scan[0], balls, raster=raster, frame_of_reference_uid=frame_of_reference_uid, background=REST
    )


@pytest.fixture(scope="module")
def hybrid(serving: Serving) -> Reading:
    """A CT and a PET of one frame of reference, assigned to 许诺."""
    scan = scan_of("E2EPET1", 41)
    return a_case(serving, [*scan, *pet_over(scan, str(scan[0].FrameOfReferenceUID))], PATIENT)


@pytest.fixture(scope="module")
def apart(serving: Serving) -> Reading:
    """The same with a PET that names another frame of reference."""
    scan = scan_of("E2EPET2", 42)
    return a_case(serving, [*scan, *pet_over(scan, generate_uid())], PATIENT)


def seen_at(view: View, place: tuple[float, float]) -> tuple[float, float]:
    """Where a place of the patient (left, back) is on the fitted picture, in its own coordinates."""
    _, _, width, height = view.box()
    scale = min(width, height) / (COLUMNS * PIXEL_MM)
    return width / 2 + place[0] * scale, height / 2 + place[1] * scale


def colour_at(view: View, place: tuple[float, float]) -> Colour:
    """What is seen at a place."""
    (red, green, blue, _), *_ = view.pixels(*seen_at(view, place))
    return red, green, blue


def fused(below: Colour, suv: float, opacity: float = OPACITY) -> Colour:
    """A grey with the palette's colour of this SUV over it."""
    share = min(1.0, suv / HIGH)
    alpha = opacity * min(1.0, share / WHOLE_FROM)
    above = palette()[round(share * 255)]
    red, green, blue = (round(a * (1 - alpha) + b * alpha) for a, b in zip(below, above, strict=True))
    return red, green, blue


def near(one: Colour, other: Colour) -> bool:
    return bool(np.abs(np.subtract(one, other)).max() <= NEAR)


def bar(page: Page) -> Locator:
    """What fusion is set with."""
    return page.get_by_role("region", name="PET 融合")


def opened(visit: Visit, serving: Serving, reading: Reading) -> tuple[Page, View]:
    """The page on the middle slice of the CT, all of it there."""
    page = open_reading(visit, serving, reading)
    view = View(page)
    view.canvas.focus()
    return page, view


PLACES = {"hot": HOT_MM, "mild": MILD_MM, "beside": (-60.0, 10.0 + BALL_MM + 9.0), "rest": (0.0, -60.0)}


def show_ct(page: Page, view: View) -> None:
    """The CT, whichever of the two was opened first, at its middle slice."""
    page.get_by_role("button", name=LUNG.description).first.click()
    view.corner(LUNG.description)
    view.canvas.focus()
    page.keyboard.press("Home")
    for _ in range(SLICES // 2):
        page.keyboard.press("ArrowDown")
    wait_until(lambda: view.slice() == SLICES // 2 + 1)


def test_no_tool_is_hidden_at_a_desk_though_a_pet_brings_one_more(
    serving: Serving, window: Callable[..., Visit], hybrid: Reading
) -> None:
    page, _ = opened(window(), serving, hybrid)
    rail = page.get_by_role("toolbar", name="工具")
    expect(rail.get_by_role("button", name="PET 融合")).to_be_visible()
    assert rail.evaluate("(one) => one.scrollHeight <= one.clientHeight")


def test_colours_sit_where_the_tracer_is(
    serving: Serving, window: Callable[..., Visit], hybrid: Reading
) -> None:
    visit = window()
    fetched: list[str] = []
    visit.page.on("request", lambda one: fetched.append(one.url))
    page, view = opened(visit, serving, hybrid)
    mark(page, "lianzhen:series-loaded")
    show_ct(page, view)
    wait_until(lambda: colour_at(view, PLACES["rest"])[0] > 0)
    bare = {name: colour_at(view, place) for name, place in PLACES.items()}
    assert not [url for url in fetched if "usion" in url], "nothing of it comes before it is asked for"
    page.keyboard.press("u")
    expect(bar(page)).to_contain_text("SUV")
    expect(page.locator("[data-viewport]").first).to_contain_text("融合 PET 插值显示")
    wait_until(lambda: near(colour_at(view, PLACES["hot"]), fused(bare["hot"], HOT)), 40)
    assert near(colour_at(view, PLACES["mild"]), fused(bare["mild"], MILD))
    assert near(colour_at(view, PLACES["beside"]), bare["beside"])
    assert near(colour_at(view, PLACES["rest"]), bare["rest"])
    assert axe_faults(page) == []
    dimmed_and_windowed(page, view, bare)
    follows_the_picture(page, view)
    view.canvas.focus()
    page.keyboard.press("u")
    expect(bar(page)).to_have_count(0)
    wait_until(lambda: near(colour_at(view, PLACES["hot"]), bare["hot"]))


def dimmed_and_windowed(page: Page, view: View, bare: dict[str, Colour]) -> None:
    """Opacity and window by keys."""
    opacity = bar(page).get_by_role("slider", name="不透明度")
    opacity.focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    wait_until(lambda: near(colour_at(view, PLACES["hot"]), fused(bare["hot"], HOT, OPACITY - 0.2)))
    opacity.fill("60")
    low = bar(page).get_by_role("spinbutton", name="下限")
    low.fill("3")
    page.keyboard.press("Tab")
    wait_until(lambda: near(colour_at(view, PLACES["mild"]), bare["mild"]))
    low.fill("0")
    page.keyboard.press("Tab")
    wait_until(lambda: near(colour_at(view, PLACES["mild"]), fused(bare["mild"], MILD)))


def follows_the_picture(page: Page, view: View) -> None:
    """Where the next slices are beyond the balls, the CT stands alone; back, the colours are there again."""
    view.canvas.focus()
    page.keyboard.press("End")
    wait_until(lambda: view.slice() == SLICES)
    shown = colour_at(view, PLACES["hot"])
    assert max(shown) - min(shown) <= NEAR
    show_ct(page, view)
    wait_until(lambda: colour_at(view, PLACES["hot"])[0] - colour_at(view, PLACES["hot"])[2] > 60)


def test_both_values_are_read(serving: Serving, window: Callable[..., Visit], hybrid: Reading) -> None:
    page, view = opened(window(), serving, hybrid)
    show_ct(page, view)
    page.keyboard.press("u")
    expect(page.locator("[data-viewport]").first).to_contain_text("融合 PET 插值显示")
    left, top, _, _ = view.box()
    x, y = seen_at(view, HOT_MM)

    def pointed() -> str:
        page.mouse.move(left + x - 3, top + y)
        page.mouse.move(left + x, top + y)
        return bar(page).locator(".pointed").inner_text()

    wait_until(lambda: f"PET {HOT:.2f} SUVbw" in pointed(), 40)
    assert "HU" in pointed()
    page.keyboard.press("d")
    page.mouse.click(left + x, top + y)
    marks = page.locator("[data-viewport] .marks").first
    expect(marks).to_contain_text("HU")
    expect(marks).to_contain_text(f"PET {HOT:.2f} SUVbw（插值）")
    page.keyboard.press("Delete")


def test_a_region_on_the_ct_tells_the_uptake_below_it(
    serving: Serving, window: Callable[..., Visit], hybrid: Reading
) -> None:
    page, view = opened(window(), serving, hybrid)
    mark(page, "lianzhen:series-loaded")
    show_ct(page, view)
    left, top, _, _ = view.box()
    corners = [(place[0] + by, place[1] + by) for place, by in ((HOT_MM, -26.0), (HOT_MM, 26.0))]
    (x, y), (to_x, to_y) = (seen_at(view, one) for one in corners)
    page.keyboard.press("e")
    page.mouse.move(left + x, top + y)
    page.mouse.down()
    page.mouse.move(left + to_x, top + to_y, steps=3)
    page.mouse.up()
    marks = page.locator("[data-viewport] .marks").first
    expect(marks).to_contain_text("HU")
    expect(marks).not_to_contain_text("SUV")
    page.keyboard.press("u")
    expect(marks).to_contain_text(f"PET SUVmax {HOT:.2f}", timeout=40_000)
    found = re.search(r"SUVmean ([\d.]+) SUVbw.*最近的 (\d+) 个体素", marks.text_content() or "")
    assert found is not None
    mean, count = expected_uptake(26.0)
    assert float(found[1]) == pytest.approx(mean, abs=0.06)
    assert int(found[2]) == pytest.approx(count, rel=0.03)
    page.keyboard.press("q")
    expect(page.get_by_role("region", name="标注与关键图像")).to_contain_text(f"PET SUVmax {HOT:.2f}")
    assert axe_faults(page) == []
    page.keyboard.press("q")
    view.canvas.focus()
    page.keyboard.press("u")
    expect(marks).not_to_contain_text("SUV")
    page.keyboard.press("Delete")


def expected_uptake(radius_mm: float) -> tuple[float, int]:
    """Mean and count of the PET's samples about the hot ball, on its slice nearest to the CT's middle one."""
    heights = LOWEST_MM - SLICES // 2 * SPACING_DEFAULT_MM + SPACING_MM * np.arange(13)
    beside = np.abs(heights).min()
    x = -178.0 + 4.0 * np.arange(90)[None, :] - HOT_MM[0]
    y = -178.0 + 4.0 * np.arange(90)[:, None] - HOT_MM[1]
    within = x**2 + y**2 <= radius_mm**2
    hot = x**2 + y**2 + beside**2 <= BALL_MM**2
    return float(HOT * (hot & within).sum() / within.sum()), int(within.sum())


def test_planes_are_fused_as_well(serving: Serving, window: Callable[..., Visit], hybrid: Reading) -> None:
    page, view = opened(window(), serving, hybrid)
    mark(page, "lianzhen:series-loaded")
    show_ct(page, view)
    page.keyboard.press("u")
    expect(bar(page)).to_be_visible()
    page.keyboard.press("m")
    mark(page, "lianzhen:mpr-first-plane")
    for name in ("axial", "coronal"):
        plane = page.locator(f'[data-plane="{name}"]')
        expect(plane).to_contain_text("融合 PET 插值显示")
    axial = page.locator('[data-plane="axial"] canvas')

    def coloured() -> list[int]:
        """Columns in which the colour of the hot ball is seen."""
        width, data = axial.evaluate(
            "(c) => [c.width, [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]]"
        )
        pixels = np.array(data).reshape(-1, width, 4).astype(int)
        return sorted(set(np.flatnonzero((pixels[..., 0] - pixels[..., 2] > 90).any(axis=0)).tolist()))

    wait_until(coloured, 40)
    columns, (width, height) = (coloured(), axial.evaluate("(c) => [c.width, c.height]"))
    middle = (columns[0] + columns[-1]) / 2
    scale = min(width, height) / (COLUMNS * PIXEL_MM)
    assert middle == pytest.approx(width / 2 + HOT_MM[0] * scale, abs=3)
    assert columns[-1] - columns[0] == pytest.approx(2 * BALL_MM * scale, abs=6 * scale)


def test_what_shares_no_space_is_not_fused(
    serving: Serving, window: Callable[..., Visit], apart: Reading
) -> None:
    page, view = opened(window(), serving, apart)
    show_ct(page, view)
    bare = colour_at(view, HOT_MM)
    page.keyboard.press("u")
    expect(page.get_by_text("不在同一坐标系")).to_be_visible()
    expect(bar(page)).to_have_count(0)
    assert near(colour_at(view, HOT_MM), bare)


def test_on_a_phone_it_is_set_by_fingers(
    serving: Serving, window: Callable[..., Visit], hybrid: Reading
) -> None:
    page, view = opened(window(PHONE), serving, hybrid)
    show_ct(page, view)
    page.get_by_role("button", name="PET 融合").click()
    expect(bar(page)).to_be_visible()
    for control in ("slider", "spinbutton"):
        box = bar(page).get_by_role(control).first.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe_faults(page) == []
