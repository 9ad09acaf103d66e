import io
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from consult_server.demo import branches, cast, thorax
from consult_server.demo.branches import Chain, Stack
from consult_server.demo.ct import LUNG, MEDIASTINUM, NODULE, chest_ct, slice_heights

AT = datetime(2026, 11, 21, 2, 31, tzinfo=UTC)
PATIENT = cast.patient("P05")


@pytest.fixture(scope="module")
def study() -> list[Dataset]:
    return list(
        chest_ct(PATIENT, accession="CT20261121-0417", acquired_at=AT, institution=cast.TOWNSHIP.name)
    )


@pytest.fixture(scope="module")
def lung(study: list[Dataset]) -> list[Dataset]:
    return [ds for ds in study if ds.SeriesNumber == LUNG.number]


@pytest.fixture(scope="module")
def mediastinum(study: list[Dataset]) -> list[Dataset]:
    return [ds for ds in study if ds.SeriesNumber == MEDIASTINUM.number]


def hounsfield(ds: Dataset) -> NDArray[np.float64]:
    stored = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).astype(np.float64)
    return stored * float(ds.RescaleSlope) + float(ds.RescaleIntercept)


def region(
    series: list[Dataset], x_mm: float, y_mm: float, z_mm: float, reach: int = 4
) -> NDArray[np.float64]:
    """Pixels around a place in patient coordinates, found from the geometry alone (PS3.3 C.7.6.2.1.1)."""
    ds = min(series, key=lambda ds: abs(float(ds.ImagePositionPatient[2]) - z_mm))
    column = round((x_mm - float(ds.ImagePositionPatient[0])) / float(ds.PixelSpacing[1]))
    row = round((y_mm - float(ds.ImagePositionPatient[1])) / float(ds.PixelSpacing[0]))
    return hounsfield(ds)[row - reach : row + reach + 1, column - reach : column + reach + 1]


def test_two_series_of_sixty_slices_in_one_study(study: list[Dataset]) -> None:
    assert [(ds.SeriesNumber, ds.InstanceNumber) for ds in study] == [
        (s, i) for s in (1, 2) for i in range(1, 61)
    ]
    assert len({ds.StudyInstanceUID for ds in study}) == 1
    assert len({ds.SeriesInstanceUID for ds in study}) == 2
    assert len({ds.SOPInstanceUID for ds in study}) == 120
    assert len({ds.FrameOfReferenceUID for ds in study}) == 1


def test_positions_go_down_in_equal_steps(lung: list[Dataset]) -> None:
    heights = [float(ds.ImagePositionPatient[2]) for ds in lung]
    assert all(upper > lower for upper, lower in pairwise(heights))
    assert {round(upper - lower, 4) for upper, lower in pairwise(heights)} == {5.0}
    assert heights == [float(ds.SliceLocation) for ds in lung]
    assert {(float(ds.SliceThickness), float(ds.SpacingBetweenSlices)) for ds in lung} == {(5.0, 5.0)}


def test_slices_are_axial_square_and_centred(study: list[Dataset]) -> None:
    for ds in study:
        assert list(map(float, ds.ImageOrientationPatient)) == [1, 0, 0, 0, 1, 0]
        assert (ds.Rows, ds.Columns, list(map(float, ds.PixelSpacing))) == (512, 512, [0.7, 0.7])
        last = float(ds.ImagePositionPatient[0]) + 511 * 0.7
        assert last == pytest.approx(-float(ds.ImagePositionPatient[0]), abs=0.001)


def test_what_the_ct_image_iod_demands_is_there(study: list[Dataset]) -> None:
    ds = study[0]
    assert ds.SOPClassUID == ds.file_meta.MediaStorageSOPClassUID == CTImageStorage
    assert ds.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    needed = """
        ImageType PatientName PatientID PatientBirthDate PatientSex StudyDate StudyTime AccessionNumber
        StudyID ReferringPhysicianName Modality SeriesNumber Manufacturer FrameOfReferenceUID
        PositionReferenceIndicator PatientPosition InstanceNumber PixelSpacing SliceThickness
        SamplesPerPixel PhotometricInterpretation BitsAllocated BitsStored HighBit PixelRepresentation
        RescaleIntercept RescaleSlope KVP AcquisitionNumber WindowCenter WindowWidth ConvolutionKernel
        Exposure
    """
    assert [word for word in needed.split() if word not in ds] == []
    assert (ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation) == (16, 12, 11, 0)
    assert float(ds.RescaleIntercept) == -1024
    assert len(ds.PixelData) == 512 * 512 * 2
    assert int(np.frombuffer(ds.PixelData, "<u2").max()) <= 4095
    assert ds.StudyDate + ds.StudyTime + ds.TimezoneOffsetFromUTC == "20261121103100+0800"
    assert ds.PatientAge == "071Y"


