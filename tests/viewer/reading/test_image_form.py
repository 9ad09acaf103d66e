"""What frames look like, from classic attributes and functional groups alike."""

from typing import Any

import pytest

from viewer.attributes import Attributes
from viewer.image_form import FRAMES_MAX, FrameFacts, ImageForm, Spacing, Window, frames_of
from viewer.pixels import Fault, PixelForm

EXPLICIT, BASELINE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
PROGRESSIVE, VIDEO = "1.2.840.10008.1.2.4.55", "1.2.840.10008.1.2.4.102"


def a_set(values: dict[str, Any]) -> Attributes:
    """A data set of plain values: a list is the value list, dicts in it are items."""
    return {
        tag: {"vr": "UN", "Value": value if isinstance(value, list) else [value]}
        for tag, value in values.items()
    }


def an_image(**more: Any) -> Attributes:
    values: dict[str, Any] = {
        "00280010": 4,
        "00280011": 6,
        "00280100": 16,
        "00280101": 12,
        "00280103": 0,
        "00280002": 1,
        "00280004": "MONOCHROME2",
        "7FE00010": 0,
    } | {tag.removeprefix("t"): value for tag, value in more.items()}
    return a_set({tag: value for tag, value in values.items() if value is not None})


def only(data: Attributes, syntax: str = EXPLICIT) -> ImageForm:
    """The form of a single frame."""
    (frame,) = frames_of(data, syntax, 1)
    assert frame.form is not None
    return frame.form


def test_a_classic_ct() -> None:
    (frame,) = frames_of(
        an_image(
            t00281052="-1024",
            t00281053="1",
            t00281054="HU",
            t00281050=[40, 300],
            t00281051=[80, 1500],
            t00281055=["BRAIN", "BONE"],
            t00280030=[0.5, 0.25],
            t00180050="2.5",
            t00200032=[1, 2, 3],
            t00200037=[1, 0, 0, 0, 1, 0],
            t00280120=-2000,
        ),
        EXPLICIT,
        1,
    )
    form = frame.form
    assert form is not None
    assert [form.rescale_slope, form.rescale_intercept, form.rescale_type] == [1.0, -1024.0, "HU"]
    assert form.windows == (
        Window(center=40, width=80, explanation="BRAIN"),
        Window(center=300, width=1500, explanation="BONE"),
    )
    assert form.spacing == Spacing(row_mm=0.5, column_mm=0.25, source="pixel")
    assert form.slice_thickness_mm == 2.5
    assert form.padding == (-2000, -2000)
    assert frame.position == (1.0, 2.0, 3.0)
    assert list(frame.orientation or ()) == [1, 0, 0, 0, 1, 0]
    assert (form.voi_lut_function, form.inverse, form.lossy, form.floating) == ("LINEAR", False, False, False)


def test_what_is_missing_stays_unknown() -> None:
    form = only(an_image())
    assert form.windows == ()
    assert form.spacing is None
    assert form.orientation is None
    assert form.slice_thickness_mm is None
    assert form.padding is None
    assert form.frame_time_ms is None
    assert (form.rescale_slope, form.rescale_intercept) == (1.0, 0.0)


def test_impossible_values_are_unknown_too() -> None:
    form = only(
        an_image(
            t00280030=[0, 0.5],
            t00281050=[40, 50],
            t00281051=[0, -3],
            t00200037=[1, 0, 0],
            t00281053="0",
            t00281052="5",
        )
    )
    assert form.spacing is None
    assert form.windows == ()
    assert form.orientation is None
    assert (form.rescale_slope, form.rescale_intercept) == (1.0, 0.0)


@pytest.mark.parametrize(
    "named, function",
    [("SIGMOID", "SIGMOID"), ("LINEAR_EXACT", "LINEAR_EXACT"), ("LINEAR", "LINEAR"), ("OTHER", "LINEAR")],
)
def test_the_voi_function(named: str, function: str) -> None:
    assert only(an_image(t00281056=named)).voi_lut_function == function


LOG_TABLE: dict[str, Any] = {"00283002": [4, 0, 16], "00283006": [9, 6, 3, 0]}
CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_what_leads_back_to_the_beam_is_not_shown(number: str) -> None:
    sop_class = f"1.2.840.10008.5.1.4.1.1.12.{number}"
    table = only(an_image(t00080016=sop_class, t00283000=[a_set(LOG_TABLE)]))
    line = only(an_image(t00080016=sop_class, t00281053="-2", t00281052="4095"))
    assert (table.modality_lut, line.rescale_slope, line.rescale_intercept) == (None, 1.0, 0.0)


