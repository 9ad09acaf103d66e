"""The reading station beside OHIF on Debian's Orthanc: the same 400 slices, one machine, in turns.

`make bench-viewer`. Ours is the real page: signed in, with the case, tools and report pane. Figures go to
tests/bench/results/viewer.md, with LIANZHEN_BENCH_COMPOSER=plain to viewer_plain.md. Milliseconds are from
the click on an address to the picture; a ratio says how many times as fast, or as little, ours is.
"""

import os
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from pydicom import dcmread
from pydicom.dataset import Dataset

from consult_server.demo.ct import MEDIASTINUM, chest_ct
from tests.bench.counted_line import CountedLine, counted_line
from tests.bench.ohif_site import ohif_site, why_no_ohif_site
from tests.bench.opened import (
    CARD_BY_SOFTWARE,
    SIZE,
    WEBGL_BY_SOFTWARE,
    Opened,
    cpu_ms_of_each,
    new_browser,
    opened,
    waited,
)
from tests.bench.report import Figure, write
from tests.factories.story import Story, encoded
from tests.fixtures.browser import until
from tests.fixtures.orthanc import running_orthanc, shipped_version, why_no_orthanc
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(3_600)

PICTURE = [
    "PixelData",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleIntercept",
    "RescaleSlope",
    "WindowCenter",
    "WindowWidth",
    "PixelSpacing",
]
SLICES, ROUNDS, STEPS = 400, 3, 60
THIN_MBIT, THIN_ROUND_TRIP_MS = 20.0, 40.0
FIRST_IMAGE_AT = """performance.getEntriesByName('lianzhen:first-image')
    .map((one) => performance.timeOrigin + one.startTime)[0]"""
ALL_LOADED, ALL_SEEN = (
    f"performance.getEntriesByName('lianzhen:series-{how}')[0]?.startTime ?? 0" for how in ("loaded", "seen")
)
MIDDLE = (SIZE["width"] / 2, SIZE["height"] / 2)
LONG_TASK_MS = 50.0
first_ms, all_ms, cpu_s = (attrgetter(name) for name in ("first_ms", "all_ms", "cpu_s"))


@dataclass
class Viewer:
    """A viewer with the series, and how one knows that all of it is there."""

    name: str
    port: int
    path: str
    cookies: list[dict[str, Any]] = field(default_factory=list)
    all_here_ms: Callable[["Viewing"], float] = lambda _viewing: 1.0

    def url(self, port: int | None = None) -> str:
        """Where it opens the series; through a line if its port is given."""
        return f"http://127.0.0.1:{port or self.port}{self.path}"


@dataclass
class Viewing:
    """A browser that was never used, and when each frame it asked for was whole, epoch milliseconds."""

    viewer: Viewer
    profile: Path
    context: BrowserContext
    page: Page
    frames: dict[str, float] = field(default_factory=dict)

    def open(self, port: int | None = None, *, whole: bool = True) -> Opened:
        """Open the series."""
        self.frames.clear()
        all_here_ms = self.all_here_ms if whole else lambda: 1.0
        return opened(self.page, self.viewer.url(port), self.profile, all_here_ms)

    def all_here_ms(self) -> float:
        """When all slices were there, 0 before."""
        return self.viewer.all_here_ms(self)


class Browsers:
    """Makes browsers."""

    def __init__(self, playwright: Playwright, chromium: str, folder: Path) -> None:
        self._playwright, self._chromium, self._folder, self._made = playwright, chromium, folder, 0

    def new(self, viewer: Viewer, stack: ExitStack) -> Viewing:
        """A new one, signed in."""
        self._made += 1
        profile = self._folder / f"profile{self._made}"
        more = WEBGL_BY_SOFTWARE if is_composed_plainly() else CARD_BY_SOFTWARE
        context = stack.enter_context(new_browser(self._playwright, self._chromium, profile, more))
        if viewer.cookies:
            context.add_cookies(viewer.cookies)  # type: ignore[arg-type]
        viewing = Viewing(viewer, profile, context, context.pages[0])

        def finished(request: Any) -> None:
            if "/frames/" in request.url:
                timing = request.timing
                viewing.frames[request.url] = timing["startTime"] + timing["responseEnd"]

        viewing.page.on("requestfinished", finished)
        return viewing


@pytest.fixture(scope="module")
def browsers(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browsers]:
    """Where new browsers come from."""
    with sync_playwright() as playwright:
        yield Browsers(playwright, chromium, tmp_path_factory.mktemp("profiles"))


def other_series() -> Path | None:
    """A folder with 400 DICOM files that give the pictures instead of the demonstration, if one is named."""
    named = os.environ.get("LIANZHEN_BENCH_SERIES")
    return None if named is None else Path(named)


def is_composed_plainly() -> bool:
    """Whether the browsers compose their pages as they do where there is no graphics card."""
    return os.environ.get("LIANZHEN_BENCH_COMPOSER") == "plain"


