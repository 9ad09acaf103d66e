"""Reading in two windows, values that lead to their marks, and colleagues' marks as they come."""

import re
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading, pane
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(500)
PATIENT = cast.patient("P12")
SLICES = 8
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of 8 slices, assigned to 许诺."""
    scan = chest_ct(
        PATIENT, accession="E2EWINDOWS", acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET,), seed=15
    )
    return a_case(serving, scan, PATIENT)


def measure(page: Page, view: View, across: float) -> None:
    """Draw a length in the middle of the picture."""
    view.canvas.focus()
    page.keyboard.press("l")
    x, y = view.middle()
    view.drag((x - across / 2, y), (across, 0))
    page.keyboard.press("w")


def links(serving: Serving, chest: Reading) -> list[dict[str, str]]:
    """What the API keeps beside the report's text."""
    with closing(serving.client("xunuo")) as client:
        found: list[dict[str, str]] = client.get(f"/api/consults/{chest.consult_id}/report").json()[
            "measurements"
        ]
        return found


def chips(serving: Serving, page: Page, view: View, chest: Reading) -> None:
    """A measured value stands in the text, leads to its slice, and notices that its mark was changed."""
    view.canvas.focus()
    page.keyboard.press("Home")
    view.corner(f"层 1/{SLICES}")
    measure(page, view, 120)
    findings = pane(page).get_by_label("影像所见")
    findings.fill("结节 ")
    page.keyboard.press("F2")
    expect(findings).to_have_value(re.compile(r"^结节 [\d.]+ mm$"))
    value = findings.input_value().removeprefix("结节 ")
    chip = pane(page).get_by_role("button", name=value)
    wait_until(lambda: [one["text"] for one in links(serving, chest)] == [value])
    (link,) = links(serving, chest)
    assert (link["section"], link["study_instance_uid"]) == ("findings", chest.study_uid)
    view.canvas.focus()
    page.keyboard.press("End")
    view.corner(f"层 {SLICES}/{SLICES}")
    chip.click()
    view.corner(f"层 1/{SLICES}")
    view.canvas.focus()
    page.keyboard.press("Shift+N")
    for _ in range(3):
        page.keyboard.press("Control+Shift+ArrowRight")
    renew = pane(page).get_by_role("button", name=re.compile("测量已改为"))
    renew.click()
    expect(findings).not_to_have_value(f"结节 {value}")
    expect(findings).to_have_value(re.compile(r"^结节 [\d.]+ mm$"))
    expect(renew).to_have_count(0)


def two_windows(visit: Visit, page: Page, view: View) -> None:
    """The report in a window of its own: F2 there, chips back, closing and loading again lose nothing."""
    findings = pane(page).get_by_label("影像所见")
    written = findings.input_value()
    with visit.context.expect_page() as opened:
        page.get_by_role("button", name="报告移到第二窗口").click()
    second = opened.value
    text = pane(second).get_by_label("影像所见")
    expect(text).to_have_value(written)
    expect(pane(page)).to_have_count(0)
    expect(second.locator("[data-viewport]")).to_have_count(0)
    view.canvas.focus()
    page.keyboard.press("ArrowDown")
    expect(second.get_by_text(re.compile(rf"2/{SLICES}"))).to_be_visible()
    measure(page, view, 90)
    page.keyboard.press("F2")
    expect(text).to_have_value(re.compile(r"mm.*mm$"))
    page.keyboard.press("End")
    view.corner(f"层 {SLICES}/{SLICES}")
    pane(second).get_by_role("list", name="测量").get_by_role("button").first.click()
    view.corner(f"层 1/{SLICES}")
    expect(pane(second).get_by_text("已保存")).to_be_visible()
    loaded_again(page, second)


def loaded_again(page: Page, second: Page) -> None:
    """Either window is loaded anew and finds the other; then all comes back into one."""
    text = pane(second).get_by_label("影像所见")
    both = text.input_value()
    second.reload()
    expect(text).to_have_value(both)
    expect(pane(page)).to_have_count(0)
    page.reload()
    mark(page, "lianzhen:first-image")
    expect(page.get_by_role("button", name="合回一个窗口")).to_be_visible()
    expect(pane(page)).to_have_count(0)
    page.keyboard.press("Control+Shift+Digit2")
    expect(pane(page).get_by_label("影像所见")).to_have_value(both)
    wait_until(second.is_closed)


def more_images(visit: Visit, page: Page) -> None:
    """Images in both windows, the report beside the first ones; closing brings the choice back."""
    with visit.context.expect_page() as opened:
        page.get_by_role("button", name="图像再开一窗").click()
    images = opened.value
    expect(images.locator("[data-viewport]")).to_have_count(1)
    expect(pane(images)).to_have_count(0)
    expect(pane(page)).to_have_count(1)
    images.close(run_before_unload=True)
    expect(page.get_by_role("button", name="报告移到第二窗口")).to_be_visible()


def test_report_and_images_in_two_windows(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    visit = window()
    page = open_reading(visit, serving, chest)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    chips(serving, page, view, chest)
    two_windows(visit, page, view)
    more_images(visit, page)


def test_a_colleagues_mark_appears_and_ones_own_stays(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    colleague = sign_in(window(), serving, "zhouli")
    colleague.goto(f"{serving.url}/read/{chest.study_uid}")
    theirs = View(colleague)
    measure(colleague, theirs, 60)
    own = colleague.locator("g.own[data-mark] text")
    expect(own.first).to_be_visible()
    place = own.first.bounding_box()
    page = open_reading(window(), serving, chest)
    view = View(page)
    expect(page.locator("g.peer[data-mark] text").first).to_contain_text("周丽")
    before = colleague.locator("g.peer[data-mark]").count()
    measure(page, view, 150)
    expect(colleague.locator("g.peer[data-mark]")).to_have_count(before + 1)
    assert own.first.bounding_box() == place
