"""What opening a viewer costs: milliseconds to the first image and to all, CPU of the whole browser.

The first image is a canvas at least 300 px wide whose pixels differ, for every viewer alike.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, ViewportSize

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CARD_BY_SOFTWARE = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
"""OpenGL played by software for everything, which then composes the page too."""
WEBGL_BY_SOFTWARE = ["--enable-unsafe-swiftshader"]
"""No more than OHIF needs to draw: the page is composed as it is on a computer without a graphics card."""
SIZE = ViewportSize(width=1600, height=1000)
WAIT_SECONDS = 240.0
LOOK_MS, LOOK_FOR_ALL_MS = 30, 100
"""Looking takes time of both cores: it is done seldom where the page says afterwards when it was."""
ANCESTORS_MAX = 12
PAINTED = """
(() => { if (window !== window.top) return;
 window.__seen = { painted: 0, long: [] };
 const small = Object.assign(document.createElement('canvas'), { width: 24, height: 24 });
 const pen = small.getContext('2d', { willReadFrequently: true });
 const shows = (canvas) => {
  if (canvas.clientWidth < 300 || canvas.clientHeight < 300 || !canvas.width) return false;
  pen.clearRect(0, 0, 24, 24); pen.drawImage(canvas, 0, 0, 24, 24);
  const data = pen.getImageData(0, 0, 24, 24).data; let sum = 0, squares = 0;
  for (let i = 0; i < data.length; i += 4) {
   const value = data[i] + data[i + 1] + data[i + 2]; sum += value; squares += value * value; }
  const count = data.length / 4;
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) / 3 > 4; };
 const look = () => { if (window.__seen.painted) return;
  if ([...document.querySelectorAll('canvas')].some(shows)) window.__seen.painted = performance.now(); };
 const frames = () => { look(); if (!window.__seen.painted) requestAnimationFrame(frames); };
 const turns = () => { look(); if (!window.__seen.painted) setTimeout(turns, 40); };
 setTimeout(turns, 0); requestAnimationFrame(frames);
 new PerformanceObserver((list) => { for (const one of list.getEntries())
  window.__seen.long.push([one.startTime, one.duration]); }).observe({ type: 'longtask', buffered: true });
})();
"""


@dataclass(frozen=True)
class Opened:
    """One opening; milliseconds count from when the page began."""

    first_ms: float
    all_ms: float
    cpu_s: float


def tree_cpu_seconds(profile: str) -> float:
    """User and system time of the browser with this profile and of all its processes."""
    parents, spent, roots = dict[str, str](), dict[str, float](), set[str]()
    for folder in Path("/proc").glob("[0-9]*"):
        process = folder.name
        with suppress(OSError, ValueError, IndexError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            words = (folder / "cmdline").read_text()
            parents[process] = stat[1]
            spent[process] = sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")
            if profile in words and "--type=" not in words:
                roots.add(process)
    return sum(seconds for process, seconds in spent.items() if _is_below(process, roots, parents))


def _is_below(process: str, roots: set[str], parents: dict[str, str]) -> bool:
    for _ in range(ANCESTORS_MAX):
        if process in roots:
            return True
        process = parents.get(process, "1")
    return False


@contextmanager
def new_browser(
    playwright: Playwright, chromium: str, profile: Path, more: Sequence[str] = CARD_BY_SOFTWARE
) -> Iterator[BrowserContext]:
    """A browser that has never been anywhere; without `more` as it comes up on a computer without a card."""
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=chromium,
        headless=True,
        args=[*ARGUMENTS, *more],
        viewport=SIZE,
        locale="zh-CN",
    )
    context.add_init_script(PAINTED)
    yield context
    context.close()


def waited(page: Page, value: Callable[[], float], look_ms: int = LOOK_MS) -> float:
    """The first value that is not 0; the browser's news are heard meanwhile."""
    began = time.monotonic()
    while not (found := value()):
        assert time.monotonic() - began < WAIT_SECONDS, f"nothing to see at {page.url}"
        page.wait_for_timeout(look_ms)
    return found


def opened(page: Page, url: str, profile: Path, all_here_ms: Callable[[], float]) -> Opened:
    """Go there and wait for the first image and for all; `all_here_ms` says when all was there, 0 before."""
    before = tree_cpu_seconds(str(profile))
    page.goto(url, wait_until="commit")
    first = waited(page, lambda: float(page.evaluate("window.__seen ? window.__seen.painted : 0")))
    everything = waited(page, all_here_ms, LOOK_FOR_ALL_MS)
    return Opened(first, everything, tree_cpu_seconds(str(profile)) - before)


def cpu_ms_of_each(page: Page, profile: Path, act: Callable[[int], None], times: int) -> float:
    """Milliseconds of the browser's CPU that one of `times` acts takes, until what it drew is there."""
    before = tree_cpu_seconds(str(profile))
    for number in range(times):
        act(number)
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return (tree_cpu_seconds(str(profile)) - before) * 1000 / times
