"""A voltage written into an object comes back within half a unit of the least significant bit."""

import base64
from collections.abc import Callable, Sequence as Many
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.viewer.ecg.waveforms import EIGHT, channel, code, ecg_object, file_of, group
from viewer.ecg.dicom import GENERAL_ECG, TWELVE_LEAD_ECG, read_ecg
from viewer.ecg.leads import LIMB, STANDARD_TWELVE
from viewer.ecg.model import Ecg, GroupKind, LeadOrigin
from viewer.ecg.schemas import answer_of

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
FORMS = {("SB", 8): "i1", ("UB", 8): "u1", ("SS", 16): "i2", ("US", 16): "u2", ("SL", 32): "i4"}
MICROVOLTS = {"uV": 1.0, "mV": 1000.0, "V": 1e6, "nV": 0.001, "mv": 1000.0}


@dataclass(frozen=True)
class Scale:
    """What a channel says about its numbers."""

    sensitivity: str
    correction: str
    baseline: str
    unit: str

    @property
    def step(self) -> float:
        """Microvolts of one unit of the stored numbers."""
        return float(self.sensitivity) * float(self.correction) * MICROVOLTS[self.unit]

    @property
    def offset(self) -> float:
        """Microvolts of the stored number 0."""
        return float(self.baseline) * MICROVOLTS[self.unit]


SCALES = st.builds(
    Scale,
    st.sampled_from(["1", "5", "2.5", "4.88", "0.005", "0.00122", "-5"]),
    st.sampled_from(["1", "1.0", "0.98", "1.25"]),
    st.sampled_from(["0", "12.5", "-3"]),
    st.sampled_from(sorted(MICROVOLTS)),
)


@given(
    SCALES,
    st.sampled_from(sorted(FORMS)),
    st.sampled_from(SYNTAXES),
    st.lists(st.floats(-1, 1), min_size=2, max_size=40),
)
@settings(max_examples=120, deadline=None)
def test_a_voltage_comes_back_within_half_a_unit(
    scale: Scale, form: tuple[str, int], syntax: str, shares: list[float]
) -> None:
    kind = np.dtype(FORMS[form])
    limits = np.iinfo(kind)
    wanted_units = np.array(
        [s * limits.max / 2 + (limits.max / 2 if kind.kind == "u" else 0) for s in shares]
    )
    truth = wanted_units * scale.step + scale.offset
    stored = np.rint((truth - scale.offset) / scale.step).astype(kind)
    order: Literal[">", "<"] = ">" if syntax == ExplicitVRBigEndian else "<"
    one = channel(
        "V2",
        sensitivity=scale.sensitivity,
        unit=scale.unit,
        ChannelSensitivityCorrectionFactor=scale.correction,
        ChannelBaseline=scale.baseline,
    )
    item = group(
        stored.reshape(-1, 1).astype(kind.newbyteorder(order)), [one], bits=form[1], interpretation=form[0]
    )
    ecg = read_ecg(file_of(ecg_object([item]), syntax))
    lead = ecg.groups[0].lead("V2")
    assert lead is not None
    half = abs(scale.step) / 2
    assert np.abs(lead.microvolts() - truth).max() <= half * (1 + 1e-6) + np.abs(truth).max() * 1e-12


