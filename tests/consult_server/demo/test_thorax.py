"""The analytic thorax: shapes that hold what they say, organs where anatomy has them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from consult_server.demo import thorax
from consult_server.demo.thorax import Field, Wobble, cover, crop, ellipse, fill, nearest, rod

STILL = Wobble((0.0,) * 6, reach_mm=0.0)
COORDINATE = st.floats(-150, 150)


def at(value: float) -> Field:
    return np.array([[value]], np.float32)


def plane(z: float, wobble: Wobble = STILL) -> tuple[Field, Field, Field]:
    """A slice of whole millimetres with its axes."""
    x = np.arange(-180.0, 181.0, dtype=np.float32)[None, :]
    y = np.arange(-130.0, 131.0, dtype=np.float32)[:, None]
    tissue = thorax.soft_tissue(x, y, z, wobble)
    thorax.bones(tissue, x, y, z)
    return tissue, x, y


def value(z: float, x: float, y: float, reach: int = 2) -> float:
    """Median Hounsfield units around a point."""
    tissue, _, _ = plane(z)
    row, column = round(y) + 130, round(x) + 180
    return float(np.median(tissue[row - reach : row + reach + 1, column - reach : column + reach + 1]))


@given(st.floats(0, 2 * np.pi), st.floats(5, 80), st.floats(5, 80))
def test_the_border_of_an_ellipse_is_its_edge(angle: float, half_x: float, half_y: float) -> None:
    x, y = half_x * np.cos(angle), half_y * np.sin(angle)
    assert abs(float(ellipse(at(x), at(y), half_x, half_y)[0, 0])) < 1e-3 * max(half_x, half_y)
    assert ellipse(at(0.9 * x), at(0.9 * y), half_x, half_y)[0, 0] < 0
    assert ellipse(at(1.1 * x), at(1.1 * y), half_x, half_y)[0, 0] > 0


@given(COORDINATE, COORDINATE, COORDINATE, COORDINATE, st.floats(0, 1), st.floats(0.5, 20))
def test_a_rod_lies_around_its_line(
    ax: float, ay: float, bx: float, by: float, share: float, radius: float
) -> None:
    if np.hypot(bx - ax, by - ay) < 1:
        return
    x, y = ax + share * (bx - ax), ay + share * (by - ay)
    assert float(rod(at(x), at(y), (ax, ay), (bx, by), radius)[0, 0]) == pytest.approx(-radius, abs=0.02)


@given(st.floats(-5, 5))
def test_a_border_is_shared_by_the_pixels_that_it_cuts(edge: float) -> None:
    inside, outside = float(cover(at(edge))[0, 0]), float(cover(at(-edge))[0, 0])
    assert 0 <= inside <= 1
    assert inside + outside == pytest.approx(1, abs=1e-6)
    tissue = np.full((1, 1), -1000, np.float32)
    fill(tissue, at(edge), 60.0)
    assert float(tissue[0, 0]) == pytest.approx(-1000 + 1060 * inside, abs=0.01)


def test_what_any_shape_holds_the_nearest_holds() -> None:
    assert nearest(at(3.0), at(-2.0), at(9.0))[0, 0] == -2


def test_a_crop_is_a_view_of_the_plane() -> None:
    tissue, x, y = plane(0.0)
    part, part_x, part_y = crop(tissue, x, y, 40.0, -20.0, 60.0)
    assert (part_x.min(), part_x.max(), part_y.min(), part_y.max()) == (-40, 39, -20, 59)
    part[:] = 7
    assert tissue[130, 180] == 7
    assert part.shape == (part_y.size, part_x.size)


@given(st.integers(0, 2**32 - 1), COORDINATE, COORDINATE, st.floats(-150, 150))
def test_tissue_wobbles_within_its_reach(seed: int, x: float, y: float, z: float) -> None:
    wobble = Wobble.from_seed(np.random.default_rng(seed))
    moved_x, moved_y = wobble(at(x), at(y), z)
    most = wobble.reach_mm * 1.2 + 1e-3
    assert abs(float(moved_x[0, 0]) - x) <= most
    assert abs(float(moved_y[0, 0]) - y) <= most


ORGANS = [
    ("air before the chest", 0.0, 0.0, -125.0, -1001, -990),
    ("trachea", 80.0, -4.0, 8.0, -1000, -950),
    ("right lung", 0.0, -80.0, 0.0, -900, -780),
    ("left lung", 20.0, 85.0, 10.0, -900, -780),
    ("descending aorta", 0.0, 22.0, 39.0, 30, 60),
    ("ascending aorta", 24.0, -14.0, -22.0, 30, 60),
    ("heart", -42.0, 26.0, -24.0, 30, 60),
    ("liver", -110.0, -70.0, 0.0, 50, 70),
    ("fluid in the stomach", -122.0, 66.0, -15.0, 0, 15),
    ("air in the stomach", -122.0, 66.0, -55.0, -1000, -900),
    ("spinal canal", 0.0, 0.0, 75.0, 10, 40),
    ("fat under the skin", 0.0, 0.0, -104.0, -115, -60),
]


@pytest.mark.parametrize("name, z, x, y, low, high", ORGANS, ids=[organ[0] for organ in ORGANS])
def test_organs_lie_where_anatomy_has_them(
    name: str, z: float, x: float, y: float, low: float, high: float
) -> None:
    assert low <= value(z, x, y) <= high, name


def test_the_right_diaphragm_stands_higher_than_the_left() -> None:
    heights = thorax.diaphragm_height(
        np.array([-70.0, 76.0], np.float32), np.array([-12.0, -12.0], np.float32)
    )
    assert heights[0] - heights[1] == pytest.approx(13.0)
    assert heights.max() <= thorax.DIAPHRAGM_TOP_MM


def test_no_lung_lies_in_heart_spine_or_outside_the_ribs() -> None:
    x = np.arange(-160.0, 161.0, 4.0, dtype=np.float32)[None, :]
    y = np.arange(-110.0, 111.0, 4.0, dtype=np.float32)[:, None]
    for z in np.arange(-120.0, 121.0, 20.0).tolist():
        lung = thorax.lung_edge(x, y, z) < 0
        assert not (lung & (thorax.heart_edge(x, y, z) < 0)).any()
        assert not (lung & (thorax.chest_edge(x, y, z) > 0)).any()
        assert not (lung & (np.abs(x) < 1.3)).any(), "both lungs are apart in the middle"


def test_lungs_end_below_and_above_the_chest() -> None:
    x = np.arange(-160.0, 161.0, 4.0, dtype=np.float32)[None, :]
    y = np.arange(-110.0, 111.0, 4.0, dtype=np.float32)[:, None]
    areas = {z: int((thorax.lung_edge(x, y, z) < 0).sum()) for z in (-160.0, -60.0, 0.0, 60.0, 135.0)}
    assert areas[135.0] < areas[60.0] < areas[0.0]
    assert areas[-160.0] < areas[-60.0] < areas[0.0]
    assert areas[0.0] * 16 / 100 > 200, "square centimetres of both lungs at the hilum"
