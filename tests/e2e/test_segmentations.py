"""A segmentation and a structure set over a CT: seen where they lie, gone when hidden, right when turned."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset

from consult_server.demo import cast
from consult_server.demo.ct import COLUMNS, LUNG, PIXEL_MM, SPACING_DEFAULT_MM, Reconstruction, chest_ct
from tests.e2e.reading import ACQUIRED_AT, Reading, View, a_case, open_reading
from tests.factories.outlined import (
    RED_LAB,
    Drawn,
    Grid,
    Labelled,
    Named,
    Patch,
    a_label_map,
    a_segmentation,
    a_structure_set,
    begun,
)
from tests.fixtures.browser import Visit, mark
from tests.fixtures.screens import axe_faults
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until
from tests.viewer.objects.filings import attributes
from viewer.objects.colours import cielab_colour

pytestmark = pytest.mark.timeout(300)
PATIENT = cast.patient("P08")
QUIET = Reconstruction(1, LUNG.description, LUNG.kernel, LUNG.presets, 0.0, LUNG.grain_pixels)
SLICES, MASKED = 6, (0, 1, 2)
HALF = COLUMNS // 2
TOP, BOTTOM, LEFT, RIGHT = 60, 110, 30, 90
"""Rows and columns of the mask, in a grid of pixels twice as large as the image's."""
BOX = (150.0, 300.0, 210.0, 380.0)
"""Left, top, right and bottom of the contour, in points of the image."""
LABELLED, SIDE, SQUARES = 4, 30, ((150, 256), (250, 256))
"""The slice of the label map, half a side of its two squares, and their middles."""
PALETTE = [(0, 0, 0)] * 2 + [(0, 255, 0)] + [(0, 0, 0)] * 4 + [(255, 0, 255)]
MARROW, ORGAN = Named(label="骨髓"), Named(label="器官", algorithm="SEMIAUTOMATIC")
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
BLUE, FILL = (0, 128, 255), 0.35
NEAR = 12
NET = Named(label="肺结节", algorithm="AUTOMATIC", name="NoduleNet", version="3.2", colour=RED_LAB)
Colour = tuple[int, int, int]


def place_of(image: Dataset, x: float, y: float) -> tuple[float, float, float]:
    """Where a point of an image lies; its points count from the corner of its first pixel."""
    left, top, height = (float(one) for one in image.ImagePositionPatient)
    return left + (x - 0.5) * PIXEL_MM, top + (y - 0.5) * PIXEL_MM, height


def a_plan(study: Dataset) -> Dataset:
    """A radiotherapy plan: an object of which the page has nothing to show."""
    made = begun(PLAN, "RTPLAN", study)
    made.SeriesDescription, made.RTPlanLabel = "放疗计划一", "PLAN1"
    return made


def numbers() -> npt.NDArray[np.uint8]:
    """A label map of two squares beside each other."""
    found = np.zeros((COLUMNS, COLUMNS), np.uint8)
    (x, y), (u, v) = SQUARES
    found[y - SIDE : y + SIDE, x - SIDE : x + SIDE] = 2
    found[v - SIDE : v + SIDE, u - SIDE : u + SIDE] = 7
    return found


def outlines(scan: list[Dataset]) -> list[Dataset]:
    """A mask on the first slices in a coarser grid, a contour on the second, a label map, and their plan."""
    pixels = np.zeros((HALF, HALF), np.uint8)
    pixels[TOP:BOTTOM, LEFT:RIGHT] = 1
    space = str(scan[0].FrameOfReferenceUID)
    patches = [Patch(segment=1, pixels=pixels, position=place_of(scan[i], 1, 1)) for i in MASKED]
    grid = Grid(spacing_mm=(2 * PIXEL_MM, 2 * PIXEL_MM), frame_of_reference_uid=space)
    left, top, right, bottom = BOX
    fine = Grid(spacing_mm=(PIXEL_MM, PIXEL_MM), frame_of_reference_uid=space)
    numbered = [Patch(segment=0, pixels=numbers(), position=place_of(scan[LABELLED], 0.5, 0.5))]
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    contour = Drawn(points=[place_of(scan[1], x, y) for x, y in corners])
    ptv = Named(label="PTV", colour=BLUE)
    first, series = scan[0], str(scan[0].SeriesInstanceUID)
    return [
        a_segmentation(patches, [NET], grid=grid, study=first, series=series),
        a_structure_set([contour], [ptv], frame_of_reference_uid=space, study=first, series=series),
        a_label_map(
            numbered,
            {2: MARROW, 7: ORGAN},
            form=Labelled(palette=PALETTE),
            grid=fine,
            study=first,
            series=series,
        ),
        a_plan(first),
    ]


