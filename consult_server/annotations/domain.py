"""What a mark may be. Points are columns and rows from the image's upper left corner (PS3.3 C.10.5.1.2)."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeAlias

from config.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable

Point: TypeAlias = tuple[float, float]
COORDINATE_MAX = 1_000_000.0
MARKS_PER_AUTHOR_MAX = 1_000


class MarkKind(StrEnum):
    """What is marked; `ratio` is the cardiothoracic ratio, `key` makes the frame a key image."""

    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    BIDIRECTIONAL = "bidirectional"
    PROBE = "probe"
    ARROW = "arrow"
    TEXT = "text"
    RATIO = "ratio"
    SPINE = "spine"
    KEY = "key"


POINTS: Mapping[MarkKind, int] = {
    MarkKind.LENGTH: 2,
    MarkKind.ANGLE: 3,
    MarkKind.COBB: 4,
    MarkKind.ELLIPSE: 2,
    MarkKind.RECTANGLE: 2,
    MarkKind.BIDIRECTIONAL: 4,
    MarkKind.PROBE: 1,
    MarkKind.ARROW: 2,
    MarkKind.TEXT: 1,
    MarkKind.RATIO: 4,
    MarkKind.SPINE: 1,
    MarkKind.KEY: 0,
}


class AnnotationNotFound(NotFound):
    """There is no such mark on this study."""

    code = "annotations.not_found"


class AnnotationNotYours(Forbidden):
    """Only its author may change this mark."""

    code = "annotations.not_yours"


class AnnotationMisshapen(Invalid):
    """A mark of this kind has another number of points, or they lie nowhere."""

    code = "annotations.misshapen"


class FrameUnknown(Invalid):
    """The image has no such frame."""

    code = "annotations.frame_unknown"


class AnnotationsTooMany(Conflict):
    """This reader has more marks on this study than can be kept."""

    code = "annotations.too_many"


def checked_points(kind: MarkKind, points: Sequence[Point]) -> list[list[float]]:
    """The points as they are kept. Raises AnnotationMisshapen."""
    lying = all(math.isfinite(one) and abs(one) <= COORDINATE_MAX for point in points for one in point)
    if len(points) != POINTS[kind] or not lying:
        raise AnnotationMisshapen(kind=kind.value, points=POINTS[kind])
    return [[x, y] for x, y in points]


class MarksMoved(Conflict):
    """These marks are not what the server has of you now; look at them again before filing."""

    code = "annotations.marks_moved"


class NotFiled(Unavailable):
    """The archive did not take the objects of these marks; nothing was recorded."""

    code = "annotations.not_filed"
