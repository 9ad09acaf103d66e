"""Colours that objects recommend for what they outline, as a screen takes them. Pure."""

import base64
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from viewer.attributes import Attributes, numbers
from viewer.luts import Lut

WORD, BYTE, BYTE_BITS = 65_535, 255, 8
WHITE = (0.9642, 1.0, 0.8249)
"""D50, the white of the profile connection space (PS3.3 C.10.7.1.1)."""
TO_LINEAR_RGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""From XYZ under D50 to sRGB under D65, adapted after Bradford."""
CUBE_FROM, SLOPE, OFFSET = 6 / 29, 3 * (6 / 29) ** 2, 4 / 29
GAMMA_FROM = 0.0031308
CHANNELS = 3


@lru_cache(maxsize=1)
def _entries_of(palette: Lut) -> npt.NDArray[np.uint16]:
    """The colours of a palette, read once though each of many segments asks for its own."""
    return np.frombuffer(base64.b64decode(palette.entries), "<u2").reshape(-1, CHANNELS)


def palette_colour(palette: Lut | None, number: int) -> str:
    """What a palette (C.7.9) makes of a value, as `#rrggbb`; "" where there is none for it."""
    if palette is None:
        return ""
    entries = _entries_of(palette)
    at = number - palette.first_mapped
    if not 0 <= at < len(entries):
        return ""
    red, green, blue = (int(one) >> (palette.bits - BYTE_BITS) for one in entries[at])
    return f"#{min(red, BYTE):02x}{min(green, BYTE):02x}{min(blue, BYTE):02x}"


def cielab_colour(data: Attributes, tag: str) -> str:
    """A CIELab value of three words (C.10.7.1.1) as `#rrggbb`, cut to what sRGB has; "" if there is none."""
    found = numbers(data, tag)
    if len(found) != CHANNELS or not all(0 <= one <= WORD for one in found):
        return ""
    light, a, b = found[0] * 100 / WORD, found[1] * BYTE / WORD - 128, found[2] * BYTE / WORD - 128
    middle = (light + 16) / 116
    xyz = [
        white * _cube(one)
        for white, one in zip(WHITE, (middle + a / 500, middle, middle - b / 200), strict=True)
    ]
    linear = [sum(share * one for share, one in zip(row, xyz, strict=True)) for row in TO_LINEAR_RGB]
    return hexadecimal([_gamma(one) * BYTE for one in linear])


def rgb_colour(data: Attributes, tag: str) -> str:
    """A colour of three bytes, as ROI Display Color is (C.8.8.6), as `#rrggbb`; "" where there is none."""
    found = numbers(data, tag)
    good = len(found) == CHANNELS and all(0 <= one <= BYTE for one in found)
    return hexadecimal(found) if good else ""


def hexadecimal(channels: Sequence[float]) -> str:
    """Red, green and blue of 0 to 255."""
    return "#" + "".join(f"{round(min(max(one, 0), BYTE)):02x}" for one in channels)


def _cube(one: float) -> float:
    return one**3 if one > CUBE_FROM else SLOPE * (one - OFFSET)


def _gamma(one: float) -> float:
    return 12.92 * one if one <= GAMMA_FROM else 1.055 * one ** (1 / 2.4) - 0.055
