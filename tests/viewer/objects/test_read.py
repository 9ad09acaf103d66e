"""What is read of objects: ours come back as they were, others' are shown, and broken ones do no harm."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from pydicom import dcmread

from tests.viewer.objects.filings import POINTS, STUDY, a_filing, a_mark, an_image, attributes, one_of_each
from tests.viewer.objects.reread import archived_attributes, reread
from viewer.attributes import Attributes
from viewer.luts import no_bulk
from viewer.objects.key_objects import key_objects_of
from viewer.objects.key_objects_read import read_key_objects
from viewer.objects.marked import Look, Mark, uid_of_mark
from viewer.objects.measurements import measurements_of
from viewer.objects.presentation import presentations_of
from viewer.objects.presentation_read import read_presentation
from viewer.objects.reading import POINTS_MAX, ObjectUnreadable
from viewer.objects.report_read import DEPTH_MAX, ITEMS_MAX, read_report
from viewer.objects.told import Presentation, Report

IMAGE = an_image()
HALF_A_PIXEL = 0.5
COORDINATE = st.floats(0, 20_000, allow_nan=False)
KINDS = st.sampled_from(sorted(set(POINTS) - {"key"}))


def drawn_by(mark: Mark) -> list[tuple[float, float]]:
    """The points that a reader placed, as they must come back: of boxes the outermost ones."""
    points = [(float(x), float(y)) for x, y in mark.points]
    if mark.kind in {"ellipse", "rectangle"}:
        (x, y), (to_x, to_y) = points
        return [(min(x, to_x), min(y, to_y)), (max(x, to_x), max(y, to_y))]
    return points


def points_back(mark: Mark, found: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same of what was read."""
    if mark.kind in {"ellipse", "rectangle"}:
        across, down = [x for x, _ in found], [y for _, y in found]
        return [(min(across), min(down)), (max(across), max(down))]
    if mark.kind == "arrow":
        tail, tip = found[:2]
        return [tip, tail]
    return found


def close(one: list[tuple[float, float]], other: list[tuple[float, float]]) -> bool:
    return len(one) == len(other) and all(
        math.dist(a, b) <= HALF_A_PIXEL for a, b in zip(one, other, strict=True)
    )


@settings(max_examples=40)
@given(KINDS, st.lists(st.tuples(COORDINATE, COORDINATE), min_size=4, max_size=4))
def test_marks_come_back_within_half_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, kind: str, points: list[tuple[float, float]]
) -> None:
    mark = a_mark(kind, IMAGE, points=points[: len(POINTS[kind])])
    filing = a_filing([mark], [IMAGE])
    folder = tmp_path_factory.mktemp("objects")
    (state,) = presentations_of(filing)
    told = read_presentation(reread(state, folder), "1.2", no_bulk)
    (annotation,) = told.annotations
    found = [point for graphic in annotation.graphics for point in graphic.points]
    assert close(points_back(mark, found), drawn_by(mark))
    assert [words.text.splitlines() for words in annotation.words] == [list(mark.lines)]
    report = measurements_of(filing)
    if report is None:
        assert not mark.figures
        return
    (measurement,) = read_report(reread(report, folder), "1.2").measurements
    assert measurement.tracking_uid == uid_of_mark(mark.mark_id)
    assert {place.image.sop_instance_uid for place in measurement.places} == {
        IMAGE.reference.sop_instance_uid
    }
    assert [float(one.value) for one in measurement.figures] == pytest.approx(
        [figure.value for figure in mark.figures], rel=1e-9
    )
    placed = [point for place in measurement.places for point in place.graphic.points]
    for point in drawn_by(mark):
        if kind not in {"ellipse", "rectangle"}:
            assert any(math.dist(point, one) <= HALF_A_PIXEL for one in placed)
    if kind in {"ellipse", "rectangle"}:
        assert close(points_back(mark, placed), drawn_by(mark))


