"""Order, spacing, gaps, repeats and tilt of stacks whose truth is known by construction."""

import math
import random

import pytest
from hypothesis import given, strategies as st

from viewer.geometry import Orientation, Slice, Vector, difference, dot, length, normal_of, stack_of

AXIAL: Orientation = (1, 0, 0, 0, 1, 0)
CORONAL: Orientation = (1, 0, 0, 0, 0, -1)
SAGITTAL: Orientation = (0, 1, 0, 0, 0, -1)
angles = st.floats(-math.pi, math.pi, allow_nan=False)
origins = st.tuples(*[st.floats(-500, 500, allow_nan=False)] * 3)


def turned(a: float, b: float) -> Orientation:
    """An orthonormal pair of directions, from two angles."""
    row = (math.cos(a), math.sin(a), 0.0)
    column = (-math.sin(a) * math.cos(b), math.cos(a) * math.cos(b), math.sin(b))
    return (*row, *column)


def along(origin: Vector, direction: Vector, distance: float) -> Vector:
    return (
        origin[0] + direction[0] * distance,
        origin[1] + direction[1] * distance,
        origin[2] + direction[2] * distance,
    )


def a_stack(
    count: int, spacing: float, orientation: Orientation = AXIAL, origin: Vector = (0, 0, 0)
) -> list[Slice]:
    normal = normal_of(orientation)
    assert normal is not None
    return [
        Slice(sequence=i, position=along(origin, normal, i * spacing), orientation=orientation)
        for i in range(count)
    ]


@given(
    a=angles,
    b=angles,
    origin=origins,
    count=st.integers(2, 40),
    spacing=st.floats(0.1, 20),
    seed=st.integers(),
)
def test_any_shuffled_oblique_stack_is_put_in_order(
    a: float, b: float, origin: Vector, count: int, spacing: float, seed: int
) -> None:
    slices = a_stack(count, spacing, turned(a, b), origin)
    shuffled = slices.copy()
    random.Random(seed).shuffle(shuffled)
    stack = stack_of(shuffled)
    assert [shuffled[i].sequence for i in stack.order] == list(range(count))
    assert stack.by_position
    assert stack.spacing_mm == pytest.approx(spacing, rel=1e-6, abs=1e-6)
    assert not stack.spacing_varies
    assert stack.missing_after == ()
    assert stack.repeats == 1
    assert stack.tilt_degrees == 0


@given(count=st.integers(2, 30), seed=st.integers())
def test_the_first_frame_is_the_one_with_the_lowest_instance_number(count: int, seed: int) -> None:
    downward = [Slice(sequence=i, position=(0, 0, -3.0 * i), orientation=AXIAL) for i in range(count)]
    random.Random(seed).shuffle(downward)
    order = stack_of(downward).order
    assert [downward[i].sequence for i in order] == list(range(count))


@given(count=st.integers(2, 12), passes=st.integers(2, 5), interleaved=st.booleans())
def test_repeated_positions_become_passes(count: int, passes: int, interleaved: bool) -> None:
    places = [(place, time) for time in range(passes) for place in range(count)]
    numbered = sorted(places) if interleaved else places
    slices = [
        Slice(sequence=i, position=(0, 0, 2.0 * place), orientation=AXIAL)
        for i, (place, _) in enumerate(numbered)
    ]
    stack = stack_of(slices)
    assert stack.repeats == passes
    assert [numbered[i] for i in stack.order] == [
        (place, time) for time in range(passes) for place in range(count)
    ]
    assert stack.spacing_mm == pytest.approx(2.0)
    assert stack.missing_after == ()


@given(count=st.integers(6, 40), gap=st.integers(1, 4), data=st.data())
def test_missing_slices_are_said(count: int, gap: int, data: st.DataObject) -> None:
    after = data.draw(st.integers(1, count - 3))
    slices = [one for one in a_stack(count + gap, 1.5) if not after < one.sequence <= after + gap]
    stack = stack_of(slices)
    assert stack.missing_after == (after,)
    assert stack.spacing_varies
    assert stack.spacing_mm == pytest.approx(1.5)


@given(degrees=st.floats(1, 30), count=st.integers(2, 30))
def test_gantry_tilt_is_the_angle_between_normal_and_advance(degrees: float, count: int) -> None:
    tilted = turned(0.0, math.radians(degrees))
    slices = [Slice(sequence=i, position=(0, 0, 2.5 * i), orientation=tilted) for i in range(count)]
    stack = stack_of(slices)
    assert stack.tilt_degrees == pytest.approx(degrees, abs=0.02)
    assert stack.spacing_mm == pytest.approx(2.5 * math.cos(math.radians(degrees)), rel=1e-6)


def test_planes_of_several_directions_follow_each_other_in_groups() -> None:
    slices = [
        Slice(sequence=0, position=(0, 0, 5), orientation=AXIAL),
        Slice(sequence=1, position=(0, 5, 0), orientation=CORONAL),
        Slice(sequence=2, position=(0, 0, 0), orientation=AXIAL),
        Slice(sequence=3, position=(5, 0, 0), orientation=SAGITTAL),
    ]
    stack = stack_of(slices)
    assert stack.order == (0, 2, 1, 3)
    assert stack.spacing_mm is None


@pytest.mark.parametrize(
    "broken",
    [
        Slice(sequence=1, position=None, orientation=AXIAL),
        Slice(sequence=1, position=(0, 0, 1), orientation=None),
        Slice(sequence=1, position=(0, 0, 1), orientation=(1, 0, 0, 1, 0, 0)),
        Slice(sequence=1, position=(0, 0, 1), orientation=(0, 0, 0, 0, 0, 0)),
        Slice(sequence=1, position=(0, 0, math.nan), orientation=AXIAL),
    ],
)
def test_without_a_usable_plane_the_instance_number_decides(broken: Slice) -> None:
    slices = [Slice(sequence=2, position=(0, 0, 0), orientation=AXIAL), broken]
    stack = stack_of(slices)
    assert stack.order == (1, 0)
    assert not stack.by_position
    assert stack.spacing_mm is None


def test_one_frame_and_none_are_stacks_too() -> None:
    assert stack_of([]).order == ()
    assert stack_of([Slice(sequence=9, position=(1, 2, 3), orientation=AXIAL)]).order == (0,)


def test_uneven_spacing_is_not_a_gap() -> None:
    heights = [0.0, 2.0, 4.3, 6.3, 8.3]
    slices = [Slice(sequence=i, position=(0, 0, h), orientation=AXIAL) for i, h in enumerate(heights)]
    stack = stack_of(slices)
    assert stack.spacing_varies
    assert stack.missing_after == ()
    assert stack.spacing_mm == pytest.approx(2.0)


def test_vectors() -> None:
    assert dot((1, 2, 3), (4, 5, 6)) == 32
    assert length((3, 4, 12)) == 13
    assert difference((3, 2, 1), (1, 1, 1)) == (2, 1, 0)
    assert normal_of(AXIAL) == (0, 0, 1)
    assert normal_of(CORONAL) == (0, 1, 0)
    assert normal_of((0.5, 0, 0, 0, 0.5, 0)) is None
