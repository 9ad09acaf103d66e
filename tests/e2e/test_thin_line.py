"""A series over a thin line: previews of every slice first, labelled as such, then all of it without loss."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from tests.e2e.reading import ACQUIRED_AT, PIXELS, SLICES, Reading, View, a_case
from tests.fixtures.browser import Visit, mark, sign_in
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P12")
ROUND_TRIP_MS = 40
THIN, WIDE = 700_000, -1
"""Bytes a second: the slices take half a minute; as fast as they come."""
LOADED_AT = "performance.getEntriesByName('lianzhen:series-loaded')[0]?.startTime"
# 20 x 20 pixels of the middle of the picture, as numbers.
MIDDLE = [0.5, 0.5, 20, 20]


@pytest.fixture(scope="module")
def grainy(serving: Serving) -> Reading:
    """A CT whose grain leaves little to be packed."""
    series = replace(LUNG, noise_hu=40.0)
    scan = chest_ct(PATIENT, accession="E2ETHIN1", acquired_at=ACQUIRED_AT, slices=SLICES, series=(series,))
    return a_case(serving, scan, PATIENT)


def over_a_line(page: Page, bytes_a_second: int) -> None:
    """From now on all comes so fast."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    rates = {"downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second}
    latency = ROUND_TRIP_MS if bytes_a_second > 0 else 0
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": latency, **rates})


def opened(visit: Visit, serving: Serving, reading: Reading, bytes_a_second: int) -> tuple[Page, list[str]]:
    """The reading page over such a line, and what it asks of the packs."""
    page = sign_in(visit, serving, "xunuo")
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/api/packs/" in one.url else None)
    over_a_line(page, bytes_a_second)
    page.goto(reading.href(serving))
    mark(page, "lianzhen:first-image")
    return page, asked


def pixels(view: View) -> list[int]:
    """The middle of the picture."""
    _, _, width, height = view.box()
    place = [MIDDLE[0] * width, MIDDLE[1] * height, *MIDDLE[2:]]
    found: list[int] = view.canvas.evaluate(f"(canvas, at) => ({PIXELS})([canvas, ...at])", place)
    return found


def test_previews_come_first_and_say_so(
    serving: Serving, window: Callable[..., Visit], grainy: Reading
) -> None:
    page, asked = opened(window(), serving, grainy, THIN)
    view = View(page)
    mark(page, "lianzhen:series-seen")
    assert any("/previews/" in url for url in asked)
    assert page.evaluate(LOADED_AT) is None, "all is seen before all is there"
    view.canvas.focus()
    page.keyboard.press("End")
    notice = page.locator("[data-viewport] .corners").first
    expect(notice).to_contain_text(f"层 {SLICES}/{SLICES}")
    expect(notice).to_contain_text("预览：细节未到")
    blurred = pixels(view)
    over_a_line(page, WIDE)
    mark(page, "lianzhen:series-loaded")
    expect(notice).not_to_contain_text("预览")
    view.corner(f"已载入 {SLICES}/{SLICES}")
    wait_until(lambda: pixels(view) != blurred)


def test_a_wide_line_asks_for_no_previews(
    serving: Serving, window: Callable[..., Visit], grainy: Reading
) -> None:
    page, asked = opened(window(), serving, grainy, WIDE)
    mark(page, "lianzhen:series-loaded")
    assert asked
    assert not any("/previews/" in url for url in asked)