def test_a_state_comes_back_with_its_look(tmp_path: Path) -> None:
    look = Look(window=(40, 400), quarters=1, flipped=True, inverted=True)
    (state,) = presentations_of(a_filing(one_of_each(IMAGE), [IMAGE], {f"{STUDY}.1": look}))
    told = read_presentation(reread(state, tmp_path), "1.2", no_bulk)
    assert (told.quarters, told.flipped, told.inverse) == (3, True, True)
    assert [(one.center, one.width) for one in told.voi] == [(40, 400)]
    assert (told.rescale_slope, told.rescale_intercept) == (1, -1024)
    assert (told.header.ours, told.header.author, told.header.created) == (True, "许诺", "20260302170509")
    assert [one.top_left for one in told.areas] == [(400, 512)]
    assert not told.cut


def test_a_selection_comes_back_with_its_frames(tmp_path: Path) -> None:
    cine = an_image(2, modality="US", frames=9)
    made = key_objects_of(a_filing([a_mark("key", IMAGE), a_mark("key", cine, frame=7)], [IMAGE, cine]))
    assert made is not None
    told = read_key_objects(reread(made, tmp_path), "1.2")
    assert [(one.sop_instance_uid, one.frames) for one in told.images] == [
        (f"{STUDY}.9.1", ()),
        (f"{STUDY}.9.2", (7,)),
    ]
    assert (told.title, told.description, told.rejected) == ("Of Interest", "关键图像 第1版", False)
    assert (told.header.author, told.header.ours) == ("许诺", True)


@pytest.mark.parametrize(
    "code, scheme, rejected",
    [("113001", "DCM", True), ("113039", "DCM", True), ("113000", "DCM", False), ("113001", "99X", False)],
)
def test_rejection_notes_are_told_apart(code: str, scheme: str, rejected: bool) -> None:
    title = attributes(t00080100=code, t00080102=scheme, t00080104="Title")
    told = read_key_objects(attributes(t00080018="1.2", t0040A043=title), "1.2")
    assert (told.rejected, told.title, told.images) == (rejected, "Title", ())


def graphic(kind: str, points: list[Any], units: str = "PIXEL") -> Attributes:
    return attributes(t00700023=kind, t00700005=units, t00700022=points)


def state_with(*graphics: Attributes, **changes: Any) -> Presentation:
    annotation = attributes(t00700009=list(graphics), **changes)
    return read_presentation(attributes(t00080018="1.2", t00700001=annotation), "1.2", no_bulk)


def test_figures_that_cannot_be_drawn_are_left_out_and_that_is_said() -> None:
    told = state_with(
        graphic("CIRCLE", [10, 10, 20, 10]),
        graphic("CIRCLE", [10, 10]),
        graphic("SPIRAL", [10, 10]),
        graphic("POLYLINE", [1, 2, 3, 4], units="MATRIX"),
        graphic("POLYLINE", ["far", 2]),
        graphic("POLYLINE", [1e300, 2]),
        graphic("POLYLINE", [1] * (2 * POINTS_MAX + 2)),
        graphic("INTERPOLATED", [0.1, 0.2, 0.3], units="DISPLAY"),
    )
    (annotation,) = told.annotations
    assert [(one.kind, one.units, one.points) for one in annotation.graphics] == [
        ("CIRCLE", "PIXEL", ((10, 10), (20, 10))),
        ("INTERPOLATED", "DISPLAY", ((0.1, 0.2),)),
    ]
    assert told.cut


def test_words_stand_in_their_box_or_at_their_anchor() -> None:
    boxed = attributes(
        t00700006="in a box", t00700003="DISPLAY", t00700010=[0.1, 0.2], t00700014=[9, 9], t00700004="PIXEL"
    )
    hung = attributes(t00700006="on a point", t00700004="PIXEL", t00700014=[9, 8], t00700015="Y")
    lost = attributes(t00700006="nowhere")
    told = state_with(t00700008=[boxed, hung, lost])
    (annotation,) = told.annotations
    assert [(one.text, one.units, one.at, one.anchor) for one in annotation.words] == [
        ("in a box", "DISPLAY", (0.1, 0.2), None),
        ("on a point", "PIXEL", (9, 8), (9, 8)),
    ]


def nested(depth: int) -> Attributes:
    item = attributes(t0040A040="TEXT", t0040A160="deepest")
    for _ in range(depth):
        item = attributes(t0040A040="CONTAINER", t0040A730=item)
    return attributes(t00080018="1.2", t0040A730=item)


