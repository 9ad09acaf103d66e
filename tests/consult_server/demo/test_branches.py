"""Vessels, bronchi and ribs of the phantom: tubes that lie where they should and cover what they hold."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from consult_server.demo.branches import (
    CARINA_MM,
    COVER_FULL,
    RIB_RADIUS_MM,
    STEP_MM,
    VESSEL_RADIUS_MIN_MM,
    Chain,
    Stack,
    collar_bones,
    grow,
    joined,
    main_bronchi,
    ribs,
    stamp,
)
from consult_server.demo.ct import ARTERY_ROOT_MM, VEIN_ROOT_MM
from consult_server.demo.thorax import Field, chest_edge, lung_edge

SPACING = 0.5


def a_chain(*points: tuple[float, float, float], radius: float = 3.0, steepness: float = 1.0) -> Chain:
    places = np.array(points, np.float32).reshape(-1, 3)
    count = len(places)
    return Chain(places, np.full(count, radius, np.float32), np.full(count, steepness, np.float32))


def a_stack(*heights: float, half: float = 20.0, thickness: float = 2.0) -> Stack:
    line = np.arange(-half, half + SPACING / 2, SPACING, dtype=np.float32)
    return Stack(line, line, np.array(heights, np.float32), thickness)


def upright(radius: float, low: float = -10.0, high: float = 10.0) -> Chain:
    """A tube along z through the origin."""
    steps = np.arange(low, high + STEP_MM / 2, STEP_MM)
    return a_chain(*((0.0, 0.0, float(z)) for z in steps), radius=radius)


def area_mm2(covered: Field) -> float:
    return float(covered.astype(np.float64).sum()) / COVER_FULL * SPACING**2


def edge_of(chain: Chain) -> Field:
    return lung_edge(chain.points[:, 0], chain.points[:, 1], chain.points[:, 2])


# --- Chains -------------------------------------------------------------------------------------


def test_a_wall_makes_tubes_thicker_and_leaves_them_where_they_are() -> None:
    tube = upright(2.0)
    wall = tube.thickened(0.75)
    np.testing.assert_array_equal(wall.points, tube.points)
    np.testing.assert_allclose(wall.radii, 2.75)


@pytest.mark.parametrize(
    "by,scale", [((2.0, 0.0, 0.0), 0.5), ((0.0, -1.5, 0.0), 1.0), ((1.0, 1.0, 1.0), 2.0)]
)
def test_a_companion_lies_so_many_radii_away(by: tuple[float, float, float], scale: float) -> None:
    tube = upright(2.0)
    beside = tube.moved(by, scale)
    np.testing.assert_allclose(beside.points - tube.points, np.tile(np.array(by) * 2.0, (len(tube.radii), 1)))
    np.testing.assert_allclose(beside.radii, 2.0 * scale)


def test_a_bronchus_beside_a_vessel_does_not_overlap_it() -> None:
    tube = upright(2.0)
    beside = tube.moved((2.0, 0.0, 0.0), 0.9)
    distance = np.linalg.norm(beside.points - tube.points, axis=1)
    assert (distance >= tube.radii + beside.radii).all()


def test_the_thin_parts_are_left_out() -> None:
    chain = joined([upright(1.0), upright(2.0), upright(3.0)])
    assert set(chain.wider_than(1.5).radii.tolist()) == {2.0, 3.0}
    assert chain.wider_than(3.0).radii.size == 0
    assert chain.wider_than(0.0).radii.size == chain.radii.size


def test_joining_keeps_every_point_in_its_order() -> None:
    one, other = upright(1.0, -3.0, 0.0), upright(2.0, 1.0, 4.0)
    both = joined([one, other])
    np.testing.assert_array_equal(both.points, np.concatenate([one.points, other.points]))
    assert both.radii.tolist() == [1.0] * 4 + [2.0] * 4


# --- The vessels of the lungs -------------------------------------------------------------------


@pytest.fixture(scope="module")
def tree() -> Chain:
    return grow(np.random.default_rng(7), ARTERY_ROOT_MM)


@pytest.mark.parametrize("root_mm", [ARTERY_ROOT_MM, VEIN_ROOT_MM])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_tree_grows_in_both_lungs(seed: int, root_mm: float) -> None:
    tree = grow(np.random.default_rng(seed), root_mm)
    right, left = (tree.points[:, 0] < -30).sum(), (tree.points[:, 0] > 30).sum()
    assert min(right, left) > 3_000
    assert 0.4 < right / left < 2.5


def test_a_tree_reaches_top_bottom_front_and_back(tree: Chain) -> None:
    low, high = tree.points.min(axis=0), tree.points.max(axis=0)
    assert (high - low)[2] > 120, "from the diaphragm to the apex"
    assert (high - low)[1] > 100
    assert (high - low)[0] > 180


def test_branches_get_thinner_and_end_before_nothing(tree: Chain) -> None:
    assert tree.radii.min() > VESSEL_RADIUS_MIN_MM * 0.999
    assert tree.radii.max() <= ARTERY_ROOT_MM * 1.05
    assert (tree.radii < ARTERY_ROOT_MM / 2).mean() > 0.6, "most of a tree is twigs"


def test_no_twig_leaves_the_lung(tree: Chain) -> None:
    """Only the thick roots at the hilum lie in the mediastinum."""
    outside = edge_of(tree) > 1.0
    assert (tree.radii[outside] > 1.5).all()
    assert outside.mean() < 0.05


def test_within_the_lungs_means_so_far_inside(tree: Chain) -> None:
    for margin in (0.0, 2.0, 8.0):
        assert (edge_of(tree.within_lungs(margin)) < -margin).all()
    assert tree.within_lungs(8.0).radii.size < tree.within_lungs(2.0).radii.size


def test_the_same_seed_grows_the_same_tree_and_another_one_another(tree: Chain) -> None:
    again, other = (grow(np.random.default_rng(seed), ARTERY_ROOT_MM) for seed in (7, 8))
    np.testing.assert_array_equal(again.points, tree.points)
    np.testing.assert_array_equal(again.radii, tree.radii)
    assert other.points.shape != tree.points.shape or not np.array_equal(other.points, tree.points)


def test_steepness_is_the_share_along_the_body(tree: Chain) -> None:
    assert ((tree.steepness >= 0) & (tree.steepness <= 1.0001)).all()


# --- Bones and airways --------------------------------------------------------------------------


def test_the_bronchi_begin_where_the_trachea_divides_and_go_to_either_side() -> None:
    bronchi = main_bronchi()
    distance = np.linalg.norm(bronchi.points - np.array(CARINA_MM), axis=1)
    assert distance.min() < 1.0
    assert bronchi.points[:, 0].min() < -30 < 30 < bronchi.points[:, 0].max()
    assert (bronchi.points[:, 2] <= CARINA_MM[2] + 0.01).all(), "downwards, never up"


def test_the_right_bronchus_is_the_wider_one() -> None:
    bronchi = main_bronchi()
    right, left = bronchi.points[:, 0] < CARINA_MM[0] - 1, bronchi.points[:, 0] > CARINA_MM[0] + 1
    assert bronchi.radii[right].min() > bronchi.radii[left].max()


def test_points_of_a_tube_are_a_step_apart() -> None:
    bone, cartilage = ribs()
    for chain in (main_bronchi(), collar_bones(), bone, cartilage):
        gaps = np.linalg.norm(np.diff(chain.points, axis=0), axis=1)
        inner = gaps[gaps < 3 * STEP_MM]
        assert len(inner) > 0.8 * len(gaps), "tubes, with jumps only from one to the next"
        assert inner.mean() == pytest.approx(STEP_MM, rel=0.05)
        assert inner.max() < 1.6 * STEP_MM


def test_ribs_are_alike_on_both_sides() -> None:
    for chain in ribs():
        mirrored = np.sort(np.abs(chain.points[chain.points[:, 0] < 0, 0]))
        kept = np.sort(chain.points[chain.points[:, 0] > 0, 0])
        assert len(mirrored) == len(kept)
        np.testing.assert_allclose(mirrored, kept, atol=1e-3)


def test_ribs_run_around_the_chest_and_never_through_the_lungs() -> None:
    bone, _cartilage = ribs()
    assert set(np.unique(bone.radii).tolist()) == {np.float32(RIB_RADIUS_MM)}
    inside = edge_of(bone) < -RIB_RADIUS_MM
    assert inside.mean() < 0.02
    chest = chest_edge(bone.points[:, 0], bone.points[:, 1], bone.points[:, 2])
    assert (chest < 12.0).mean() > 0.9, "nor far out of the skin"


def test_ribs_end_in_cartilage_in_front() -> None:
    bone, cartilage = ribs()
    assert cartilage.points[:, 1].mean() < bone.points[:, 1].mean(), "y runs to the back"
    assert 0 < len(cartilage.radii) < len(bone.radii)


def test_collar_bones_rise_to_the_shoulders() -> None:
    bones = collar_bones()
    inner = np.abs(bones.points[:, 0]) < 30
    outer = np.abs(bones.points[:, 0]) > 130
    assert bones.points[inner, 2].mean() < bones.points[outer, 2].mean()
    assert bones.points[:, 0].min() == pytest.approx(-bones.points[:, 0].max(), abs=0.01)


# --- Stamping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [1.0, 2.5, 4.0, 7.4])
def test_an_upright_tube_is_a_disc_of_its_area(radius: float) -> None:
    """Its section is pi r²; what half a pixel inside its border holds is certain, nothing is outside."""
    covered = stamp(upright(radius), a_stack(0.0))
    least, most = (math.pi * (radius - less) ** 2 for less in (SPACING / 2, 0.0))
    assert least <= area_mm2(covered[0]) <= most
    middle = covered[0].shape[0] // 2
    assert covered[0, middle, middle] == COVER_FULL


@given(st.floats(0.8, 6.0), st.floats(-8.0, 8.0), st.floats(-8.0, 8.0))
def test_a_disc_has_its_size_wherever_it_lies_between_the_pixels(radius: float, x: float, y: float) -> None:
    points = [(x, y, float(z)) for z in np.arange(-6.0, 6.5, STEP_MM)]
    covered = stamp(a_chain(*points, radius=radius), a_stack(0.0))[0]
    rows, columns = np.nonzero(covered)
    line = a_stack(0.0).x
    assert np.hypot(line[columns] - x, line[rows] - y).max() <= radius + SPACING
    least, most = (math.pi * (radius - less) ** 2 for less in (SPACING / 2, -0.02))
    assert 0.98 * least <= area_mm2(covered) <= most


@pytest.mark.parametrize("height,share", [(0.0, 1.0), (4.0, 1.0), (9.5, 0.0), (12.0, 0.0), (-30.0, 0.0)])
def test_a_slice_holds_what_passes_through_it(height: float, share: float) -> None:
    """A slice beyond the end of a tube shows nothing of it, also where it is the nearest one there is."""
    covered = stamp(upright(3.0, -5.0, 5.0), a_stack(height))
    assert covered.max() == int(share * COVER_FULL)


def test_slices_may_be_given_in_any_order() -> None:
    tube = a_chain(*((0.0, 0.0, float(z)) for z in range(6)), radius=3.0)
    up, down = stamp(tube, a_stack(-4.0, 0.0, 4.0)), stamp(tube, a_stack(4.0, 0.0, -4.0))
    np.testing.assert_array_equal(up, down[::-1])


def test_where_tubes_meet_the_fuller_one_counts() -> None:
    thick, thin = upright(4.0), upright(1.0)
    both = stamp(joined([thick, thin]), a_stack(0.0))
    np.testing.assert_array_equal(both, np.maximum(stamp(thick, a_stack(0.0)), stamp(thin, a_stack(0.0))))


def test_the_order_of_points_is_nobodys_meaning() -> None:
    tube = joined([upright(2.0), upright(3.5)])
    turned = Chain(tube.points[::-1], tube.radii[::-1], tube.steepness[::-1])
    np.testing.assert_array_equal(stamp(tube, a_stack(0.0)), stamp(turned, a_stack(0.0)))


def test_a_tube_outside_of_the_picture_leaves_nothing_and_one_at_its_edge_is_cut() -> None:
    gone = a_chain((200.0, 0.0, 0.0), (0.0, -90.0, 0.0), radius=3.0)
    assert stamp(gone, a_stack(0.0)).max() == 0
    edge = a_chain(*((20.0, 0.0, float(z)) for z in range(-5, 6)), radius=3.0)
    covered = stamp(edge, a_stack(0.0))
    assert area_mm2(covered[0]) == pytest.approx(math.pi * 9.0 / 2, rel=0.2)
    assert covered[0, :, 0].max() == 0, "no row wraps around to the other side"


def test_nothing_stamped_is_nothing() -> None:
    empty = Chain(np.empty((0, 3), np.float32), np.empty(0, np.float32), np.empty(0, np.float32))
    covered = stamp(empty, a_stack(0.0, 2.0))
    assert covered.shape == a_stack(0.0, 2.0).shape == (2, 81, 81)
    assert covered.max() == 0
