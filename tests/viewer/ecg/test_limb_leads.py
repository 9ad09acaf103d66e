from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from viewer.ecg.limb_leads import with_derived_limb_leads
from viewer.ecg.model import Lead, LeadOrigin, Samples

INT16 = st.integers(-32768, 32767)


def stored(name: str, units: list[int] | NDArray[np.int32], **more: float | None) -> Lead:
    values = np.asarray(units)
    wide = bool(values.size) and int(np.abs(values.astype(np.int64)).max()) > 32767
    samples: Samples = values.astype(np.int32) if wide else values.astype(np.int16)
    scale: dict[str, Any] = {"microvolts_per_unit": 5.0, **more}
    return Lead(name=name, origin=LeadOrigin.STORED, samples=samples, **scale)


def derived(first: Lead, second: Lead) -> dict[str, NDArray[np.float64]]:
    leads = with_derived_limb_leads((first, second))
    return {lead.name: lead.microvolts() for lead in leads}


@given(pairs=st.lists(st.tuples(INT16, INT16), min_size=1, max_size=50), baseline=st.floats(-500, 500))
def test_einthoven_and_goldberger_hold_exactly(pairs: list[tuple[int, int]], baseline: float) -> None:
    first = stored("I", [one for one, _ in pairs], baseline_microvolts=baseline)
    second = stored("II", [two for _, two in pairs])
    got = derived(first, second)
    one, two = first.microvolts(), second.microvolts()
    np.testing.assert_allclose(got["III"], two - one, atol=1e-6)
    np.testing.assert_allclose(got["aVR"], -(one + two) / 2, atol=1e-6)
    np.testing.assert_allclose(got["aVL"], (one - got["III"]) / 2, atol=1e-6)
    np.testing.assert_allclose(got["aVF"], (two + got["III"]) / 2, atol=1e-6)
    np.testing.assert_allclose(got["aVR"] + got["aVL"] + got["aVF"], 0, atol=1e-6)


@given(pairs=st.lists(st.tuples(INT16, INT16), min_size=1, max_size=50))
def test_unequal_scales_are_joined_within_a_sixteenth_of_the_finer_unit(pairs: list[tuple[int, int]]) -> None:
    first = stored("I", [one for one, _ in pairs], microvolts_per_unit=4.88)
    second = stored("II", [two for _, two in pairs], microvolts_per_unit=2.5)
    got = derived(first, second)
    np.testing.assert_allclose(got["III"], second.microvolts() - first.microvolts(), atol=2.5 / 16 * 1.01)


def test_what_was_never_recorded_stays_so() -> None:
    got = derived(stored("I", [1, -9, 3], padding=-9), stored("II", [1, 2, -9], padding=-9))
    assert np.isnan(got["aVF"]).tolist() == [False, True, True]
    assert got["III"][0] == 0


def test_stored_leads_are_kept_and_only_missing_ones_derived() -> None:
    leads = with_derived_limb_leads((stored("I", [1]), stored("II", [2]), stored("III", [77])))
    assert [(one.name, one.origin.value) for one in leads] == [
        ("I", "stored"), ("II", "stored"), ("III", "stored"),
        ("aVR", "derived"), ("aVL", "derived"), ("aVF", "derived"),
    ]  # fmt: skip
    assert leads[2].samples.tolist() == [77]


@pytest.mark.parametrize("names", [("I",), ("II", "V1"), ()])
def test_nothing_is_derived_without_both_limb_leads(names: tuple[str, ...]) -> None:
    leads = tuple(stored(name, [1]) for name in names)
    assert with_derived_limb_leads(leads) == leads


def test_leads_sampled_at_different_moments_are_not_joined() -> None:
    leads = (stored("I", [1]), stored("II", [2], skew_ms=1.0))
    assert with_derived_limb_leads(leads) == leads


def test_impossible_voltages_are_not_derived() -> None:
    huge = np.array([2**31 - 1], dtype=np.int32)
    leads = with_derived_limb_leads((stored("I", huge), stored("II", -huge)))
    assert [one.name for one in leads] == ["I", "II", "aVR"]
    assert leads[2].samples.tolist() == [0]
