"""What is written from marks, and that the same marks give the same file."""

import math
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset, FileDataset

from tests.viewer.objects.filings import (
    AT,
    COLUMNS,
    CT,
    FIGURES,
    POINTS,
    ROWS,
    STUDY,
    a_filing,
    a_mark,
    an_image,
    attributes,
    one_of_each,
)
from viewer.objects import codes
from viewer.objects.codes import unit_of
from viewer.objects.filing import objects_of, reference_to
from viewer.objects.header import file_bytes, subject_of
from viewer.objects.key_objects import key_objects_of
from viewer.objects.marked import Figure, Filing, Look, NothingToFile, uid_of_mark
from viewer.objects.measurements import measurements_of
from viewer.objects.presentation import presentations_of
from viewer.objects.shapes import DRAWN, KEY, MEASURED, ellipse, graphics_of

IMAGE = an_image()


def whole(**changes: object) -> Filing:
    return a_filing(one_of_each(IMAGE), [IMAGE], **changes)  # type: ignore[arg-type]


def report(filing: Filing) -> FileDataset:
    made = measurements_of(filing)
    assert made is not None
    return made


def groups(made: Dataset) -> list[Dataset]:
    """The measurement groups of a report."""
    last = made.ContentSequence[-1]
    assert last.ConceptNameCodeSequence[0].CodeValue == "126010"
    return list(last.ContentSequence)


def named(items: list[Dataset], code: str) -> list[Dataset]:
    return [one for one in items if one.ConceptNameCodeSequence[0].CodeValue == code]


def test_every_kind_of_mark_is_drawn_or_a_key_image() -> None:
    assert DRAWN | {KEY} == set(POINTS)
    assert set(FIGURES) == MEASURED


def test_the_same_filing_is_the_same_bytes_and_another_one_has_another_name() -> None:
    once, again = objects_of(whole()), objects_of(whole())
    assert [file_bytes(one) for one in once] == [file_bytes(one) for one in again]
    later = objects_of(whole(number=2))
    moved = objects_of(whole(at=AT + timedelta(seconds=1)))
    uids = [str(one.SOPInstanceUID) for made in (once, later, moved) for one in made]
    assert len(set(uids)) == len(uids) == 9
    assert all(len(uid) <= 64 and uid.startswith("2.25.") for uid in uids)


def test_versions_of_a_reader_share_their_series_and_other_readers_have_their_own() -> None:
    series = {str(one.SeriesInstanceUID) for one in (*objects_of(whole()), *objects_of(whole(number=2)))}
    other = {str(one.SeriesInstanceUID) for one in objects_of(whole(series_seed="another reader"))}
    assert len(series) == len(other) == 3
    assert not series & other


def test_nothing_is_not_filed() -> None:
    with pytest.raises(NothingToFile):
        objects_of(a_filing([], [IMAGE]))


def test_objects_are_made_only_of_what_there_is() -> None:
    only = objects_of(a_filing([a_mark("key", IMAGE)], [IMAGE]))
    assert [one.Modality for one in only] == ["KO"]
    pointed = objects_of(a_filing([a_mark("arrow", IMAGE)], [IMAGE]))
    assert [one.Modality for one in pointed] == ["PR"]
    unmeasured = a_mark("ellipse", IMAGE, figures=())
    assert [one.Modality for one in objects_of(a_filing([unmeasured], [IMAGE]))] == ["PR"]


def test_patient_and_study_are_those_of_the_image() -> None:
    made = objects_of(whole())[0]
    assert (made.PatientName, made.PatientID, made.IssuerOfPatientID) == (
        "Qiu^Dashan=仇^大山",
        "SQZX2600005",
        "SQZX",
    )
    assert (made.StudyInstanceUID, made.AccessionNumber, made.StudyDescription) == (
        STUDY,
        "CT0005",
        "胸部CT平扫",
    )
    assert (made.SpecificCharacterSet, made.TimezoneOffsetFromUTC) == ("ISO_IR 192", "+0800")
    assert (made.ContentDate, made.ContentTime, made.InstitutionName) == (
        "20260302",
        "170509",
        "云岭县人民医院",
    )


