"""PET images of a patient who is scanned by a CT as well: balls that take up a tracer, in SUV, files out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

from tests.factories.outlined import begun, one_item

PET = "1.2.840.10008.5.1.4.1.1.128"
WEIGHT_KG, DOSE_BQ, HALF_LIFE_S = 70.0, 3.7e8, 6586.2
WAITED = timedelta(hours=1)
STORED_MAX = 32767


@dataclass(frozen=True, kw_only=True)
class Ball:
    """Where a tracer gathers, in the patient, and how much: SUV by body weight."""

    centre: tuple[float, float, float]
    radius_mm: float
    suv: float


@dataclass(frozen=True, kw_only=True)
class Raster:
    """The samples of a PET: `corner` is the centre of the first pixel of the lowest slice."""

    corner: tuple[float, float, float]
    size: tuple[int, int, int]
    """Columns, rows, slices."""
    pixel_mm: float = 4.0
    spacing_mm: float = 5.0

    def suv(self, balls: Sequence[Ball], background: float) -> npt.NDArray[np.float64]:
        """What each sample takes up: (slices, rows, columns)."""
        columns, rows, slices = self.size
        x = self.corner[0] + np.arange(columns)[None, None, :] * self.pixel_mm
        y = self.corner[1] + np.arange(rows)[None, :, None] * self.pixel_mm
        z = self.corner[2] + np.arange(slices)[:, None, None] * self.spacing_mm
        found = np.full((slices, rows, columns), background)
        for ball in balls:
            away = (x - ball.centre[0]) ** 2 + (y - ball.centre[1]) ** 2 + (z - ball.centre[2]) ** 2
            found[away <= ball.radius_mm**2] = ball.suv
        return found


def activity_of(suv: float) -> float:
    """Becquerel in a millilitre that mean this SUV at the start of the series."""
    left = DOSE_BQ * 2.0 ** (-WAITED.total_seconds() / HALF_LIFE_S)
    return float(suv * left / (WEIGHT_KG * 1000.0))


def a_pet(
    study: Dataset,
    balls: Sequence[Ball],
    *,
    raster: Raster,
    frame_of_reference_uid: str,
    background: float = 0.5,
    units: str = "BQML",
) -> list[Dataset]:
    """A PET series in the study of an image, each slice with a slope of its own as scanners write them."""
    values = raster.suv(balls, background)
    series = generate_uid()
    return [
        _slice(study, plane, k, raster, UID(frame_of_reference_uid), series, units)
        for k, plane in enumerate(values)
    ]


def _slice(
    study: Dataset,
    plane: npt.NDArray[np.float64],
    k: int,
    raster: Raster,
    frame_of_reference: UID,
    series: UID,
    units: str,
) -> Dataset:
    made = begun(PET, "PT", study)
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = series, 3, k + 1
    made.SeriesDescription, made.FrameOfReferenceUID = "PET AC", frame_of_reference
    made.PositionReferenceIndicator, made.PatientWeight = "", WEIGHT_KG
    _moments(made, study)
    made.Units, made.DecayCorrection, made.CorrectedImage = units, "START", ["ATTN", "DECY"]
    made.SeriesType, made.ImageType = ["WHOLE BODY", "IMAGE"], ["ORIGINAL", "PRIMARY"]
    made.PixelSpacing = [raster.pixel_mm, raster.pixel_mm]
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    left, top, height = raster.corner
    made.ImagePositionPatient = [left, top, height + k * raster.spacing_mm]
    made.SliceThickness = raster.spacing_mm
    _pixels(made, plane)
    return made


def _moments(made: Dataset, study: Dataset) -> None:
    stamp = f"{study.StudyDate}{study.StudyTime}".partition(".")[0]
    start = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    made.SeriesDate = made.AcquisitionDate = start.strftime("%Y%m%d")
    made.SeriesTime = made.AcquisitionTime = start.strftime("%H%M%S")
    made.RadiopharmaceuticalInformationSequence = one_item(
        RadionuclideTotalDose=DOSE_BQ,
        RadionuclideHalfLife=HALF_LIFE_S,
        RadiopharmaceuticalStartDateTime=(start - WAITED).strftime("%Y%m%d%H%M%S"),
    )


def _pixels(made: Dataset, plane: npt.NDArray[np.float64]) -> None:
    activity = activity_of(1.0) * plane
    slope = max(float(activity.max()), activity_of(1.0)) / STORED_MAX
    made.RescaleSlope, made.RescaleIntercept = f"{slope:.8g}", "0"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns = plane.shape
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 1
    made.PixelData = np.rint(activity / float(made.RescaleSlope)).astype("<i2").tobytes()