@given(SCALES, st.lists(st.integers(-32768, 32767), min_size=5, max_size=60), st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_the_browser_gets_the_very_numbers(scale: Scale, numbers: list[int], start: int) -> None:
    """What travels, taken by the formula the schema states, is what the reader says of that window."""
    one = channel(
        "II",
        sensitivity=scale.sensitivity,
        unit=scale.unit,
        ChannelSensitivityCorrectionFactor=scale.correction,
        ChannelBaseline=scale.baseline,
    )
    ecg = read_ecg(file_of(ecg_object([group(np.array(numbers, "<i2").reshape(-1, 1), [one], hz="1000")])))
    sent = answer_of(ecg, start, 1000).groups[0]
    lead = sent.leads[0]
    units = np.frombuffer(base64.b64decode(lead.samples), "<i2")
    microvolts = units * lead.microvolts_per_unit + lead.baseline_microvolts
    whole = ecg.groups[0].leads[0].microvolts()
    begin = min(start, len(numbers))
    assert sent.sample_count == len(whole) - begin
    assert np.allclose(microvolts, whole[begin:], rtol=1e-12, atol=1e-9)


def labelled(name: str, label: str, scheme: str, value: str) -> Dataset:
    """A channel named by label and code as a recorder writes them."""
    made = channel(name)
    made.ChannelLabel = label
    made.ChannelSourceSequence = code(value, scheme, label)
    return made


def signal(names: Many[str], seconds: float, hz: int) -> NDArray[np.int16]:
    """Limb leads that obey Einthoven, everything else of its own; units of 5 µV."""
    times = np.arange(int(seconds * hz)) / hz
    first, second = 2 * np.rint(100 * np.sin(5 * times)), 2 * np.rint(140 * np.sin(7 * times + 1))
    made = {"I": first, "II": second, "III": second - first, "aVR": -(first + second) / 2}
    made |= {"aVL": first - second / 2, "aVF": second - first / 2}
    rest = {name: np.rint(90 * np.cos(3 * times + n)) for n, name in enumerate(names) if name not in made}
    return np.stack([(made | rest)[name] for name in names], axis=1).astype("<i2")


def as_mdc(names: Many[str]) -> list[Dataset]:
    """Coded after ISO/IEEE 11073, as most recorders do."""
    return [channel(name) for name in names]


def as_scp(names: Many[str]) -> list[Dataset]:
    """Coded after SCP-ECG, as older objects are."""
    numbers = {"I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8}
    numbers |= {"III": 61, "aVR": 62, "aVL": 63, "aVF": 64}
    return [labelled(name, f"Lead {name}", "SCPECG", f"5.6.3-9-{numbers[name]}") for name in names]


def as_words(names: Many[str]) -> list[Dataset]:
    """Private codes, and the lead's name only in words."""
    return [labelled(name, f"{name}导联", "99ECG", f"L{n}") for n, name in enumerate(names)]


def as_capitals(names: Many[str]) -> list[Dataset]:
    """Labels in capitals, as AVR."""
    return [labelled(name, name.upper(), "L", "x") for name in names]


WRITERS = (as_mdc, as_scp, as_words, as_capitals)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("hz", [250, 500, 1000])
@pytest.mark.parametrize("names", [STANDARD_TWELVE, EIGHT, STANDARD_TWELVE[::-1]])
def test_shapes_of_twelve_lead_recorders(
    write: Callable[[Many[str]], list[Dataset]], hz: int, names: tuple[str, ...]
) -> None:
    stored = signal(names, 2.0, hz)
    item = group(stored, write(names), hz=str(hz))
    ecg = read_ecg(file_of(ecg_object([item], sop_class=TWELVE_LEAD_ECG, SpecificCharacterSet="GB18030")))
    assert ecg.is_twelve_lead
    assert ecg.lead_names == STANDARD_TWELVE
    whole = signal(STANDARD_TWELVE, 2.0, hz)
    for column, name in enumerate(STANDARD_TWELVE):
        lead = ecg.groups[0].lead(name)
        assert lead is not None
        assert (lead.origin is LeadOrigin.STORED) == (name in names)
        if name in LIMB:
            assert np.array_equal(lead.microvolts(), 5.0 * whole[:, column])
        else:
            assert np.array_equal(lead.microvolts(), 5.0 * stored[:, names.index(name)])
    assert ecg.duration_ms == 2000


COLUMNS = (("I", "II", "III"), ("aVR", "aVL", "aVF"), ("V1", "V2", "V3"), ("V4", "V5", "V6"))


def in_columns() -> Ecg:
    """Four groups of 2.5 s one after the other, as carts store what they print, and a rhythm strip."""
    whole = signal(STANDARD_TWELVE, 10.0, 500)
    items = [
        group(
            whole[n * 1250 : (n + 1) * 1250, 3 * n : 3 * n + 3].copy(),
            as_mdc(names),
            MultiplexGroupTimeOffset=str(n * 2500),
        )
        for n, names in enumerate(COLUMNS)
    ]
    items.append(group(whole[:, 1:2].copy(), as_mdc(["II"]), MultiplexGroupLabel="RHYTHM"))
    return read_ecg(file_of(ecg_object(items, sop_class=GENERAL_ECG)))


def test_a_recording_in_columns_keeps_its_stored_leads() -> None:
    """No computed aVR of the first 2.5 s may stand before the stored one of the second."""
    ecg = in_columns()
    assert ecg.duration_ms == 10_000
    assert [tuple(lead.name for lead in one.leads) for one in ecg.groups] == [*COLUMNS, ("II",)]
    assert all(lead.origin is LeadOrigin.STORED for one in ecg.groups for lead in one.leads)
    assert ecg.is_twelve_lead


def test_a_median_beat_is_completed_by_itself() -> None:
    """The stored leads of the rhythm don't keep the averaged beat from its own limb leads."""
    rhythm = group(signal(STANDARD_TWELVE, 2.0, 500), as_mdc(STANDARD_TWELVE))
    median = group(signal(EIGHT, 1.0, 500), as_mdc(EIGHT), MultiplexGroupLabel="MEDIAN BEAT")
    ecg = read_ecg(file_of(ecg_object([rhythm, median])))
    assert [one.kind for one in ecg.groups] == [GroupKind.RHYTHM, GroupKind.MEDIAN_BEAT]
    assert set(STANDARD_TWELVE) == {lead.name for lead in ecg.groups[1].leads}
