"""The reading station under the hand: from an event to what is drawn, from series to series, a mammogram.

`make bench-viewer`, which also opens the same series in Orthanc's own web viewer (8 bit, one JPEG) where
Debian's package is installed. Figures go to tests/bench/results/station.md. Milliseconds are of the page's
own clock: from the beginning of the event's handling to the end of the drawing that it caused.
"""

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from pydicom.dataset import Dataset
from pydicom.uid import DigitalMammographyXRayImageStorageForPresentation

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from tests.bench.counted_line import counted_line
from tests.bench.opened import WEBGL_BY_SOFTWARE, new_browser, opened, waited
from tests.bench.report import Figure, write
from tests.bench.test_viewer import ALL_LOADED, MIDDLE, THIN_MBIT, THIN_ROUND_TRIP_MS, is_packed
from tests.factories.story import Story, encoded
from tests.fixtures.orthanc import running_orthanc, why_no_orthanc
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(3_600)

MAMMOGRAPHY = DigitalMammographyXRayImageStorageForPresentation
ROUNDS, STEPS, SWITCHES = 3, 60, 10
DRAW_MS, SWITCH_MS, USEFUL_MS, LONG_TASK_MS = 8.0, 100.0, 1_500.0, 50.0
ROWS, COLUMNS, GREYS = 4_608, 3_328, 4_096
"""30.7 MB: a detector of 24 by 30 cm."""
WEB_VIEWER = Path("/usr/share/orthanc/plugins/libOrthancWebViewer.so")
LOADED = {"ours": ALL_LOADED, "theirs": "Number(performance.now() > 3000)"}
"""When all of a series was there, 0 before; Orthanc's viewer has no such sign, and is given three seconds."""
SERIES_LOADED = "performance.getEntriesByName('lianzhen:series-loaded').length"
HEARD = """
(() => { if (window !== window.top) return;
 window.__heard = { at: 0, took: [] };
 const hear = () => { window.__heard.at = performance.now(); };
 for (const kind of ['wheel', 'pointermove', 'keydown', 'click'])
  window.addEventListener(kind, hear, { capture: true, passive: true });
 const pen = CanvasRenderingContext2D.prototype;
 for (const name of ['putImageData', 'drawImage']) {
  const whole = pen[name];
  pen[name] = function (...all) {
   const done = whole.apply(this, all), heard = window.__heard;
   if (heard.at && this.canvas.matches?.('[data-viewport] > canvas:not(.lens)'))
    heard.last = performance.now() - heard.at;
   return done; }; }
 const frame = () => { const heard = window.__heard;
  if (heard.last !== undefined) { heard.took.push(heard.last); heard.last = undefined; heard.at = 0; }
  requestAnimationFrame(frame); };
 requestAnimationFrame(frame);
})();
"""
TOOK = "window.__heard.took.splice(0)"


def a_mammogram(like: Dataset) -> Dataset:
    """One view: a breast on a black ground, with the grain of a detector."""
    made = Dataset()
    made.update(like)
    made.file_meta = like.file_meta
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = MAMMOGRAPHY
    made.Modality, made.Rows, made.Columns, made.BitsStored, made.HighBit = "MG", ROWS, COLUMNS, 12, 11
    for keyword in ("RescaleIntercept", "RescaleSlope", "RescaleType", "PixelSpacing", "SliceThickness"):
        if keyword in made:
            del made[keyword]
    made.PixelSpacing, made.PixelRepresentation = ["0.065", "0.065"], 0
    made.WindowCenter, made.WindowWidth = "2200", "2400"
    down, across = np.mgrid[0:ROWS, 0:COLUMNS].astype(np.float32)
    within = (across / (0.72 * COLUMNS)) ** 2 + ((down - ROWS / 2) / (0.42 * ROWS)) ** 2
    tissue = 1_500 + 900 * np.exp(-3 * within) + 250 * np.sin(across / 170) * np.sin(down / 210)
    grain = np.random.default_rng(3).normal(0, 14, (ROWS, COLUMNS)).astype(np.float32)
    values = np.where(within < 1, tissue + grain, 0).clip(0, GREYS - 1)
    made.PixelData = values.astype("<u2").tobytes()
    return made


