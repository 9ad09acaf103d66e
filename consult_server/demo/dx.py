"""A chest radiograph made by our own code: the phantom of the CT, seen from behind.

Soft tissue is summed along y on a coarse grid, what is fine (ribs, vessels) is added as chords of
tubes, then come scatter, the logarithm and quantum noise. Written as Digital X-Ray Image Storage,
For Presentation (PS3.3 A.26). Equal arguments give equal bytes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DigitalXRayImageStorageForPresentation

from consult_server.demo import branches, thorax
from consult_server.demo.branches import Chain
from consult_server.demo.cast import GB18030, CastPatient
from consult_server.demo.header import Examination, SeriesFacts, code, grey_pixels, image_dataset, windows
from consult_server.demo.thorax import Field

SIDE_PIXELS = 2000
PIXEL_MM = 0.175
TOP_MM = 168.0
STORED_MAX = 4095
ATTENUATION_PER_MM = 0.0135
SCATTER = 0.42
SCATTER_REACH_MM = 28.0
QUANTA = 9000.0
DETAIL_REACH_MM, DETAIL_GAIN, SLOW_SHARE = 9.0, 1.7, 0.8
SHOULDER = 1.35
BONE_GAIN = 2.0
_SIDE_MM = SIDE_PIXELS * PIXEL_MM
_FINE = 1000
_COARSE = 250
_DEPTH_STEP_MM = 2.5
_WINDOW = (2720, 1750, "NORMAL")


@dataclass(frozen=True, kw_only=True)
class Patch:
    """Consolidated lung: a cloud around (x, height) of the phantom, `depth_mm` of water at its densest."""

    x_mm: float
    height_mm: float
    reach_mm: float
    depth_mm: float


@dataclass(frozen=True, kw_only=True)
class Build:
    """Whose chest it is: the phantom's lengths times `scale`, and the exposure that shows it alike.

    A smaller chest is taken with a softer beam, so that the picture has the same densities.
    """

    scale: float
    kvp: int
    mas: int
    patches: tuple[Patch, ...] = ()

    @property
    def pixel_mm(self) -> float:
        """Side of a pixel; the phantom fills the same share of every picture."""
        return PIXEL_MM * self.scale


ADULT = Build(scale=1.0, kvp=120, mas=3)
CHILD_WITH_PNEUMONIA = Build(
    scale=0.64,
    kvp=80,
    mas=2,
    patches=(
        Patch(x_mm=-66.0, height_mm=-36.0, reach_mm=22.0, depth_mm=30.0),
        Patch(x_mm=-84.0, height_mm=-22.0, reach_mm=15.0, depth_mm=18.0),
        Patch(x_mm=-50.0, height_mm=-18.0, reach_mm=14.0, depth_mm=16.0),
    ),
)
"""Seven years old, with a patch in the right lower field."""


def chest_dx(
    patient: CastPatient,
    *,
    accession: str,
    acquired_at: datetime,
    seed: int = 8,
    study_instance_uid: str | None = None,
    character_set: str = GB18030,
    institution: str = "",
    build: Build = ADULT,
) -> Dataset:
    """A standing postero-anterior chest radiograph, 2000 by 2000 pixels (0.175 mm in an adult), 12 bits.

    The data set has file meta information (Explicit VR Little Endian) and is ready to be sent.
    `acquired_at` needs a zone.
    """
    exam = Examination(
        patient=patient,
        accession=accession,
        acquired_at=acquired_at,
        seed=seed,
        study_instance_uid=study_instance_uid,
        character_set=character_set,
        institution=institution,
        description="胸部正位片",
    )
    facts = SeriesFacts(
        modality="DX", number=1, description="胸部后前位", model="Phantom DR", after=timedelta(seconds=0)
    )
    ds = image_dataset(exam, facts, DigitalXRayImageStorageForPresentation, 1)
    _acquisition(ds, build)
    grey_pixels(ds, SIDE_PIXELS, SIDE_PIXELS, 12)
    _presentation(ds)
    ds.PixelData = radiograph(seed, build).astype("<u2").tobytes()
    return ds


def radiograph(seed: int, build: Build = ADULT) -> NDArray[np.uint16]:
    """The picture, (rows, columns), 0 to 4095: dense is bright. The patient's left is at the right."""
    random = np.random.default_rng(seed)
    path = _resized(_soft_tissue(thorax.Wobble.from_seed(random)), _FINE)
    path += _fine_structures(random) + _consolidation(random, build.patches)
    primary = np.exp(-ATTENUATION_PER_MM * np.maximum(path, 0.0))
    seen = (1.0 - SCATTER) * primary + SCATTER * _blurred(primary, SCATTER_REACH_MM)
    seen = np.clip(_resized(seen.astype(np.float32), SIDE_PIXELS), 1e-4, 1.0)
    seen *= 1.0 + random.standard_normal(seen.shape, dtype=np.float32) / np.sqrt(QUANTA * seen)
    weakened = -np.log(np.clip(seen, 1e-4, 1.0))
    slow = _blurred(weakened, DETAIL_REACH_MM)
    shown = SLOW_SHARE * slow + DETAIL_GAIN * (weakened - slow)
    bright = 1.0 - np.exp(-np.maximum(shown, 0.0) / SHOULDER)
    picture: NDArray[np.uint16] = np.clip(np.rint(STORED_MAX * bright), 0, STORED_MAX).astype(np.uint16)
    return picture


