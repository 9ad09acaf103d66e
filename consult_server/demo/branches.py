"""What runs through the thorax as tubes: vessels and bronchi that branch, ribs that curve.

A tube is a chain of points a millimetre apart, each with a radius; stamping a chain on a stack of
slices gives each pixel the share of it that the slice's thickness holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consult_server.demo.thorax import CHEST_CENTRE_Y_MM, Field, lung_edge, rib_cage

STEP_MM = 1.0
GENERATIONS = 9
VESSEL_RADIUS_MIN_MM = 0.35
ROOT_RADIUS_MM = 2.5
RIBS = 11
RIB_RADIUS_MM = 4.8
COVER_FULL = 255
_HILUM_MM = 16.0

CARINA_MM = (-4.0, 12.0, 40.0)
_RIGHT = (-38.0, 6.0, 12.0)
_LEFT = (40.0, 12.0, 14.0)
_LOBES = (  # towards the side, the back and the head; the lower lobe has the most
    (0.45, 0.05, 0.95),
    (0.55, -0.65, 0.55),
    (0.75, 0.55, 0.55),
    (0.85, -0.45, -0.15),
    (0.55, -0.55, -0.75),
    (0.65, 0.35, -0.6),
    (0.45, 0.75, -0.75),
    (0.35, 0.35, -1.0),
)


@dataclass(frozen=True)
class Chain:
    """Points of tubes: (n, 3) centres in mm, (n,) radii in mm, (n,) steepness, 1 along z and 0 across."""

    points: Field
    radii: Field
    steepness: Field

    def thickened(self, by_mm: float) -> "Chain":
        """The same tubes with another wall."""
        return Chain(self.points, self.radii + np.float32(by_mm), self.steepness)

    def moved(self, by_radii: tuple[float, float, float], scale: float) -> "Chain":
        """Companions beside these tubes, `by_radii` radii away and `scale` times as wide."""
        shift = self.radii[:, None] * np.asarray(by_radii, np.float32)
        return Chain(self.points + shift, self.radii * np.float32(scale), self.steepness)

    def wider_than(self, radius_mm: float) -> "Chain":
        """Only the parts of more than this radius."""
        keep = self.radii > radius_mm
        return Chain(self.points[keep], self.radii[keep], self.steepness[keep])

    def within_lungs(self, margin_mm: float) -> "Chain":
        """Only the parts at least this far inside the lungs."""
        keep = lung_edge(self.points[:, 0], self.points[:, 1], self.points[:, 2]) < -margin_mm
        return Chain(self.points[keep], self.radii[keep], self.steepness[keep])


@dataclass(frozen=True)
class Stack:
    """Where the pixels of a stack of axial slices lie: centres in mm, `heights` in any order."""

    x: Field
    y: Field
    heights: Field
    thickness_mm: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        return self.heights.size, self.y.size, self.x.size


def joined(chains: list[Chain]) -> Chain:
    """All of the chains as one."""
    return Chain(
        np.concatenate([chain.points for chain in chains]),
        np.concatenate([chain.radii for chain in chains]),
        np.concatenate([chain.steepness for chain in chains]),
    )


def _unit(vectors: Field) -> Field:
    directions: Field = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return directions


def grow(random: np.random.Generator, root_radius_mm: float) -> Chain:
    """A tree of vessels in both lungs, from the hilum outwards until it is thin or leaves the lung."""
    roots = [
        (hilum, (side * lobe[0], lobe[1], lobe[2]))
        for hilum, side in ((_RIGHT, -1.0), (_LEFT, 1.0))
        for lobe in _LOBES
    ]
    tips = np.array([hilum for hilum, _ in roots], np.float32)
    headings = _unit(np.array([heading for _, heading in roots], np.float32))
    radii = np.full(len(roots), root_radius_mm, np.float32) * random.uniform(0.8, 1.05, len(roots)).astype(
        np.float32
    )
    chains: list[Chain] = []
    for generation in range(GENERATIONS):
        length = random.uniform(0.75, 1.3, len(tips)) * 25.0 * 0.84**generation
        tips, headings, alive, pieces = _advance(random, tips, headings, radii, length)
        chains += pieces
        tips, headings, radii = _fork(random, tips[alive], headings[alive], radii[alive])
        if not len(tips):
            break
    return joined(chains)


def _advance(
    random: np.random.Generator, tips: Field, headings: Field, radii: Field, length_mm: NDArray[np.float64]
) -> tuple[Field, Field, NDArray[np.bool_], list[Chain]]:
    """Walk every tip its length, wandering a little, as long as it stays inside the lung."""
    alive = np.ones(len(tips), np.bool_)
    pieces = []
    for step in range(int(length_mm.max() / STEP_MM) + 1):
        wander = random.normal(0.0, 0.05, headings.shape).astype(np.float32)
        headings = _unit(headings + wander)
        tips = tips + np.float32(STEP_MM) * headings
        near_root = np.abs(np.abs(tips[:, 0]) - 40.0) < _HILUM_MM
        inside = lung_edge(tips[:, 0], tips[:, 1], tips[:, 2]) < -1.6 - radii
        alive &= inside | (near_root & (radii > ROOT_RADIUS_MM))
        drawn = alive & (step * STEP_MM < length_mm)
        tips[~drawn] -= np.float32(STEP_MM) * headings[~drawn]
        pieces.append(Chain(tips[drawn], radii[drawn], np.abs(headings[drawn, 2])))
    return tips, headings, alive, pieces


def _fork(
    random: np.random.Generator, tips: Field, headings: Field, radii: Field
) -> tuple[Field, Field, Field]:
    """Two thinner branches at every tip, leaning apart."""
    side = _unit(np.cross(headings, random.normal(size=headings.shape)).astype(np.float32))
    lean = random.uniform(0.25, 0.6, (len(tips), 1)).astype(np.float32)
    share = random.uniform(0.72, 0.88, len(tips)).astype(np.float32)
    other = np.cbrt(np.maximum(1.0 - share**3, 0.25)).astype(np.float32)
    headings = np.concatenate([_unit(headings + lean * side), _unit(headings - 1.2 * lean * side)])
    radii = np.concatenate([radii * share, radii * other])
    wide = radii > VESSEL_RADIUS_MIN_MM
    return np.concatenate([tips, tips])[wide], headings[wide], radii[wide]


def _tube(line: NDArray[np.float64], radius_mm: float) -> Chain:
    """A tube along a line given by many points, taken again every millimetre."""
    run = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))))
    along = np.arange(0.0, run[-1], STEP_MM)
    points = np.stack([np.interp(along, run, line[:, axis]) for axis in range(3)], axis=1).astype(np.float32)
    steepness = np.abs(_unit(np.gradient(points, axis=0))[:, 2])
    return Chain(points, np.full(len(points), radius_mm, np.float32), steepness)


def main_bronchi() -> Chain:
    """The two main bronchi, from where the trachea divides to the roots of the lungs."""
    return joined(
        [_tube(np.linspace(CARINA_MM, end, 50), radius) for end, radius in ((_RIGHT, 7.4), (_LEFT, 6.6))]
    )


def collar_bones() -> Chain:
    """Both clavicles, bent like an S from the breastbone to the shoulder."""
    way = np.linspace(0.0, 1.0, 100)
    back, up = -70.0 + 34.0 * way**1.6 + 6.0 * np.sin(2 * np.pi * way), 98.0 + 30.0 * way**0.8
    out = 19.0 + 121.0 * way
    return joined([_tube(np.stack([side * out, back, up], axis=1), 5.8) for side in (-1.0, 1.0)])


def ribs() -> tuple[Chain, Chain]:
    """Bone and cartilage of the ribs of both sides, one radius throughout."""
    bone, cartilage = [], []
    for number in range(RIBS):
        line = np.array(list(_rib_line(number)))
        front = int(len(line) * (0.82 if number < RIBS - 4 else 1.0))
        for side in (-1.0, 1.0):
            sided = line * np.array([side, 1.0, 1.0])
            bone.append(_tube(sided[:front], RIB_RADIUS_MM))
            if front < len(line):
                cartilage.append(_tube(sided[front - 1 :], RIB_RADIUS_MM))
    return joined(bone), joined(cartilage)


def _rib_line(number: int) -> Iterator[tuple[float, float, float]]:
    """The left rib `number` (0 is the first) from the spine to the front, in mm."""
    start = 124.0 - 22.5 * number
    drop = 24.0 + 9.0 * min(number, 5)
    end = np.radians(164.0 - 8.0 * max(number - 5, 0))
    for angle in np.linspace(np.radians(13.0), end, 200).tolist():
        turn = (1.0 - np.cos(angle)) / 2.0
        z = start - drop * turn + 6.0 * np.sin(angle)
        half_x, half_y = (float(half) + 5.5 for half in rib_cage(z))
        reach = (abs(np.sin(angle)) ** 2.3 + abs(np.cos(angle)) ** 2.3) ** (-1.0 / 2.3)
        yield half_x * reach * np.sin(angle), CHEST_CENTRE_Y_MM + half_y * reach * np.cos(angle), z


def stamp(chain: Chain, stack: Stack) -> NDArray[np.uint8]:
    """How much of each voxel the tubes hold, 0 to 255, shaped as the stack."""
    covered = np.zeros(stack.shape, np.uint8)
    spacing = float(stack.x[1] - stack.x[0])
    reaches = np.ceil((chain.radii + 0.5 * spacing) / spacing).astype(np.int64)
    nearest = (
        np.abs(chain.points[:, 2:3] - stack.heights).argmin(axis=1)
        if len(chain.radii)
        else np.empty(0, np.int64)
    )
    # A tube that ends above or below the stack reaches no further than its own radius.
    near = np.abs(chain.points[:, 2] - stack.heights[nearest]) <= stack.thickness_mm / 2 + chain.radii
    for reach in np.unique(reaches).tolist():
        span = int(reach * spacing / stack.thickness_mm + 0.5)
        for neighbour in range(-span, span + 1):
            slices = nearest + neighbour
            chosen = near & (reaches == reach) & (slices >= 0) & (slices < stack.heights.size)
            part = Chain(chain.points[chosen], chain.radii[chosen], chain.steepness[chosen])
            _stamp_discs(covered, part, slices[chosen], stack, reach)
    return covered


def _stamp_discs(
    covered: NDArray[np.uint8], chain: Chain, slices: NDArray[np.int64], stack: Stack, reach: int
) -> None:
    """Stamp points of similar radius, each on its slice; where tubes meet, the fuller one counts."""
    spacing = float(stack.x[1] - stack.x[0])
    offsets = np.arange(-reach, reach + 1)
    columns = (
        np.rint((chain.points[:, 0] - stack.x[0]) / spacing).astype(np.int64)[:, None, None]
        + offsets[None, None, :]
    )
    rows = (
        np.rint((chain.points[:, 1] - stack.y[0]) / spacing).astype(np.int64)[:, None, None]
        + offsets[None, :, None]
    )
    away_x = columns * np.float32(spacing) + stack.x[0] - chain.points[:, 0, None, None]
    away_y = rows * np.float32(spacing) + stack.y[0] - chain.points[:, 1, None, None]
    radii = chain.radii[:, None, None]
    distance = np.sqrt(away_x**2 + away_y**2)
    half_chord = np.sqrt(np.maximum(radii**2 - distance**2, 0.0))
    half_chord /= np.sqrt(np.maximum(1.0 - chain.steepness**2, 0.02))[:, None, None]
    off = (chain.points[:, 2] - stack.heights[slices])[:, None, None]
    half = np.float32(stack.thickness_mm / 2)
    held = np.minimum(half, off + half_chord) - np.maximum(-half, off - half_chord)
    share = np.clip(held / stack.thickness_mm, 0.0, 1.0) * np.clip(
        (radii - distance) / spacing + 0.5, 0.0, 1.0
    )
    inside = (rows >= 0) & (rows < stack.y.size) & (columns >= 0) & (columns < stack.x.size) & (share > 0)
    places = np.ravel_multi_index(
        np.broadcast_arrays(
            slices[:, None, None], np.clip(rows, 0, stack.y.size - 1), np.clip(columns, 0, stack.x.size - 1)
        ),
        covered.shape,
    )
    np.maximum.at(covered.reshape(-1), places[inside], (share[inside] * COVER_FULL).astype(np.uint8))