def a_story(serving: Serving, number: int, slices: list[Dataset], sop_class: str | None = None) -> Story:
    """A case about these, begun to be read."""
    story = Story(serving, number=number)
    story.sop_class = sop_class or story.sop_class
    story.study_uid = str(slices[0].StudyInstanceUID)
    story.slices = {str(one.SOPInstanceUID): encoded(one) for one in slices}
    story.until("start")
    wait_until(lambda: is_packed(story.desk("xunuo"), story.study_uid), 240)
    return story


def a_scan(number: int, **more: Any) -> list[Dataset]:
    """A chest CT of the patient of a story, as its own examination."""
    patient = cast.patient("P12")
    return list(chest_ct(patient, accession=f"STATION{number}", acquired_at=datetime.now(UTC), **more))


def path_of(story: Story) -> str:
    """Where it is read."""
    assert story.case is not None
    return f"/read/{story.study_uid}?consult={story.case['consult_id']}"


class Desk:
    """Makes browsers in which the reader is signed in; composed as without a graphics card."""

    def __init__(self, playwright: Playwright, chromium: str, folder: Path) -> None:
        self._playwright, self._chromium, self._folder, self._made = playwright, chromium, folder, 0

    def new(self, stack: ExitStack, story: Story | None = None) -> tuple[BrowserContext, Path]:
        """A browser that was never used, and its profile."""
        self._made += 1
        profile = self._folder / f"profile{self._made}"
        made = new_browser(self._playwright, self._chromium, profile, WEBGL_BY_SOFTWARE)
        context = stack.enter_context(made)
        if story is not None:
            context.add_cookies(
                [
                    {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}
                    for name, value in story.desk("xunuo").cookies.items()
                ]
            )
        return context, profile