def test_each_series_opens_in_its_own_window(lung: list[Dataset], mediastinum: list[Dataset]) -> None:
    assert (lung[0].WindowCenter[0], lung[0].WindowWidth[0]) == (-600, 1500)
    assert (mediastinum[0].WindowCenter[0], mediastinum[0].WindowWidth[0]) == (40, 400)
    assert list(lung[0].WindowCenterWidthExplanation) == ["LUNG", "MEDIASTINUM"]


@pytest.mark.parametrize(
    "x_mm, y_mm, z_mm, expected, tolerance",
    [
        pytest.param(-170, -160, 0, -1000, 12, id="air around"),
        pytest.param(-4, 10, 70, -992, 15, id="trachea"),
        pytest.param(25, 40, 20, 43, 6, id="aorta"),
        pytest.param(40, -30, -40, 46, 6, id="heart"),
        pytest.param(-80, 0, -110, 60, 6, id="liver"),
        pytest.param(62, -12, -120, 6, 6, id="water in the stomach"),
        pytest.param(62, -52, -120, -985, 20, id="gas in the stomach"),
        pytest.param(0, 52, 5, 190, 25, id="vertebral marrow"),
    ],
)
def test_tissues_have_their_hounsfield_units(
    mediastinum: list[Dataset], x_mm: float, y_mm: float, z_mm: float, expected: float, tolerance: float
) -> None:
    assert np.median(region(mediastinum, x_mm, y_mm, z_mm)) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("side", [-1, 1])
def test_both_lungs_hold_air_and_vessels(lung: list[Dataset], side: int) -> None:
    field = region(lung, side * 85, 10, -10, reach=35)
    assert -900 < np.median(field) < -820
    assert (field > -300).mean() > 0.002, "no vessel in sight"


def test_bone_is_dense_where_ribs_and_spine_are(mediastinum: list[Dataset]) -> None:
    at_carina = hounsfield(min(mediastinum, key=lambda ds: abs(float(ds.ImagePositionPatient[2]) - 40)))
    assert (at_carina > 400).sum() > 800
    assert at_carina.max() < 1600


def test_noise_is_that_of_the_kernel(lung: list[Dataset], mediastinum: list[Dataset]) -> None:
    sharp, soft = (region(series, -80, 0, -115, reach=12).std() for series in (lung, mediastinum))
    assert sharp == pytest.approx(LUNG.noise_hu, rel=0.25)
    assert soft == pytest.approx(MEDIASTINUM.noise_hu, rel=0.25)


def test_the_nodule_measures_as_the_story_says(lung: list[Dataset]) -> None:
    around = region(lung, NODULE.x_mm, NODULE.y_mm, NODULE.z_mm, reach=10)
    down, across = np.mgrid[-10:11, -10:11]
    near = np.hypot(down, across) * 0.7 < 7.0
    inside = near & (around > (thorax.LUNG_HU + NODULE.hounsfield) / 2)
    rows, columns = np.nonzero(inside)
    # A filled ellipse of diameter d has the variance d²/16 along its axis; a pixel adds p²/12.
    long_mm, short_mm = (4 * 0.7 * np.sqrt(float(np.var(where)) - 1 / 12) for where in (columns, rows))
    assert long_mm == pytest.approx(9.6, rel=0.05)
    assert short_mm == pytest.approx(8.6, rel=0.05)
    assert (long_mm + short_mm) / 2 == pytest.approx(9.1, rel=0.05)
    assert inside.sum() * 0.49 == pytest.approx(np.pi / 4 * 9.6 * 8.6, rel=0.08)


