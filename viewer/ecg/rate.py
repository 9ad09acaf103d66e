"""Where the ventricles beat: R peaks and the mean rate, after Pan and Tompkins (1985).

The steepness of all leads together is squared and averaged over a QRS's width; a threshold that
follows the beats picks its hills. The rate is a machine's value and is shown as one; it is left
out rather than guessed when fewer than three beats are found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viewer.ecg.model import MILLISECONDS, Group, Microvolts

HZ_MIN = 100.0
SECONDS_MAX = 60.0
BEATS_MIN = 3
BAND_LOW_MS = 200.0
"""Averages longer than this are taken off: they hold wander, P and T, not QRS."""
BAND_HIGH_MS = 16.0
HILL_MS = 90.0
REFRACTORY_MS = 220.0
THRESHOLD_OF_PEAK = 0.30
RECENT_BEATS = 8
SEARCH_MS = 80.0
ALIVE_MICROVOLTS_PER_MS = 3.0
"""The steepest QRS of a living trace passes this easily; an asystolic line does not."""


@dataclass(frozen=True, kw_only=True)
class Beats:
    """`r_peaks`: sample numbers in the group, rising. `rate_per_minute`: 60 000 / mean RR in ms."""

    r_peaks: tuple[int, ...]
    rate_per_minute: float


def find_beats(group: Group) -> Beats | None:
    """The beats of a rhythm group's first minute; None where they cannot be told."""
    count = min(group.sample_count, int(SECONDS_MAX * group.hz))
    if group.hz < HZ_MIN or count < group.hz:
        return None
    signal = np.stack([np.nan_to_num(lead.microvolts()[:count]) for lead in group.leads])
    steepness = _steepness(signal, group.hz)
    hills = _hills(_smooth(steepness**2, _samples_in(HILL_MS, group.hz)), steepness, group.hz)
    if len(hills) < BEATS_MIN:
        return None
    peaks = _at_extremes(signal, hills, group.hz)
    rate = (len(peaks) - 1) * 60.0 * group.hz / (peaks[-1] - peaks[0])
    return Beats(r_peaks=tuple(peaks), rate_per_minute=rate)


def _samples_in(ms: float, hz: float) -> int:
    return max(1, round(ms * hz / MILLISECONDS))


def _smooth(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Centred moving average along the last axis, the ends held."""
    if width <= 1:
        return values
    before = width // 2
    padded = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(before + 1, width - 1 - before)], mode="edge")
    sums = np.cumsum(padded, axis=-1)
    return np.asarray((sums[..., width:] - sums[..., :-width]) / width)


def _steepness(signal: Microvolts, hz: float) -> NDArray[np.float64]:
    """Root mean square over leads of the slope inside the QRS band, in microvolts per ms."""
    band = _smooth(signal, _samples_in(BAND_HIGH_MS, hz)) - _smooth(signal, _samples_in(BAND_LOW_MS, hz))
    slope = np.gradient(band, axis=-1) * (hz / MILLISECONDS)
    return np.asarray(np.sqrt(np.mean(slope**2, axis=0)))


def _hills(energy: NDArray[np.float64], steepness: NDArray[np.float64], hz: float) -> list[int]:
    """Tops of the energy that stand above a share of the recent tops, a refractory time apart."""
    if float(steepness.max(initial=0.0)) < ALIVE_MICROVOLTS_PER_MS:
        return []
    gap = _samples_in(REFRACTORY_MS, hz)
    tops = [int(at) for at in np.flatnonzero((energy[1:-1] >= energy[:-2]) & (energy[1:-1] > energy[2:])) + 1]
    typical = _typical_height(energy, hz)
    found: list[int] = []
    heights: list[float] = []
    for at in tops:
        recent = float(np.median(heights[-RECENT_BEATS:])) if heights else typical
        if energy[at] < THRESHOLD_OF_PEAK * min(recent, typical):
            continue
        if found and at - found[-1] < gap:
            if energy[at] > energy[found[-1]]:
                found[-1], heights[-1] = at, float(energy[at])
            continue
        found.append(at)
        heights.append(float(energy[at]))
    return found


def _typical_height(energy: NDArray[np.float64], hz: float) -> float:
    """The median of the highest energy in each 1.5 s: one artefact does not hide all beats."""
    window = _samples_in(1500.0, hz)
    whole = energy[: energy.size // window * window]
    if not whole.size:
        return float(energy.max(initial=0.0))
    return float(np.median(whole.reshape(-1, window).max(axis=1)))


def _at_extremes(signal: Microvolts, hills: list[int], hz: float) -> list[int]:
    """Each hill moved to the largest deflection of the leads together, wander taken off."""
    flat = signal - _smooth(signal, _samples_in(2 * BAND_LOW_MS, hz))
    size = np.sqrt(np.mean(_smooth(flat, _samples_in(BAND_HIGH_MS / 2, hz)) ** 2, axis=0))
    reach = _samples_in(SEARCH_MS, hz)
    peaks = []
    for at in hills:
        start = max(0, at - reach)
        peaks.append(start + int(np.argmax(size[start : at + reach + 1])))
    return peaks
