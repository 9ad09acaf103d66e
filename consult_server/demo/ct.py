"""A chest CT made by our own code: two series of one plain scan, with the geometry of a real one.

The phantom is `thorax` and `branches`; here it is scanned: sampled on slices, given a scanner's noise
and table, and written as CT Image Storage (PS3.3 A.3). Equal arguments give equal bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import CTImageStorage

from consult_server.demo import branches, thorax
from consult_server.demo.branches import Chain, Stack
from consult_server.demo.cast import GB18030, CastPatient
from consult_server.demo.header import Examination, SeriesFacts, grey_pixels, image_dataset, windows
from consult_server.demo.thorax import Field, fill

ROWS = COLUMNS = 512
PIXEL_MM = 0.7
RESCALE_INTERCEPT = -1024
STORED_MAX = 4095
SLICES_DEFAULT = 60
SPACING_DEFAULT_MM = 5.0
ARTERY_ROOT_MM, VEIN_ROOT_MM = 4.6, 3.9
TABLE_HU, OUTSIDE_HU, BACK_MM = -420.0, -900.0, 60.0
LUNG_WINDOW = (-600, 1500, "LUNG")
MEDIASTINUM_WINDOW = (40, 400, "MEDIASTINUM")
CLEARANCE_MM = 8.0
_NODULE_SLICE_SHARE = 0.62
_NOISE_SIDE = 1024
_COVER = np.float32(1.0 / branches.COVER_FULL)


@dataclass(frozen=True)
class Nodule:
    """A solid nodule: its centre, and its diameters along x, y and z, in mm."""

    x_mm: float
    y_mm: float
    z_mm: float
    long_mm: float
    short_mm: float
    height_mm: float
    hounsfield: float


NODULE = Nodule(x_mm=80.0, y_mm=46.0, z_mm=-45.0, long_mm=9.6, short_mm=8.6, height_mm=12.0, hounsfield=32.0)
"""In the posterior basal left lower lobe, as story S05 measures it: 9.6 by 8.6, mean 9.1 mm."""


@dataclass(frozen=True)
class Reconstruction:
    """How one series is made of the scan. Noise: standard deviation, and the reach of its grain in pixels."""

    number: int
    description: str
    kernel: str
    presets: tuple[tuple[int, int, str], ...]
    noise_hu: float
    grain_pixels: float


LUNG = Reconstruction(1, "胸部平扫 肺窗 5mm", "B60f", (LUNG_WINDOW, MEDIASTINUM_WINDOW), 30.0, 0.5)
MEDIASTINUM = Reconstruction(2, "胸部平扫 纵隔窗 5mm", "B31f", (MEDIASTINUM_WINDOW, LUNG_WINDOW), 9.5, 1.1)


def chest_ct(  # noqa: PLR0913 - each names one fact of the examination
    patient: CastPatient,
    *,
    accession: str,
    acquired_at: datetime,
    seed: int = 5,
    slices: int = SLICES_DEFAULT,
    spacing_mm: float = SPACING_DEFAULT_MM,
    study_instance_uid: str | None = None,
    character_set: str = GB18030,
    institution: str = "",
    series: tuple[Reconstruction, ...] = (LUNG, MEDIASTINUM),
) -> Iterator[Dataset]:
    """A plain chest CT of `slices` positions from the apices down, once for each of `series`.

    Every data set has file meta information (Explicit VR Little Endian) and is ready to be sent.
    `acquired_at` needs a zone. Slice thickness is `spacing_mm`, at most 5.
    """
    exam = Examination(
        patient=patient,
        accession=accession,
        acquired_at=acquired_at,
        seed=seed,
        study_instance_uid=study_instance_uid,
        character_set=character_set,
        institution=institution,
        description="胸部CT平扫",
    )
    random = np.random.default_rng(seed)
    heights = slice_heights(slices, spacing_mm)
    planes = scan(random, heights, spacing_mm)
    grains = {made.number: _grain(random, made.grain_pixels) for made in series}
    for made in series:
        facts = SeriesFacts(
            modality="CT",
            number=made.number,
            description=made.description,
            model="Phantom CT 64",
            after=timedelta(seconds=0),
        )
        for index, (height, plane) in enumerate(zip(heights, planes, strict=True)):
            ds = image_dataset(exam, facts, CTImageStorage, index + 1)
            _geometry(ds, exam, float(height), spacing_mm)
            _technique(ds, made)
            noisy = plane + made.noise_hu * _patch(random, grains[made.number])
            ds.PixelData = np.clip(np.rint(noisy) - RESCALE_INTERCEPT, 0, STORED_MAX).astype("<u2").tobytes()
            yield ds


def slice_heights(slices: int, spacing_mm: float) -> Field:
    """Centres of the slices along z in mm, from the head down; one of them cuts the nodule in half."""
    middle = round(slices * _NODULE_SLICE_SHARE)
    return (NODULE.z_mm + spacing_mm * (middle - np.arange(slices))).astype(np.float32)


def pixel_centres() -> Field:
    """Where columns (x) and rows (y) have their centres, in mm; the field of view is centred on 0."""
    return ((np.arange(COLUMNS) - (COLUMNS - 1) / 2) * PIXEL_MM).astype(np.float32)


def scan(random: np.random.Generator, heights: Field, thickness_mm: float) -> NDArray[np.int16]:
    """The phantom in Hounsfield units without noise: (slices, rows, columns)."""
    centres = pixel_centres()
    stack = Stack(centres, centres, heights, thickness_mm)
    wobble = thorax.Wobble.from_seed(random)
    layers = list(_tube_layers(random, stack))
    planes = np.empty(stack.shape, np.int16)
    x, y = centres[None, :], centres[:, None]
    for index, height in enumerate(heights.tolist()):
        plane = thorax.soft_tissue(x, y, height, wobble)
        for covered, hounsfield in layers:
            _overlay(plane, covered[index], hounsfield)
        thorax.bones(plane, x, y, height)
        _nodule(plane, x, y, height)
        _table(plane, x, y)
        planes[index] = np.rint(plane)
    return planes


def _tube_layers(random: np.random.Generator, stack: Stack) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """What is laid over the soft tissue, in order: how much of each voxel, and its Hounsfield units."""
    arteries = branches.grow(random, ARTERY_ROOT_MM)
    vessels = branches.joined([arteries, branches.grow(random, VEIN_ROOT_MM)])
    companions = arteries.moved((0.9, 1.2, 0.3), 0.85).wider_than(1.0).within_lungs(2.5)
    bronchi = branches.joined([branches.main_bronchi(), companions])
    rib, cartilage = branches.ribs()
    bone = branches.joined([rib, branches.collar_bones()])
    layers: list[tuple[Chain, float]] = [
        (_clear_of_nodule(vessels), thorax.BLOOD_HU),
        (_clear_of_nodule(bronchi).thickened(0.4), -150.0),
        (_clear_of_nodule(bronchi).thickened(-0.6), thorax.AIR_HU + 12.0),
        (cartilage, thorax.CARTILAGE_HU),
        (bone, thorax.CORTEX_HU),
        (bone.thickened(-1.6), thorax.MARROW_HU),
    ]
    for chain, hounsfield in layers:
        yield branches.stamp(chain, stack), hounsfield


def _clear_of_nodule(chain: Chain) -> Chain:
    """The tubes without those that would run into the nodule, so that it can be measured."""
    centre = np.array([NODULE.x_mm, NODULE.y_mm, NODULE.z_mm], np.float32)
    keep = np.linalg.norm(chain.points - centre, axis=1) - chain.radii > CLEARANCE_MM
    return Chain(chain.points[keep], chain.radii[keep], chain.steepness[keep])


def _overlay(plane: Field, covered: NDArray[np.uint8], hounsfield: float) -> None:
    rows = np.flatnonzero(covered.any(axis=1))
    if rows.size:
        band = slice(rows[0], rows[-1] + 1)
        plane[band] += covered[band] * _COVER * (np.float32(hounsfield) - plane[band])


def _nodule(plane: Field, x: Field, y: Field, z: float) -> None:
    rise = ((z - NODULE.z_mm) / (NODULE.height_mm / 2)) ** 2
    if rise < 1.0:
        away_x, away_y = (x - NODULE.x_mm) / (NODULE.long_mm / 2), (y - NODULE.y_mm) / (NODULE.short_mm / 2)
        edge = (np.sqrt(away_x**2 + away_y**2) - np.sqrt(1.0 - rise)) * NODULE.short_mm / 2
        fill(plane, edge.astype(np.float32), NODULE.hounsfield)


def _table(plane: Field, x: Field, y: Field) -> None:
    """The couch: two thin shells under the back, lower in the middle."""
    lower = y > BACK_MM
    sag = 127.0 - 30.0 * (x / 170.0) ** 2
    for gap in (0.0, 13.0):
        edge = np.where(lower & (plane < OUTSIDE_HU), np.abs(y - sag - gap) - 0.9, 9.0)
        fill(plane, edge.astype(np.float32), TABLE_HU)


def _grain(random: np.random.Generator, reach_pixels: float) -> Field:
    """A sheet of noise with unit deviation, grainy as a reconstruction kernel makes it."""
    white = np.fft.rfft2(random.standard_normal((_NOISE_SIDE, _NOISE_SIDE), dtype=np.float32))
    down, across = np.fft.fftfreq(_NOISE_SIDE)[:, None], np.fft.rfftfreq(_NOISE_SIDE)[None, :]
    frequency = np.hypot(down, across)
    shaped = np.fft.irfft2(
        white * np.sqrt(frequency + 0.02) * np.exp(-((reach_pixels * frequency * np.pi) ** 2))
    )
    sheet: Field = (shaped / shaped.std()).astype(np.float32)
    return sheet


def _patch(random: np.random.Generator, sheet: Field) -> Field:
    """A piece of the sheet as large as a slice, somewhere else every time."""
    down, across = random.integers(0, _NOISE_SIDE - ROWS, 2)
    return sheet[down : down + ROWS, across : across + COLUMNS]


def _geometry(ds: Dataset, exam: Examination, height_mm: float, spacing_mm: float) -> None:
    """Where the slice lies (PS3.3 C.7.6.2, C.7.4.1): axial, first row in front, first column at the right."""
    corner = -(COLUMNS - 1) / 2 * PIXEL_MM
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = exam.uid("frame"), ""
    ds.PatientPosition = "HFS"
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.ImagePositionPatient = [round(corner, 3), round(corner, 3), round(height_mm, 3)]
    ds.SliceLocation, ds.SliceThickness, ds.SpacingBetweenSlices = round(height_mm, 3), spacing_mm, spacing_mm
    ds.PixelSpacing = [PIXEL_MM, PIXEL_MM]


def _technique(ds: Dataset, made: Reconstruction) -> None:
    """How it was taken (PS3.3 C.8.2.1) and how numbers become Hounsfield units."""
    grey_pixels(ds, ROWS, COLUMNS, 12)
    windows(ds, made.presets)
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = RESCALE_INTERCEPT, 1, "HU"
    ds.AcquisitionNumber, ds.ProtocolName, ds.ScanOptions = 1, "胸部平扫", "HELIX"
    ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime, ds.Exposure = 120, 150, 500, 75
    ds.ConvolutionKernel, ds.FilterType, ds.GantryDetectorTilt = made.kernel, "FLAT", 0
    ds.ReconstructionDiameter, ds.DataCollectionDiameter, ds.TableHeight = COLUMNS * PIXEL_MM, 500, 140
    ds.RotationDirection, ds.SpiralPitchFactor, ds.CTDIvol = "CW", 1.2, 5.1
