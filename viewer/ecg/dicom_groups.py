"""The multiplex groups of a DICOM waveform (PS3.3 C.10.9) → `Group` values."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from viewer.ecg.errors import (
    Damaged,
    DataCutShort,
    EcgTooLarge,
    NoLeads,
    NotAnEcg,
    NotCalibrated,
    SampleKindUnknown,
)
from viewer.ecg.leads import LABEL_CHARACTERS_MAX, lead_of_code, lead_of_label
from viewer.ecg.limb_leads import with_derived_limb_leads
from viewer.ecg.model import MILLISECONDS, Filters, Group, GroupKind, Lead, LeadOrigin, Samples

GROUPS_MAX = 64
CHANNELS_MAX = 64
HZ_MAX = 100_000.0
SAMPLE_TYPES: Mapping[tuple[int, str], str] = {
    (8, "SB"): "i1",
    (8, "UB"): "u1",
    (16, "SS"): "i2",
    (16, "US"): "u2",
    (32, "SL"): "i4",
}
"""(Waveform Bits Allocated, Waveform Sample Interpretation) → numpy type (C.10.9.1.5)."""
MICROVOLTS: Mapping[str, float] = {
    "uV": 1.0, "mV": 1e3, "V": 1e6, "nV": 1e-3, "µV": 1.0, "μV": 1.0, "uv": 1.0, "mv": 1e3
}  # fmt: skip
"""UCUM codes, and what some recorders write instead of them."""
AVERAGED = ("MEDIAN", "AVERAGE", "REPRESENTATIVE", "TEMPLATE")
AVERAGED_SECONDS_MAX = 3.0


def groups_of(data: Dataset) -> tuple[Group, ...]:
    """Every group that holds a lead, each with its derived limb leads."""
    items = data.get("WaveformSequence") or []
    if not items:
        raise NotAnEcg(missing="WaveformSequence")
    if len(items) > GROUPS_MAX:
        raise EcgTooLarge(groups=len(items), groups_max=GROUPS_MAX)
    little_endian = bool(data.original_encoding[1] is not False)
    found = [_group(item, little_endian=little_endian) for item in items]
    groups = tuple(_completed(group, found) for group in found if group.leads)
    if not any(group.kind is GroupKind.RHYTHM for group in groups):
        raise NoLeads
    return groups


def _completed(group: Group, all_groups: Sequence[Group]) -> Group:
    """The group with its derived limb leads; carts that print in columns store each lead in one group."""
    others = (other for other in all_groups if other is not group and other.kind is group.kind)
    elsewhere = frozenset(lead.name for other in others for lead in other.leads)
    return replace(group, leads=with_derived_limb_leads(group.leads, elsewhere))


def _group(item: Dataset, *, little_endian: bool) -> Group:
    table = _samples(item, little_endian=little_endian)
    hz = _finite(item, "SamplingFrequency")
    if hz is None or not 0 < hz <= HZ_MAX:
        raise Damaged(reason="SamplingFrequency")
    label = str(item.get("MultiplexGroupLabel", "") or "")[:64]
    channels = item.get("ChannelDefinitionSequence") or []
    if len(channels) != table.shape[1]:
        raise Damaged(reason="ChannelDefinitionSequence")
    padding = _padding(item, table, little_endian=little_endian)
    leads: dict[str, Lead] = {}
    for index, channel in enumerate(channels):
        lead = _lead(channel, table[:, index], hz, padding)
        if lead is not None:
            leads[_free_name(lead.name, leads)] = lead
    return Group(
        label=label,
        kind=_kind(item, label, table.shape[0] / hz),
        hz=hz,
        offset_ms=_finite(item, "MultiplexGroupTimeOffset") or 0.0,
        leads=tuple(replace(lead, name=name) for name, lead in leads.items()),
    )


def _samples(item: Dataset, *, little_endian: bool) -> NDArray[np.signedinteger | np.unsignedinteger]:
    """The samples as stored, shape (samples, channels); a view of the file's bytes."""
    bits = _whole(item, "WaveformBitsAllocated")
    interpretation = str(item.get("WaveformSampleInterpretation", ""))
    kind = SAMPLE_TYPES.get((bits, interpretation))
    if kind is None:
        raise SampleKindUnknown(bits=bits, interpretation=interpretation[:16])
    channels, count = _whole(item, "NumberOfWaveformChannels"), _whole(item, "NumberOfWaveformSamples")
    if channels > CHANNELS_MAX:
        raise EcgTooLarge(channels=channels, channels_max=CHANNELS_MAX)
    content = item.get("WaveformData")
    present = len(content) if isinstance(content, bytes) else 0
    needed = channels * count * bits // 8
    if channels < 1 or count < 1 or not isinstance(content, bytes):
        raise Damaged(reason="NumberOfWaveformSamples" if present else "WaveformData")
    if present < needed:
        raise DataCutShort(bytes=present, bytes_stated=needed)
    stored = np.dtype(kind).newbyteorder("<" if little_endian else ">")
    return np.frombuffer(content, dtype=stored, count=channels * count).reshape(count, channels)


