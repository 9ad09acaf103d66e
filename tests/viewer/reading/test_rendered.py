"""The 8-bit picture against formulas written here from the standard, and against pydicom's own."""

import base64
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from hypothesis import given, strategies as st
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut, convert_color_space
from pydicom.pixels.utils import pixel_array

from viewer.image_form import ImageForm, Window
from viewer.luts import Lut
from viewer.rendered import rendered
from viewer.shutters import Shutter


def a_form(**changes: Any) -> ImageForm:
    values: dict[str, Any] = {
        "rows": 1,
        "columns": 1,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": 16,
        "bits_stored": 16,
        "signed": True,
        "floating": False,
        "padding": None,
        "rescale_slope": 1.0,
        "rescale_intercept": 0.0,
        "rescale_type": "",
        "windows": (),
        "inverse": False,
        "voi_lut_function": "LINEAR",
        "palette": None,
        "modality_lut": None,
        "voi_lut": None,
        "spacing": None,
        "pixel_aspect": None,
        "slice_thickness_mm": None,
        "orientation": None,
        "frame_time_ms": None,
        "shutter": None,
        "suv_factor": None,
        "lossy": False,
    }
    return ImageForm(**(values | changes))


def linear_by_the_book(x: float, c: float, w: float) -> float:
    """PS3.3 C.11.2.1.2.1 as printed, for output 0 to 255."""
    if x <= c - 0.5 - (w - 1) / 2:
        return 0
    if x > c - 0.5 + (w - 1) / 2:
        return 255
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255


def one(stored: int, form: ImageForm) -> int:
    return int(rendered(np.array([[stored]], np.int16), form)[0, 0])


@given(
    stored=st.integers(-32768, 32767),
    center=st.integers(-2000, 2000),
    width=st.integers(1, 4000),
    slope=st.sampled_from([1.0, 2.0, 0.5]),
    intercept=st.sampled_from([0.0, -1024.0]),
)
def test_linear_windows_follow_the_book(
    stored: int, center: int, width: int, slope: float, intercept: float
) -> None:
    window = Window(center=center, width=width, explanation="")
    form = a_form(windows=(window,), rescale_slope=slope, rescale_intercept=intercept)
    assert abs(one(stored, form) - linear_by_the_book(stored * slope + intercept, center, width)) <= 0.5001


@given(stored=st.integers(-3000, 3000), center=st.integers(-500, 500), width=st.integers(1, 3000))
def test_sigmoid_windows_follow_the_book(stored: int, center: int, width: int) -> None:
    form = a_form(windows=(Window(center=center, width=width, explanation=""),), voi_lut_function="SIGMOID")
    power = min(700.0, max(-700.0, -4 * (stored - center) / width))
    assert abs(one(stored, form) - 255 / (1 + math.exp(power))) <= 0.5001


def test_linear_exact() -> None:
    form = a_form(windows=(Window(center=50, width=100, explanation=""),), voi_lut_function="LINEAR_EXACT")
    assert [one(x, form) for x in (-1, 0, 50, 100, 101)] == [0, 0, 128, 255, 255]


def test_an_inverse_form_turns_round_once_whatever_its_photometric_interpretation_is_called() -> None:
    windows = (Window(center=50.5, width=101, explanation=""),)
    for named in ("MONOCHROME1", "MONOCHROME2"):
        form = a_form(windows=windows, photometric_interpretation=named, inverse=True)
        assert [one(x, form) for x in (0, 100)] == [255, 0]
        plain = a_form(windows=windows, photometric_interpretation=named)
        assert [one(x, plain) for x in (0, 100)] == [0, 255]


def test_padding_is_black_and_does_not_widen_the_window() -> None:
    samples = np.array([[-2000, 0, 100]], np.int16)
    form = a_form(padding=(-2000, -2000))
    assert rendered(samples, form).tolist() == [[0, 0, 255]]
    inverted = a_form(padding=(-2000, -2000), inverse=True)
    assert rendered(samples, inverted).tolist() == [[0, 255, 0]]


def test_ybr_becomes_rgb() -> None:
    samples = np.array([[[76, 85, 255], [150, 44, 21], [29, 255, 107], [128, 128, 128]]], np.uint8)
    picture = rendered(
        samples, a_form(samples_per_pixel=3, photometric_interpretation="YBR_FULL", bits_stored=8)
    )
    expected = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]]])
    assert np.abs(picture.astype(int) - expected).max() <= 2


def test_deep_colour_is_shown_by_its_upper_bits() -> None:
    samples = np.array([[[65535, 256, 0]]], np.uint16)
    assert rendered(samples, a_form(samples_per_pixel=3, photometric_interpretation="RGB")).tolist() == [
        [[255, 1, 0]]
    ]


def by_pydicom(dataset: pydicom.Dataset) -> npt.NDArray[np.float64]:
    shown = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    low, high = float(shown.min()), float(shown.max())
    return np.asarray((shown - low) / (high - low) * 255)


