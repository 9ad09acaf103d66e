"""Label maps are told and sent as they are: each pixel's number, and no segment for the background."""

import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from pydicom.dataset import FileDataset

from tests.factories.outlined import Labelled, Named, Patch, a_label_map
from tests.viewer.objects.filings import attributes
from tests.viewer.objects.reread import reread
from viewer.frame_jobs import FrameJob
from viewer.frame_records import Encoding, records_in
from viewer.objects.label_maps import label_records, labels_in, padding_of
from viewer.objects.region_errors import LabelsUndescribed, MaskKindUnknown, RegionsTooLarge, SegmentsMissing
from viewer.objects.segmentation_read import LABELS_MAX, labelled, mask_frames, read_segmentation
from viewer.pixels import Fault, PixelForm

EXPLICIT = "1.2.840.10008.1.2.1"
PALETTE = [(0, 0, 0), (250, 10, 20), (1, 2, 3), (30, 240, 50)]
NUMBERS = np.array([[0, 3, 3], [1, 0, 3]], np.uint8)
SPARSE = {
    0: Named(label="Background"),
    1: Named(label="Liver"),
    3: Named(label="Spleen", algorithm="AUTOMATIC"),
}
FRAMES = arrays.arrays(
    np.uint16,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.sampled_from([0, 1, 3, 255, 256, 40_000, 65_535]),
)


def two_frames(form: Labelled = Labelled()) -> FileDataset:  # noqa: B008 - it cannot change
    """Two frames of liver and spleen; in the second there is spleen alone."""
    patches = [
        Patch(segment=0, pixels=NUMBERS, position=(0, 0, 1)),
        Patch(segment=0, pixels=np.where(NUMBERS == 3, NUMBERS, 0), position=(0, 0, 2)),
    ]
    return a_label_map(patches, SPARSE, form=form)


@pytest.mark.parametrize("bits", [8, 16])
def test_segments_are_told_but_for_the_background(bits: int, tmp_path: Path) -> None:
    data = reread(two_frames(Labelled(bits=bits)), tmp_path)
    told, frames = read_segmentation(data, "1.2"), mask_frames(data)
    assert [(one.number, one.label, one.frames) for one in told.segments] == [
        (1, "Liver", 2),
        (3, "Spleen", 2),
    ]
    assert (told.fractional, frames.fractional, frames.label_map) == (False, False, True)
    assert [one.position for one in frames.frames] == [(0, 0, 1), (0, 0, 2)]
    assert [one.segments for one in frames.frames] == [(1, 3), (1, 3)]


def test_colours_are_those_of_the_palette(tmp_path: Path) -> None:
    data = reread(two_frames(Labelled(palette=PALETTE)), tmp_path)
    expected = ["#" + bytes(PALETTE[number]).hex() for number in (1, 3)]
    assert [one.colour for one in read_segmentation(data, "1.2").segments] == expected
    short = reread(two_frames(Labelled(palette=PALETTE[:2])), tmp_path)
    assert [one.colour for one in read_segmentation(short, "1.2").segments] == [expected[0], ""]


def test_frames_are_told_with_the_numbers_that_lie_in_them(tmp_path: Path) -> None:
    told = mask_frames(reread(two_frames(), tmp_path))
    found = labelled(told, [(1, 3), (3,)])
    assert [one.segments for one in found.frames] == [(1, 3), (3,)]
    assert [one.position for one in found.frames] == [one.position for one in told.frames]
    with pytest.raises(LabelsUndescribed):
        labelled(told, [(1,), (2,)])
    many = told.model_copy(update={"frames": told.frames[:1] * LABELS_MAX})
    with pytest.raises(RegionsTooLarge):
        labelled(many, [(1, 3)] * LABELS_MAX)


def test_what_is_no_label_map_is_refused_by_name(tmp_path: Path) -> None:
    alone = two_frames()
    del alone.SegmentSequence[1:]
    sound = reread(two_frames(), tmp_path)
    deep = {**sound, "00280100": {"vr": "US", "Value": [32]}}
    for data, refusal in ((deep, MaskKindUnknown), (reread(alone, tmp_path), SegmentsMissing)):
        with pytest.raises(refusal):
            mask_frames(data)


def a_job(numbers: npt.NDArray[np.uint16], nth: int = 0, *, short: int = 0) -> FrameJob:
    """A frame of two bytes for each pixel, `short` of which are missing."""
    rows, columns = numbers.shape
    form = PixelForm(
        transfer_syntax_uid=EXPLICIT,
        rows=rows,
        columns=columns,
        samples_per_pixel=1,
        photometric_interpretation="MONOCHROME2",
        bits_allocated=16,
        bits_stored=16,
        signed=False,
        planar_configuration=0,
    )
    source = numbers.astype("<u2").tobytes()
    return FrameJob(frame=nth, form=form, source=source[: len(source) - short], index=None)


@given(st.lists(FRAMES, min_size=1, max_size=3), st.sampled_from([0, 255, 65_535]))
def test_numbers_travel_exactly_and_padding_as_background(
    frames: list[npt.NDArray[np.uint16]], padding: int
) -> None:
    jobs = [a_job(one, nth) for nth, one in enumerate(frames)]
    found = list(records_in(label_records((jobs, padding))))
    assert [(one.frame, one.encoding) for one in found] == [(i, Encoding.ZLIB) for i in range(len(frames))]
    for record, frame in zip(found, frames, strict=True):
        expected = np.where(frame == padding, 0, frame)
        assert np.array_equal(np.frombuffer(zlib.decompress(record.payload), "<u2"), expected.ravel())
    present = [tuple(sorted({int(n) for n in frame.ravel()} - {0, padding})) for frame in frames]
    assert labels_in((jobs, padding)) == present


def test_a_frame_that_cannot_be_decoded_says_why_and_shows_nothing() -> None:
    lost = FrameJob(frame=1, form=Fault.TOO_LARGE, source=b"", index=None)
    jobs = [a_job(np.ones((4, 4), np.uint16), short=2), lost]
    found = list(records_in(label_records((jobs, 0))))
    assert [(one.encoding, one.payload.decode()) for one in found] == [
        (Encoding.UNREADABLE, Fault.TRUNCATED),
        (Encoding.UNREADABLE, Fault.TOO_LARGE),
    ]
    assert labels_in((jobs, 0)) == [(), ()]


@pytest.mark.parametrize("said, meant", [(None, 0), (0, 0), (255, 255)])
def test_padding_is_background_too(said: int | None, meant: int) -> None:
    assert padding_of(attributes(**({} if said is None else {"t00280120": said}))) == meant
