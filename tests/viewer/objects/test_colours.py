"""Colours of segments and regions against a colour management system, and against their own inverse."""

import math

import pytest
from hypothesis import given, strategies as st
from PIL import Image, ImageCms

from tests.viewer.objects.filings import attributes
from viewer.objects.colours import WHITE, cielab_colour, rgb_colour

WORD, BYTE = 65_535, 255
NEAR = 4
CHANNEL = st.integers(0, BYTE)
FROM_LINEAR_RGB = (
    (0.4360747, 0.3850649, 0.1430804),
    (0.2225045, 0.7168786, 0.0606169),
    (0.0139322, 0.0971045, 0.7141733),
)
"""sRGB to XYZ under D50, as ICC profiles of sRGB have it."""


def told(lab: tuple[float, float, float]) -> str:
    """What is made of L*, a*, b* (0 to 100, −128 to 127)."""
    light, a, b = lab
    words = [round(light / 100 * WORD), round((a + 128) / BYTE * WORD), round((b + 128) / BYTE * WORD)]
    return cielab_colour(attributes(t0062000D=words), "0062000D")


def channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


def lab_of(rgb: tuple[int, int, int]) -> tuple[float, float, float]:
    """L*, a*, b* under D50 of an sRGB colour (CIE 15)."""
    linear = [
        (one / BYTE) / 12.92 if one / BYTE <= 0.04045 else ((one / BYTE + 0.055) / 1.055) ** 2.4
        for one in rgb
    ]
    xyz = [sum(share * one for share, one in zip(row, linear, strict=True)) for row in FROM_LINEAR_RGB]
    x, y, z = (
        math.cbrt(one) if one > (6 / 29) ** 3 else one / (3 * (6 / 29) ** 2) + 4 / 29
        for one in (value / white for value, white in zip(xyz, WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@given(st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_every_colour_of_a_screen_comes_back(rgb: tuple[int, int, int]) -> None:
    found = channels(told(lab_of(rgb)))
    assert all(abs(one - other) <= 1 for one, other in zip(found, rgb, strict=True)), found


@pytest.mark.parametrize(
    "lab", [(53, 80, 67), (60, -40, 40), (45, 10, -35), (50, 0, 0), (100, 0, 0), (0, 0, 0)]
)
def test_a_colour_management_system_says_the_same(lab: tuple[int, int, int]) -> None:
    pixel = Image.new("LAB", (1, 1))
    light, a, b = lab
    pixel.putpixel((0, 0), (round(light / 100 * BYTE), a + 128, b + 128))
    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(*profiles, "LAB", "RGB")
    shown = ImageCms.applyTransform(pixel, transform)
    assert shown is not None
    expected = shown.getpixel((0, 0))
    assert isinstance(expected, tuple)
    found = channels(told(lab))
    assert all(abs(one - other) <= NEAR for one, other in zip(found, expected, strict=True)), (
        found,
        expected,
    )


@pytest.mark.parametrize("words", [[], [1, 2], [1, 2, 3, 4], [-1, 0, 0], [WORD + 1, 0, 0], ["red", 0, 0]])
def test_what_is_no_cielab_value_is_no_colour(words: list[object]) -> None:
    assert cielab_colour(attributes(t0062000D=words), "0062000D") == ""
    assert cielab_colour({}, "0062000D") == ""


@given(st.tuples(CHANNEL, CHANNEL, CHANNEL))
def test_a_display_colour_is_taken_as_it_is(rgb: tuple[int, int, int]) -> None:
    assert channels(rgb_colour(attributes(t3006002A=list(rgb)), "3006002A")) == list(rgb)


@pytest.mark.parametrize("bytes_", [[], [1, 2], [256, 0, 0], [-1, 0, 0]])
def test_what_is_no_display_colour_is_none(bytes_: list[int]) -> None:
    assert rgb_colour(attributes(t3006002A=bytes_), "3006002A") == ""