def take_pictures(scan: list[Dataset], folder: Path) -> None:
    """Give the slices the pictures of another series, which stay what they are: values, scale and windows."""
    for one, path in zip(scan, sorted(folder.glob("*.dcm")), strict=True):
        other = dcmread(path)
        for keyword in PICTURE:
            one[keyword] = other[keyword]


def the_case(serving: Serving) -> tuple[Story, dict[str, bytes]]:
    """A case about 400 slices that a specialist has begun to read, and the slices as files."""
    story = Story(serving, number=400)
    scan = list(
        chest_ct(
            story.patient,
            accession="BENCH400",
            acquired_at=datetime.now(UTC),
            slices=SLICES,
            spacing_mm=0.75,
            series=(MEDIASTINUM,),
        )
    )
    if (folder := other_series()) is not None:
        take_pictures(scan, folder)
    story.study_uid = str(scan[0].StudyInstanceUID)
    story.slices = {str(one.SOPInstanceUID): encoded(one) for one in scan}
    story.until("start")
    files = {}
    for one in scan:
        path = serving.home / "slice.dcm"
        one.save_as(path, enforce_file_format=True)
        files[str(one.SOPInstanceUID)] = path.read_bytes()
        path.unlink()
    return story, files


@pytest.fixture(scope="module")
def viewers(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Viewer]]:
    """Ours and theirs, each with the series."""
    why_not = why_no_orthanc() or why_no_ohif_site()
    assert why_not is None, why_not
    story, files = the_case(serving)
    reader = story.desk("xunuo")
    cookies = [
        {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}
        for name, value in reader.cookies.items()
    ]
    assert story.case is not None
    ours = Viewer(
        "lianzhen",
        serving.http_port,
        f"/read/{story.study_uid}?consult={story.case['consult_id']}",
        cookies,
        lambda viewing: float(viewing.page.evaluate(ALL_LOADED)),
    )
    wait_until(lambda: is_packed(reader, story.study_uid), 240)
    with ExitStack() as stack:
        orthanc = stack.enter_context(
            running_orthanc(tmp_path_factory.mktemp("orthanc"), packs_answers=False)
        )
        with httpx.Client(base_url=f"http://127.0.0.1:{orthanc.http_port}", timeout=60) as line:
            for content in files.values():
                line.post("/instances", content=content).raise_for_status()
        port = stack.enter_context(ohif_site(orthanc.http_port, tmp_path_factory.mktemp("nginx")))
        theirs = Viewer(
            "OHIF", port, f"/viewer?StudyInstanceUIDs={story.study_uid}", all_here_ms=when_all_frames_came
        )
        stack.callback(story.stack.close)
        yield [ours, theirs]


def when_all_frames_came(viewing: Viewing) -> float:
    """When the last frame had come over the line, 0 before."""
    if len(viewing.frames) < SLICES:
        return 0.0
    return max(viewing.frames.values()) - float(viewing.page.evaluate("performance.timeOrigin"))


def is_packed(reader: httpx.Client, study_uid: str) -> bool:
    """Whether the series is ready to be read."""
    manifest = reader.get(f"/api/studies/{study_uid}/manifest").json()
    return bool(manifest.get("series")) and all(one.get("pack") for one in manifest["series"])


@pytest.fixture(scope="module")
def figures(viewers: list[Viewer]) -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    beside = (
        f"OHIF 3.13.2 on {shipped_version()} behind nginx; {SLICES} slices of 512 x 512, lossless in both."
    )
    notes = [
        beside,
        "Chromium without a graphics card, a new profile for each round, medians; ours first, then theirs.",
        "OHIF has all when the last frame has come over the line, ours when the last is decoded.",
    ]
    folder = other_series()
    if folder is not None:
        notes.append(f"The pictures are those of the series {folder.name!r}.")
    if is_composed_plainly():
        notes.append("Pages are composed as they are without a card; software plays WebGL alone, for OHIF.")
    else:
        notes.append("Software plays OpenGL, which also composes the pages of both.")
    name = "viewer" if folder is None else "viewer_other_series"
    name += "_plain" if is_composed_plainly() else ""
    write(name, "The reading station beside OHIF", notes, found)


def times_as_good(name: str, sides: Iterable[list[float]], unit: str, at_least: float | None) -> Figure:
    """How many times as little ours takes; `sides` are ours and theirs."""
    mine, other = map(statistics.median, sides)
    return Figure(
        name=name,
        measured=round(other / mine, 2),
        unit="×",
        at_least=at_least,
        spread=f"{mine:.4g} against {other:.4g} {unit}",
    )


def test_opening(viewers: list[Viewer], browsers: Browsers, figures: list[Figure]) -> None:
    cold: dict[str, list[Opened]] = {viewer.name: [] for viewer in viewers}
    warm: dict[str, list[Opened]] = {viewer.name: [] for viewer in viewers}
    for _turn in range(ROUNDS):
        for viewer in viewers:
            with ExitStack() as stack:
                viewing = browsers.new(viewer, stack)
                cold[viewer.name].append(viewing.open())
                warm[viewer.name].append(viewing.open())
    ours, theirs = (viewer.name for viewer in viewers)
    for how, found, first, everything in (("cold", cold, 4.0, 4.0), ("warm", warm, 6.0, 5.0)):
        for words, value, target, unit in (
            ("first image", first_ms, first, "ms"),
            ("all slices", all_ms, everything, "ms"),
            ("CPU until all are there", cpu_s, None, "s"),
        ):
            values = [[value(one) for one in found[name]] for name in (ours, theirs)]
            figures.append(times_as_good(f"{words}, local, {how}", values, unit, target))
    assert len(cold[ours]) == len(warm[theirs]) == ROUNDS


