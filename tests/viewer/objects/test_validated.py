"""What we write, in the eyes of others: dciodvfy finds no error, DCMTK opens and renders it."""

import itertools
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from tests.viewer.objects.filings import POINTS, STUDY, a_filing, a_mark, an_image, one_of_each
from tests.viewer.objects.reread import kept
from viewer.objects.filing import objects_of, reference_to
from viewer.objects.marked import Filing, Look, MarkedImage
from viewer.objects.presentation import presentations_of

CINE = an_image(11, modality="US", frames=6)
IMAGES: Sequence[MarkedImage] = (
    an_image(1),
    CINE,
    an_image(21, modality="DX", t00280004="MONOCHROME1", t00181164=[0.14, 0.14]),
    an_image(31, modality="MR"),
    an_image(41, t00100010="", t00100020="", t00080020="", t00280030=[0.123456789012345, 1e-7]),
)
JUDGED = ("99LIANZHEN", "Laterality", "DICOMDIR")
"""A private coding scheme is nobody's term; what the image does not tell is unknown to us as well."""
TURNS = list(itertools.product(range(4), (False, True), (False, True)))


def errors(dciodvfy: str, path: Path) -> list[str]:
    """What the validator calls an error, and warnings but those that were judged (JUDGED)."""
    done = subprocess.run([dciodvfy, "-new", path], capture_output=True, text=True, check=False)
    said = done.stderr.splitlines()
    assert any(not line.startswith(("Error", "Warning")) for line in said), "it names the IOD it found"
    odd = [one for one in said if one.startswith("Warning") and not any(word in one for word in JUDGED)]
    return [line for line in said if line.startswith("Error")] + odd


def all_valid(dciodvfy: str, filing: Filing, folder: Path) -> int:
    paths = [kept(one, folder) for one in objects_of(filing)]
    found = {path.name: errors(dciodvfy, path) for path in paths}
    assert not any(found.values()), found
    return len(paths)


@pytest.mark.parametrize(
    "image", IMAGES, ids=lambda one: f"{one.modality}-{one.reference.sop_instance_uid[-2:]}"
)
@pytest.mark.parametrize("kind", POINTS)
def test_each_kind_on_each_image_is_valid(
    dciodvfy: str, tmp_path: Path, kind: str, image: MarkedImage
) -> None:
    assert all_valid(
        dciodvfy, a_filing([a_mark(kind, image, frame=image.number_of_frames)], [image]), tmp_path
    )


@pytest.mark.parametrize("quarters, flipped, inverted", TURNS)
def test_each_look_is_valid(
    dciodvfy: str, tmp_path: Path, quarters: int, flipped: bool, inverted: bool
) -> None:
    look = Look(window=(-600.5, 1500), quarters=quarters, flipped=flipped, inverted=inverted)
    assert (
        all_valid(dciodvfy, a_filing(one_of_each(IMAGES[0]), [IMAGES[0]], {f"{STUDY}.1": look}), tmp_path)
        == 3
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_whole_study_and_its_next_version_are_valid(dciodvfy: str, tmp_path: Path, language: str) -> None:
    marks = [mark for image in IMAGES for mark in one_of_each(image)]
    first = a_filing(marks, IMAGES, language=language)
    assert all_valid(dciodvfy, first, tmp_path) == 2 + len(IMAGES)
    before = [reference_to(one) for one in objects_of(first)]
    assert all_valid(dciodvfy, a_filing(marks, IMAGES, number=2, before=before), tmp_path)


def test_the_validator_does_find_errors(dciodvfy: str, tmp_path: Path) -> None:
    (made,) = presentations_of(a_filing([a_mark("length", IMAGES[0])], [IMAGES[0]]))
    del made.PresentationLUTShape
    assert errors(dciodvfy, kept(made, tmp_path))


def test_dcmtk_reads_the_documents(dcmtk: Path, tmp_path: Path) -> None:
    marks = [mark for image in IMAGES for mark in one_of_each(image)]
    made = {str(one.Modality): one for one in objects_of(a_filing(marks, IMAGES))}
    said = {}
    for modality in ("KO", "SR"):
        path = kept(made[modality], tmp_path)
        done = subprocess.run(
            [dcmtk / "dsrdump", "+U8", "+Pl", path], capture_output=True, encoding="utf-8", check=True
        )
        told = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))]
        assert not [line for line in told if "not support" not in line and "not yet supported" not in line]
        said[modality] = done.stdout
    assert said["KO"].count("<contains IMAGE:") == len(IMAGES)
    measured = sum(bool(mark.figures) for mark in marks)
    assert said["SR"].count('CONTAINER:(,,"Measurement Group")') == measured
    assert said["SR"].count("<contains NUM:") == sum(len(mark.figures) for mark in marks)
    assert 'PNAME:(,,"Person Observer Name")="Xu^Nuo=许^诺"' in said["SR"]
    assert '"94.2375" (mm,UCUM,"mm")' in said["SR"]


def a_ramp(image: MarkedImage) -> Dataset:
    """A picture of the marked image: stored values grow by row and column."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = image.reference.sop_class_uid, image.reference.sop_instance_uid
    made.StudyInstanceUID = image.reference.study_instance_uid
    made.SeriesInstanceUID = image.reference.series_instance_uid
    made.Modality, made.PatientName, made.PatientID = "CT", "", ""
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.Rows, made.Columns, made.BitsAllocated, made.BitsStored, made.HighBit = 512, 400, 16, 12, 11
    made.PixelRepresentation, made.RescaleIntercept, made.RescaleSlope = 0, -1024, 1
    down, across = np.mgrid[0:512, 0:400]
    made.PixelData = (3 * across + 5 * down).astype("<u2").tobytes()
    return made


def rendered(dcmtk: Path, folder: Path, look: Look) -> np.ndarray:
    """The picture as DCMTK shows it under the presentation state that we write."""
    image = IMAGES[0]
    (state,) = presentations_of(a_filing([a_mark("length", image)], [image], {f"{STUDY}.1": look}))
    picture, out = folder / f"{generate_uid()}.dcm", folder / "out.pgm"
    ramp = a_ramp(image)
    ramp.file_meta = state.file_meta.__class__()
    ramp.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ramp.save_as(picture, enforce_file_format=True)
    done = subprocess.run(
        [dcmtk / "dcmp2pgm", "-p", kept(state, folder), picture, out],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return np.asarray(Image.open(out))


@pytest.mark.parametrize("quarters, flipped, inverted", [*TURNS[::3], (1, True, False)])
def test_dcmtk_shows_the_picture_as_we_do(
    dcmtk: Path, tmp_path: Path, quarters: int, flipped: bool, inverted: bool
) -> None:
    center, width = 300.0, 1800.0
    look = Look(window=(center, width), quarters=quarters, flipped=flipped, inverted=inverted)
    down, across = np.mgrid[0:512, 0:400]
    hounsfield = 3 * across + 5 * down - 1024
    expected = np.clip((hounsfield - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
    if flipped:
        expected = expected[:, ::-1]
    expected = np.rot90(expected, -quarters)
    if inverted:
        expected = 255 - expected
    shown = rendered(dcmtk, tmp_path, look)
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(float) - expected).max() <= 1.01
