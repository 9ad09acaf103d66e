"""A PET series made for tests tells its SUV as the viewer reads it, and lies where it says."""

import math

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.factories.uptake import DOSE_BQ, HALF_LIFE_S, WEIGHT_KG, Ball, Raster, a_pet, activity_of
from viewer.suv import suv_factor

RASTER = Raster(corner=(-20.0, -16.0, 100.0), size=(11, 9, 7), pixel_mm=4.0, spacing_mm=5.0)
BALL = Ball(centre=(0.0, 0.0, 115.0), radius_mm=7.0, suv=6.0)
SPACE = "1.2.840.5"


def a_series(**changes: str) -> list[Dataset]:
    study = Dataset()
    study.StudyInstanceUID, study.StudyDate, study.StudyTime = "1.2.840.6", "20261121", "110000"
    return a_pet(study, [BALL], raster=RASTER, frame_of_reference_uid=SPACE, background=0.5, **changes)


def rescaled(image: Dataset) -> np.ndarray:
    """Activity of each pixel, as any reader of the object computes it."""
    return image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)


def test_activity_means_the_suv_that_was_asked_for() -> None:
    left = DOSE_BQ * 2 ** (-3600 / HALF_LIFE_S)
    assert activity_of(1.0) == pytest.approx(left / (WEIGHT_KG * 1000))
    for image in a_series():
        factor = suv_factor(image.to_json_dict())
        assert factor == pytest.approx(1 / activity_of(1.0))
        values = rescaled(image) * factor
        z = float(image.ImagePositionPatient[2])
        for row, column in np.ndindex(values.shape):
            place = (-20.0 + 4 * column, -16.0 + 4 * row, z)
            inside = math.dist(place, BALL.centre) <= BALL.radius_mm
            assert values[row, column] == pytest.approx(BALL.suv if inside else 0.5, abs=2e-3)


def test_slices_have_slopes_of_their_own_and_one_space() -> None:
    images = a_series()
    assert len({str(one.RescaleSlope) for one in images}) > 1
    assert {str(one.FrameOfReferenceUID) for one in images} == {SPACE}
    assert [float(one.ImagePositionPatient[2]) for one in images] == [100.0 + 5 * k for k in range(7)]
    assert len({str(one.SOPInstanceUID) for one in images}) == len(images)
    assert len({str(one.SeriesInstanceUID) for one in images}) == 1


def test_what_has_no_unit_of_activity_tells_no_suv() -> None:
    assert {suv_factor(one.to_json_dict()) for one in a_series(units="CNTS")} == {None}
