"""Reconstructed planes in a specialist's hands: opened, moved, turned, thickened and left again."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.fixtures.browser import PHONE, Visit, mark, until
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P08")
SLICES, SPACING_MM = 40, 5.0
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of 40 slices of 5 mm, assigned to 许诺."""
    scan = chest_ct(
        PATIENT,
        accession="E2EMPR1",
        acquired_at=ACQUIRED_AT,
        slices=SLICES,
        spacing_mm=SPACING_MM,
        series=(QUIET,),
        seed=21,
    )
    return a_case(serving, scan, PATIENT)


class Planes:
    """The reconstructed planes of a reading page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def of(self, name: str) -> Locator:
        """The viewport of a plane."""
        return self.page.locator(f'[data-plane="{name}"]')

    def middle(self, name: str) -> tuple[float, float]:
        """The middle of a plane on the page."""
        box = self.of(name).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def place_mm(self, name: str) -> float:
        """The position that the plane says."""
        text = self.of(name).locator(".corners").inner_text()
        found = re.search(r"位置 (−?[\d.]+) mm", text)
        assert found, text
        return float(found[1].replace("−", "-"))

    def drawn(self, name: str) -> int:
        """How many times the plane has been drawn."""
        return int(self.of(name).get_attribute("data-drawn") or 0)

    def greys(self, name: str) -> list[int]:
        """The row of pixels through the middle of the plane."""
        data: list[int] = (
            self.of(name)
            .locator("canvas")
            .evaluate("(c) => [...c.getContext('2d').getImageData(0, c.height / 2 | 0, c.width, 1).data]")
        )
        return data[::4]

    def is_drawn_again(self, name: str, act: Callable[[], Any]) -> None:
        """Act and wait until the plane was drawn anew."""
        before = self.drawn(name)
        act()
        wait_until(lambda: self.drawn(name) > before)


def opened(page: Page) -> Planes:
    """The planes, all slices there."""
    mark(page, "lianzhen:series-loaded")
    page.locator("[data-viewport] canvas").first.focus()
    page.keyboard.press("m")
    planes = Planes(page)
    mark(page, "lianzhen:mpr-first-plane")
    return planes


def test_planes_are_opened_moved_turned_and_left(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = open_reading(window(), serving, chest)
    planes = opened(page)
    for name, words in (("axial", "轴位"), ("coronal", "冠状位"), ("sagittal", "矢状位")):
        wait_until(partial(planes.drawn, name))
        expect(planes.of(name).locator(".corners")).to_contain_text(f"{words} 重建")
        expect(planes.of(name).locator(".corners")).to_contain_text(f"已载入 {SLICES}/{SLICES}")
        assert len(set(planes.greys(name))) > 20, "a chest is seen"
    edges = [planes.of("coronal").locator(f".edge.{side}").inner_text() for side in ("left", "right", "top")]
    assert edges == ["R", "L", "H"]
    assert planes.of("sagittal").locator(".edge.left").inner_text() == "A"
    scrolled_and_dragged(page, planes)
    turned(page, planes)
    thickened(page, planes)
    back_at_the_nearest_slice(page, planes)


def scrolled_and_dragged(page: Page, planes: Planes) -> None:
    """The wheel goes on by a slice; the cross takes the other planes with it."""
    before = planes.place_mm("axial")
    page.mouse.move(*(part + 90 for part in planes.middle("axial")))
    planes.is_drawn_again("axial", lambda: page.mouse.wheel(0, 100))
    assert abs(planes.place_mm("axial") - before) == pytest.approx(SPACING_MM)
    coronal, sagittal = planes.place_mm("coronal"), planes.place_mm("sagittal")
    x, y = planes.middle("axial")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y - 30, steps=4)
    page.mouse.up()
    assert planes.place_mm("sagittal") > sagittal + 10
    assert planes.place_mm("coronal") < coronal - 10
    planes.is_drawn_again("coronal", lambda: page.keyboard.press("Space"))


def turned(page: Page, planes: Planes) -> None:
    """Shift and drag turn the two others about the cross; Space puts them back."""
    x, y = planes.middle("axial")
    settled(planes, "coronal")
    before = planes.greys("coronal")
    page.keyboard.down("Shift")
    page.mouse.move(x + 100, y)
    page.mouse.down()
    page.mouse.move(x + 100, y + 58, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(planes.of("coronal").locator(".corners")).to_contain_text("斜面 30°")
    expect(planes.of("sagittal").locator(".corners")).to_contain_text("斜面 30°")
    wait_until(lambda: planes.greys("coronal") != before)
    page.keyboard.press("r")
    expect(planes.of("coronal").locator(".corners")).to_contain_text("斜面 35°")
    page.keyboard.press("Space")
    expect(planes.of("coronal").locator(".corners")).to_contain_text("位置")
    wait_until(lambda: planes.greys("coronal") == before)


def thickened(page: Page, planes: Planes) -> None:
    """A thicker MIP is nowhere darker; MinIP nowhere brighter; the corner says which."""
    settled(planes, "axial")
    thin = planes.greys("axial")
    page.get_by_label("层块厚度").select_option("20")
    expect(planes.of("axial").locator(".corners")).to_contain_text("MIP 20 mm")
    wait_until(lambda: planes.greys("axial") != thin)
    settled(planes, "axial")
    bright = planes.greys("axial")
    assert all(a >= b - 1 for a, b in zip(bright, thin, strict=True))
    page.get_by_label("层块方式").select_option("minip")
    wait_until(lambda: planes.greys("axial") != bright)
    settled(planes, "axial")
    assert all(a <= b + 1 for a, b in zip(planes.greys("axial"), thin, strict=True))
    page.locator('[data-plane="axial"] canvas').focus()
    page.keyboard.press("Space")
    expect(planes.of("axial").locator(".corners")).to_contain_text("薄层")


def settled(planes: Planes, name: str) -> None:
    """Wait until the plane has all its points."""
    expect(planes.of(name)).to_have_attribute("data-whole", "true")


def back_at_the_nearest_slice(page: Page, planes: Planes) -> None:
    """What cannot be done here says why; Esc goes back to the slice nearest to the cross."""
    length = page.get_by_role("button", name=re.compile("^测距"))
    expect(length).to_have_attribute("aria-disabled", "true")
    expect(length).to_have_accessible_name(re.compile("重建平面上不可用"))
    page.locator('[data-plane="axial"] canvas').focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    place = planes.place_mm("axial")
    page.keyboard.press("Escape")
    expect(page.locator("[data-mpr]")).to_have_count(0)
    view = View(page)
    view.corner("位置")
    assert view.slice() == 4
    shown = re.search(r"位置 (−?[\d.]+) mm", page.locator("[data-viewport] .corners").first.inner_text())
    assert shown
    assert float(shown[1].replace("−", "-")) == pytest.approx(place, abs=SPACING_MM / 2)
    expect(length).not_to_have_attribute("aria-disabled", "true")


def test_a_phone_shows_one_plane_and_changes_it(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = open_reading(window(PHONE), serving, chest)
    mark(page, "lianzhen:series-loaded")
    page.get_by_role("button", name=re.compile("^多平面重建")).click()
    mark(page, "lianzhen:mpr-first-plane")
    planes = Planes(page)
    expect(page.locator("[data-plane]")).to_have_count(1)
    page.get_by_role("button", name="冠状位", exact=True).click()
    expect(page.locator("[data-plane]")).to_have_attribute("data-plane", "coronal")
    wait_until(lambda: planes.drawn("coronal") > 0)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.get_by_role("button", name="矢状位", exact=True).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44


def test_without_shared_memory_the_page_itself_resamples(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    visit.page.add_init_script("Object.defineProperty(globalThis, 'crossOriginIsolated', {value: false})")
    page = open_reading(visit, serving, chest)
    planes = opened(page)
    wait_until(lambda: planes.drawn("sagittal") > 0)
    assert len(set(planes.greys("sagittal"))) > 20
    names = "performance.getEntriesByType('resource').map((one) => one.name)"
    assert not [name for name in page.evaluate(names) if re.search(r"resample_worker", name)]


def test_nothing_of_the_planes_is_fetched_before_they_are_asked_for(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = open_reading(window(), serving, chest)
    mark(page, "lianzhen:series-loaded")
    scripts = (
        "performance.getEntriesByType('resource').map((one) => one.name).filter((one) => /\\.js$/.test(one))"
    )
    before = set(page.evaluate(scripts))
    opened(page)
    later = set(page.evaluate(scripts)) - before
    assert later, "the planes come in files of their own"
    size = "performance.getEntriesByType('resource').filter((one) => {}.includes(one.name))"
    sizes = until(page, size.format(sorted(later)) + ".map((one) => one.encodedBodySize)")
    assert sum(sizes) <= 25_000
