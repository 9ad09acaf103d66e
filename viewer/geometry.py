"""Where slices lie in the patient (PS3.3 C.7.6.2.1.1) and in which order they are read. Pure.

All lengths are millimetres in the patient's coordinate system (x to the left, y to the back,
z to the head).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

Vector: TypeAlias = tuple[float, float, float]
Orientation: TypeAlias = tuple[float, float, float, float, float, float]

SAME_DIRECTION = 0.999
"""Cosine above which two planes are parallel (2.6°): scanners round direction cosines."""
SAME_POSITION_MM = 0.01
UNIT_TOLERANCE = 0.05
GAP_FACTOR = 1.5
"""A distance over this many usual distances means that slices are missing."""
VARIES_FACTOR = 0.1
TILT_DEGREES_MIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What ordering needs of one frame; `sequence` is its place by Instance Number and frame."""

    sequence: int
    position: Vector | None
    orientation: Orientation | None


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Frames in reading order, and what is unusual about them.

    `order`: indices into the given frames. `by_position`: false when the order is only that of
    Instance Number. `spacing_mm`: the usual distance of neighbours along the normal.
    `missing_after`: places in `order` followed by a gap. `repeats`: how many frames share each
    position at most (2 and more: several phases, or duplicates). `tilt_degrees`: angle between the
    normal and the direction in which the stack advances (gantry tilt).
    """

    order: tuple[int, ...]
    by_position: bool
    spacing_mm: float | None = None
    spacing_varies: bool = False
    missing_after: tuple[int, ...] = ()
    repeats: int = 1
    tilt_degrees: float = 0.0


def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def length(a: Vector) -> float:
    """Euclidean length."""
    return math.sqrt(dot(a, a))


def difference(a: Vector, b: Vector) -> Vector:
    """A minus b."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def normal_of(orientation: Orientation) -> Vector | None:
    """The unit normal of a plane, row direction × column direction; None when they span no plane."""
    r, c = orientation[:3], orientation[3:]
    cross = (r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0])
    size = length(cross)
    if not math.isfinite(size) or abs(size - 1) > UNIT_TOLERANCE:
        return None
    return (cross[0] / size, cross[1] / size, cross[2] / size)


def stack_of(slices: Sequence[Slice]) -> Stack:
    """The reading order of a series.

    Parallel planes are sorted along their normal, in the direction in which Instance Number grows
    (for a head CT usually head to foot); planes of several directions (localizers) follow each
    other as groups. Frames that repeat a position form passes, one after the other.
    """
    by_sequence = sorted(range(len(slices)), key=lambda i: slices[i].sequence)
    groups = _parallel_groups(slices, by_sequence)
    if groups is None:
        return Stack(order=tuple(by_sequence), by_position=False)
    ordered = [_ordered(slices, members, normal) for normal, members in groups]
    order = tuple(i for part, _ in ordered for i in part)
    if len(groups) > 1:
        return Stack(order=order, by_position=True, repeats=max(repeats for _, repeats in ordered))
    return _described(slices, order, groups[0][0], ordered[0][1])


def _parallel_groups(
    slices: Sequence[Slice], by_sequence: Sequence[int]
) -> list[tuple[Vector, list[int]]] | None:
    """Frames by direction of their plane; None when a frame has no usable plane."""
    groups: list[tuple[Vector, list[int]]] = []
    for i in by_sequence:
        orientation, position = slices[i].orientation, slices[i].position
        normal = normal_of(orientation) if orientation is not None else None
        if normal is None or position is None or not all(map(math.isfinite, position)):
            return None
        home = next((members for other, members in groups if dot(normal, other) > SAME_DIRECTION), None)
        if home is None:
            groups.append((normal, [i]))
        else:
            home.append(i)
    return groups or None


def _height(item: Slice, normal: Vector) -> float:
    return dot(item.position, normal) if item.position is not None else math.nan


def _ordered(slices: Sequence[Slice], members: Sequence[int], normal: Vector) -> tuple[list[int], int]:
    """Members along the normal, pass by pass, and the number of passes."""
    passes = _passes(slices, members, normal)
    direction = 1.0 if _advance(slices, passes[0], normal) >= 0 else -1.0
    order = [i for one in passes for i in sorted(one, key=lambda i: direction * _height(slices[i], normal))]
    return order, len(passes)


def _passes(slices: Sequence[Slice], members: Sequence[int], normal: Vector) -> list[list[int]]:
    """The k-th frame at each position, in Instance Number order, belongs to pass k."""
    sites: dict[int, list[int]] = defaultdict(list)
    previous, site = math.nan, 0
    for i in sorted(members, key=lambda i: (_height(slices[i], normal), slices[i].sequence)):
        here = _height(slices[i], normal)
        site += 0 if abs(here - previous) < SAME_POSITION_MM else 1
        previous = here
        sites[site].append(i)
    passes: list[list[int]] = []
    for site_members in sites.values():
        for k, i in enumerate(sorted(site_members, key=lambda i: slices[i].sequence)):
            if k == len(passes):
                passes.append([])
            passes[k].append(i)
    return passes


def _advance(slices: Sequence[Slice], members: Sequence[int], normal: Vector) -> float:
    """Positive when height grows with Instance Number (the sign of their covariance)."""
    middle = sum(slices[i].sequence for i in members) / len(members)
    return sum((slices[i].sequence - middle) * _height(slices[i], normal) for i in members)


def _described(slices: Sequence[Slice], order: tuple[int, ...], normal: Vector, repeats: int) -> Stack:
    """The stack with its spacing, gaps and tilt, judged on neighbours within a pass."""
    steps = [
        (place, abs(_height(slices[b], normal) - _height(slices[a], normal)), slices[a], slices[b])
        for place, (a, b) in enumerate(pairwise(order))
    ]
    forward = _direction_signs(slices, order, normal)
    within = [step for step, good in zip(steps, forward, strict=True) if good and step[1] >= SAME_POSITION_MM]
    if not within:
        return Stack(order=order, by_position=True, repeats=repeats)
    distances = sorted(step[1] for step in within)
    usual = distances[len(distances) // 2]
    return Stack(
        order=order,
        by_position=True,
        spacing_mm=usual,
        repeats=repeats,
        spacing_varies=distances[-1] - distances[0] > VARIES_FACTOR * usual,
        missing_after=tuple(place for place, distance, _, _ in within if distance > GAP_FACTOR * usual),
        tilt_degrees=_tilt(within),
    )


def _direction_signs(slices: Sequence[Slice], order: Sequence[int], normal: Vector) -> list[bool]:
    """For each pair of neighbours, whether it advances like the first pair (else a new pass begins)."""
    heights = [_height(slices[i], normal) for i in order]
    rises = [b - a for a, b in pairwise(heights)]
    first = next((rise for rise in rises if abs(rise) >= SAME_POSITION_MM), 0.0)
    return [rise * first > 0 for rise in rises]


def _tilt(steps: Sequence[tuple[int, float, Slice, Slice]]) -> float:
    """The median angle of a step to the normal, 0 when it is below TILT_DEGREES_MIN."""
    angles = []
    for _, along, a, b in steps:
        if a.position is not None and b.position is not None:
            angles.append(
                math.degrees(math.acos(min(1.0, along / length(difference(b.position, a.position)))))
            )
    tilt = sorted(angles)[len(angles) // 2]
    return round(tilt, 2) if tilt >= TILT_DEGREES_MIN else 0.0