def test_an_image_that_breaks_its_form_still_gives_a_patient() -> None:
    made = subject_of(
        attributes(
            t00100010="no groups",
            t00100020="a\\b" * 40,
            t00100030="in March",
            t00100040="?",
            t00080030="noon",
        )
    )
    assert (made.PatientName, made.PatientBirthDate, made.PatientSex, made.StudyTime) == ("", "", "", "")
    assert made.PatientID == ("a b" * 40)[:64]
    assert "IssuerOfPatientID" not in made


def test_key_images_are_named_with_their_frames() -> None:
    cine = an_image(2, modality="US", frames=9)
    made = key_objects_of(a_filing([a_mark("key", IMAGE), a_mark("key", cine, frame=7)], [IMAGE, cine]))
    assert made is not None
    shown = [one.ReferencedSOPSequence[0] for one in made.ContentSequence if one.ValueType == "IMAGE"]
    assert [str(one.ReferencedSOPInstanceUID) for one in shown] == [f"{STUDY}.9.1", f"{STUDY}.9.2"]
    assert [one.get("ReferencedFrameNumber") for one in shown] == [None, 7]
    evidence = made.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert {str(o.ReferencedSOPInstanceUID) for s in evidence for o in s.ReferencedSOPSequence} == {
        f"{STUDY}.9.1",
        f"{STUDY}.9.2",
    }
    (said,) = [one.TextValue for one in made.ContentSequence if one.ValueType == "TEXT"][-1:]
    assert said == "关键图像 第1版"
    english = key_objects_of(whole(language="en", number=3))
    assert english is not None
    assert any(getattr(one, "TextValue", "") == "Key images, version 3" for one in english.ContentSequence)


def test_each_measured_mark_is_a_group_with_its_tracking_uid() -> None:
    filing = whole()
    found = groups(report(filing))
    measured = [mark for mark in filing.marks if mark.kind in MEASURED]
    assert len(found) == len(measured)
    for group, mark in zip(found, measured, strict=True):
        items = list(group.ContentSequence)
        assert named(items, "112039")[0].TextValue == f"Lianzhen@1:{mark.kind}"
        assert (
            named(items, "112040")[0].UID
            == f"2.25.{uuid.UUID(mark.mark_id).int}"
            == uid_of_mark(mark.mark_id)
        )
        numbers = [one.MeasuredValueSequence[0] for one in items if one.ValueType == "NUM"]
        assert [one.FloatingPointValue for one in numbers] == [figure.value for figure in mark.figures]
        for one, figure in zip(numbers, mark.figures, strict=True):
            assert float(one.NumericValue) == pytest.approx(figure.value, rel=1e-9)
            assert len(str(one.NumericValue)) <= 16


@pytest.mark.parametrize(
    "kind, concepts",
    [
        ("length", ["410668003"]),
        ("angle", ["1483009"]),
        ("cobb", ["285285000"]),
        ("bidirectional", ["103339001", "103340004"]),
        ("ellipse", ["112031", "112031", "112031", "112031", "42798000"]),
        ("ratio", ["ctr", "heart", "thorax"]),
        ("probe", ["pixel"]),
    ],
)
def test_figures_are_told_in_concepts(kind: str, concepts: list[str]) -> None:
    (group,) = groups(report(a_filing([a_mark(kind, IMAGE)], [IMAGE])))
    numbers = [one for one in group.ContentSequence if one.ValueType == "NUM"]
    assert [one.ConceptNameCodeSequence[0].CodeValue for one in numbers] == concepts


def test_statistics_say_how_they_were_derived_and_regions_stand_once() -> None:
    (group,) = groups(report(a_filing([a_mark("ellipse", IMAGE)], [IMAGE])))
    numbers = [one for one in group.ContentSequence if one.ValueType == "NUM"]
    derived = [
        [child.ConceptCodeSequence[0].CodeMeaning for child in one.get("ContentSequence", [])]
        for one in numbers
    ]
    assert derived == [["Mean"], ["Standard Deviation"], ["Minimum"], ["Maximum"], []]
    assert [one.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue for one in numbers] == [
        *["[hnsf'U]"] * 4,
        "mm2",
    ]
    assert [one.ValueType for one in group.ContentSequence].count("SCOORD") == 1
    assert group.ContentTemplateSequence[0].TemplateIdentifier == "1410"


def test_both_diameters_lie_on_their_own_lines_the_longer_one_first() -> None:
    upright = a_mark("bidirectional", IMAGE, points=((230, 185), (230, 215), (200, 200), (260, 200)))
    (group,) = groups(report(a_filing([upright], [IMAGE])))
    lines = [
        list(one.ContentSequence[-1].GraphicData) for one in group.ContentSequence if one.ValueType == "NUM"
    ]
    assert lines == [[200, 200, 260, 200], [230, 185, 230, 215]]