def test_bytes_and_requests(viewers: list[Viewer], browsers: Browsers, figures: list[Figure]) -> None:
    counted: list[CountedLine] = []
    scripts = 0
    for viewer in viewers:
        with ExitStack() as stack:
            line = stack.enter_context(counted_line(viewer.port))
            viewing = browsers.new(viewer, stack)
            viewing.open(line.port, whole=False)
            if viewer is viewers[0]:
                seen = float(until(viewing.page, FIRST_IMAGE_AT)) / 1000
                scripts = line.bytes_matching(".js", seen) + line.bytes_matching(".wasm", seen)
            waited(viewing.page, viewing.all_here_ms)
            counted.append(line)
    sums = [float(sum(line.bytes_of.values())) / 1e6 for line in counted]
    figures.append(times_as_good("bytes of the series and its page", [[one] for one in sums], "MB", 3.3))
    requests = [[float(line.requests)] for line in counted]
    figures.append(times_as_good("requests", requests, "", 10.0))
    figures.append(
        Figure(name="script before the first image", measured=round(scripts / 1000), unit="kB", at_most=120)
    )
    assert scripts


def test_a_thin_line(viewers: list[Viewer], browsers: Browsers, figures: list[Figure]) -> None:
    times: dict[str, list[float]] = {viewer.name: [] for viewer in viewers}
    for _turn in range(ROUNDS):
        for viewer in viewers:
            with ExitStack() as stack:
                line = stack.enter_context(counted_line(viewer.port, THIN_MBIT, THIN_ROUND_TRIP_MS))
                viewing = browsers.new(viewer, stack)
                times[viewer.name].append(viewing.open(line.port, whole=False).first_ms)
    name = f"first image at {THIN_MBIT:g} Mbit/s, {THIN_ROUND_TRIP_MS:g} ms, cold"
    figures.append(times_as_good(name, times.values(), "ms", 5.0))
    assert min(map(min, times.values())) > THIN_ROUND_TRIP_MS


def test_all_over_a_thin_line(viewers: list[Viewer], browsers: Browsers, figures: list[Figure]) -> None:
    took: list[list[float]] = []
    for viewer in viewers:
        with ExitStack() as stack:
            line = stack.enter_context(counted_line(viewer.port, THIN_MBIT, THIN_ROUND_TRIP_MS))
            viewing = browsers.new(viewer, stack)
            ours = partial(viewing.page.evaluate, ALL_SEEN)
            is_seen = ours if viewer is viewers[0] else viewing.all_here_ms
            took.append([opened(viewing.page, viewer.url(line.port), viewing.profile, is_seen).all_ms])
    name = f"every slice to be seen at {THIN_MBIT:g} Mbit/s, ours as labelled previews"
    figures.append(times_as_good(name, took, "ms", None))
    assert min(map(min, took)) > THIN_ROUND_TRIP_MS


def test_scrolling_and_windowing(viewers: list[Viewer], browsers: Browsers, figures: list[Figure]) -> None:
    scroll: dict[str, list[float]] = {}
    window: dict[str, list[float]] = {}
    longest = 0.0
    for viewer in viewers:
        with ExitStack() as stack:
            viewing = browsers.new(viewer, stack)
            viewing.open()
            page, profile = viewing.page, viewing.profile
            if viewer.name == "OHIF":
                page.get_by_text("Skip all").click()
            page.mouse.move(*MIDDLE)
            since = float(page.evaluate("performance.now()"))
            wheel = lambda number, page=page: page.mouse.wheel(0, 100 if number < STEPS / 2 else -100)  # noqa: E731
            scroll[viewer.name] = [cpu_ms_of_each(page, profile, wheel, STEPS)]
            if viewer is viewers[0]:
                tasks = page.evaluate("window.__seen.long")
                longest = max([took for began, took in tasks if began >= since], default=0.0)
            page.mouse.down()
            move = lambda number, page=page: page.mouse.move(MIDDLE[0] + number, MIDDLE[1] + number)  # noqa: E731
            window[viewer.name] = [cpu_ms_of_each(page, profile, move, STEPS)]
            page.mouse.up()
    figures.append(times_as_good("CPU of a scroll step", scroll.values(), "ms", 2.0))
    figures.append(times_as_good("CPU of a window step", window.values(), "ms", 2.0))
    figures.append(
        Figure(name="longest task while scrolling", measured=longest, unit="ms", at_most=LONG_TASK_MS)
    )
    assert all(value > 0 for value in (*scroll["OHIF"], *window["OHIF"]))
