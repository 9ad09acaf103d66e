"""What a mark may be: as many points as its kind has, and all of them somewhere."""

import math

import pytest
from hypothesis import given, strategies as st

from consult_server.annotations.domain import (
    COORDINATE_MAX,
    POINTS,
    AnnotationMisshapen,
    MarkKind,
    checked_points,
)

COORDINATE = st.floats(-COORDINATE_MAX, COORDINATE_MAX)
NOWHERE = (math.nan, math.inf, -math.inf, COORDINATE_MAX * 1.01)


def test_every_kind_has_a_number_of_points() -> None:
    assert set(POINTS) == set(MarkKind)
    assert [kind for kind, count in POINTS.items() if count == 0] == [MarkKind.KEY]


@given(st.sampled_from(MarkKind), st.lists(st.tuples(COORDINATE, COORDINATE), max_size=8))
def test_points_are_kept_as_they_are_or_refused_by_number(
    kind: MarkKind, points: list[tuple[float, float]]
) -> None:
    if len(points) == POINTS[kind]:
        assert checked_points(kind, points) == [list(point) for point in points]
    else:
        with pytest.raises(AnnotationMisshapen) as refused:
            checked_points(kind, points)
        assert refused.value.params == {"kind": kind.value, "points": POINTS[kind]}


@pytest.mark.parametrize("wrong", NOWHERE)
@pytest.mark.parametrize("place", [0, 1])
def test_points_that_lie_nowhere_are_refused(wrong: float, place: int) -> None:
    point = (wrong, 1.0) if place == 0 else (1.0, wrong)
    with pytest.raises(AnnotationMisshapen):
        checked_points(MarkKind.LENGTH, [(1.0, 1.0), point])