def test_the_nodule_lies_in_the_left_lung_behind(lung: list[Dataset]) -> None:
    assert NODULE.x_mm > 0, "x grows to the patient's left"
    place = (np.array([NODULE.x_mm]), np.array([NODULE.y_mm]), np.array([NODULE.z_mm]))
    assert thorax.lung_edge(*place)[0] < -NODULE.long_mm
    mirrored = region(lung, -NODULE.x_mm, NODULE.y_mm, NODULE.z_mm, reach=2)
    assert np.median(mirrored) < -700


def test_equal_arguments_give_equal_objects_and_another_seed_another_chest() -> None:
    def made(seed: int) -> list[bytes]:
        found = []
        for ds in chest_ct(PATIENT, accession="A1", acquired_at=AT, seed=seed, slices=3):
            out = io.BytesIO()
            dcmwrite(out, ds, enforce_file_format=True)
            found.append(out.getvalue())
        return found

    assert made(3) == made(3)
    assert made(3) != made(4)


@pytest.mark.parametrize("character_set, encoding", [(cast.GB18030, "gb18030"), (cast.UTF_8, "utf-8")])
@pytest.mark.parametrize("key", ["P01", "P03", "P11", "P13", "P14"])
def test_names_survive_being_written_and_read(key: str, character_set: str, encoding: str) -> None:
    patient = cast.patient(key)
    (made,) = chest_ct(
        patient, accession="A1", acquired_at=AT, slices=1, character_set=character_set, series=(LUNG,)
    )
    out = io.BytesIO()
    dcmwrite(out, made, enforce_file_format=True)
    assert f"{patient.pinyin}={patient.ideographs}".encode(encoding) in out.getvalue()
    out.seek(0)
    read = dcmread(out)
    assert read.SpecificCharacterSet == character_set
    assert str(read.PatientName) == f"{patient.pinyin}={patient.ideographs}"
    assert read.StudyDescription == "胸部CT平扫"


@given(slices=st.integers(1, 120), spacing_mm=st.floats(0.5, 5.0))
def test_slices_are_evenly_spaced_and_one_cuts_the_nodule(slices: int, spacing_mm: float) -> None:
    heights = slice_heights(slices, spacing_mm)
    assert len(heights) == slices
    assert np.allclose(np.diff(heights), -spacing_mm, atol=1e-3)
    assert np.abs(heights - NODULE.z_mm).min() <= (1e-3 if slices > 2 else spacing_mm)


@given(
    radius=st.floats(2.0, 6.0),
    angle=st.floats(0, np.pi / 2),
    turn=st.floats(0, np.pi),
    thickness=st.floats(3.0, 5.0),
)
@settings(max_examples=25)
def test_a_stamped_tube_holds_about_its_volume(
    radius: float, angle: float, turn: float, thickness: float
) -> None:
    axis = np.arange(-40.0, 40.0, 0.7, dtype=np.float32)
    heights = np.arange(-60.0, 60.0, thickness, dtype=np.float32)
    heading = np.array([np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)])
    points = (np.arange(-20.0, 20.0, branches.STEP_MM)[:, None] * heading).astype(np.float32)
    many = np.ones(len(points), np.float32)
    covered = branches.stamp(
        Chain(points, many * np.float32(radius), many * np.float32(abs(heading[2]))),
        Stack(axis, axis, heights, thickness),
    )
    volume = covered.sum(dtype=np.float64) / branches.COVER_FULL * 0.7 * 0.7 * thickness
    expected = np.pi * radius**2 * 40.0
    assert 0.65 * expected < volume < 1.7 * expected


def test_a_stamp_beyond_the_picture_is_left_out() -> None:
    axis = np.arange(0.0, 7.0, 0.7, dtype=np.float32)
    one = np.ones(1, np.float32)
    far = Chain(np.array([[500.0, 3.0, 0.0]], np.float32), one, one)
    assert branches.stamp(far, Stack(axis, axis, np.zeros(1, np.float32), 5.0)).sum() == 0


def test_vessels_stay_inside_the_lungs_beyond_the_hila() -> None:
    tree = branches.grow(np.random.default_rng(1), 4.6)
    away = np.abs(np.abs(tree.points[:, 0]) - 40.0) > 17.0
    edge = thorax.lung_edge(tree.points[away, 0], tree.points[away, 1], tree.points[away, 2])
    assert len(edge) > 5000
    assert edge.max() < 0.0