def test_every_other_modality_lut_is() -> None:
    table = only(an_image(t00080016=CT, t00283000=[a_set(LOG_TABLE)]))
    line = only(an_image(t00080016=CT, t00281053="-2", t00281052="4095"))
    assert table.modality_lut is not None
    assert (line.rescale_slope, line.rescale_intercept) == (-2.0, 4095.0)


def test_padding_range_in_either_order() -> None:
    assert only(an_image(t00280120=5, t00280121=-5)).padding == (-5, 5)
    assert only(an_image(t00280120=-5, t00280121=5)).padding == (-5, 5)


@pytest.mark.parametrize(
    "photometric, shape, inverse",
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", False),
        ("MONOCHROME2", None, False),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME1", "OTHER", True),
    ],
)
def test_monochrome1_and_inverse_say_the_same_once(
    photometric: str, shape: str | None, inverse: bool
) -> None:
    assert only(an_image(t00280004=photometric, t20500020=shape)).inverse is inverse


def test_a_linear_window_narrower_than_a_level_is_meant_exactly() -> None:
    assert only(an_image(t00281050=[0.5], t00281051=[0.4])).voi_lut_function == "LINEAR_EXACT"
    assert only(an_image(t00281050=[0.5], t00281051=[1])).voi_lut_function == "LINEAR"


def test_lossy_history() -> None:
    assert only(an_image(t00282110="01")).lossy
    assert only(an_image(), BASELINE).lossy
    assert only(an_image(), PROGRESSIVE).lossy


def test_spacing_at_the_detector_is_called_that() -> None:
    assert only(an_image(t00181164=[0.1, 0.1])).spacing == Spacing(row_mm=0.1, column_mm=0.1, source="imager")
    both = only(an_image(t00181164=[0.1, 0.1], t00280030=[0.1, 0.1])).spacing
    assert both == Spacing(row_mm=0.1, column_mm=0.1, source="imager")
    calibrated = only(an_image(t00181164=[0.1, 0.1], t00280030=[0.08, 0.08])).spacing
    assert calibrated == Spacing(row_mm=0.08, column_mm=0.08, source="pixel")


def test_of_pixels_whose_size_is_not_known_the_ratio_counts() -> None:
    form = only(an_image(t00280034=["2", "1"]))
    assert (form.spacing, form.pixel_aspect) == (None, 0.5)
    sized = only(an_image(t00280034=["2", "1"], t00280030=[0.5, 0.25]))
    assert (sized.spacing is not None, sized.pixel_aspect) == (True, None)


@pytest.mark.parametrize("ratio", [[], ["1"], ["0", "1"], ["1", "-1"], ["4", "3", "2"], ["x", "1"]])
def test_a_ratio_that_is_none_is_not_known(ratio: list[str]) -> None:
    assert only(an_image(t00280034=ratio)).pixel_aspect is None


def a_region(across_cm: float, down_cm: float, *, units: int = 3, kind: int = 1) -> dict[str, Any]:
    return dict(
        a_set(
            {
                "00186012": kind,
                "00186024": units,
                "00186026": units,
                "0018602C": across_cm,
                "0018602E": down_cm,
            }
        )
    )


def test_one_ultrasound_region_calibrates_the_image() -> None:
    form = only(an_image(t00186011=[a_region(0.02, -0.03), a_region(1, 1, kind=3)]))
    assert form.spacing is not None
    assert form.spacing.source == "ultrasound"
    assert form.spacing.row_mm == pytest.approx(0.3)
    assert form.spacing.column_mm == pytest.approx(0.2)


@pytest.mark.parametrize(
    "regions",
    [
        [a_region(0.02, 0.03), a_region(0.04, 0.03)],
        [a_region(0.02, 0.02), a_region(0.02, 0.02)],
        [a_region(0.02, 0.03, units=4)],
        [a_region(0, 0.03)],
        [a_region(0.02, 0.03, kind=2)],
    ],
)
def test_regions_that_do_not_settle_it_calibrate_nothing(regions: list[dict[str, Any]]) -> None:
    assert only(an_image(t00186011=regions)).spacing is None


@pytest.mark.parametrize(
    "more, time_ms",
    [
        ({"t00181063": "33.3"}, 33.3),
        ({"t00082144": 25}, 40.0),
        ({"t00180040": 20}, 50.0),
        ({"t00181063": 0}, None),
        ({"t00181063": "33.3", "t00082144": 10}, 100.0),
        ({"t00181065": [0, 40, 42, 40]}, 40.0),
    ],
)
def test_the_time_between_frames(more: dict[str, Any], time_ms: float | None) -> None:
    assert only(an_image(**more)).frame_time_ms == time_ms


