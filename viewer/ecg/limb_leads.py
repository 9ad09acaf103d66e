"""The four limb leads that many recorders do not store, from the two that they do.

Einthoven (1912): III = II - I. Goldberger (1942): aVR = -(I + II)/2, aVL = (I - III)/2 = I - II/2,
aVF = (II + III)/2 = II - I/2. With equal scales the result is exact in whole numbers of half a
unit; unequal ones are joined on a step much finer than either.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from viewer.ecg.leads import LIMB
from viewer.ecg.model import Lead, LeadOrigin

HALVES: Mapping[str, tuple[int, int]] = {"III": (-2, 2), "aVR": (-1, -1), "aVL": (2, -1), "aVF": (-1, 2)}
"""Lead → its weights of I and II, in halves."""
NEVER_RECORDED = int(np.iinfo(np.int32).min)
UNEQUAL_SCALE_STEPS = 16
"""Unequal scales are joined on a step this many times finer than the finer of the two."""
INT32_MAX = int(np.iinfo(np.int32).max)


def with_derived_limb_leads(
    leads: tuple[Lead, ...], elsewhere: frozenset[str] = frozenset()
) -> tuple[Lead, ...]:
    """`leads` and the missing ones of III, aVR, aVL, aVF, where both I and II are there.

    `elsewhere` are leads that another group of the recording stores: a computed one is not to stand
    before them. A lead whose sums would leave 32 bits is not derived: no heart makes such numbers.
    """
    named = {lead.name: lead for lead in leads}
    first, second = named.get("I"), named.get("II")
    if first is None or second is None or first.skew_ms != second.skew_ms:
        return leads
    derived = (_derived(name, first, second) for name in LIMB if name not in elsewhere and name not in named)
    return leads + tuple(lead for lead in derived if lead is not None)


def _derived(name: str, first: Lead, second: Lead) -> Lead | None:
    one, two, step = _on_one_step(first, second)
    of_first, of_second = HALVES[name]
    sums = one * of_first + two * of_second
    unknown = _never_recorded(first) | _never_recorded(second)
    sums[unknown] = NEVER_RECORDED
    if sums.size and (sums.max() > INT32_MAX or sums.min() < NEVER_RECORDED):
        return None
    samples = sums.astype(np.int32)
    samples.setflags(write=False)
    baseline = (first.baseline_microvolts * of_first + second.baseline_microvolts * of_second) / 2
    return Lead(
        name=name,
        origin=LeadOrigin.DERIVED,
        samples=samples,
        microvolts_per_unit=step / 2,
        baseline_microvolts=baseline,
        padding=NEVER_RECORDED if bool(unknown.any()) else None,
        skew_ms=first.skew_ms,
        filters=first.filters,
    )


def _on_one_step(first: Lead, second: Lead) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Both leads as whole numbers of one common step, and the step in microvolts."""
    one, two = first.samples.astype(np.int64), second.samples.astype(np.int64)
    if first.microvolts_per_unit == second.microvolts_per_unit:
        return one, two, first.microvolts_per_unit
    step = min(abs(first.microvolts_per_unit), abs(second.microvolts_per_unit)) / UNEQUAL_SCALE_STEPS
    scaled = (
        np.rint(values * (lead.microvolts_per_unit / step)).astype(np.int64)
        for values, lead in ((one, first), (two, second))
    )
    return next(scaled), next(scaled), step


def _never_recorded(lead: Lead) -> NDArray[np.bool_]:
    if lead.padding is None:
        return np.zeros(lead.samples.size, dtype=np.bool_)
    return np.asarray(lead.samples == lead.padding)