def test_heart_and_thorax_lie_on_their_own_lines() -> None:
    (group,) = groups(report(a_filing([a_mark("ratio", IMAGE)], [IMAGE])))
    lines = [
        [list(child.GraphicData) for child in one.ContentSequence]
        for one in group.ContentSequence
        if one.ValueType == "NUM"
    ]
    heart, thorax = [120, 300, 280, 300], [60, 340, 340, 340]
    assert lines == [[heart, thorax], [heart], [thorax]]


def test_a_later_report_names_the_one_before() -> None:
    first = objects_of(whole())
    later = report(whole(number=2, before=[reference_to(one) for one in first]))
    (study,) = later.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    (before,) = series.ReferencedSOPSequence
    assert before.ReferencedSOPInstanceUID == report(whole()).SOPInstanceUID
    assert "PredecessorDocumentsSequence" not in report(whole())


@pytest.mark.parametrize(
    "shown, code",
    [
        ("mm", "mm"),
        ("°", "deg"),
        ("", "1"),
        ("OD", "{OD}"),
        ("{OD}", "{OD}"),
        ("光密度", "1"),
        ("a b[c]", "{ab[c]}"),
        ("x" * 40, "{" + "x" * 14 + "}"),
    ],
)
def test_units_are_those_of_ucum(shown: str, code: str) -> None:
    unit = unit_of(shown)
    assert (unit.value, unit.scheme) == (code, "UCUM")
    assert len(unit.value) <= 16


@given(st.text(max_size=60))
def test_any_unit_has_a_code(shown: str) -> None:
    assert 1 <= len(unit_of(shown).value) <= 16


def test_values_are_named_by_what_the_image_holds() -> None:
    assert codes.value_concept("HU", "CT") == codes.ATTENUATION
    assert codes.value_concept("SUVbw", "PT") == codes.UPTAKE
    assert codes.value_concept("", "MR") == codes.SIGNAL
    assert codes.value_concept("OD", "DX") == codes.PIXEL_VALUE
    mark = a_mark("probe", an_image(3, modality="MR"), figures=(Figure(name="value", value=4, unit=""),))
    (group,) = groups(report(a_filing([mark], [an_image(3, modality="MR")])))
    assert named(list(group.ContentSequence), "110852")


def states(filing: Filing) -> list[FileDataset]:
    return presentations_of(filing)


def test_images_that_are_shown_alike_share_a_state() -> None:
    other = an_image(2)
    shifted = an_image(3, t00281052=0)
    bright = an_image(4, t00280004="MONOCHROME1")
    images = [IMAGE, other, shifted, bright]
    made = states(a_filing([a_mark("length", one) for one in images], images))
    shared = [
        {
            str(i.ReferencedSOPInstanceUID)
            for s in one.ReferencedSeriesSequence
            for i in s.ReferencedImageSequence
        }
        for one in made
    ]
    assert sorted(map(len, shared)) == [1, 1, 2]
    assert {f"{STUDY}.9.1", f"{STUDY}.9.2"} in shared
    assert sorted(one.PresentationLUTShape for one in made) == ["IDENTITY", "IDENTITY", "INVERSE"]
    assert len({one.InstanceNumber for one in made}) == 3
    intercepts = sorted(float(one.get("RescaleIntercept", 0)) for one in made)
    assert intercepts == [-1024, -1024, 0]


def test_a_colour_image_gets_a_colour_state_without_greys() -> None:
    cine = an_image(2, modality="US", frames=3)
    (made,) = states(a_filing([a_mark("length", cine, frame=2)], [cine], {f"{STUDY}.1": Look(window=(1, 2))}))
    assert made.SOPClassUID == "1.2.840.10008.5.1.4.1.1.11.2"
    assert made.ICCProfile[36:40] == b"acsp"
    assert not {"SoftcopyVOILUTSequence", "PresentationLUTShape", "RescaleSlope"} & set(made.dir())
    (annotation,) = made.GraphicAnnotationSequence
    assert annotation.ReferencedImageSequence[0].ReferencedFrameNumber == 2