@pytest.fixture(scope="module")
def chest(serving: Serving) -> Reading:
    """A CT of six slices with both, assigned to 许诺."""
    scan = list(
        chest_ct(
            PATIENT, accession="E2ESEG", acquired_at=ACQUIRED_AT, slices=SLICES, series=(QUIET,), seed=31
        )
    )
    return a_case(serving, [*scan, *outlines(scan)], PATIENT)


@dataclass(frozen=True)
class Sight:
    """The picture as it is seen, with all that lies over it."""

    page: Page
    view: View

    def at(self, x: float, y: float, *, flipped: bool = False, quarters: int = 0) -> tuple[int, int]:
        """Where a point of the fitted image is on the page, flipped, then turned clockwise."""
        left, top, width, height = self.view.page.locator("[data-viewport]").first.evaluate(
            "one => { const { left, top } = one.getBoundingClientRect();"
            " return [left + one.clientLeft, top + one.clientTop, one.clientWidth, one.clientHeight]; }"
        )
        across, down = x - COLUMNS / 2, y - COLUMNS / 2
        across = -across if flipped else across
        for _ in range(quarters):
            across, down = -down, across
        scale = min(width, height) / COLUMNS
        return round(left + width / 2 + across * scale), round(top + height / 2 + down * scale)

    def pixels(self) -> Image.Image:
        """The page as a picture."""
        return Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")

    def colour(self, x: float, y: float, *, flipped: bool = False, quarters: int = 0) -> Colour:
        """What is seen in a point of the image."""
        found = self.pixels().getpixel(self.at(x, y, flipped=flipped, quarters=quarters))
        assert isinstance(found, tuple)
        return found[0], found[1], found[2]

    def around(self, x: float, y: float, *, flipped: bool = False, quarters: int = 0) -> list[Colour]:
        """What is seen in a point of the image and beside it."""
        picture, (left, top) = self.pixels(), self.at(x, y, flipped=flipped, quarters=quarters)
        part = picture.crop((left - 2, top - 2, left + 3, top + 3))
        return [part.getpixel((i, j)) for i in range(5) for j in range(5)]  # type: ignore[misc]


def near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= NEAR for a, b in zip(one, other, strict=True))


def over(below: Colour, colour: Colour, fill: float) -> Colour:
    """A colour of some opacity over another."""
    red, green, blue = (round(a * (1 - fill) + b * fill) for a, b in zip(below, colour, strict=True))
    return red, green, blue


def is_lined(sight: Sight, at: tuple[float, float], *, flipped: bool = False) -> bool:
    """Whether a line of the contour's colour runs there; its edges are mixed with what lies below."""
    near_it = sight.around(*at, flipped=flipped)
    return any(one[2] - one[0] > (BLUE[2] - BLUE[0]) / 3 and one[2] > BLUE[2] / 2 for one in near_it)


def is_seen(sight: Sight, point: tuple[int, int], colour: Colour) -> bool:
    """Whether a point of the image has about this colour."""
    return near(sight.colour(*point), colour)


def red() -> Colour:
    """The colour that the segment recommends."""
    told = cielab_colour(attributes(t0062000D=list(RED_LAB)), "0062000D")
    return int(told[1:3], 16), int(told[3:5], 16), int(told[5:7], 16)


INSIDE = (LEFT + RIGHT, TOP + BOTTOM)
"""The middle of the mask in points of the image: a pixel of its grid is two of the image's."""
JUST_IN, JUST_OUT = (2 * RIGHT - 6, 2 * TOP + 6), (2 * RIGHT + 6, 2 * TOP - 6)


