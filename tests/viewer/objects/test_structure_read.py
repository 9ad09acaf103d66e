"""Structure sets are told as they are: regions, contours in millimetres, and what had to be left out."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian

from tests.factories.outlined import STUDY, Drawn, Named, a_structure_set
from tests.viewer.objects.filings import attributes
from tests.viewer.objects.reread import archived_attributes, kept, reread
from tests.viewer.objects.test_segmentation_read import ANYTHING
from viewer.attributes import Attributes
from viewer.luts import no_bulk
from viewer.objects.reading import COORDINATE_MAX, ObjectUnreadable
from viewer.objects.region_errors import RegionsMissing, RegionsTooLarge
from viewer.objects.structure_read import (
    CONTOURS_MAX,
    POINTS_MAX,
    ROIS_MAX,
    read_contours,
    read_structure_set,
)

SQUARE = ((0.0, 0.0, 5.0), (10.0, 0.0, 5.0), (10.0, 10.5, 5.0), (0.0, 10.5, 5.0))
SOURCE = f"{STUDY}.1.4"


def test_regions_are_told_with_what_they_mean(tmp_path: Path) -> None:
    regions = [
        Named(label="PTV", colour=(0, 128, 255)),
        Named(label="心脏", colour=(255, 0, 0), algorithm="AUTOMATIC"),
    ]
    contours = [Drawn(points=SQUARE, source=SOURCE), Drawn(roi=2, kind="POINT", points=SQUARE[:1])]
    data = reread(a_structure_set(contours, regions), tmp_path)
    told = read_structure_set(data, "1.2", no_bulk)
    assert (told.label, told.model, told.approval, told.left_out) == (
        "计划一",
        "Outliner 2.1",
        "UNAPPROVED",
        0,
    )
    assert (told.series, told.frame_of_reference_uids) == ((f"{STUDY}.1",), (f"{STUDY}.8",))
    assert told.header.created == "20260302170509"
    assert [(one.number, one.name, one.colour, one.contours, one.algorithm) for one in told.rois] == [
        (1, "PTV", "#0080ff", 1, "MANUAL"),
        (2, "心脏", "#ff0000", 1, "AUTOMATIC"),
    ]
    assert {one.interpreted_type for one in told.rois} == {"PTV"}
    first, second = read_contours(data, no_bulk).contours
    assert first.points == tuple(axis for point in SQUARE for axis in point)
    assert (first.roi, first.kind, first.frame_of_reference_uid) == (1, "CLOSED_PLANAR", f"{STUDY}.8")
    assert [one.sop_instance_uid for one in first.images] == [SOURCE]
    assert (second.roi, second.kind, second.points, second.images) == (2, "POINT", (0, 0, 5), ())


COORDINATE = st.floats(-COORDINATE_MAX, COORDINATE_MAX, allow_nan=False).map(lambda one: round(one, 3))


@given(st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE), min_size=1, max_size=30))
def test_points_come_back_to_the_last_digit(points: list[tuple[float, float, float]]) -> None:
    flat = [axis for point in points for axis in point]
    told = read_contours(a_set([contour(flat)]), no_bulk)
    assert [one.points for one in told.contours] == [tuple(flat)]


def contour(points: list[Any], kind: str = "CLOSED_PLANAR") -> Attributes:
    return attributes(t30060042=kind, t30060050=points)


def a_set(contours: list[Attributes], roi: int = 1, **changes: Any) -> Attributes:
    """A structure set of one region with these contours."""
    region = attributes(t30060022=1, t30060024="1.2.8", t30060026="PTV")
    drawn = attributes(t30060084=roi, t30060040=contours)
    return attributes(**{"t00080018": "1.2", "t30060020": [region], "t30060039": [drawn], **changes})


@pytest.mark.parametrize(
    "broken",
    [
        contour([0, 0, 0], kind="OPEN_NONPLANAR"),
        contour([0, 0, 0], kind=""),
        contour([0, 0]),
        contour([]),
        contour([0, 0, 0, 1]),
        contour(["far", 0, 0]),
        contour([math.nan, 0, 0]),
        contour([COORDINATE_MAX * 2, 0, 0]),
        contour([0, 0, 0, 1, 1, 1], kind="POINT"),
    ],
)
def test_contours_that_lie_nowhere_are_left_out_and_that_is_said(broken: Attributes) -> None:
    data = a_set([contour([1, 2, 3]), broken])
    told = read_structure_set(data, "1.2", no_bulk)
    assert (told.left_out, [one.contours for one in told.rois]) == (1, [1])
    assert [one.points for one in read_contours(data, no_bulk).contours] == [(1, 2, 3)]


def test_contours_of_a_region_that_is_not_there_are_left_out() -> None:
    assert read_structure_set(a_set([contour([1, 2, 3])], roi=7), "1.2", no_bulk).left_out == 1


def test_a_set_without_regions_is_refused() -> None:
    for read in (read_contours, lambda data, bulk: read_structure_set(data, "1.2", bulk)):
        with pytest.raises(RegionsMissing):
            read(a_set([], t30060020=[]), no_bulk)


@pytest.mark.parametrize(
    "data",
    [
        a_set([contour([0, 0, 0])] * (CONTOURS_MAX + 1)),
        a_set([contour([0] * (POINTS_MAX + 3) * 3)]),
        a_set([], t30060020=[attributes(t30060022=1)] * (ROIS_MAX + 1)),
    ],
    ids=["contours", "points", "regions"],
)
def test_what_is_too_large_is_refused(data: Attributes) -> None:
    with pytest.raises(RegionsTooLarge):
        read_contours(data, no_bulk)


def test_a_long_contour_is_read_from_where_it_lies(tmp_path: Path) -> None:
    turns = 4_000
    points = [
        (100 * math.cos(2 * math.pi * i / turns), 100 * math.sin(2 * math.pi * i / turns), 5.0)
        for i in range(turns)
    ]
    made = a_structure_set([Drawn(points=points)])
    made.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # an explicit one ends values of DS at 64 KiB
    path = kept(made, tmp_path)
    data, content = archived_attributes(path), path.read_bytes()
    told = read_contours(data, lambda start, end: content[start:end])
    expected = [round(axis, 4) for point in points for axis in point]
    assert list(told.contours[0].points) == pytest.approx(expected, abs=1e-9)
    assert read_structure_set(data, "1.2", no_bulk).left_out == 1
    assert read_contours(data, lambda _start, _end: b"1\\2\\three").contours == ()
    assert read_contours(data, lambda _start, _end: b"1\\2\\\xff").contours == ()
    assert read_contours(data, lambda _start, _end: b"1\\2\\nan").contours == ()


FOUND = st.fixed_dictionaries({"vr": st.just("UN"), "Value": st.lists(ANYTHING, max_size=3)})
TAGS = st.sampled_from(["30060020", "30060022", "30060039", "30060040", "30060050", "30060080", "30060010"])


@given(st.dictionaries(TAGS, FOUND))
def test_whatever_comes_is_told_or_refused(data: dict[str, Any]) -> None:
    try:
        told = read_structure_set({**a_set([contour([1, 2, 3])]), **data}, "1.2", no_bulk)
    except (ObjectUnreadable, RegionsTooLarge):
        return
    assert json.loads(told.model_dump_json())["header"]["sop_instance_uid"] == "1.2"


@pytest.mark.samples
def test_a_sample_structure_set_is_told_as_pydicom_reads_it(samples: Path) -> None:
    path = samples / "rt" / "rtss.dcm"
    data, read = archived_attributes(path), dcmread(path)
    told, contours = read_structure_set(data, "1.2", no_bulk), read_contours(data, no_bulk).contours
    assert told.left_out == 0
    assert [(one.number, one.name) for one in told.rois] == [
        (one.ROINumber, one.ROIName) for one in read.StructureSetROISequence
    ]
    assert [one.interpreted_type for one in told.rois] == [
        one.RTROIInterpretedType for one in read.RTROIObservationsSequence
    ]
    expected = [
        (roi.ReferencedROINumber, [float(axis) for axis in one.ContourData])
        for roi in read.ROIContourSequence
        for one in roi.get("ContourSequence", [])
    ]
    assert [(one.roi, list(one.points)) for one in contours] == expected
    assert {len(one.images) for one in contours} == {1}
    counted = {
        roi.ReferencedROINumber: len(roi.get("ContourSequence", [])) for roi in read.ROIContourSequence
    }
    assert {one.number: one.contours for one in told.rois} == counted
