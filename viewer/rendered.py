"""Frames as people see them, in 8 bits: the pixel transformation sequence of PS3.4 N.2. Pure.

For thumbnails and documents; the reading station makes its own picture from the exact samples and
is tested against the same formulas.
"""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.image_form import ImageForm, Window
from viewer.luts import Lut
from viewer.pixels import Samples
from viewer.shutters import covered

WHITE = 255.0
YBR_TO_RGB = np.array([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])
"""PS3.3 C.7.6.3.1.2, for components less 128 in Cb and Cr."""
PARTIAL_SCALE = np.array([255 / 219, 255 / 224, 255 / 224])
"""YBR_PARTIAL has black at 16, white at 235, and 225 levels of colour difference."""
Pixels8 = npt.NDArray[np.uint8]


def rendered(samples: Samples, form: ImageForm) -> Pixels8:
    """Rows × columns in grey, or × 3 in RGB; behind a shutter its grey."""
    picture = _uncovered(samples, form)
    if form.shutter is not None:
        picture[covered(form.shutter, *picture.shape[:2])] = form.shutter.level
    return picture


def _uncovered(samples: Samples, form: ImageForm) -> Pixels8:
    if form.samples_per_pixel > 1:
        return _colour(samples, form)
    if form.palette is not None and form.photometric_interpretation == "PALETTE COLOR":
        return _palette(samples, form.palette)
    grey = _grey(samples, form)
    return grey if form.palette is None else _supplemented(grey, samples, form.palette)


def _grey(samples: Samples, form: ImageForm) -> Pixels8:
    padded = _padded(samples, form)
    values = _rescaled(samples, form)
    if form.voi_lut is not None and not form.windows:
        shares = _looked_up(values, form.voi_lut) / (2**form.voi_lut.bits - 1)
    else:
        window, function = shown_window(values, padded, form)
        shares = _windowed(values, window, function)
    if form.inverse:
        shares = 1 - shares
    shares[padded | ~np.isfinite(values)] = 0
    return np.asarray(np.rint(shares * WHITE).astype(np.uint8))


def _rescaled(samples: Samples, form: ImageForm) -> npt.NDArray[np.float64]:
    """Output of the modality LUT (C.11.1)."""
    if form.modality_lut is not None:
        return _looked_up(samples, form.modality_lut)
    return np.asarray(samples.astype(np.float64) * form.rescale_slope + form.rescale_intercept)


def _words(lut: Lut) -> npt.NDArray[np.uint16]:
    return np.frombuffer(base64.b64decode(lut.entries), "<u2")


def _looked_up(values: npt.NDArray[Any], lut: Lut) -> npt.NDArray[np.float64]:
    """Entries by value; what lies outside a table takes its first or last entry (C.11.1.1.1)."""
    entries = _words(lut)
    places = np.clip(np.trunc(values.astype(np.float64)) - lut.first_mapped, 0, len(entries) - 1).astype(
        np.intp
    )
    return np.asarray(entries[places].astype(np.float64))


def _colours(palette: Lut) -> npt.NDArray[np.uint16]:
    return np.asarray(_words(palette).reshape(-1, 3) >> max(0, palette.bits - 8))


def _supplemented(grey: Pixels8, samples: Samples, palette: Lut) -> Pixels8:
    """Grey below the first value mapped, colours from there on (C.7.6.19.1.1)."""
    coloured = _palette(samples, palette)
    return np.asarray(np.where((samples >= palette.first_mapped)[..., None], coloured, grey[..., None]))


def _palette(samples: Samples, palette: Lut) -> Pixels8:
    colours = _colours(palette)
    places = np.clip(samples.astype(np.int64) - palette.first_mapped, 0, len(colours) - 1)
    return np.asarray(colours[places].astype(np.uint8))


def _windowed(values: npt.NDArray[np.float64], window: Window, function: str) -> npt.NDArray[np.float64]:
    """Shares of full brightness, 0 to 1, by the VOI function (C.11.2.1.2, C.11.2.1.3)."""
    center, width = window.center, window.width
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700))))
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width <= 0:
        return np.asarray((values > center).astype(np.float64))
    return np.asarray(np.clip((values - center) / width + 0.5, 0, 1))


def shown_window(
    values: npt.NDArray[np.float64], padded: npt.NDArray[np.bool_], form: ImageForm
) -> tuple[Window, str]:
    """The first window of the object with its function, else one over all values that are no padding."""
    if form.windows:
        return form.windows[0], form.voi_lut_function
    seen = values[~padded & np.isfinite(values)]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    if form.floating or abs(form.rescale_slope) != 1:
        return Window(center=(low + high) / 2, width=high - low or 1.0, explanation=""), "LINEAR_EXACT"
    return Window(center=(low + high + 1) / 2, width=high - low + 1, explanation=""), "LINEAR"


def _padded(samples: Samples, form: ImageForm) -> npt.NDArray[np.bool_]:
    if form.padding is None:
        return np.zeros(samples.shape, np.bool_)
    return np.asarray((samples >= form.padding[0]) & (samples <= form.padding[1]))


def _colour(samples: Samples, form: ImageForm) -> Pixels8:
    shift = max(0, form.bits_stored - 8)
    eight = (samples >> shift) if shift else samples
    if form.photometric_interpretation.startswith("YBR_PARTIAL"):
        return _ybr(eight, PARTIAL_SCALE, 16.0)
    if form.photometric_interpretation.startswith("YBR_FULL"):
        return _ybr(eight, np.ones(3), 0.0)
    return np.array(eight, np.uint8)


def _ybr(eight: npt.NDArray[Any], scale: npt.NDArray[np.float64], black: float) -> Pixels8:
    centred = (eight.astype(np.float64) - np.array([black, 128.0, 128.0])) * scale
    return np.asarray(np.clip(np.rint(centred @ YBR_TO_RGB.T), 0, WHITE).astype(np.uint8))
