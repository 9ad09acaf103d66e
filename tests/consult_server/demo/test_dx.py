import io
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from consult_server.demo import cast
from consult_server.demo.dx import CHILD_WITH_PNEUMONIA, PIXEL_MM, TOP_MM, chest_dx, radiograph

AT = datetime(2026, 11, 21, 0, 41, tzinfo=UTC)


@pytest.fixture(scope="module")
def film() -> Dataset:
    return chest_dx(
        cast.patient("P11"),
        accession="DX20261121-0002",
        acquired_at=AT,
        character_set=cast.UTF_8,
        institution=cast.COUNTY.name,
    )


@pytest.fixture(scope="module")
def picture(film: Dataset) -> NDArray[np.float64]:
    return np.frombuffer(film.PixelData, "<u2").reshape(film.Rows, film.Columns).astype(np.float64)


def shade(picture: NDArray[np.float64], x_mm: float, z_mm: float, reach: int = 40) -> float:
    column, row = round(x_mm / PIXEL_MM + 1000), round((TOP_MM - z_mm) / PIXEL_MM)
    return float(np.median(picture[row - reach : row + reach, column - reach : column + reach]))


def test_what_the_dx_iod_demands_is_there(film: Dataset) -> None:
    assert film.SOPClassUID == DigitalXRayImageStorageForPresentation
    assert film.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert (film.Rows, film.Columns, film.BitsAllocated, film.BitsStored, film.HighBit) == (
        2000,
        2000,
        16,
        12,
        11,
    )
    assert film.PhotometricInterpretation == "MONOCHROME2"
    assert list(map(float, film.ImagerPixelSpacing)) == [0.175, 0.175]
    assert "PixelSpacing" not in film, "nothing says how far from the detector a structure lies"
    assert (film.PresentationIntentType, film.ViewPosition, film.BodyPartExamined) == (
        "FOR PRESENTATION",
        "PA",
        "CHEST",
    )
    assert list(film.PatientOrientation) == ["L", "F"]
    assert (film.PixelIntensityRelationship, film.PixelIntensityRelationshipSign) == ("LOG", -1)
    assert (film.PresentationLUTShape, film.LossyImageCompression, film.BurnedInAnnotation) == (
        "IDENTITY",
        "00",
        "NO",
    )
    assert film.AnatomicRegionSequence[0].CodeValue == "51185008"
    assert "AcquisitionContextSequence" in film
    assert film.StudyDate + film.StudyTime == "20261121084100"


def test_it_survives_being_written_and_read(film: Dataset) -> None:
    out = io.BytesIO()
    dcmwrite(out, film, enforce_file_format=True)
    out.seek(0)
    read = dcmread(out)
    assert str(read.PatientName) == "Ayiguli Maimaiti=阿依古丽·买买提"
    assert read.pixel_array.shape == (2000, 2000)
    assert int(read.pixel_array.max()) <= 4095


def test_lungs_are_dark_and_heart_and_liver_bright(picture: NDArray[np.float64]) -> None:
    lungs = [shade(picture, side * 80, 20) for side in (-1, 1)]
    assert shade(picture, 30, -40) > max(lungs) + 200
    assert shade(picture, -70, -110) > max(lungs) + 400
    assert shade(picture, -165, 160) < 50, "beside the neck the beam meets nothing"


def test_the_heart_lies_at_the_pictures_right_as_patients_face_us(picture: NDArray[np.float64]) -> None:
    assert shade(picture, 70, -50, 20) > shade(picture, -70, -50 + 20, 20)
    row = picture[round((TOP_MM + 45) / PIXEL_MM)]
    reach_left, reach_right = (
        np.median(row[1000 + side * 440 - 40 : 1000 + side * 440 + 40]) for side in (1, -1)
    )
    assert reach_left > reach_right


def test_it_uses_the_range_it_opens_in(film: Dataset, picture: NDArray[np.float64]) -> None:
    centre, width = float(film.WindowCenter), float(film.WindowWidth)
    inside = (picture > centre - width / 2) & (picture < centre + width / 2)
    assert 0.55 < inside.mean() < 0.95
    assert (picture[picture > 50] >= 4095).mean() < 0.01


def test_equal_seeds_give_equal_pictures_and_others_do_not(picture: NDArray[np.float64]) -> None:
    assert np.array_equal(radiograph(8), picture)
    assert not np.array_equal(radiograph(9), picture)


@pytest.fixture(scope="module")
def child() -> Dataset:
    return chest_dx(cast.patient("P06"), accession="DX-CHILD", acquired_at=AT, build=CHILD_WITH_PNEUMONIA)


def test_a_childs_chest_is_a_childs_size(child: Dataset, film: Dataset) -> None:
    side, grown = (float(one.ImagerPixelSpacing[0]) * one.Columns for one in (child, film))
    assert child.PatientAge == "007Y"
    assert 200 < side < 260, "about 24 cm, the cassette that is used at seven"
    assert grown == pytest.approx(350)
    assert child.KVP < film.KVP
    assert child.ExposureTime * child.XRayTubeCurrent / 1000 == pytest.approx(child.Exposure)


def test_the_patch_lies_in_the_right_lower_field_and_nowhere_else(child: Dataset) -> None:
    """The same seed without a patch is the same film but there; the patient's right is at the left."""
    sick = np.frombuffer(child.PixelData, "<u2").reshape(2000, 2000).astype(np.float64)
    well = radiograph(8).astype(np.float64)
    change = sick - well
    assert shade(change, -66.0, -36.0) > 250
    assert abs(shade(change, 66.0, -36.0)) < 40
    assert abs(shade(change, -66.0, 60.0)) < 40
    rows, columns = np.nonzero(change.reshape(50, 40, 50, 40).mean(axis=(1, 3)) > 150)
    assert columns.max() < 25
    assert rows.min() > 22
