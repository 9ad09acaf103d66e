"""Reconstructed planes of 400 slices in Chromium without a graphics card: how soon, and how fast they turn.

`pytest -s -p no:randomly tests/bench/test_mpr.py`. Figures go to tests/bench/results/mpr.md. The page is
the real one: signed in, with the case, tools and report. A step turns the two other planes by a degree and
is done when both were drawn; milliseconds are wall time on a machine that others may use, CPU is the
browser's own.
"""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.bench.opened import CARD_BY_SOFTWARE, cpu_ms_of_each, new_browser, tree_cpu_seconds, waited
from tests.bench.report import Figure, write
from tests.bench.test_viewer import ALL_LOADED, SLICES, is_packed, the_case
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(3_600)

STEPS = 60
ROUNDS = 3
REST_MS = 1_000
FIRST_MS = """(() => { const at =
    (name) => performance.getEntriesByName('lianzhen:mpr-' + name)[0]?.startTime;
    return at('first-plane') ? at('first-plane') - at('asked') : 0; })()"""
TURN = """async ([x, y, reach, steps]) => {
    const canvas = document.querySelector('[data-plane="axial"] canvas');
    const counts = () => ['coronal', 'sagittal'].map(
        (name) => Number(document.querySelector(`[data-plane="${name}"]`).dataset.drawn));
    const times = [];
    for (let step = 1; step <= steps; step++) {
        const before = counts(), began = performance.now(), angle = (step * Math.PI) / 180;
        canvas.dispatchEvent(new PointerEvent('pointermove', { pointerId: 1, buttons: 1, bubbles: true,
            clientX: x + reach * Math.cos(angle), clientY: y + reach * Math.sin(angle) }));
        while (counts().some((count, at) => count <= before[at]))
            await new Promise((done) => setTimeout(done, 1));
        times.push(performance.now() - began);
    }
    return times; }"""


@pytest.fixture(scope="module")
def figures() -> Iterator[list[Figure]]:
    """What was measured; written at the end."""
    found: list[Figure] = []
    yield found
    notes = (
        f"{SLICES} slices of 512 x 512, lossless; Chromium as it comes up where there is no graphics card,",
        "at 1600 x 1000; one worker for each core but one; medians, a new profile for each of the rounds.",
        "In the last rows the page is composed by OpenGL that software plays, as OHIF needs it there.",
    )
    write("mpr", "Reconstructed planes", notes, found)


def turned(page: Page, profile: str) -> tuple[list[float], float]:
    """Milliseconds of each oblique step, and the CPU milliseconds of one."""
    box = page.locator('[data-plane="axial"]').bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach = min(box["width"], box["height"]) / 4
    page.keyboard.down("Shift")
    page.mouse.move(x + reach, y)
    page.mouse.down()
    page.keyboard.up("Shift")
    before = tree_cpu_seconds(profile)
    times: list[float] = page.evaluate(TURN, [x, y, reach, STEPS])
    spent = (tree_cpu_seconds(profile) - before) * 1000 / STEPS
    page.mouse.up()
    page.keyboard.press("Space")
    return times, spent


@dataclass
class Measured:
    """What the rounds gave."""

    first: list[float] = field(default_factory=list)
    thin: list[float] = field(default_factory=list)
    thick: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: {"scroll": [], "thin": [], "thick": []})

    def round(self, page: Page, profile: Path) -> None:
        """Open the planes of the page's series and turn them, thin and thick."""
        page.locator("[data-viewport] canvas").first.focus()
        step = lambda _number: page.keyboard.press("ArrowDown")  # noqa: E731
        self.cpu["scroll"].append(cpu_ms_of_each(page, profile, step, STEPS // 2))
        page.keyboard.press("m")
        self.first.append(waited(page, lambda: float(page.evaluate(FIRST_MS))))
        for name, found in (("thin", self.thin), ("thick", self.thick)):
            page.wait_for_timeout(REST_MS)
            took, spent = turned(page, str(profile))
            found.extend(took)
            self.cpu[name].append(spent)
            page.get_by_label("层块厚度").select_option("10")


def test_planes(
    serving: Serving, chromium: str, tmp_path_factory: pytest.TempPathFactory, figures: list[Figure]
) -> None:
    story, _files = the_case(serving)
    reader = story.desk("xunuo")
    assert story.case is not None
    wait_until(lambda: is_packed(reader, story.study_uid), 240)
    path = f"/read/{story.study_uid}?consult={story.case['consult_id']}"
    cookies = [
        {"name": name, "value": value, "domain": "127.0.0.1", "path": "/", "httpOnly": True}
        for name, value in reader.cookies.items()
    ]
    plain, by_software = Measured(), Measured()
    with ExitStack() as stack:
        stack.callback(story.stack.close)
        playwright = stack.enter_context(sync_playwright())
        for number, (measured, more) in enumerate([(plain, []), (by_software, CARD_BY_SOFTWARE)] * ROUNDS):
            profile = tmp_path_factory.mktemp(f"profile{number}")
            with new_browser(playwright, chromium, profile, more) as context:
                context.add_cookies(cookies)  # type: ignore[arg-type]
                page = context.pages[0]
                page.goto(f"{serving.url}{path}", wait_until="commit")
                waited(page, partial(page.evaluate, ALL_LOADED))
                measured.round(page, profile)
    figures += figures_of(plain)
    figures += [
        Figure(name=f"{one.name}; composed by OpenGL in software", measured=one.measured, unit=one.unit)
        for one in figures_of(by_software)
    ]
    for measured in (plain, by_software):
        assert len(measured.first) == ROUNDS
        assert len(measured.thin) == len(measured.thick) == ROUNDS * STEPS


def figures_of(measured: Measured) -> list[Figure]:
    """The figures as they stand in the table."""
    cpu = {name: round(statistics.median(values), 1) for name, values in measured.cpu.items()}
    thin, thick = (round(1000 / statistics.median(times), 1) for times in (measured.thin, measured.thick))
    first = measured.first
    return [
        Figure(
            name="first plane after the key, its program fetched",
            measured=round(statistics.median(first)),
            unit="ms",
            at_most=300,
            spread=f"{min(first):.0f} to {max(first):.0f}",
        ),
        Figure(name="oblique steps, two planes", measured=thin, unit="/s", at_least=20),
        Figure(name="oblique steps, two planes of a 10 mm MIP", measured=thick, unit="/s"),
        Figure(name="CPU of an oblique step", measured=cpu["thin"], unit="ms"),
        Figure(name="CPU of an oblique step, 10 mm MIP", measured=cpu["thick"], unit="ms"),
        Figure(name="CPU of turning one slice of the stack", measured=cpu["scroll"], unit="ms"),
    ]
