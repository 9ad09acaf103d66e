"""Pictures of the running product, taken anew when LIANZHEN_PICTURES says so; one is in both READMEs."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from consult_server.demo import cast
from consult_server.demo.ct import COLUMNS, LUNG, MEDIASTINUM, NODULE, PIXEL_MM, chest_ct
from tests.e2e.reading import ACQUIRED_AT, SLICES, View, a_case, open_reading, pane
from tests.fixtures.browser import DESK, PHONE, Visit, mark
from tests.fixtures.serving import Serving

pytestmark = pytest.mark.timeout(200)
PATIENT = cast.patient("P12")
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "static" / "docs"
PICTURE = DOCS / "reading.png"
BYTES_MAX = 300_000
COLOURS, FEW_COLOURS = 256, 48
# Less than a scanner's, so that the picture stays small.
NOISE_HU = 9.0
FINDINGS = (
    "胸廓对称，气管居中。左肺下叶后基底段见实性结节，大小约9.6×8.6 mm，边界清楚，较前（5.8 mm）增大；"
    "余双肺散在微小结节。纵隔未见肿大淋巴结，双侧胸腔未见积液。"
)
IMPRESSION = "左肺下叶结节较前增大（约9.1 mm，前5.8 mm）。余双肺散在微小结节。"
ADVICE = "建议增强CT或PET-CT，胸外科就诊。"


def test_the_readme_shows_a_ct_with_the_report_beside_it(
    serving: Serving, window: Callable[..., Visit]
) -> None:
    scan = chest_ct(
        PATIENT,
        accession="SQ26CT0105",
        acquired_at=ACQUIRED_AT,
        slices=SLICES,
        institution=cast.TOWNSHIP.name,
        series=(replace(LUNG, noise_hu=NOISE_HU), MEDIASTINUM),
    )
    page = open_reading(window(), serving, a_case(serving, scan, PATIENT))
    mark(page, "lianzhen:series-loaded")
    measure_the_nodule(page)
    write(page)
    taken(page, PICTURE, DESK, COLOURS)
    with Image.open(PICTURE) as shown:
        assert shown.size == (DESK["width"], DESK["height"])
    assert PICTURE.stat().st_size <= BYTES_MAX
    for readme in ("README.md", "README.zh-CN.md"):
        assert "(static/docs/reading.png)" in (ROOT / readme).read_text()


def taken(page: Page, path: Path, size: dict[str, int], colours: int) -> None:
    """Keep what the page shows, where that was asked for; it has this size and is small."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    assert picture.size == (size["width"], size["height"])
    small = io.BytesIO()
    picture.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    assert len(small.getvalue()) <= BYTES_MAX
    if os.environ.get("LIANZHEN_PICTURES"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(small.getvalue())


def test_the_layouts_are_shown(serving: Serving, window: Callable[..., Visit]) -> None:
    """Two linked series, the tools, the display check, and a phone."""
    scan = chest_ct(
        PATIENT,
        accession="SQ26CT0106",
        acquired_at=ACQUIRED_AT,
        slices=12,
        institution=cast.TOWNSHIP.name,
        series=(replace(LUNG, noise_hu=NOISE_HU), replace(MEDIASTINUM, noise_hu=NOISE_HU)),
    )
    case = a_case(serving, scan, PATIENT)
    page = open_reading(window(), serving, case)
    mark(page, "lianzhen:series-loaded")
    view = View(page)
    view.canvas.focus()
    page.keyboard.press("g")
    expect(page.locator("[data-viewport]")).to_have_count(2)
    view.canvas.focus()
    page.keyboard.press("y")
    expect(page.locator("[data-viewport] .corners").nth(1)).to_contain_text("同步")
    expect(page.locator("[data-viewport] .corners").nth(1)).to_contain_text("已载入 12/12")
    taken(page, DOCS / "linked.png", DESK, FEW_COLOURS)
    page.get_by_role("button", name="显示器检查").click()
    expect(page.get_by_role("dialog", name="显示器检查").get_by_label("检查图")).to_be_visible()
    taken(page, DOCS / "display-check.png", DESK, FEW_COLOURS)
    phone = open_reading(window(PHONE), serving, case)
    mark(phone, "lianzhen:series-loaded")
    taken(phone, DOCS / "phone.png", PHONE, FEW_COLOURS)


def measure_the_nodule(page: Page) -> None:
    """Go to the nodule's slice and draw its long diameter."""
    view = View(page)
    view.canvas.focus()
    page.keyboard.press("Home")
    while view.figures("位置 (−?[0-9]+)")[0] > NODULE.z_mm:
        page.keyboard.press("ArrowDown")
    page.keyboard.press("l")
    _, _, width, height = view.box()
    side = min(width, height)
    per_mm = side / (COLUMNS * PIXEL_MM)
    half = COLUMNS * PIXEL_MM / 2
    x = (width - side) / 2 + (NODULE.x_mm - NODULE.long_mm / 2 + half) * per_mm
    y = (height - side) / 2 + (NODULE.y_mm + half) * per_mm
    view.drag((x, y), (NODULE.long_mm * per_mm, 0))
    page.keyboard.press("w")


def write(page: Page) -> None:
    """The report that belongs to this picture, saved."""
    report = pane(page)
    report.get_by_label("影像所见", exact=True).fill(FINDINGS)
    report.get_by_label("诊断意见", exact=True).fill(IMPRESSION)
    report.get_by_role("radio", name="阳性").click()
    report.get_by_label("建议", exact=True).fill(ADVICE)
    expect(report.get_by_text("已保存")).to_be_visible()
    report.get_by_label("影像所见", exact=True).scroll_into_view_if_needed()
    page.mouse.move(0, 0)