@pytest.fixture(scope="module")
def desk(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Where new browsers come from."""
    with sync_playwright() as playwright:
        yield Desk(playwright, chromium, tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    notes = (
        "The real page, signed in, at 1600 x 1000; Chromium as it comes up where there is no graphics card.",
        f"A CT of two series of 60 slices; a mammogram of {ROWS} x {COLUMNS}, 30.7 MB, with grain.",
        f"The thin line: {THIN_MBIT:g} Mbit/s, {THIN_ROUND_TRIP_MS:g} ms. Medians.",
    )
    write("station", "The reading station under the hand", notes, found)


def taken(page: Page, act: Callable[[int], None], times: int) -> list[float]:
    """Milliseconds from the handling of each act to the end of what was drawn for it."""
    page.evaluate(TOOK)
    found: list[float] = []
    for number in range(times):
        act(number)
        found.append(waited(page, lambda: sum(page.evaluate(TOOK)), look_ms=20))
    return found


def timed(name: str, values: list[float], at_most: float | None) -> Figure:
    """The median, with its spread."""
    spread = f"{min(values):.1f} to {max(values):.1f}"
    return Figure(
        name=name, measured=round(statistics.median(values), 1), unit="ms", at_most=at_most, spread=spread
    )


def test_events_and_series(serving: Serving, desk: Desk, figures: list[Figure]) -> None:
    story = a_story(serving, 401, a_scan(401))
    with ExitStack() as stack:
        stack.callback(story.stack.close)
        context, _ = desk.new(stack, story)
        context.add_init_script(HEARD)
        page = context.pages[0]
        page.goto(f"{serving.url}{path_of(story)}", wait_until="commit")
        waited(page, lambda: float(page.evaluate(ALL_LOADED)))
        thumbs = page.get_by_role("navigation", name="序列").get_by_role("button").filter(has_text="60")
        assert thumbs.count() == 2
        thumbs.nth(1).click()
        waited(page, lambda: float(page.evaluate(SERIES_LOADED) >= 2))
        page.mouse.move(*MIDDLE)
        since = float(page.evaluate("performance.now()"))
        wheel = taken(page, lambda n: page.mouse.wheel(0, 100 if n % 40 < 20 else -100), STEPS)
        page.mouse.down()
        window = taken(page, lambda n: page.mouse.move(MIDDLE[0] + n + 1, MIDDLE[1] + n + 1), STEPS)
        page.mouse.up()
        long = [took for began, took in page.evaluate("window.__seen.long") if began >= since]
        switch = taken(page, lambda n: thumbs.nth(n % 2).click(), SWITCHES)
    figures += [
        timed("from the wheel to the drawn slice", wheel, DRAW_MS),
        timed("from the pointer to the drawn window", window, DRAW_MS),
        Figure(
            name="longest task meanwhile", measured=max(long, default=0.0), unit="ms", at_most=LONG_TASK_MS
        ),
        timed("from the click on a series that is here to its picture", switch, SWITCH_MS),
    ]
    assert len(wheel) == len(window) == STEPS


def test_a_mammogram_over_a_thin_line(serving: Serving, desk: Desk, figures: list[Figure]) -> None:
    (like,) = a_scan(402, slices=1, series=(LUNG,))
    story = a_story(serving, 402, [a_mammogram(like)], MAMMOGRAPHY)
    first: list[float] = []
    whole: list[float] = []
    for _ in range(ROUNDS):
        with ExitStack() as stack:
            line = stack.enter_context(counted_line(serving.http_port, THIN_MBIT, THIN_ROUND_TRIP_MS))
            context, profile = desk.new(stack, story)
            page = context.pages[0]
            url = f"http://127.0.0.1:{line.port}{path_of(story)}"
            all_here = lambda page=page: float(page.evaluate(ALL_LOADED))  # noqa: E731
            seen = opened(page, url, profile, all_here)
            first.append(seen.first_ms)
            whole.append(seen.all_ms)
    story.stack.close()
    figures += [
        timed("a mammogram of 30 MB over a thin line: first useful picture", first, USEFUL_MS),
        timed("the same without loss", whole, None),
    ]
    assert min(first) > THIN_ROUND_TRIP_MS


@contextmanager
def web_viewer(scan: list[Dataset], folder: Path) -> Iterator[str]:
    """The address at which Orthanc's web viewer shows the series."""
    with running_orthanc(folder) as orthanc:
        with httpx.Client(base_url=f"http://127.0.0.1:{orthanc.http_port}", timeout=60) as line:
            for one in scan:
                one.save_as(folder / "one.dcm", enforce_file_format=True)
                content = (folder / "one.dcm").read_bytes()
                line.post("/instances", content=content).raise_for_status()
            (series,) = line.get("/series").json()
        yield f"http://127.0.0.1:{orthanc.http_port}/web-viewer/app/viewer.html?series={series}"


def test_the_first_image_beside_orthancs_web_viewer(
    serving: Serving, desk: Desk, figures: list[Figure], tmp_path_factory: pytest.TempPathFactory
) -> None:
    scan = a_scan(403, series=(LUNG,))
    story = a_story(serving, 403, scan)
    urls, times = {"ours": f"{serving.url}{path_of(story)}"}, dict[str, list[list[float]]]()
    with ExitStack() as stack:
        stack.callback(story.stack.close)
        if WEB_VIEWER.exists() and why_no_orthanc() is None:
            urls["theirs"] = stack.enter_context(web_viewer(scan, tmp_path_factory.mktemp("orthanc")))
        for turn in range(ROUNDS + 1):
            for name, url in urls.items():
                with ExitStack() as inner:
                    context, profile = desk.new(inner, story if name == "ours" else None)
                    page = context.pages[0]
                    for found in times.setdefault(name, [[], []]):
                        took = opened(page, url, profile, partial(page.evaluate, LOADED[name])).first_ms
                        found.extend([took] * (turn > 0))  # the first round fills the servers' own caches
    for how, place in (("cold", 0), ("warm", 1)):
        figures.append(timed(f"first image, {how}", times["ours"][place], None))
        if "theirs" in times:
            ours, theirs = (statistics.median(times[name][place]) for name in ("ours", "theirs"))
            beside = Figure(
                name=f"first image beside Orthanc's web viewer (8 bit), {how}",
                measured=round(theirs / ours, 2),
                unit="×",
                at_least=1.0,
                spread=f"{ours:.0f} against {theirs:.0f} ms",
            )
            figures.append(beside)
    assert all(len(found) == ROUNDS for both in times.values() for found in both)
