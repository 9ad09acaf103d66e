"""The synthetic ECG obeys the heart's own rules, and comes back from a file as it was made."""

import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pydicom import Dataset

from consult_server.demo.cast import PATIENTS, CastPatient
from consult_server.demo.ecg import HZ, LEAD_CODES, SAMPLES, RateOutOfRange, ecg_dataset
from viewer.ecg.dicom import read_ecg
from viewer.ecg.model import Ecg

STARTED = datetime(2026, 11, 21, 2, 38, 12, tzinfo=UTC)


def saved(ds: Dataset) -> bytes:
    stream = io.BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def made(heart_rate: int = 72, seed: int = 1, patient: CastPatient = PATIENTS[0], **more: object) -> Dataset:
    return ecg_dataset(
        patient=patient, accession="E26112100093", started_at=STARTED, heart_rate=heart_rate, seed=seed,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def units(ds: Dataset) -> dict[str, NDArray[np.int32]]:
    item = ds.WaveformSequence[0]
    table = np.frombuffer(item.WaveformData, dtype="<i2").reshape(SAMPLES, 12).astype(np.int32)
    return {one.ChannelLabel: table[:, at] for at, one in enumerate(item.ChannelDefinitionSequence)}


def read(ds: Dataset) -> Ecg:
    return read_ecg(saved(ds))


def peak_to_peak(ecg: Ecg, name: str) -> float:
    lead = ecg.rhythm[0].lead(name)
    assert lead is not None
    return float(np.ptp(lead.microvolts()))


@settings(max_examples=25)
@given(heart_rate=st.integers(30, 220), seed=st.integers(0, 10_000))
def test_einthoven_and_goldberger_hold(heart_rate: int, seed: int) -> None:
    leads = units(made(heart_rate, seed))
    np.testing.assert_array_equal(leads["III"], leads["II"] - leads["I"])
    for name, halves in (
        ("aVR", -leads["I"] - leads["II"]),
        ("aVL", leads["I"] - leads["III"]),
        ("aVF", leads["II"] + leads["III"]),
    ):
        assert np.abs(2 * leads[name] - halves).max() <= 1, name


def test_r_grows_from_v1_to_v5_and_s_shrinks_from_v2() -> None:
    group = read(made()).rhythm[0]
    tops: dict[str, float] = {}
    bottoms: dict[str, float] = {}
    for lead in group.leads:
        level = float(np.median(lead.microvolts()))
        tops[lead.name] = float(lead.microvolts().max()) - level
        bottoms[lead.name] = level - float(lead.microvolts().min())
    assert tops["V1"] < tops["V3"] < tops["V4"]
    assert bottoms["V2"] > bottoms["V3"] > bottoms["V4"] > bottoms["V5"] > bottoms["V6"]
    assert bottoms["V1"] > tops["V1"]
    assert tops["V6"] > bottoms["V6"]
    assert bottoms["aVR"] > tops["aVR"]


def test_voltages_are_those_of_a_healthy_adult() -> None:
    ecg = read(made())
    for name in LEAD_CODES:
        assert 100 < peak_to_peak(ecg, name) < 2500, name


def test_st_elevation_stands_where_it_was_asked_for() -> None:
    def st_level(ds: Dataset, name: str) -> float:
        """Mean of the samples 80 ms after each R peak, against 60 ms before it, in mV."""
        lead = read(ds).rhythm[0].lead(name)
        second = read(ds).rhythm[0].lead("II")
        assert lead is not None
        assert second is not None
        values, trigger = lead.microvolts(), second.microvolts()
        beats = [
            at for at in range(100, SAMPLES - 100)
            if trigger[at] > 600 and trigger[at] == trigger[at - 50 : at + 50].max()
        ]  # fmt: skip
        return float(np.mean([values[at + 40] - values[at - 30] for at in beats])) / 1000

    infarction = {"I": -0.07, "II": 0.24}
    with_st, without = made(70, 3, st_mv=infarction), made(70, 3)
    for name, expected in (("II", 0.24), ("III", 0.31), ("aVF", 0.275), ("I", -0.07), ("aVL", -0.19)):
        assert st_level(with_st, name) - st_level(without, name) == pytest.approx(expected, abs=0.02), name


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda one: one.key)
@pytest.mark.parametrize("character_set", ["GB18030", "ISO_IR 192"])
def test_names_survive_the_file_in_both_character_sets(patient: CastPatient, character_set: str) -> None:
    content = saved(made(patient=patient, character_set=character_set))
    assert pydicom.dcmread(io.BytesIO(content)).SpecificCharacterSet == character_set
    found = read_ecg(content).patient
    assert (found.name, found.patient_id, found.sex) == (patient.name, patient.patient_id, patient.sex)
    assert found.birth_date == patient.birth_date.strftime("%Y%m%d")