def times_of(frames: int, **more: object) -> list[float | None]:
    found = frames_of(an_image(**more), EXPLICIT, frames)
    return [one.form.frame_time_ms if one.form is not None else None for one in found]


def test_a_vector_of_times_says_how_long_each_frame_is_seen() -> None:
    assert times_of(4, t00181065=[0, 40, 80, 40]) == [40, 80, 40, 40]
    assert times_of(4, t00181065=[0, 40, 80, 40], t00082144=10) == [100, 100, 100, 100]
    assert times_of(3, t00181065=[0, 33.3, 33.3]) == [33.3, 33.3, 33.3]
    assert times_of(2, t00181065=[0, -5]) == [None, None]


def test_irregular_times_of_many_frames_share_one_form() -> None:
    assert set(times_of(200, t00181065=list(range(200)))) == {100}


def a_group(z: float, intercept: float, center: float) -> dict[str, Any]:
    return dict(
        a_set(
            {
                "00209113": [dict(a_set({"00200032": [0, 0, z]}))],
                "00289145": [dict(a_set({"00281052": intercept, "00281053": 2, "00281054": "US"}))],
                "00289132": [dict(a_set({"00281050": center, "00281051": 100}))],
            }
        )
    )


def test_functional_groups_of_an_enhanced_object() -> None:
    shared = dict(
        a_set(
            {
                "00209116": [dict(a_set({"00200037": [1, 0, 0, 0, 1, 0]}))],
                "00289110": [dict(a_set({"00280030": [0.4, 0.4], "00180050": 3}))],
            }
        )
    )
    frames = frames_of(
        an_image(t52009229=[shared], t52009230=[a_group(0, -10, 40), a_group(3, -20, 50)]), EXPLICIT, 2
    )
    assert [one.number for one in frames] == [1, 2]
    assert [one.position for one in frames] == [(0, 0, 0), (0, 0, 3)]
    forms = [one.form for one in frames if one.form is not None]
    assert [form.rescale_intercept for form in forms] == [-10, -20]
    assert [form.rescale_slope for form in forms] == [2, 2]
    assert [form.windows[0].center for form in forms] == [40, 50]
    assert {form.orientation for form in forms} == {(1, 0, 0, 0, 1, 0)}
    assert {form.slice_thickness_mm for form in forms} == {3}


def test_fewer_groups_than_frames_leave_the_rest_to_the_data_set() -> None:
    frames = frames_of(an_image(t52009230=[a_group(7, -10, 40)], t00281050=10, t00281051=20), EXPLICIT, 2)
    assert [one.position for one in frames] == [(0, 0, 7), None]
    assert frames[1].form is not None
    assert frames[1].form.windows[0].center == 10


def test_grid_frame_offsets_move_the_position() -> None:
    frames = frames_of(
        an_image(t00200032=[1, 2, 3], t00200037=[1, 0, 0, 0, 1, 0], t3004000C=[0, 5, 10]), EXPLICIT, 3
    )
    assert [one.position for one in frames] == [(1, 2, 3), (1, 2, 8), (1, 2, 13)]
    absolute = frames_of(
        an_image(t00200032=[1, 2, 3], t00200037=[1, 0, 0, 0, 1, 0], t3004000C=[3, 8, 13]), EXPLICIT, 3
    )
    assert [one.position for one in absolute] == [one.position for one in frames]


def test_frames_of_a_classic_multi_frame_share_one_form() -> None:
    frames = frames_of(an_image(), EXPLICIT, 50)
    assert len(frames) == 50
    assert len({id(one.form) for one in frames}) == 1
    assert isinstance(frames[0].pixels, PixelForm)


def test_more_frames_than_anybody_reads_are_one_fault() -> None:
    assert frames_of(an_image(), EXPLICIT, FRAMES_MAX + 1) == [
        FrameFacts(number=1, position=None, form=None, pixels=Fault.TOO_LARGE)
    ]


def test_of_a_film_that_cannot_be_shown_the_compression_is_the_reason() -> None:
    frames = frames_of(an_image(), VIDEO, FRAMES_MAX + 1)
    assert [(one.pixels, one.video and one.video.frames) for one in frames] == [(Fault.VIDEO, FRAMES_MAX + 1)]


def test_a_header_without_size_gives_a_frame_with_a_fault() -> None:
    (frame,) = frames_of(an_image(t00280010=None), EXPLICIT, 1)
    assert frame.form is None
    assert frame.pixels is Fault.HEADER_INCOMPLETE
    assert frame.orientation is None
