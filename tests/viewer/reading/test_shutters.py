"""Shutters against their definition, pixel by pixel."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tests.viewer.reading.test_image_form import a_set, an_image, only
from viewer.shutters import Shutter, covered, shutter_of

ROWS, COLUMNS = 12, 17


def a_shutter(**changes: Any) -> Shutter:
    return Shutter(**({"rectangle": None, "circle": None, "polygon": (), "level": 0} | changes))


def test_a_rectangle_of_an_image_is_read() -> None:
    form = only(
        an_image(
            t00181600="RECTANGULAR", t00181602=2, t00181604=5, t00181606=1, t00181608=4, t00181622=0xFFFF
        )
    )
    assert form.shutter == a_shutter(rectangle=(2, 5, 1, 4), level=255)


def test_several_shapes_are_read_together() -> None:
    found = shutter_of(
        a_set(
            {
                "00181600": ["CIRCULAR", "POLYGONAL"],
                "00181610": [6, 8],
                "00181612": 5,
                "00181620": [1, 1, 1, 9, 9, 9],
            }
        )
    )
    assert found == a_shutter(circle=(6, 8, 5), polygon=((1, 1), (1, 9), (9, 9)))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"00181602": 2, "00181604": 5, "00181606": 1, "00181608": 4},
        {"00181600": "RECTANGULAR", "00181602": 2},
        {"00181600": "CIRCULAR", "00181610": [6, 8]},
        {"00181600": "POLYGONAL", "00181620": [1, 1, 2, 2]},
        {"00181600": "BITMAP"},
    ],
)
def test_what_cannot_be_drawn_is_none(values: dict[str, Any]) -> None:
    assert shutter_of(a_set(values)) is None


@given(
    left=st.integers(-3, 20),
    right=st.integers(-3, 20),
    row=st.integers(-3, 20),
    column=st.integers(-3, 20),
    radius=st.integers(0, 12),
)
def test_only_what_lies_in_every_shape_is_seen(
    left: int, right: int, row: int, column: int, radius: int
) -> None:
    shutter = a_shutter(rectangle=(left, right, 2, 10), circle=(row, column, radius))
    found = covered(shutter, ROWS, COLUMNS)
    for down in range(1, ROWS + 1):
        for across in range(1, COLUMNS + 1):
            seen = left < across < right and 2 < down < 10
            seen = seen and math.hypot(down - row, across - column) <= radius
            assert found[down - 1, across - 1] != seen


def test_a_polygon_holds_what_is_within_its_edges() -> None:
    square = covered(a_shutter(polygon=((3, 4), (3, 9), (8, 9), (8, 4))), ROWS, COLUMNS)
    assert not square[3:7, 4:8].any()
    outside = np.ones((ROWS, COLUMNS), bool)
    outside[2:8, 3:9] = False
    assert square[outside].all()
    triangle = covered(a_shutter(polygon=((1, 1), (12, 1), (12, 17))), ROWS, COLUMNS)
    assert not triangle[10, 2]
    assert triangle[1, 14]