def test_the_reader_gets_back_every_sample_lead_and_fact() -> None:
    ds = made(institution="石桥镇中心卫生院")
    ecg = read(ds)
    group = ecg.rhythm[0]
    assert (group.hz, group.sample_count, ecg.lead_names) == (HZ, SAMPLES, tuple(LEAD_CODES))
    for name, expected in units(ds).items():
        lead = group.lead(name)
        assert lead is not None
        np.testing.assert_array_equal(lead.samples, expected)
        assert lead.microvolts_per_unit == 4.88
        assert (lead.filters.low_hz, lead.filters.high_hz, lead.filters.notch_hz) == (0.05, 150, 50)
    assert ecg.acquired_at == STARTED
    assert ecg.acquired_at is not None
    assert ecg.acquired_at.utcoffset() == timedelta(hours=8)
    assert (ecg.accession_number, ecg.institution) == ("E26112100093", "石桥镇中心卫生院")
    assert {one.key: round(60_000 / one.value) for one in ecg.stated} == {"rr": 72}


def test_dates_are_the_hospitals_own() -> None:
    ds = ecg_dataset(
        patient=PATIENTS[0], accession="E", started_at=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
    )  # fmt: skip
    assert (ds.StudyDate, ds.StudyTime, ds.TimezoneOffsetFromUTC) == ("20261121", "040000", "+0800")
    assert ds.AcquisitionDateTime == "20261121040000.000000+0800"


def test_equal_arguments_make_the_equal_object_and_others_another() -> None:
    assert saved(made()) == saved(made())
    again, other = made(seed=2), made(patient=PATIENTS[1])
    uids = {one.SOPInstanceUID for one in (made(), again, other)}
    assert len(uids) == 3
    assert all(len(uid) <= 64 for uid in uids)
    assert made(study_instance_uid="2.25.99").StudyInstanceUID == "2.25.99"


def test_it_holds_what_the_standard_demands_of_a_12_lead_ecg() -> None:
    ds = made()
    required = (
        "SOPClassUID SOPInstanceUID PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID "
        "StudyDate StudyTime ReferringPhysicianName StudyID AccessionNumber SeriesInstanceUID "
        "SeriesNumber Modality Manufacturer InstanceNumber ContentDate ContentTime "
        "AcquisitionDateTime AcquisitionContextSequence"
    )
    assert [name for name in required.split() if name not in ds] == []
    item = ds.WaveformSequence[0]
    assert (item.WaveformBitsAllocated, item.WaveformSampleInterpretation) == (16, "SS")
    assert 200 <= float(item.SamplingFrequency) <= 1000
    assert item.NumberOfWaveformChannels == len(item.ChannelDefinitionSequence) == 12
    assert item.NumberOfWaveformSamples <= 16_384
    for channel in item.ChannelDefinitionSequence:
        source = channel.ChannelSourceSequence[0]
        assert (source.CodeValue, source.CodingSchemeDesignator) == (LEAD_CODES[channel.ChannelLabel], "MDC")
        assert channel.ChannelSensitivityUnitsSequence[0].CodeValue == "uV"


@pytest.mark.parametrize("heart_rate", [0, 29, 221, -5])
def test_impossible_rates_are_refused(heart_rate: int) -> None:
    with pytest.raises(RateOutOfRange):
        made(heart_rate)
