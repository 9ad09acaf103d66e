"""A thorax of analytic shapes: what tissue lies at a point, in Hounsfield units.

Coordinates are millimetres in DICOM's patient system (x to the left, y to the back, z to the head),
the origin in the middle of the chest. No patient stands behind it: a few ellipses and a seed. An
`edge` is a signed distance in millimetres, about, negative inside, so that a pixel on a border gets
its share of both sides, as a scanner's does.
"""

# ruff: noqa: PLR2004  (anatomy is numbers; each is a place or a size in mm beside what it places)
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Field: TypeAlias = NDArray[np.floating[Any]]

AIR_HU = -1000.0
WATER_HU = 0.0
FAT_HU = -102.0
MUSCLE_HU = 54.0
BLOOD_HU = 43.0
LIVER_HU = 60.0
SPLEEN_HU = 50.0
LUNG_HU = -868.0
CORTEX_HU = 760.0
MARROW_HU = 190.0
CARTILAGE_HU = 105.0
DISC_HU = 88.0

DIAPHRAGM_TOP_MM = -50.0
CHEST_CENTRE_Y_MM = 2.0
VERTEBRA_PITCH_MM = 24.0
VERTEBRA_Y_MM = 52.0
ARCH_Z_MM = 60.0
ARCH_RADIUS_MM = 12.5
EDGE_MM = 0.8


@dataclass(frozen=True)
class Wobble:
    """A smooth displacement of soft tissue, so that no border is a perfect curve. Phases in radians."""

    phases: tuple[float, ...]
    reach_mm: float = 2.4

    @classmethod
    def from_seed(cls, random: np.random.Generator) -> "Wobble":
        """Six phases drawn by `random`."""
        return cls(tuple(float(phase) for phase in random.uniform(0, 2 * np.pi, 6)))

    def __call__(self, x: Field, y: Field, z: float) -> tuple[Field, Field]:
        """The displaced coordinates."""
        a, b, c, d, e, f = self.phases
        shift_x = np.sin(y / 37 + a + z / 41) * np.sin(x / 43 + b) + 0.2 * np.sin(y / 9 + c) * np.sin(
            x / 13 + z / 17
        )
        shift_y = np.sin(x / 39 + d - z / 37) * np.sin(y / 41 + e) + 0.2 * np.sin(x / 10 + f) * np.sin(
            y / 12 - z / 19
        )
        return x + self.reach_mm * shift_x.astype(np.float32), y + self.reach_mm * shift_y.astype(np.float32)


def ellipse(x: Field, y: Field, half_x: float | Field, half_y: float | Field, square: float = 0.0) -> Field:
    """Edge of an ellipse; `square` of 0 is round, towards 1 a box with round corners."""
    u, v = (x / half_x) ** 2, (y / half_y) ** 2
    inside = u + v if square == 0 else u + v - square * np.minimum(u, 1.0) * np.minimum(v, 1.0)
    return (np.sqrt(np.maximum(inside, 0.0)) - 1.0) * np.minimum(half_x, half_y)


