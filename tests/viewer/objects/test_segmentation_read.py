"""Segmentations are told as they are; what breaks the standard is refused by a name that people can read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from pydicom import dcmread
from pydicom.dataset import FileDataset

from tests.factories.outlined import (
    GREEN_LAB,
    STUDY,
    Grid,
    Named,
    Patch,
    a_segmentation,
    one_item,
    source_item,
)
from tests.viewer.objects.filings import attributes
from tests.viewer.objects.reread import archived_attributes, reread
from viewer.attributes import Attributes
from viewer.objects.reading import COORDINATE_MAX, ObjectUnreadable
from viewer.objects.region_errors import FramesUntold, MaskKindUnknown, RegionsTooLarge, SegmentsMissing
from viewer.objects.segmentation_read import (
    FRAMES_MAX,
    SEGMENTS_MAX,
    SIDE_MAX,
    mask_frames,
    maximum_of,
    read_segmentation,
)

PIXELS = np.eye(5, 7, dtype=np.uint8)
SOURCE = f"{STUDY}.1.4"
AI = Named(label="结节", algorithm="AUTOMATIC", name="NoduleNet", version="3.2", colour=GREEN_LAB)


def two_segments() -> FileDataset:
    """Two segments in three frames, the second drawn by a program."""
    patches = [
        Patch(segment=1, pixels=PIXELS, position=(-10, -20, 5), source=SOURCE),
        Patch(segment=2, pixels=PIXELS, position=(-10, -20, 7.5)),
        Patch(segment=1, pixels=PIXELS, position=None),
    ]
    return a_segmentation(patches, [Named(), AI], grid=Grid(spacing_mm=(0.5, 0.25)), series=f"{STUDY}.1")


def test_segments_are_told_with_what_drew_them(tmp_path: Path) -> None:
    told = read_segmentation(reread(two_segments(), tmp_path), "1.2")
    assert (told.label, told.description, told.model) == ("LIVER", "肝脏分割", "Outliner 2.1")
    assert (told.header.manufacturer, told.header.author, told.header.ours) == ("ACME", "Doe Jane", False)
    assert told.header.created == "20260302170509"
    assert (told.fractional, told.series) == (False, (f"{STUDY}.1",))
    first, second = told.segments
    assert (first.number, first.label, first.algorithm, first.frames) == (1, "肝脏", "MANUAL", 2)
    assert (first.category, first.property_type) == ("Anatomical Structure", "Liver")
    assert (second.algorithm, second.algorithm_name, second.algorithm_version) == (
        "AUTOMATIC",
        "NoduleNet",
        "3.2",
    )
    assert second.frames == 1
    red, green, _ = (int(first.colour[at : at + 2], 16) for at in (1, 3, 5))
    assert red > 200 > green
    assert int(second.colour[3:5], 16) > 200


def test_frames_are_told_with_their_place_and_their_source(tmp_path: Path) -> None:
    told = mask_frames(reread(two_segments(), tmp_path))
    assert (told.rows, told.columns, told.fractional, told.maximum) == (5, 7, False, 1)
    assert [one.segments for one in told.frames] == [(1,), (2,), (1,)]
    assert [one.position for one in told.frames] == [(-10, -20, 5), (-10, -20, 7.5), None]
    assert [[image.sop_instance_uid for image in one.images] for one in told.frames] == [[SOURCE], [], []]
    assert {one.spacing_mm for one in told.frames} == {(0.5, 0.25)}
    assert {one.orientation for one in told.frames} == {(1, 0, 0, 0, 1, 0)}


def test_what_all_frames_share_counts_for_each(tmp_path: Path) -> None:
    made = two_segments()
    shared = made.SharedFunctionalGroupsSequence[0]
    shared.DerivationImageSequence = source_item(f"{STUDY}.1.9")
    shared.SegmentIdentificationSequence = one_item(ReferencedSegmentNumber=2)
    for one in made.PerFrameFunctionalGroupsSequence[1:]:
        del one.SegmentIdentificationSequence
    told = mask_frames(reread(made, tmp_path))
    assert [one.segments for one in told.frames] == [(1,), (2,), (2,)]
    assert [one.images[0].sop_instance_uid for one in told.frames] == [SOURCE, f"{STUDY}.1.9", f"{STUDY}.1.9"]


@pytest.mark.parametrize(
    "said, meant", [(200, 200), (255, 255), (0, 255), (-3, 1), (70_000, 255), (None, 255)]
)
def test_a_fractional_pixel_is_full_at_its_maximum(said: int | None, meant: int) -> None:
    assert maximum_of(attributes(**({} if said is None else {"t0062000E": said}))) == meant


def test_a_fractional_segmentation_says_so(tmp_path: Path) -> None:
    made = a_segmentation([Patch(segment=1, pixels=PIXELS * 90)], fractional=100)
    data = reread(made, tmp_path)
    assert read_segmentation(data, "1.2").fractional
    assert mask_frames(data).maximum == 100


def without(keyword: str) -> Callable[[FileDataset], None]:
    return lambda made: delattr(made, keyword)


def having(keyword: str, value: Any) -> Callable[[FileDataset], None]:
    return lambda made: setattr(made, keyword, value)


def twice_the_same_number(made: FileDataset) -> None:
    made.SegmentSequence[1].SegmentNumber = 1


def of_an_unknown_segment(made: FileDataset) -> None:
    made.PerFrameFunctionalGroupsSequence[1].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9


def without_a_frame_item(made: FileDataset) -> None:
    del made.PerFrameFunctionalGroupsSequence[2]


@pytest.mark.parametrize(
    "broken, refusal",
    [
        (without("SegmentSequence"), SegmentsMissing),
        (twice_the_same_number, SegmentsMissing),
        (without("SegmentationType"), MaskKindUnknown),
        (having("SegmentationType", "LABELMAP"), MaskKindUnknown),
        (having("SegmentationType", "FRACTIONAL"), MaskKindUnknown),
        (of_an_unknown_segment, FramesUntold),
        (without_a_frame_item, FramesUntold),
        (without("PerFrameFunctionalGroupsSequence"), FramesUntold),
    ],
)
def test_a_broken_segmentation_is_refused_by_name(
    broken: Callable[[FileDataset], None], refusal: type[ObjectUnreadable], tmp_path: Path
) -> None:
    made = two_segments()
    broken(made)
    data = reread(made, tmp_path)
    for read in (mask_frames, lambda one: read_segmentation(one, "1.2")):
        with pytest.raises(refusal) as refused:
            read(data)
        assert refused.value.code.startswith("objects.")


def value(data: Attributes, tag: str, *values: Any) -> Attributes:
    """The data set with another value."""
    return {**data, tag: {"vr": "UN", "Value": list(values)}}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: value(data, "00280010", SIDE_MAX + 1),
        lambda data: value(value(data, "00280010", SIDE_MAX), "00280011", SIDE_MAX),
        lambda data: value(
            value(data, "52009230", *[data["52009230"]["Value"][0]] * (FRAMES_MAX + 1)),
            "00280008",
            FRAMES_MAX + 1,
        ),
        lambda data: value(data, "00620002", *data["00620002"]["Value"] * SEGMENTS_MAX),
    ],
)
def test_what_is_too_large_is_refused_before_anything_is_made_of_it(
    change: Callable[[Attributes], Attributes], tmp_path: Path
) -> None:
    with pytest.raises(RegionsTooLarge):
        mask_frames(change(reread(two_segments(), tmp_path)))


def test_a_place_that_is_none_is_not_told(tmp_path: Path) -> None:
    far = a_segmentation([Patch(segment=1, pixels=PIXELS, position=(2 * COORDINATE_MAX, 0, 0))])
    told = mask_frames(reread(far, tmp_path)).frames[0]
    assert (told.position, told.spacing_mm) == (None, (1, 1))
    flat = a_segmentation([Patch(segment=1, pixels=PIXELS)], grid=Grid(spacing_mm=(0.0, 1.0)))
    assert mask_frames(reread(flat, tmp_path)).frames[0].spacing_mm is None


TAGS = st.sampled_from(
    [
        "00620002",
        "00620004",
        "0062000A",
        "0062000B",
        "52009229",
        "52009230",
        "00089124",
        "00082112",
        "00280008",
    ]
)
LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(-5, 5)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TAGS, st.fixed_dictionaries({"Value": st.lists(inner, max_size=3)}), max_size=4)
    ),
    max_leaves=12,
)
FOUND = st.fixed_dictionaries({"vr": st.just("UN"), "Value": st.lists(ANYTHING, max_size=3)})


@given(st.dictionaries(TAGS, FOUND))
def test_whatever_comes_is_told_or_refused(data: dict[str, Any]) -> None:
    sound = attributes(
        t00080018="1.2", t00620001="BINARY", t00280100=1, t00280010=2, t00280011=2, t00280008=1
    )
    try:
        told = read_segmentation({**sound, **data}, "1.2")
    except (ObjectUnreadable, RegionsTooLarge):
        return
    assert json.loads(told.model_dump_json())["header"]["sop_instance_uid"] == "1.2"


@pytest.mark.samples
@pytest.mark.parametrize("name", ["liver.dcm", "partial_overlaps.dcm"])
def test_sample_segmentations_are_told_as_pydicom_reads_them(samples: Path, name: str) -> None:
    path = samples / "seg" / "dcmqi_liver" / name
    data, read = archived_attributes(path), dcmread(path)
    told, frames = read_segmentation(data, "1.2"), mask_frames(data)
    assert [(one.number, one.label) for one in told.segments] == [
        (one.SegmentNumber, one.SegmentLabel) for one in read.SegmentSequence
    ]
    groups = read.PerFrameFunctionalGroupsSequence
    assert [one.segments[0] for one in frames.frames] == [
        one.SegmentIdentificationSequence[0].ReferencedSegmentNumber for one in groups
    ]
    assert [one.images[0].sop_instance_uid for one in frames.frames] == [
        one.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID for one in groups
    ]
    assert [list(one.position or ()) for one in frames.frames] == [
        [float(axis) for axis in one.PlanePositionSequence[0].ImagePositionPatient] for one in groups
    ]
    assert sum(one.frames for one in told.segments) == read.NumberOfFrames == len(frames.frames)
    assert all(len(one.colour) == len("#rrggbb") for one in told.segments)
