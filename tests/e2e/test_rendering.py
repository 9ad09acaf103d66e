"""A CT rendered in three dimensions, in a specialist's hands: seen, turned, zoomed and left again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.fixtures.browser import PHONE, Visit, mark
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
PICTURE = """(c) => {
    const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    const found = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) {
        if (data[i] > 30) found[0] += 1;
        found[1] += data[i] * (i % 1009);
        found[2] += data[i] - data[i + 2];
    }
    return found;
}"""
"""How many pixels are bright, what the picture sums up to, and how warm its colours are."""


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of thirty slices of 5 mm, assigned to 许诺."""
    scan = chest_ct(PATIENT, accession="E2E3D1", acquired_at=ACQUIRED_AT, slices=30, series=(QUIET,), seed=51)
    return a_case(serving, scan, PATIENT)


class Stage:
    """The rendering on a reading page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.view = page.get_by_role("region", name="三维重建")

    @property
    def canvas(self) -> Locator:
        """The picture."""
        return self.view.locator("canvas")

    def whole(self) -> tuple[int, int, int]:
        """What the picture is, once it has all its points."""
        wait_until(lambda: self.view.get_attribute("data-whole") == "true", 60)
        bright, total, warm = self.canvas.evaluate(PICTURE)
        return bright, total, warm

    def changed(self, act: Callable[[], None]) -> tuple[int, int, int]:
        """The picture after an act that changes it."""
        before = self.whole()
        act()
        wait_until(lambda: self.whole() != before, 60)
        return self.whole()

    def presses(self, keys: str) -> Callable[[], None]:
        """An act: a key."""
        return lambda: self.page.keyboard.press(keys)


def test_a_chest_is_rendered_and_turned(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    fetched: list[str] = []
    visit.page.on("request", lambda one: fetched.append(one.url))
    page = open_reading(visit, serving, chest)
    View(page).canvas.focus()
    mark(page, "lianzhen:series-loaded")
    assert not [url for url in fetched if "endering" in url or "cast_worker" in url]
    page.keyboard.press("j")
    stage = Stage(page)
    expect(stage.view).to_contain_text("三维重建仅供参考，不用于测量")
    bright, _, warm = stage.whole()
    assert bright > 3000, "bone is seen"
    assert warm > 0
    assert stage.view.locator(".edge.left").inner_text() == "R"
    assert axe_faults(page) == []
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert stage.view.locator(".edge.left").inner_text().startswith("P")
    stage.changed(stage.presses("ArrowRight"))
    _, _, warm = stage.changed(stage.presses("4"))
    assert warm == 0, "the brightest value is grey"
    small = stage.changed(stage.presses("3"))[0]
    assert stage.changed(stage.presses("+"))[0] > small
    dragged(page, stage)
    stage.changed(stage.presses("Space"))
    assert stage.view.locator(".edge.left").inner_text() == "R"
    page.keyboard.press("Escape")
    expect(stage.view).to_have_count(0)
    assert page.evaluate("document.activeElement.tagName") == "CANVAS", "where one was before"


def dragged(page: Page, stage: Stage) -> None:
    """The mouse turns it and the wheel zooms."""
    box = stage.canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag() -> None:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 80, y + 40, steps=6)
        page.mouse.up()

    stage.changed(drag)
    stage.changed(lambda: page.mouse.wheel(0, 300))


def test_on_a_phone_it_is_turned_by_buttons(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page = open_reading(window(PHONE), serving, chest)
    mark(page, "lianzhen:series-loaded")
    page.get_by_role("button", name="三维重建").click()
    stage = Stage(page)
    front = stage.whole()
    assert front[0] > 500
    for button in stage.view.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert (box["x"] >= 0, box["x"] + box["width"] <= PHONE["width"]) == (True, True)
    stage.changed(lambda: stage.view.get_by_role("button", name="从左看").click())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe_faults(page) == []
