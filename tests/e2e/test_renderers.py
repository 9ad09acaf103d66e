"""The two renderers of the reading station in a real browser: their pixels are the same, all of them."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from config.prepare import node_folder
from tests.fixtures.samples import REPOSITORY

STATIC = REPOSITORY / "static"
PROGRAM = REPOSITORY / "tests" / "static" / "reading" / "renderers.ts"
WEBGL = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PIXELS = 37 * 29


@pytest.fixture(scope="module")
def page(chromium: str, playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """An empty page with both renderers in it, in a browser that has WebGL without a graphics card."""
    bundle = tmp_path_factory.mktemp("renderers") / "renderers.js"
    rolldown = STATIC / "node_modules" / "rolldown" / "bin" / "cli.mjs"
    command = [node_folder() / "node", rolldown, PROGRAM, "--format", "iife", "--file", bundle]
    subprocess.run(list(map(str, command)), check=True, cwd=STATIC, capture_output=True, timeout=120)
    browser = playwright.chromium.launch(executable_path=chromium, args=WEBGL)
    opened = browser.new_page()
    opened.add_script_tag(content=Path(bundle).read_text("utf-8"))
    yield opened
    browser.close()


def test_both_renderers_paint_the_same_pixels(page: Page) -> None:
    differing = page.evaluate("compareRenderers()")
    assert len(differing) == 2 * 2 * 7 * 2
    assert {name: count for name, count in differing.items() if count} == {}


def test_a_wrong_table_would_be_seen(page: Page) -> None:
    """What compares can tell: another inversion gives other pixels."""
    assert page.evaluate("compareRenderers(true)['16 bits']") > PIXELS // 2