def seen_corner(corner: Sequence[float], look: Look) -> tuple[float, float]:
    """A pixel's place on the screen, by turning and flipping the whole picture as panes do."""
    (x, y), width, height = corner, float(COLUMNS + 1), float(ROWS + 1)
    if look.flipped:
        x = width - x
    for _ in range(look.quarters):
        x, y, width, height = height - y, x, height, width
    return x, y


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("quarters", range(4))
def test_the_displayed_area_names_the_corners_that_are_seen(quarters: int, flipped: bool) -> None:
    look = Look(window=(40, 400), quarters=quarters, flipped=flipped)
    (made,) = states(a_filing([a_mark("length", IMAGE)], [IMAGE], {f"{STUDY}.1": look}))
    (area,) = made.DisplayedAreaSelectionSequence
    top_left = seen_corner(area.DisplayedAreaTopLeftHandCorner, look)
    bottom_right = seen_corner(area.DisplayedAreaBottomRightHandCorner, look)
    assert top_left == pytest.approx((1, 1))
    assert bottom_right == pytest.approx((ROWS, COLUMNS) if quarters % 2 else (COLUMNS, ROWS))
    assert (made.SoftcopyVOILUTSequence[0].WindowCenter, made.SoftcopyVOILUTSequence[0].WindowWidth) == (
        40,
        400,
    )
    if (quarters, flipped) == (0, False):
        assert "ImageRotation" not in made


@pytest.mark.parametrize("inverted", [False, True])
def test_an_inverted_look_turns_the_shape_round(inverted: bool) -> None:
    (made,) = states(a_filing([a_mark("length", IMAGE)], [IMAGE], {f"{STUDY}.1": Look(inverted=inverted)}))
    assert made.PresentationLUTShape == ("INVERSE" if inverted else "IDENTITY")
    assert "SoftcopyVOILUTSequence" not in made


def test_words_stand_beside_their_mark() -> None:
    (made,) = states(a_filing([a_mark("length", IMAGE), a_mark("text", IMAGE)], [IMAGE]))
    line, text = made.GraphicAnnotationSequence
    assert line.TextObjectSequence[0].UnformattedTextValue == "① length\r\n左肺下叶结节"
    assert list(line.TextObjectSequence[0].AnchorPoint) == [110.5, 95.75]
    assert (
        line.TextObjectSequence[0].AnchorPointVisibility,
        text.TextObjectSequence[0].AnchorPointVisibility,
    ) == ("N", "Y")
    (mute,) = states(a_filing([a_mark("length", IMAGE, lines=())], [IMAGE]))
    assert "TextObjectSequence" not in mute.GraphicAnnotationSequence[0]


@given(*[st.tuples(st.floats(0, 4000), st.floats(0, 4000)) for _ in range(2)])
def test_an_ellipse_has_its_longer_axis_first_and_fills_its_box(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    points = ellipse(one, other).points
    assert math.dist(points[0], points[1]) >= math.dist(points[2], points[3])
    for axis in (0, 1):
        assert {min(p[axis] for p in points), max(p[axis] for p in points)} == {
            min(one[axis], other[axis]),
            max(one[axis], other[axis]),
        }


def test_a_rectangle_is_closed_and_an_arrow_points_at_its_tip() -> None:
    (box,) = graphics_of(a_mark("rectangle", IMAGE))
    assert box.points[0] == box.points[-1]
    assert len(box.points) == 5
    assert all((a[0] == b[0]) != (a[1] == b[1]) for a, b in pairwise(box.points))
    shaft, head = list(graphics_of(a_mark("arrow", IMAGE)))
    assert shaft.points[-1] == pytest.approx((150, 150))
    assert head.points[1] == pytest.approx((150, 150))
    assert all(math.dist(end, (150, 150)) < math.dist(*shaft.points) for end in head.points[::2])


def test_an_image_whose_pixels_are_unknown_is_still_annotated() -> None:
    bare = replace(IMAGE, forms={})
    (made,) = states(a_filing([a_mark("length", bare)], [bare]))
    assert made.PresentationLUTShape == "IDENTITY"
    assert made.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPClassUID == CT


@pytest.mark.parametrize("side, told", [("R", "R"), ("L", "L"), ("", ""), ("left", "")])
def test_the_side_is_the_images_own(side: str, told: str) -> None:
    image = an_image(5, modality="DX", t00200060=side)
    (made,) = states(a_filing([a_mark("length", image)], [image]))
    assert made.Laterality == told