def rod(x: Field, y: Field, start: tuple[float, float], end: tuple[float, float], radius: float) -> Field:
    """Edge of a thick line from `start` to `end` in the plane."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    return np.sqrt((x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2) - radius


def nearest(*edges: Field) -> Field:
    """Edge of what any of the shapes holds."""
    edge: Field = np.minimum.reduce(np.broadcast_arrays(*edges))
    return edge


def cover(edge: Field, softness_mm: float = EDGE_MM) -> Field:
    """How much of a pixel lies inside, 0 to 1."""
    share: Field = np.clip(0.5 - edge / softness_mm, 0.0, 1.0)
    return share


def fill(tissue: Field, edge: Field, hounsfield: float | Field, softness_mm: float = EDGE_MM) -> None:
    """Put `hounsfield` where `edge` is inside, in place."""
    tissue += cover(edge, softness_mm) * (hounsfield - tissue)


def crop(
    tissue: Field, x: Field, y: Field, half_width: float, front: float, back: float
) -> tuple[Field, Field, Field]:
    """Views of what lies within `half_width` of the middle and between `front` and `back`, in mm."""
    rows, columns = y[:, 0], x[0]
    top, bottom = np.searchsorted(rows, (front, back))
    left, right = np.searchsorted(columns, (-half_width, half_width))
    return tissue[top:bottom, left:right], x[:, left:right], y[top:bottom]


def _ramp(value: float | Field, low: float, high: float) -> Field:
    share: Field = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0.0, 1.0)
    return share


def rib_cage(z: float | Field) -> tuple[Field, Field]:
    """Half width and half depth inside the ribs at a height."""
    rise = np.clip((np.asarray(z, np.float32) + 40.0) / 170.0, 0.0, 1.0)
    narrowing = np.sqrt(np.maximum(1.0 - rise**2.5, 0.0)) + 0.02
    return 131.0 * narrowing, 87.0 * narrowing


def chest_edge(x: Field, y: Field, z: float | Field) -> Field:
    """Edge of the space inside the ribs."""
    half_x, half_y = rib_cage(z)
    return ellipse(x, y - CHEST_CENTRE_Y_MM, half_x, half_y, 0.28)


def diaphragm_height(x: Field, y: Field) -> Field:
    """Height of the diaphragm; lungs are above, liver and stomach below. The sulcus is deepest behind."""
    middle = np.where(x < 0, -70.0, 76.0)
    top = np.where(x < 0, DIAPHRAGM_TOP_MM, DIAPHRAGM_TOP_MM - 13.0)
    height: Field = top - 42.0 * ((x - middle) / 72.0) ** 2 - 40.0 * ((y + 12.0) / 76.0) ** 2
    return height


def heart_edge(x: Field, y: Field, z: float | Field) -> Field:
    """Edge of the pericardium: the ventricles towards the left front, the right atrium beside them."""
    turned_x = 0.82 * (x - 26.0) - 0.57 * (y + 24.0)
    turned_y = 0.57 * (x - 26.0) + 0.82 * (y + 24.0)
    ventricles = np.sqrt((turned_x / 66.0) ** 2 + (turned_y / 47.0) ** 2 + ((z + 42.0) / 58.0) ** 2)
    atrium = np.sqrt(((x + 22.0) / 30.0) ** 2 + ((y + 12.0) / 38.0) ** 2 + ((z + 28.0) / 50.0) ** 2)
    return np.minimum((ventricles - 1.0) * 50.0, (atrium - 1.0) * 32.0)


def mediastinum_edge(x: Field, y: Field, z: float | Field) -> Field:
    """Edge of everything between the lungs: great vessels, heart, spine, and the fat around them."""
    half = 27.0 + 10.0 * np.exp(-(((np.asarray(z, np.float32) - 40.0) / 46.0) ** 2))
    middle = ellipse(x - 2.0, y - 2.0, half, np.full_like(half, 62.0))
    spine = ellipse(x, y - VERTEBRA_Y_MM - 6.0, 25.0, 31.0)
    back = ellipse(x, y - 94.0, 47.0, 24.0)
    aorta = np.hypot(x - 25.0, y - 40.0) - 16.0 + 30.0 * _ramp(z, 58.0, 70.0)
    cava = np.hypot(x + 24.0, y - 8.0) - 14.0 + 30.0 * _ramp(z, -62.0, -50.0)
    edges = (middle, spine, back, aorta, cava, np.abs(x) - 1.3, heart_edge(x, y, z))
    return nearest(*edges)


def lung_edge(x: Field, y: Field, z: float | Field) -> Field:
    """Edge of both lungs."""
    inside = np.maximum(chest_edge(x, y, z) + 3.0, -mediastinum_edge(x, y, z))
    edge: Field = np.maximum(inside, (diaphragm_height(x, y) - z) * 0.7)
    return edge


def soft_tissue(x: Field, y: Field, z: float, wobble: Wobble) -> Field:
    """Hounsfield units of a plane at height `z` without bone and without what branches in the lungs.

    `x` is (1, columns) and `y` (rows, 1), in mm, ascending.
    """
    plane = np.full((y.size, x.size), AIR_HU, np.float32)
    tissue, inner_x, inner_y = crop(plane, x, y, 175.0, -114.0, 122.0)
    wx, wy = wobble(inner_x, inner_y, z)
    chest = chest_edge(wx, wy, z)
    _wall(tissue, wx, wy, z, chest)
    fill(tissue, chest, FAT_HU)
    if z < DIAPHRAGM_TOP_MM:
        _abdomen(tissue, wx, wy, z, chest)
    _middle(*_cropped(tissue, inner_x, inner_y, (wx, wy), (78.0, -80.0, 72.0)), z)
    near, near_x, near_y = _cropped(tissue, inner_x, inner_y, (wx, wy), (60.0, 60.0, 120.0))
    fill(
        near, np.maximum(ellipse(near_x, near_y - 94.0, 47.0, 24.0), chest_edge(near_x, near_y, z)), MUSCLE_HU
    )
    _lungs(tissue, wx, wy, z, chest)
    _airway(*crop(plane, x, y, 16.0, -16.0, 30.0), z)
    return plane


def _cropped(
    tissue: Field, x: Field, y: Field, displaced: tuple[Field, Field], box: tuple[float, float, float]
) -> tuple[Field, Field, Field]:
    """As `crop`, with displaced coordinates."""
    wx, _, _ = crop(displaced[0], x, y, *box)
    wy, _, _ = crop(displaced[1], x, y, *box)
    return crop(tissue, x, y, *box)[0], wx, wy


def _lungs(tissue: Field, x: Field, y: Field, z: float, chest: Field) -> None:
    """Air-filled lung, denser behind where it lies, with the fissures as thin bands."""
    lung = np.maximum(chest + 3.0, -mediastinum_edge(x, y, z))
    if z < DIAPHRAGM_TOP_MM:
        lung = np.maximum(lung, (diaphragm_height(x, y) - z) * 0.7)
    fissure = np.abs((y - 8.0 + 0.62 * (z + 10.0 - 0.06 * np.abs(x))) * 0.85)
    value = LUNG_HU + 0.4 * y + 0.08 * (z + 150.0) + 110.0 * np.clip(1.4 - fissure, 0.0, 1.0)
    fill(tissue, lung, value, 1.4)


def _wall(tissue: Field, x: Field, y: Field, z: float, chest: Field) -> None:
    """Skin, fat and the muscles of the chest wall and shoulder."""
    high = float(_ramp(z, 45.0, 140.0))
    body = ellipse(x, y - 4.0, 160.0 + 9.0 * high, 111.0 - 27.0 * high, 0.42)
    fill(tissue, body, 15.0, 1.2)
    fill(tissue, body + 2.2, FAT_HU, 1.2)
    fill(tissue, body + 15.0 - 6.0 * high, MUSCLE_HU, 1.2)
    fill(tissue, np.maximum(np.abs(chest - 14.5) - 1.3, body + 16.0), FAT_HU + 20.0, 1.6)
    if high > 0:
        side = np.abs(x)
        axilla = ellipse(side - 112.0 + 16.0 * high, y + 4.0, 24.0, 12.0 + 26.0 * high)
        fill(tissue, np.maximum(axilla, 6.0 - chest), FAT_HU, 2.0)
        fill(tissue, np.hypot(side - 106.0, y + 8.0) - 4.5, BLOOD_HU, 1.2)
        between = np.abs(ellipse(side - 95.0, y - 66.0, 62.0, 26.0)) - 1.2
        fill(tissue, np.maximum(between, np.maximum(7.0 - chest, body + 12.0)), FAT_HU + 25.0, 1.6)
    front = np.abs(ellipse(x, y - 4.0, 146.0, 98.0 - 24.0 * high, 0.4)) - 1.0
    fill(tissue, np.maximum(np.maximum(front, y + 30.0), body + 12.0), FAT_HU + 20.0, 1.6)


def _abdomen(tissue: Field, x: Field, y: Field, z: float, chest: Field) -> None:
    """What lies under the diaphragm: muscle, liver, spleen, and the stomach with fluid and air."""
    under = np.maximum(chest + 1.0, (z - diaphragm_height(x, y)) * 0.7)
    fill(tissue, under, MUSCLE_HU, 2.0)
    fill(tissue, under + 3.0, FAT_HU, 2.0)
    right = x - 14.0 - 34.0 * _ramp(-y, -10.0, 40.0)
    liver = np.maximum(np.maximum(under + 1.8, right), y - 66.0 + 0.12 * np.abs(x))
    fill(tissue, liver, LIVER_HU, 2.0)
    for start, end in (
        ((-20.0, 6.0), (-92.0, -22.0)),
        ((-20.0, 4.0), (-48.0, -62.0)),
        ((-20.0, 8.0), (-96.0, 26.0)),
    ):
        fill(
            tissue,
            np.maximum(rod(x, y, start, end, 3.6 - 0.02 * abs(z + 98.0)), liver + 6.0),
            BLOOD_HU + 1.0,
            2.5,
        )
    spleen = np.sqrt(((x - 88.0) / 30.0) ** 2 + ((y - 38.0) / 42.0) ** 2 + ((z + 126.0) / 42.0) ** 2)
    fill(tissue, np.maximum((spleen - 1.0) * 32.0, under + 4.0), SPLEEN_HU, 2.0)
    bag = np.sqrt(((x - 66.0) / 42.0) ** 2 + ((y + 22.0) / 46.0) ** 2 + ((z + 122.0) / 40.0) ** 2)
    stomach = np.maximum((bag - 1.0) * 40.0, under + 3.5)
    fill(tissue, stomach, 38.0, 1.5)
    fill(tissue, stomach + 3.5, WATER_HU + 6.0, 1.5)
    fill(tissue, np.maximum(stomach + 3.5, y + 40.0), AIR_HU + 15.0, 1.2)


def _middle(tissue: Field, x: Field, y: Field, z: float) -> None:
    """Heart, great vessels and oesophagus, lying in fat."""
    if z > -108.0:
        _heart(tissue, x, y, z)
    descent = float(_ramp(-z, 20.0, 150.0))
    gullet_x, gullet_y = x - 9.0 - 8.0 * descent, y - 27.0 - 3.0 * descent
    vessels = _vessels_below(x, y, z, descent) if z < 64.0 else _vessels_above(x, y, z - 66.0)
    for edge in (ellipse(gullet_x, gullet_y, 8.5, 6.0), *vessels):
        fill(tissue, edge, BLOOD_HU, 1.4)
    fill(tissue, np.hypot(gullet_x - 1.0, gullet_y) - 1.6, -400.0, 1.4)
    if abs(z - ARCH_Z_MM) < ARCH_RADIUS_MM:
        radius = float(np.sqrt(ARCH_RADIUS_MM**2 - (z - ARCH_Z_MM) ** 2))
        bends = [rod(x, y, start, end, radius) for start, end in pairwise(_ARCH)]
        fill(tissue, nearest(*bends), BLOOD_HU, 1.4)
    for (at_x, at_y, at_z), (half_x, half_y, half_z) in _GREAT_VESSELS:
        if abs(z - at_z) < half_z:
            flat = ((x - at_x) / half_x) ** 2 + ((y - at_y) / half_y) ** 2
            edge = np.sqrt(flat + ((z - at_z) / half_z) ** 2) - 1.0
            fill(tissue, edge * min(half_x, half_y, half_z), BLOOD_HU + 1.0, 1.6)


def _heart(tissue: Field, x: Field, y: Field, z: float) -> None:
    heart = heart_edge(x, y, z)
    fill(tissue, heart, FAT_HU + 8.0, 2.0)
    fill(tissue, heart + 4.5, BLOOD_HU + 3.0, 2.0)
    groove = np.abs(0.9 * (x - 8.0) + 0.44 * (y + 20.0)) - 1.6
    rim = np.maximum(np.maximum(groove, heart + 4.0), -(heart + 14.0))
    fill(tissue, rim, FAT_HU + 25.0, 2.5)


def _vessels_below(x: Field, y: Field, z: float, descent: float) -> Iterator[Field]:
    """Edges of the descending aorta and the two caval veins, up to the arch."""
    if z < ARCH_Z_MM - 4.0:
        yield np.hypot(x - 25.0 + 16.0 * descent, y - 40.0 + 4.0 * descent) - 12.8
    if z < -45.0:
        yield ellipse(x + 24.0, y - 8.0, 13.0, 11.0)
    if z > -30.0:
        yield np.hypot(x + 31.0, y + 14.0) - 8.8


def _vessels_above(x: Field, y: Field, rise: float) -> Iterator[Field]:
    """Edges of the branches of the arch and of the veins beside them, `rise` mm above it."""
    yield np.hypot(x + 31.0, y + 14.0) - 8.8
    yield np.hypot(x + 17.0 - 0.06 * rise, y + 12.0) - 6.6
    yield np.hypot(x - 6.0 - 0.04 * rise, y + 3.0) - 4.2
    yield np.hypot(x - 17.0 - 0.12 * rise, y - 9.0) - 5.0
    yield ellipse(x - 24.0 - 0.1 * rise, y + 24.0, 8.0, 6.0)
    yield ellipse(x + 30.0 + 0.1 * rise, y + 24.0, 8.0, 6.5)


_ARCH = ((-12.0, -22.0), (8.0, -12.0), (20.0, 12.0), (25.0, 40.0))
_GREAT_VESSELS: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = (
    ((-14.0, -22.0, 24.0), (16.5, 16.5, 46.0)),  # ascending aorta
    ((16.0, -26.0, 10.0), (14.5, 17.0, 26.0)),  # pulmonary trunk
    ((-10.0, 0.0, 17.0), (33.0, 9.5, 10.0)),  # right pulmonary artery
    ((33.0, 2.0, 25.0), (15.0, 20.0, 10.0)),  # left pulmonary artery
    ((0.0, 14.0, -10.0), (38.0, 16.0, 20.0)),  # left atrium
)


def _airway(tissue: Field, x: Field, y: Field, z: float) -> None:
    """The trachea down to where it divides."""
    if z > 36.0:
        middle = np.hypot(x + 4.0, (y - 12.0 + 0.08 * (z - 36.0)) * 1.08)
        fill(tissue, middle - 11.0, 30.0)
        fill(tissue, middle - 9.0, AIR_HU + 8.0)


def bones(tissue: Field, x: Field, y: Field, z: float) -> None:
    """Add spine, sternum and shoulder blades of the plane at `z`, in place; ribs are tubes."""
    _spine(*crop(tissue, x, y, 42.0, 34.0, 110.0), z)
    if -66.0 < z < 104.0:
        _breastbone(*crop(tissue, x, y, 32.0, -100.0, -40.0), z)
    if z > -12.0:
        _shoulder_blades(*crop(tissue, x, y, 170.0, 8.0, 95.0), z)


def _spine(tissue: Field, x: Field, y: Field, z: float) -> None:
    phase = (z + 6.0) % VERTEBRA_PITCH_MM
    body = ellipse(x, y - VERTEBRA_Y_MM, 17.5, 14.0, 0.3)
    if phase < 5.0:
        fill(tissue, body, DISC_HU)
    else:
        fill(tissue, body, CORTEX_HU * 0.62)
        fill(tissue, body + 1.9, MARROW_HU, 1.6)
    arch_y = VERTEBRA_Y_MM + 23.0
    parts = [ellipse(x, y - arch_y, 15.5, 12.5)]
    if phase > 9.0:
        parts.append(rod(x, y, (0.0, arch_y + 11.0), (0.0, arch_y + 20.0), 3.2))
        side = np.abs(x)
        parts.append(rod(side, y, (13.0, arch_y - 1.0), (33.0, arch_y + 9.0), 4.2))
        parts.append(rod(side, y, (11.0, arch_y - 14.0), (12.5, arch_y - 2.0), 4.0))
    edge = nearest(*parts)
    fill(tissue, edge, CORTEX_HU * 0.7)
    fill(tissue, edge + 2.2, MARROW_HU + 60.0, 1.6)
    canal = ellipse(x, y - arch_y, 11.0, 8.5)
    fill(tissue, canal, -20.0)
    fill(tissue, canal + 1.6, 24.0)


def _breastbone(tissue: Field, x: Field, y: Field, z: float) -> None:
    half_x = 15.0 + 11.0 * float(_ramp(z, 62.0, 84.0))
    front = CHEST_CENTRE_Y_MM - float(rib_cage(z)[1]) - 5.0
    edge = ellipse(x, y - front, half_x, 6.0, 0.35)
    fill(tissue, edge, CORTEX_HU * 0.5)
    fill(tissue, edge + 1.6, MARROW_HU - 60.0, 1.4)


def _shoulder_blades(tissue: Field, x: Field, y: Field, z: float) -> None:
    side = np.abs(x)
    up = float(_ramp(z, -12.0, 120.0))
    blade = rod(side, y, (92.0 - 14.0 * up, 86.0 - 14.0 * up), (124.0 + 8.0 * up, 62.0 - 26.0 * up), 2.4)
    if z > 70.0:
        ridge = rod(side, y, (104.0, 66.0), (132.0, 68.0 - 10.0 * up), 3.0)
        neck = np.hypot(side - 140.0, y - 30.0) - 15.0 * float(_ramp(z, 88.0, 118.0))
        blade = np.minimum(np.minimum(blade, ridge), neck)
    fill(tissue, blade, CORTEX_HU * 0.75)
    fill(tissue, blade + 2.4, MARROW_HU + 40.0, 1.4)