def test_documents_are_walked_so_far_and_no_farther() -> None:
    shallow = read_report(nested(5), "1.2")
    assert [line.depth for line in shallow.lines] == [0, 1, 2, 3, 4, 5]
    assert shallow.lines[-1].value == "deepest"
    assert len(read_report(nested(300), "1.2").lines) == DEPTH_MAX + 1
    many = [attributes(t0040A040="TEXT", t0040A160=str(i)) for i in range(ITEMS_MAX + 10)]
    wide = read_report(attributes(t00080018="1.2", t0040A730=many), "1.2")
    assert (len(wide.lines), wide.cut, wide.lines[-1].value) == (ITEMS_MAX, True, str(ITEMS_MAX - 1))
    assert not shallow.cut


@pytest.mark.parametrize("uid", ["", "1" * 65])
def test_an_object_without_a_name_is_refused(uid: str) -> None:
    for read in (read_key_objects, read_report):
        with pytest.raises(ObjectUnreadable):
            read(attributes(t00080018=uid), "1.2")


TAGS = st.sampled_from(
    [
        "0040A730",
        "0040A043",
        "0040A040",
        "0040A168",
        "0040A300",
        "00081199",
        "00081155",
        "00700001",
        "00700009",
        "00700022",
        "00700023",
        "00281050",
    ]
)
LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(-5, 5)
ANYTHING = st.recursive(
    LEAVES | st.dictionaries(TAGS, LEAVES, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TAGS, st.fixed_dictionaries({"Value": st.lists(inner, max_size=3)}), max_size=3)
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        TAGS, st.fixed_dictionaries({"vr": st.just("UN"), "Value": st.lists(ANYTHING, max_size=3)})
    )
)
def test_whatever_comes_is_read_or_refused_by_name(data: dict[str, Any]) -> None:
    hostile = {**data, "00080018": {"vr": "UI", "Value": ["1.2"]}}
    told = [
        read_key_objects(hostile, "1.2"),
        read_report(hostile, "1.2"),
        read_presentation(hostile, "1.2", no_bulk),
    ]
    for one in told:
        assert json.loads(one.model_dump_json())["header"]["sop_instance_uid"] == "1.2"


def sample(samples: Path, name: str) -> Attributes:
    return archived_attributes(samples / name)


@pytest.mark.samples
def test_every_sample_report_is_shown_whole(samples: Path) -> None:
    seen: dict[str, Report] = {}
    for path in sorted((samples / "sr").glob("*.dcm")):
        told = read_report(archived_attributes(path), "1.2")
        data = dcmread(path)

        def count(items: Any) -> int:
            return sum(1 + count(one.get("ContentSequence", [])) for one in items)

        assert len(told.lines) == count(data.ContentSequence), path.name
        assert not told.cut
        groups = [
            one
            for top in data.ContentSequence
            for one in top.get("ContentSequence", [])
            if one.get("ConceptNameCodeSequence") and one.ConceptNameCodeSequence[0].CodeValue == "125007"
        ]
        assert len(told.measurements) == len(groups), path.name
        seen[path.name] = told
    assert len(seen) == 7
    diameters = seen["structured_report.dcm"].measurements[2]
    assert [(one.name, one.value, one.unit) for one in diameters.figures] == [
        ("Long Axis", "93.9", "mm"),
        ("Short Axis", "47.0", "mm"),
    ]
    (cord,) = seen["sr_document.dcm"].measurements
    assert (cord.finding, cord.site, cord.figures[0].value, cord.figures[0].unit) == (
        "Spinal cord",
        "Cervico-thoracic spine",
        "1.7",
        "cm²",
    )
    assert [place.graphic.kind for place in cord.places] == ["CIRCLE"]


@pytest.mark.samples
def test_the_sample_presentation_state_is_told_with_its_tables(samples: Path) -> None:
    told = read_presentation(sample(samples, "pr/prLUTs.dcm"), "1.2", no_bulk)
    assert (told.label, told.header.author, told.images[0].sop_instance_uid) == (
        "XLUT_P03",
        "Riesmeier Joerg",
        "1.2.276.0.7230010.3.200.6.3.1",
    )
    assert [one.bottom_right for one in told.areas] == [(512, 512)]
    assert told.modality_lut is not None
    assert told.presentation_lut is not None
    assert told.voi[0].lut is not None
    assert {lut.bits for lut in (told.modality_lut, told.presentation_lut, told.voi[0].lut)} == {8}