def _axes(count: int) -> tuple[Field, Field]:
    """Where `count` columns (x, to the left) and rows (z, downwards) have their centres, in mm."""
    steps = ((np.arange(count) + 0.5) * (_SIDE_MM / count)).astype(np.float32)
    return steps - np.float32(_SIDE_MM / 2), np.float32(TOP_MM) - steps


def _soft_tissue(wobble: thorax.Wobble) -> Field:
    """Millimetres of water that weaken the beam as soft tissue, spine and shoulder blades do."""
    x, heights = _axes(_COARSE)
    y = np.arange(-114.0, 122.0, _DEPTH_STEP_MM, dtype=np.float32)[:, None]
    water = np.empty((_COARSE, _COARSE), np.float32)
    for row, height in enumerate(heights.tolist()):
        plane = thorax.soft_tissue(x[None, :], y, height, wobble)
        thorax.bones(plane, x[None, :], y, height)
        dense = np.maximum(plane - 120.0, 0.0) * (BONE_GAIN - 1.0) * 0.15
        water[row] = (1.0 + (plane + dense) / 1000.0).sum(axis=0) * _DEPTH_STEP_MM
    return water * _shoulders(x, heights)


def _shoulders(x: Field, heights: Field) -> Field:
    """The share of the trunk's depth that is left where it slopes from the neck to the shoulders."""
    slope = 60.0 + 2.6 * np.maximum(158.0 - heights[:, None], 0.0)
    inside = np.clip((slope - np.abs(x[None, :])) / 46.0, 0.0, 1.0)
    share: Field = np.sqrt(inside).astype(np.float32)
    return share


def _fine_structures(random: np.random.Generator) -> Field:
    """Millimetres of water that ribs, clavicles, vessels and bronchi add to the soft tissue."""
    rib, cartilage = branches.ribs()
    bone = branches.joined([rib, branches.collar_bones()])
    arteries = branches.grow(random, 4.6)
    vessels = branches.joined([arteries, branches.grow(random, 3.9)])
    layers = (
        (bone, BONE_GAIN * (thorax.CORTEX_HU - thorax.MUSCLE_HU) / 1000.0),
        (bone.thickened(-1.4), BONE_GAIN * (thorax.MARROW_HU - thorax.CORTEX_HU) / 1000.0),
        (cartilage, 0.05),
        (vessels.within_lungs(0.0), (thorax.BLOOD_HU - thorax.LUNG_HU) / 1000.0),
        (branches.main_bronchi().thickened(-0.8), -1.0),
    )
    total = np.zeros((_FINE, _FINE), np.float32)
    for chain, weight in layers:
        _add_tubes(total, chain, weight)
    return total


def _consolidation(random: np.random.Generator, patches: tuple[Patch, ...]) -> Field:
    """Millimetres of water that patches of pneumonia add, ragged and with air left in them."""
    total = np.zeros((_FINE, _FINE), np.float32)
    if not patches:
        return total
    x, heights = _axes(_FINE)
    coarse = _resized(random.standard_normal((36, 36), dtype=np.float32), _FINE)
    fine = _resized(random.standard_normal((110, 110), dtype=np.float32), _FINE)
    ragged = np.clip(1.0 + 0.28 * coarse + 0.1 * fine, 0.3, 1.6)
    lung = np.clip(
        -thorax.lung_edge(x[None, :], np.full((1, 1), 30.0, np.float32), heights[:, None]) / 12.0, 0.0, 1.0
    )
    for patch in patches:
        away = np.hypot(x[None, :] - patch.x_mm, heights[:, None] - patch.height_mm) / patch.reach_mm
        total += np.float32(patch.depth_mm) * np.exp(-(away**2)).astype(np.float32) * ragged * lung
    return total