@pytest.mark.samples
def test_a_real_ct_is_within_one_level_of_pydicom(samples: Path) -> None:
    dataset = pydicom.dcmread(samples / "ct" / "philips_54" / "I300")
    form = a_form(
        rescale_intercept=float(dataset.RescaleIntercept),
        rescale_slope=float(dataset.RescaleSlope),
        windows=(
            Window(
                center=float(dataset.WindowCenter[0]), width=float(dataset.WindowWidth[0]), explanation=""
            ),
        ),
    )
    ours = rendered(dataset.pixel_array, form)
    assert np.abs(ours - by_pydicom(dataset)).max() <= 1


@pytest.mark.samples
def test_a_real_ybr_frame_is_within_one_level_of_pydicom(samples: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(samples / "us" / "US-YBR_FULL_422-EVRLE.dcm")
        raw = pixel_array(dataset, raw=True)
    form = a_form(samples_per_pixel=3, photometric_interpretation="YBR_FULL_422", bits_stored=8)
    expected = convert_color_space(raw, "YBR_FULL", "RGB")
    assert np.abs(rendered(raw, form).astype(int) - expected.astype(int)).max() <= 1


def a_lut(first_mapped: int, bits: int, entries: list[int]) -> Lut:
    raw = np.array(entries, "<u2").tobytes()
    return Lut(first_mapped=first_mapped, bits=bits, entries=base64.b64encode(raw).decode())


def test_a_palette_gives_its_colours() -> None:
    palette = a_lut(2, 16, [0xFF00, 0, 0x1200, 0, 0xFF00, 0x3400])
    form = a_form(palette=palette, photometric_interpretation="PALETTE COLOR")
    picture = rendered(np.array([[0, 2, 3, 9]], np.uint8), form)
    assert picture.tolist() == [[[255, 0, 0x12], [255, 0, 0x12], [0, 255, 0x34], [0, 255, 0x34]]]


def test_a_supplemental_palette_colours_what_lies_above_the_greys() -> None:
    palette = a_lut(100, 16, [0xFF00, 0, 0x1200, 0, 0xFF00, 0x3400])
    form = a_form(palette=palette, windows=(Window(center=50.5, width=101, explanation=""),))
    assert rendered(np.array([[0, 99, 100, 101, 500]], np.uint16), form).tolist() == [
        [[0, 0, 0], [252, 252, 252], [255, 0, 0x12], [0, 255, 0x34], [0, 255, 0x34]]
    ]


def test_partial_ybr_has_its_black_at_16_and_its_white_at_235() -> None:
    samples = np.array([[[16, 128, 128], [235, 128, 128], [0, 128, 128]]], np.uint8)
    form = a_form(samples_per_pixel=3, photometric_interpretation="YBR_PARTIAL_420", bits_stored=8)
    assert rendered(samples, form).tolist() == [[[0, 0, 0], [255, 255, 255], [0, 0, 0]]]


def test_what_is_no_number_is_black_and_does_not_widen_the_window() -> None:
    samples = np.array([[np.nan, 1, 3, np.inf]], np.float32)
    assert rendered(samples, a_form(floating=True)).tolist() == [[0, 0, 255, 0]]


def test_values_below_a_table_take_its_first_entry_when_they_are_unsigned_too() -> None:
    form = a_form(
        modality_lut=a_lut(100, 16, [0, 50, 100]), windows=(Window(center=50.5, width=101, explanation=""),)
    )
    assert rendered(np.array([[0, 100, 101, 102, 9000]], np.uint16), form).tolist() == [[0, 0, 128, 255, 255]]


def test_tables_replace_rescale_and_window() -> None:
    form = a_form(
        modality_lut=a_lut(-1, 16, [10, 20, 30]), voi_lut=a_lut(10, 8, [0] * 10 + [100] * 10 + [255])
    )
    assert rendered(np.array([[-5, -1, 0, 1, 7]], np.int16), form).tolist() == [[0, 0, 100, 255, 255]]


def test_what_a_shutter_covers_has_its_grey() -> None:
    shutter = Shutter(rectangle=(1, 4, 0, 3), circle=None, polygon=(), level=7)
    form = a_form(shutter=shutter, windows=(Window(center=0.5, width=2, explanation=""),))
    assert rendered(np.full((3, 4), 9, np.int16), form).tolist() == [
        [7, 255, 255, 7],
        [7, 255, 255, 7],
        [7, 7, 7, 7],
    ]
    colour = a_form(shutter=shutter, samples_per_pixel=3, photometric_interpretation="RGB", bits_stored=8)
    assert rendered(np.full((1, 2, 3), 9, np.uint8), colour).tolist() == [[[7, 7, 7], [9, 9, 9]]]


def test_a_window_goes_before_a_table() -> None:
    form = a_form(voi_lut=a_lut(0, 8, [255]), windows=(Window(center=0.5, width=2, explanation=""),))
    assert one(-10, form) == 0
