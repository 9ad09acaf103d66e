"""Marks as the graphics of PS3.3: polylines, ellipses and points in the image's own pixels. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from viewer.objects.marked import Mark, Point

GraphicType = Literal["POINT", "POLYLINE", "ELLIPSE"]
HEAD_SHARE, HEAD_PIXELS_MAX, HEAD_SPREAD = 0.3, 16.0, 0.4
DRAWN: Final = frozenset(
    {
        "length",
        "angle",
        "cobb",
        "ellipse",
        "rectangle",
        "bidirectional",
        "probe",
        "arrow",
        "text",
        "ratio",
        "spine",
    }
)
MEASURED: Final = DRAWN - {"arrow", "text", "spine"}
KEY: Final = "key"
POINTS: Final = frozenset({"probe", "text", "spine"})
TWO_LINES: Final = frozenset({"cobb", "bidirectional", "ratio"})


@dataclass(frozen=True, slots=True)
class Graphic:
    """One figure. An ellipse has the ends of its major, then of its minor axis (C.10.5.1.2, C.18.6.1.2)."""

    kind: GraphicType
    points: tuple[Point, ...]


def graphics_of(mark: Mark) -> list[Graphic]:
    """What is drawn for a mark."""
    points = tuple((float(x), float(y)) for x, y in mark.points)
    if mark.kind in POINTS:
        return [Graphic("POINT", points[:1])]
    if mark.kind == "ellipse":
        return [ellipse(*points)]
    if mark.kind == "rectangle":
        (left, top), (right, bottom) = points
        corners = ((left, top), (right, top), (right, bottom), (left, bottom), (left, top))
        return [Graphic("POLYLINE", corners)]
    if mark.kind in TWO_LINES:
        return [Graphic("POLYLINE", points[:2]), Graphic("POLYLINE", points[2:])]
    if mark.kind == "arrow":
        return arrow(*points)
    return [Graphic("POLYLINE", points)]


def ellipse(one: Point, other: Point) -> Graphic:
    """The ellipse in the box of two corners."""
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    across, down = (left + right) / 2, (top + bottom) / 2
    wide = ((left, down), (right, down))
    high = ((across, top), (across, bottom))
    return Graphic("ELLIPSE", (*wide, *high) if right - left >= bottom - top else (*high, *wide))


def arrow(tip: Point, tail: Point) -> list[Graphic]:
    """The shaft and the head of an arrow; the tip is the mark's first point."""
    length = math.dist(tip, tail)
    size = min(HEAD_PIXELS_MAX, length * HEAD_SHARE)
    back = math.atan2(tail[1] - tip[1], tail[0] - tip[0])
    ends = [
        (tip[0] + size * math.cos(back + turn), tip[1] + size * math.sin(back + turn))
        for turn in (HEAD_SPREAD, -HEAD_SPREAD)
    ]
    return [Graphic("POLYLINE", (tail, tip)), Graphic("POLYLINE", (ends[0], tip, ends[1]))]


def label_place(mark: Mark) -> Point:
    """Where the words of a mark begin: at its rightmost point, of an arrow at its tail."""
    if mark.kind == "arrow":
        return mark.points[1]
    return max(mark.points, key=lambda point: point[0])


def flat(points: Sequence[Point]) -> list[float]:
    """Column, row, column, row and so on."""
    return [one for point in points for one in point]
