"""Display shutters (PS3.3 C.7.6.11): what lies outside of them is covered. Pure."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from viewer.attributes import Attributes, integer, numbers, texts

VERTICES_MIN, VERTICES_MAX = 3, 1024
WORD_TO_BYTE = 8


class Shutter(BaseModel):
    """The shapes that all have to hold a pixel that is seen; rows and columns count from 1.

    `rectangle`: left and right column, upper and lower row, of the outermost pixels seen. `circle`: row,
    column, radius. `polygon`: row and column of each vertex. `level`: the grey of what is covered, in 8 bits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rectangle: tuple[float, float, float, float] | None
    circle: tuple[float, float, float] | None
    polygon: tuple[tuple[float, float], ...]
    level: int


def shutter_of(data: Attributes) -> Shutter | None:
    """The shutter of an image; None when it has none that can be drawn."""
    shapes = set(texts(data, "00181600"))
    rectangle = [number for tag in RECTANGLE for number in numbers(data, tag)[:1]]
    circle = numbers(data, "00181610")[:2] + numbers(data, "00181612")[:1]
    corners = numbers(data, "00181620")
    vertices = tuple(zip(corners[::2], corners[1::2], strict=False))
    made = Shutter(
        rectangle=_four(rectangle) if "RECTANGULAR" in shapes else None,
        circle=_three(circle) if "CIRCULAR" in shapes else None,
        polygon=vertices if "POLYGONAL" in shapes and VERTICES_MIN <= len(vertices) <= VERTICES_MAX else (),
        level=max(0, min(0xFFFF, integer(data, "00181622") or 0)) >> WORD_TO_BYTE,
    )
    return made if made.rectangle or made.circle or made.polygon else None


RECTANGLE = ("00181602", "00181604", "00181606", "00181608")
"""Left and right vertical edge, upper and lower horizontal edge."""


def _four(found: Sequence[float]) -> tuple[float, float, float, float] | None:
    return (found[0], found[1], found[2], found[3]) if len(found) == 4 else None  # noqa: PLR2004 - edges


def _three(found: Sequence[float]) -> tuple[float, float, float] | None:
    return (found[0], found[1], found[2]) if len(found) == 3 else None  # noqa: PLR2004 - row, column, radius


def covered(shutter: Shutter, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Which pixels are covered."""
    down, across = np.mgrid[1 : rows + 1, 1 : columns + 1]
    seen = np.ones((rows, columns), np.bool_)
    if shutter.rectangle is not None:
        left, right, upper, lower = shutter.rectangle
        seen &= (across > left) & (across < right) & (down > upper) & (down < lower)
    if shutter.circle is not None:
        row, column, radius = shutter.circle
        seen &= (down - row) ** 2 + (across - column) ** 2 <= radius**2
    if shutter.polygon:
        seen &= _inside(shutter.polygon, down, across)
    return np.asarray(~seen)


def _inside(
    polygon: Sequence[tuple[float, float]], down: npt.NDArray[np.int_], across: npt.NDArray[np.int_]
) -> npt.NDArray[np.bool_]:
    """By the parity of edges that a line to the right crosses."""
    inside = np.zeros(down.shape, np.bool_)
    for (row, column), (next_row, next_column) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if row == next_row:
            continue
        crosses = (row > down) != (next_row > down)
        at = column + (next_column - column) * (down - row) / (next_row - row)
        inside ^= crosses & (across < at)
    return inside
