"""What the browser gets of an ECG: facts as JSON, samples as base64 of little-endian whole numbers.

One typed answer beats a second binary request: 12 leads of 10 s at 1000 Hz are 320 kB in base64 and
about 110 kB on the wire (brotli), and the samples stay the stored integers, so the browser computes
the very microvolts the server does.
"""

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from viewer.ecg.model import MILLISECONDS, Ecg, Filters, Group, Lead
from viewer.ecg.rate import find_beats

WINDOW_MS_DEFAULT = 60_000
WINDOW_MS_MAX = 600_000
ANSWER_SAMPLES_MAX = 4_000_000


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EcgSummary(_Value):
    """One ECG object of a study. `acquired_at`: ISO 8601, a zone only when the object gives one."""

    sop_instance_uid: str
    series_instance_uid: str
    kind: Literal["twelve_lead", "general", "ambulatory"]
    acquired_at: str | None


class EcgList(_Value):
    """The ECG objects of a study, earliest first."""

    ecgs: list[EcgSummary]


class EcgFilters(_Value):
    """Recording filters in Hz: null unstated, 0 off."""

    low_hz: float | None
    high_hz: float | None
    notch_hz: float | None


class EcgLead(_Value):
    """One lead: microvolts = sample x `microvolts_per_unit` + `baseline_microvolts`.

    `samples`: base64, little-endian, `sample_type` each. A sample equal to `padding` was not
    recorded. `skew_ms`: how much later than its group this channel was sampled.
    """

    name: str
    origin: Literal["stored", "derived"]
    sample_type: Literal["int16", "int32"]
    samples: str
    microvolts_per_unit: float
    baseline_microvolts: float
    padding: int | None
    skew_ms: float
    filters: EcgFilters


class EcgGroup(_Value):
    """Leads sampled together. `offset_ms`: the time of the first sample given here."""

    label: str
    kind: Literal["rhythm", "median_beat"]
    hz: float
    offset_ms: float
    sample_count: int
    leads: list[EcgLead]


class EcgPatientFacts(_Value):
    """What the file itself says; '' where it is silent. `birth_date`: YYYYMMDD."""

    name: str
    patient_id: str
    sex: str
    birth_date: str
    age: str


class EcgStatedValue(_Value):
    """A measurement that the recorder wrote. `unit`: ms, deg or /min."""

    key: str
    value: float
    unit: str


class EcgMachineRate(_Value):
    """Our own detector's ventricular rate, and the R peaks it stands on, in ms of the recording."""

    rate_per_minute: float
    r_peaks_ms: list[float]


class EcgAnswer(_Value):
    """One ECG: the window from `window_start_ms` to `window_end_ms` of `duration_ms`."""

    sop_instance_uid: str
    acquired_at: str | None
    duration_ms: float
    window_start_ms: float
    window_end_ms: float
    patient: EcgPatientFacts
    accession_number: str
    institution: str
    device: str
    groups: list[EcgGroup]
    stated: list[EcgStatedValue]
    statements: list[str]
    machine_rate: EcgMachineRate | None


def answer_of(ecg: Ecg, start_ms: float, duration_ms: float) -> EcgAnswer:
    """The answer for a window of the recording; averaged beats are always whole."""
    first = min((group.offset_ms for group in ecg.rhythm), default=0.0)
    end_ms = min(start_ms + duration_ms, ecg.duration_ms)
    return EcgAnswer(
        sop_instance_uid=ecg.sop_instance_uid,
        acquired_at=_iso(ecg.acquired_at),
        duration_ms=ecg.duration_ms,
        window_start_ms=min(start_ms, ecg.duration_ms),
        window_end_ms=end_ms,
        patient=EcgPatientFacts(
            name=ecg.patient.name,
            patient_id=ecg.patient.patient_id,
            sex=ecg.patient.sex,
            birth_date=ecg.patient.birth_date,
            age=ecg.patient.age,
        ),
        accession_number=ecg.accession_number,
        institution=ecg.institution,
        device=ecg.device,
        groups=[_group(group, first, start_ms, end_ms) for group in ecg.groups],
        stated=[EcgStatedValue(key=one.key, value=one.value, unit=one.unit) for one in ecg.stated],
        statements=list(ecg.statements),
        machine_rate=_machine_rate(ecg, first, start_ms, end_ms),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _group(group: Group, first_ms: float, start_ms: float, end_ms: float) -> EcgGroup:
    """Group times are counted from the first sample of the whole recording."""
    offset = group.offset_ms - first_ms
    begin, end = 0, group.sample_count
    if group.kind.value == "rhythm":
        begin = _sample_at(start_ms - offset, group)
        end = max(begin, _sample_at(end_ms - offset, group))
    return EcgGroup(
        label=group.label,
        kind=group.kind.value,
        hz=group.hz,
        offset_ms=offset + begin / group.hz * MILLISECONDS,
        sample_count=end - begin,
        leads=[_lead(lead, begin, end) for lead in group.leads],
    )


def _sample_at(ms: float, group: Group) -> int:
    """The first sample at or after `ms` of the group's own clock, inside the group."""
    exact = round(ms * group.hz / MILLISECONDS, 6)
    return min(max(int(np.ceil(exact)), 0), group.sample_count)


SAMPLE_TYPES: Mapping[str, Literal["int16", "int32"]] = {"int16": "int16", "int32": "int32"}


def _lead(lead: Lead, begin: int, end: int) -> EcgLead:
    samples = lead.samples[begin:end]
    little_endian = samples.astype(samples.dtype.newbyteorder("<"), copy=False)
    return EcgLead(
        name=lead.name,
        origin=lead.origin.value,
        sample_type=SAMPLE_TYPES[samples.dtype.name],
        samples=base64.b64encode(little_endian.tobytes()).decode("ascii"),
        microvolts_per_unit=lead.microvolts_per_unit,
        baseline_microvolts=lead.baseline_microvolts,
        padding=lead.padding,
        skew_ms=lead.skew_ms,
        filters=_filters(lead.filters),
    )


def _filters(filters: Filters) -> EcgFilters:
    return EcgFilters(low_hz=filters.low_hz, high_hz=filters.high_hz, notch_hz=filters.notch_hz)


def _machine_rate(ecg: Ecg, first_ms: float, start_ms: float, end_ms: float) -> EcgMachineRate | None:
    """Of the longest rhythm group, inside the window; None where the beats cannot be told."""
    group = max(ecg.rhythm, key=lambda one: one.duration_ms)
    offset = group.offset_ms - first_ms
    begin, end = _sample_at(start_ms - offset, group), _sample_at(end_ms - offset, group)
    leads = tuple(replace(lead, samples=lead.samples[begin:end]) for lead in group.leads)
    beats = find_beats(replace(group, leads=leads))
    if beats is None:
        return None
    return EcgMachineRate(
        rate_per_minute=round(beats.rate_per_minute, 1),
        r_peaks_ms=[round(offset + (begin + at) / group.hz * MILLISECONDS, 3) for at in beats.r_peaks],
    )
