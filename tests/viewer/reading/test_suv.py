"""SUVbw against the arithmetic of its definition: tissue activity by dose that is left, times weight."""

from typing import Any

import pytest

from tests.viewer.reading.test_image_form import a_set, an_image, only
from viewer.suv import suv_factor

HALF_LIFE_S = 6586.2
"""Of fluorine-18."""


def a_dose(**changes: Any) -> dict[str, Any]:
    values = {"00181074": 3.7e8, "00181075": HALF_LIFE_S, "00181072": "100000.00"}
    return dict(a_set({k: v for k, v in (values | _tags(changes)).items() if v is not None}))


def _tags(changes: dict[str, Any]) -> dict[str, Any]:
    return {tag.removeprefix("t"): value for tag, value in changes.items()}


def a_pet(dose: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "00541001": "BQML",
        "00541102": "START",
        "00280051": ["DECY", "ATTN", "SCAT"],
        "00101030": 70,
        "00540016": [dose or a_dose()],
        "00080021": "20261121",
        "00080031": "110000",
    }
    return {k: v for k, v in (values | _tags(changes)).items() if v is not None}


def test_the_dose_decays_until_the_series_begins() -> None:
    left = 3.7e8 * 2 ** (-3600 / HALF_LIFE_S)
    assert suv_factor(a_set(a_pet())) == pytest.approx(70_000 / left)
    stamped = a_dose(t00181078="20261121100000.0+0800", t00181072=None)
    assert suv_factor(a_set(a_pet(stamped))) == pytest.approx(70_000 / left)


def test_values_corrected_to_the_injection_need_no_times() -> None:
    factor = suv_factor(a_set(a_pet(t00541102="ADMIN", t00080021=None, t00080031=None)))
    assert factor == pytest.approx(70_000 / 3.7e8)


def test_what_is_in_grams_for_a_millilitre_is_suv_already() -> None:
    assert suv_factor(a_set({"00541001": "GML"})) == 1.0
    assert suv_factor(a_set({"00541001": "GML", "00541006": "BSA"})) is None


def test_the_form_of_a_pet_image_tells_its_factor() -> None:
    data = an_image(**{f"t{tag}": value for tag, value in a_pet().items()})
    assert only(data).suv_factor == suv_factor(a_set(a_pet()))
    assert only(an_image()).suv_factor is None


@pytest.mark.parametrize(
    "changes",
    [
        {"t00541001": "CNTS"},
        {"t00280051": ["DECY"]},
        {"t00101030": None},
        {"t00101030": 0},
        {"t00541102": "NONE"},
        {"t00540016": []},
        {"t00080031": "095900"},
        {"t00080031": "noon"},
        {"t00080022": "20261121", "t00080032": "105900"},
    ],
)
def test_what_cannot_be_told_exactly_is_not_told(changes: dict[str, Any]) -> None:
    assert suv_factor(a_set(a_pet(**changes))) is None


@pytest.mark.parametrize(
    "changes", [{"t00181074": None}, {"t00181074": -1}, {"t00181075": 0}, {"t00181072": ""}]
)
def test_a_dose_that_is_not_told_gives_none(changes: dict[str, Any]) -> None:
    assert suv_factor(a_set(a_pet(a_dose(**changes)))) is None