def _lead(
    channel: Dataset, column: NDArray[np.signedinteger | np.unsignedinteger], hz: float, padding: int | None
) -> Lead | None:
    """The channel as a lead; None when it measures something other than a voltage."""
    name = _name(channel)
    sensitivity = _finite(channel, "ChannelSensitivity")
    units = channel.get("ChannelSensitivityUnitsSequence") or []
    unit = str(units[0].get("CodeValue", "")) if units else ""
    if sensitivity is None or not unit:
        raise NotCalibrated(channel=name)
    in_microvolts = MICROVOLTS.get(unit)
    if in_microvolts is None:
        return None
    correction = _finite(channel, "ChannelSensitivityCorrectionFactor")
    per_unit = sensitivity * (1.0 if correction is None else correction) * in_microvolts
    if per_unit == 0 or not math.isfinite(per_unit):
        raise NotCalibrated(channel=name)
    skew = _finite(channel, "ChannelTimeSkew")
    if skew is None:
        skew = (_finite(channel, "ChannelSampleSkew") or 0.0) / hz
    return Lead(
        name=name,
        origin=LeadOrigin.STORED,
        samples=_whole_numbers(column),
        microvolts_per_unit=per_unit,
        baseline_microvolts=(_finite(channel, "ChannelBaseline") or 0.0) * in_microvolts,
        padding=padding,
        skew_ms=skew * MILLISECONDS,
        filters=_filters(channel),
    )


def _whole_numbers(column: NDArray[np.signedinteger | np.unsignedinteger]) -> Samples:
    """A contiguous read-only copy in 16 bits where every stored kind of this width fits, else in 32."""
    fits = np.can_cast(column.dtype, np.int16)
    samples: Samples = column.astype(np.int16) if fits else column.astype(np.int32)
    samples.setflags(write=False)
    return samples


def _padding(
    item: Dataset, table: NDArray[np.signedinteger | np.unsignedinteger], *, little_endian: bool
) -> int | None:
    """Waveform Padding Value, stored in the form of one sample (C.10.9.1.8)."""
    stored = item.get("WaveformPaddingValue")
    if isinstance(stored, int):
        return stored
    if not isinstance(stored, bytes) or len(stored) < table.dtype.itemsize:
        return None
    kind = table.dtype.newbyteorder("<" if little_endian else ">")
    return int(np.frombuffer(stored, dtype=kind, count=1)[0])


def _name(channel: Dataset) -> str:
    sources = channel.get("ChannelSourceSequence") or []
    label = str(channel.get("ChannelLabel", "") or "")
    meaning = str(sources[0].get("CodeMeaning", "")) if sources else ""
    coded = (
        lead_of_code(str(sources[0].get("CodingSchemeDesignator", "")), str(sources[0].get("CodeValue", "")))
        if sources
        else None
    )
    named = coded or lead_of_label(meaning) or lead_of_label(label)
    return named or (label or meaning or "?").strip()[:LABEL_CHARACTERS_MAX] or "?"


def _free_name(name: str, taken: Mapping[str, Lead]) -> str:
    """A group may hold one lead twice; the second is not to hide the first."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name} ({number})", number + 1
    return free


def _kind(item: Dataset, label: str, seconds: float) -> GroupKind:
    if any(word in label.upper() for word in AVERAGED):
        return GroupKind.MEDIAN_BEAT
    derived = str(item.get("WaveformOriginality", "")) == "DERIVED"
    return GroupKind.MEDIAN_BEAT if derived and seconds < AVERAGED_SECONDS_MAX else GroupKind.RHYTHM


def _filters(channel: Dataset) -> Filters:
    return Filters(
        low_hz=_not_negative(channel, "FilterLowFrequency"),
        high_hz=_not_negative(channel, "FilterHighFrequency"),
        notch_hz=_not_negative(channel, "NotchFilterFrequency"),
    )


def _not_negative(data: Dataset, keyword: str) -> float | None:
    found = _finite(data, keyword)
    return found if found is not None and found >= 0 else None


def _finite(data: Dataset, keyword: str) -> float | None:
    value = data.get(keyword)
    if value is None or value == "":
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _whole(data: Dataset, keyword: str) -> int:
    value = data.get(keyword)
    if not isinstance(value, int):
        raise Damaged(reason=keyword)
    return value