def listed(page: Page) -> Locator:
    """The list of what is outlined."""
    return page.get_by_role("region", name="分割与结构集")


def opened(window: Callable[..., Visit], serving: Serving, chest: Reading) -> tuple[Page, Sight]:
    """The page with the list open, at the second slice."""
    page = open_reading(window(), serving, chest)
    mark(page, "lianzhen:series-loaded")
    sight = Sight(page, View(page))
    sight.view.canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("q")
    expect(listed(page)).to_contain_text("LIVER")
    return page, sight


def test_the_rail_lists_what_can_be_read_and_the_list_of_objects_all_else(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, _ = opened(window, serving, chest)
    rail = page.get_by_role("navigation", name="序列")
    expect(rail.locator(":scope > ul").get_by_role("button")).to_have_count(1)
    expect(rail.get_by_role("button", name=f"{LUNG.description} {SLICES} 幅")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(rail.locator(".head")).to_have_text(f"本次{SLICES}")
    expect(rail.locator(".head")).to_have_attribute("title", f"1 个序列，{SLICES} 幅图像")
    expect(page.get_by_role("region", name="其他对象（此处不能显示）")).to_contain_text("放疗计划一")
    page.keyboard.press("Escape")
    assert axe_faults(page) == []


def test_a_mask_is_seen_where_it_lies_and_follows_the_picture(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, sight = opened(window, serving, chest)
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if "/segmentations/" in one.url else None)
    bare = {point: sight.colour(*point) for point in (INSIDE, JUST_IN, JUST_OUT)}
    expect(listed(page)).to_contain_text("自动分割，未经医生确认")
    expect(listed(page)).to_contain_text("NoduleNet 3.2")
    assert fetched == []
    listed(page).get_by_role("button", name="显示 LIVER").click()
    filled = over(bare[INSIDE], red(), FILL)
    wait_until(lambda: near(sight.colour(*INSIDE), filled))
    assert near(sight.colour(*JUST_IN), over(bare[JUST_IN], red(), FILL))
    assert near(sight.colour(*JUST_OUT), bare[JUST_OUT])
    assert len(fetched) == 2
    assert axe_faults(page) == []
    opacity = listed(page).get_by_role("slider", name="填充不透明度：LIVER")
    opacity.fill("80")
    wait_until(lambda: near(sight.colour(*INSIDE), over(bare[INSIDE], red(), 0.8)))
    page.keyboard.press("q")
    expect(listed(page)).to_have_count(0)
    turned(page, sight)
    page.keyboard.press("q")
    listed(page).get_by_role("button", name="隐藏 LIVER").click()
    wait_until(lambda: near(sight.colour(*INSIDE), bare[INSIDE]))
    assert len(fetched) == 2


def test_each_number_of_a_label_map_is_a_mask_of_its_own(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, sight = opened(window, serving, chest)
    first, second = SQUARES
    between = ((first[0] + second[0]) // 2, first[1])
    card = listed(page).get_by_role("listitem").filter(has_text="LABELS")
    sight.view.canvas.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    wait_until(lambda: sight.view.slice() == LABELLED + 1)
    bare = {point: sight.colour(*point) for point in (first, second, between)}
    listed(page).get_by_role("button", name="显示 LABELS").click()
    expect(card.first).to_contain_text("半自动分割，未经医生确认")
    for point, number in ((first, 2), (second, 7)):
        wait_until(partial(is_seen, sight, point, over(bare[point], PALETTE[number], FILL)))
    assert near(sight.colour(*between), bare[between])
    listed(page).get_by_role("button", name="隐藏 器官").click()
    wait_until(lambda: near(sight.colour(*second), bare[second]))
    assert near(sight.colour(*first), over(bare[first], PALETTE[2], FILL))
    sight.view.canvas.focus()
    page.keyboard.press("Home")
    listed(page).get_by_role("button", name="骨髓").first.press("Enter")
    wait_until(lambda: sight.view.slice() == LABELLED + 1)


def ends(page: Page, name: str, colour: Colour) -> tuple[list[int], list[int], tuple[int, int]]:
    """The columns and the rows of a plane in which a segment's edge is seen, and the plane's own size."""
    found = page.locator(f'[data-plane="{name}"] canvas').evaluate(
        """(canvas, wanted) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const [columns, rows] = [new Set(), new Set()];
            for (let i = 0; i < width * height; i++) {
                if (!wanted.every((one, k) => data[4 * i + k] === one)) continue;
                columns.add(i % width);
                rows.add(Math.floor(i / width));
            }
            return [[...columns], [...rows], width, height];
        }""",
        list(colour),
    )
    return sorted(found[0]), sorted(found[1]), (found[2], found[3])


def test_masks_are_seen_on_reconstructed_planes_too(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, _ = opened(window, serving, chest)
    for name in ("LIVER", "LABELS"):
        listed(page).get_by_role("button", name=f"显示 {name}").click()
        expect(listed(page).get_by_role("button", name=f"隐藏 {name}")).to_be_visible()
    page.keyboard.press("q")
    page.keyboard.press("m")
    axial = page.locator('[data-plane="axial"]')
    expect(axial).to_contain_text("叠加分割")
    wait_until(lambda: ends(page, "axial", red())[0] and axial.get_attribute("data-whole") == "true", 40)
    columns, rows, (width, height) = ends(page, "axial", red())
    scale = min(width, height) / COLUMNS
    for found, (low, high), side in ((columns, (LEFT, RIGHT), width), (rows, (TOP, BOTTOM), height)):
        assert found[0] == pytest.approx(side / 2 + (2 * low - COLUMNS / 2) * scale, abs=2)
        assert found[-1] == pytest.approx(side / 2 + (2 * high - COLUMNS / 2) * scale, abs=2)
    assert ends(page, "axial", PALETTE[2])[0] == [], "the label map lies on another slice"
    stacked(page)
    hidden_from_the_list(page)


def test_contours_are_seen_on_reconstructed_planes_as_their_edges(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, _ = opened(window, serving, chest)
    listed(page).get_by_role("button", name="显示 计划一").click()
    expect(listed(page).get_by_role("button", name="隐藏 计划一")).to_be_visible()
    page.keyboard.press("q")
    page.keyboard.press("m")
    axial = page.locator('[data-plane="axial"]')
    expect(axial).to_contain_text("叠加分割或轮廓")
    wait_until(lambda: ends(page, "axial", BLUE)[0] and axial.get_attribute("data-whole") == "true", 40)
    columns, rows, (width, height) = ends(page, "axial", BLUE)
    scale = min(width, height) / COLUMNS
    left, top, right, bottom = BOX
    for found, (low, high), side in ((columns, (left, right), width), (rows, (top, bottom), height)):
        assert found[0] == pytest.approx(side / 2 + (low - COLUMNS / 2) * scale, abs=2)
        assert found[-1] == pytest.approx(side / 2 + (high - COLUMNS / 2) * scale, abs=2)


def stacked(page: Page) -> None:
    """Upright planes cut the squares of the label map where they lie; a slab shows what occurs within it."""
    columns, rows, (width, _) = ends(page, "coronal", PALETTE[2])
    (middle, _), (other, _) = SQUARES
    scale = width / COLUMNS
    assert columns[0] == pytest.approx(width / 2 + (middle - SIDE - COLUMNS / 2) * scale, abs=2)
    assert ends(page, "coronal", PALETTE[7])[0][0] == pytest.approx(
        width / 2 + (other - SIDE - COLUMNS / 2) * scale, abs=2
    )
    assert columns[-1] - columns[0] == pytest.approx(2 * SIDE * scale, abs=2)
    assert rows[-1] - rows[0] == pytest.approx(SPACING_DEFAULT_MM / PIXEL_MM * scale, abs=2)
    page.get_by_label("层块厚度").select_option("60")
    wait_until(lambda: ends(page, "axial", PALETTE[2])[0], 40)
    assert ends(page, "axial", red())[0]


def hidden_from_the_list(page: Page) -> None:
    """The list is at hand over planes, and hides there what it hides on images."""
    page.locator('[data-plane="axial"] canvas').focus()
    page.keyboard.press("q")
    listed(page).get_by_role("button", name="隐藏 器官").click()
    wait_until(lambda: ends(page, "coronal", PALETTE[7])[0] == [])
    assert ends(page, "coronal", PALETTE[2])[0]
    for name in ("LIVER", "LABELS"):
        listed(page).get_by_role("button", name=f"隐藏 {name}").click()
    expect(page.locator('[data-plane="axial"]')).not_to_contain_text("叠加分割")
    wait_until(lambda: ends(page, "coronal", PALETTE[2])[0] == [])
    assert axe_faults(page) == []


def turned(page: Page, sight: Sight) -> None:
    """The mask goes where the picture goes: flipped, turned, and on slices that it is not on, nowhere."""
    strong = over((0, 0, 0), red(), 0.8)
    red_enough = strong[0] - NEAR

    def is_red(colour: Colour) -> bool:
        return colour[0] >= red_enough and colour[0] > 2 * max(colour[1:])

    sight.view.canvas.focus()
    assert is_red(sight.colour(*JUST_IN))
    page.keyboard.press("h")
    wait_until(lambda: is_red(sight.colour(*JUST_IN, flipped=True)))
    assert not is_red(sight.colour(*JUST_OUT, flipped=True))
    assert not is_red(sight.colour(*INSIDE))
    page.keyboard.press("r")
    wait_until(lambda: is_red(sight.colour(*JUST_IN, flipped=True, quarters=1)))
    assert not is_red(sight.colour(*JUST_OUT, flipped=True, quarters=1))
    page.keyboard.press("Space")
    wait_until(lambda: is_red(sight.colour(*JUST_IN)))
    page.keyboard.press("End")
    wait_until(lambda: not is_red(sight.colour(*INSIDE)))
    page.keyboard.press("Home")
    wait_until(lambda: is_red(sight.colour(*INSIDE)))
    page.keyboard.press("ArrowDown")


def test_parts_are_gone_to_and_hidden_by_keys(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, sight = opened(window, serving, chest)
    sight.view.canvas.focus()
    page.keyboard.press("End")
    bare = sight.colour(*INSIDE)
    button = listed(page).get_by_role("button", name="显示 LIVER")
    button.focus()
    page.keyboard.press("Enter")
    part = listed(page).get_by_role("button", name="肺结节").first
    part.focus()
    page.keyboard.press("Enter")
    middle = MASKED[len(MASKED) // 2] + 1
    wait_until(lambda: sight.view.slice() == middle)
    wait_until(lambda: sight.colour(*INSIDE)[0] > bare[0] + math.floor(FILL * 100))
    shown = sight.colour(*INSIDE)
    listed(page).get_by_role("button", name="隐藏 肺结节").press("Enter")
    wait_until(lambda: sight.colour(*INSIDE)[0] < shown[0] - math.floor(FILL * 100))


def test_contours_are_seen_as_lines_on_their_slice(
    serving: Serving, window: Callable[..., Visit], chest: Reading
) -> None:
    page, sight = opened(window, serving, chest)
    left, top, right, bottom = BOX
    edges = [((left + right) / 2, top), ((left + right) / 2, bottom), (left, (top + bottom) / 2)]
    middle = ((left + right) / 2, (top + bottom) / 2)
    bare = sight.colour(*middle)
    expect(listed(page)).to_contain_text("未批准")
    listed(page).get_by_role("button", name="显示 计划一").click()
    for edge in edges:
        wait_until(partial(is_lined, sight, edge))
    assert near(sight.colour(*middle), bare)
    page.keyboard.press("q")
    sight.view.canvas.focus()
    page.keyboard.press("h")
    for edge in edges:
        wait_until(partial(is_lined, sight, edge, flipped=True))
    page.keyboard.press("ArrowDown")
    wait_until(lambda: not is_lined(sight, edges[0], flipped=True))