def _add_tubes(total: Field, chain: Chain, weight: float) -> None:
    """Add the depth of tubes along y, times `weight`, in place.

    A flat disc of one step's length at every step sums to the chord through the tube, whatever its
    slant; discs thinner than two pixels are widened and weakened alike.
    """
    x, heights = _axes(_FINE)
    spacing = _SIDE_MM / _FINE
    drawn = np.maximum(chain.radii, 2 * spacing)
    strength = branches.STEP_MM * weight * (chain.radii / drawn) ** 2
    reaches = np.ceil((drawn + spacing) / spacing).astype(np.int64)
    for reach in np.unique(reaches).tolist():
        for part in np.array_split(
            np.flatnonzero(reaches == reach), 1 + np.count_nonzero(reaches == reach) // 2000
        ):
            offsets = np.arange(-reach, reach + 1)
            columns = (
                np.rint((chain.points[part, 0] - x[0]) / spacing).astype(np.int64)[:, None, None] + offsets
            )
            rows = (
                np.rint((heights[0] - chain.points[part, 2]) / spacing).astype(np.int64)[:, None, None]
                + offsets[:, None]
            )
            away_x = columns * spacing + x[0] - chain.points[part, 0, None, None]
            away_z = heights[0] - rows * spacing - chain.points[part, 2, None, None]
            share = np.clip((drawn[part, None, None] - np.hypot(away_x, away_z)) / spacing + 0.5, 0.0, 1.0)
            share = (share * strength[part, None, None]).astype(np.float32)
            inside = (rows >= 0) & (rows < _FINE) & (columns >= 0) & (columns < _FINE)
            np.add.at(
                total, tuple(place[inside] for place in np.broadcast_arrays(rows, columns)), share[inside]
            )


def _resized(picture: Field, side: int) -> Field:
    return np.asarray(
        Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC), np.float32
    ).copy()


def _blurred(picture: Field, reach_mm: float) -> Field:
    """The picture without what is finer than `reach_mm` (a Gaussian's standard deviation)."""
    small = _resized(picture, _COARSE)
    padded = np.pad(small, _COARSE // 2, mode="edge")
    frequency = np.fft.fftfreq(len(padded), _SIDE_MM / _COARSE)
    spread = np.exp(-2 * (np.pi * reach_mm * frequency) ** 2)
    soft = np.fft.ifft2(np.fft.fft2(padded) * spread[:, None] * spread[None, :]).real
    half = _COARSE // 2
    return _resized(soft[half:-half, half:-half].astype(np.float32), len(picture))


def _acquisition(ds: Dataset, build: Build) -> None:
    """How it was taken (PS3.3 C.8.11.5, C.8.11.1, C.8.11.2)."""
    ds.PresentationIntentType, ds.ViewPosition, ds.ImageLaterality = "FOR PRESENTATION", "PA", "U"
    ds.PatientOrientation = ["L", "F"]
    ds.AnatomicRegionSequence = code("51185008", "SCT", "Chest")
    ds.ViewCodeSequence = code("399348003", "SCT", "postero-anterior")
    ds.ViewCodeSequence[0].ViewModifierCodeSequence = Sequence([])
    ds.AcquisitionContextSequence = Sequence([])
    ds.KVP, ds.XRayTubeCurrent, ds.Exposure = build.kvp, 250, build.mas
    ds.ExposureTime = 1000 * build.mas // 250
    ds.DistanceSourceToDetector, ds.DistanceSourceToPatient = 1800, 1750
    ds.DetectorType, ds.DetectorID = "SCINTILLATOR", "DEMO"
    ds.ImagerPixelSpacing = [build.pixel_mm, build.pixel_mm]
    ds.ProtocolName = "胸部后前位"


def _presentation(ds: Dataset) -> None:
    """What the numbers mean: the more the beam was weakened, the higher (PS3.3 C.8.11.3)."""
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 0, 1, "US"
    ds.PresentationLUTShape, ds.LossyImageCompression, ds.BurnedInAnnotation = "IDENTITY", "00", "NO"
    windows(ds, (_WINDOW,))
