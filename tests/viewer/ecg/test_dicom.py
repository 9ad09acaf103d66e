"""The reader against the real sample, every stored sample form, and bytes that lie."""

import json
import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings, strategies as st
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from config.kernel.errors import AppError
from tests.viewer.ecg.waveforms import EIGHT, channel, ecg_object, file_of, group, ramps
from viewer.ecg import dicom, dicom_groups
from viewer.ecg.dicom import AMBULATORY_ECG, SOP_CLASSES, TWELVE_LEAD_ECG, read_ecg
from viewer.ecg.errors import (
    Damaged,
    DataCutShort,
    EcgRefused,
    EcgTooLarge,
    NoLeads,
    NotAnEcg,
    NotCalibrated,
    NotDicom,
    SampleKindUnknown,
)
from viewer.ecg.model import Ecg, GroupKind, Lead, LeadOrigin

SAMPLE = Path("ecg/dicom/waveform_ecg.dcm")


def lead(ecg: Ecg, name: str) -> Lead:
    found = ecg.groups[0].lead(name)
    assert found is not None
    return found


@pytest.mark.samples
def test_real_recording_has_the_known_values(samples: Path) -> None:
    ecg = read_ecg((samples / SAMPLE).read_bytes())
    facts = json.loads((samples / "FACTS.json").read_text())[str(SAMPLE)]["waveforms"]
    assert [one.kind for one in ecg.groups] == [GroupKind.RHYTHM, GroupKind.MEDIAN_BEAT]
    for found, stated in zip(ecg.groups, facts, strict=True):
        assert (found.hz, found.sample_count) == (stated["hz"], stated["samples"])
        assert len(found.leads) == stated["channels"]
        for one, fact in zip(found.leads, stated["leads"], strict=True):
            assert fact["name"].split()[1] == one.name
            microvolts = one.microvolts()
            assert (microvolts.min(), microvolts.max()) == (fact["min_uv"], fact["max_uv"])


@pytest.mark.samples
def test_real_recording_agrees_with_pydicom_sample_by_sample(samples: Path) -> None:
    content = (samples / SAMPLE).read_bytes()
    ecg = read_ecg(content)
    stored = pydicom.dcmread(samples / SAMPLE)
    for index, found in enumerate(ecg.groups):
        expected = stored.waveform_array(index)
        ours = np.stack([one.microvolts() for one in found.leads], axis=1)
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "bits, interpretation, kind, width",
    [
        (8, "SB", "i1", "int16"),
        (8, "UB", "u1", "int16"),
        (16, "SS", "<i2", "int16"),
        (16, "US", "<u2", "int32"),
        (32, "SL", "<i4", "int32"),
    ],
)
def test_every_sample_form(bits: int, interpretation: str, kind: str, width: str) -> None:
    limits = np.iinfo(kind)
    table = np.array([[limits.min, 3], [limits.max, 5], [0, 7], [1, 9]]).astype(kind)
    made = group(table, [channel("II"), channel("V1")], bits=bits, interpretation=interpretation)
    ecg = read_ecg(file_of(ecg_object([made])))
    assert lead(ecg, "II").samples.tolist() == [limits.min, limits.max, 0, 1]
    assert lead(ecg, "V1").samples.tolist() == [3, 5, 7, 9]
    assert lead(ecg, "II").samples.dtype.name == width


def test_microvolts_are_sensitivity_times_correction_plus_baseline() -> None:
    channels = [
        channel("II", sensitivity="4.88", ChannelSensitivityCorrectionFactor="1.02", ChannelBaseline="-12.5"),
        channel("V1", sensitivity="0.0025", unit="mV", ChannelBaseline="0.1"),
        channel(
            "V2", sensitivity="2", unit="uV", ChannelBaseline=None, ChannelSensitivityCorrectionFactor=None
        ),
    ]
    ecg = read_ecg(file_of(ecg_object([group(ramps(3), channels)])))
    raw = ramps(3).astype(float)
    np.testing.assert_allclose(lead(ecg, "II").microvolts(), raw[:, 0] * 4.88 * 1.02 - 12.5, rtol=1e-14)
    np.testing.assert_allclose(lead(ecg, "V1").microvolts(), raw[:, 1] * 2.5 + 100, rtol=1e-14)
    np.testing.assert_allclose(lead(ecg, "V2").microvolts(), raw[:, 2] * 2, rtol=1e-14)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_transfer_syntaxes(syntax: str) -> None:
    ecg = read_ecg(file_of(ecg_object([group(ramps(2), [channel("II"), channel("V1")])]), syntax))
    assert lead(ecg, "V1").samples.tolist() == ramps(2)[:, 1].tolist()


def test_big_endian_samples() -> None:
    made = group(ramps(2, kind=">i2"), [channel("II"), channel("V1")])
    ecg = read_ecg(file_of(ecg_object([made]), ExplicitVRBigEndian))
    assert lead(ecg, "V1").samples.tolist() == ramps(2)[:, 1].tolist()


def test_bare_data_set_without_preamble() -> None:
    content = file_of(ecg_object([group(ramps(1), [channel("II")])]))
    ecg = read_ecg(content[132:])
    assert lead(ecg, "II").samples.tolist() == ramps(1)[:, 0].tolist()


def test_padding_was_never_recorded() -> None:
    table = np.array([[1], [-32768], [3]], dtype="<i2")
    made = group(table, [channel("II")], WaveformPaddingValue=b"\x00\x80")
    found = lead(read_ecg(file_of(ecg_object([made]))), "II")
    assert found.padding == -32768
    assert np.isnan(found.microvolts()).tolist() == [False, True, False]


def test_eight_stored_leads_become_twelve() -> None:
    table = ramps(8)
    ecg = read_ecg(file_of(ecg_object([group(table, [channel(name) for name in EIGHT])])))
    assert ecg.is_twelve_lead
    assert ecg.lead_names[:6] == ("I", "II", "III", "aVR", "aVL", "aVF")
    one, two = (table[:, at].astype(float) * 5 for at in (0, 1))
    expected = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    for name, values in expected.items():
        assert lead(ecg, name).origin is LeadOrigin.DERIVED
        np.testing.assert_array_equal(lead(ecg, name).microvolts(), values)
    assert lead(ecg, "V6").origin is LeadOrigin.STORED


def test_groups_keep_their_own_clocks() -> None:
    first = group(ramps(1, 500), [channel("II")])
    second = group(ramps(1, 250), [channel("V1")], hz="250", MultiplexGroupTimeOffset="2500")
    ecg = read_ecg(file_of(ecg_object([first, second], sop_class=TWELVE_LEAD_ECG)))
    assert [(one.hz, one.offset_ms, one.duration_ms) for one in ecg.groups] == [
        (500, 0, 1000),
        (250, 2500, 1000),
    ]
    assert ecg.duration_ms == 3500


@pytest.mark.parametrize(
    "attributes, kind",
    [
        ({"MultiplexGroupLabel": "MEDIAN BEAT"}, GroupKind.MEDIAN_BEAT),
        ({"MultiplexGroupLabel": "Representative"}, GroupKind.MEDIAN_BEAT),
        ({"WaveformOriginality": "DERIVED"}, GroupKind.MEDIAN_BEAT),
        ({"MultiplexGroupLabel": "RHYTHM"}, GroupKind.RHYTHM),
        ({}, GroupKind.RHYTHM),
    ],
)
def test_averaged_beats_are_told_from_rhythm(attributes: dict[str, Any], kind: GroupKind) -> None:
    rhythm = group(ramps(1, 5000), [channel("II")])
    other = group(ramps(1, 600), [channel("II")], **attributes)
    assert read_ecg(file_of(ecg_object([rhythm, other]))).groups[1].kind is kind


def test_channels_that_measure_no_voltage_are_left_out() -> None:
    made = group(ramps(2), [channel("II"), channel("pressure", unit="mm[Hg]")])
    assert [one.name for one in read_ecg(file_of(ecg_object([made]))).groups[0].leads] == ["II"]


def test_a_lead_stored_twice_keeps_both() -> None:
    made = group(ramps(2), [channel("II"), channel("II")])
    assert [one.name for one in read_ecg(file_of(ecg_object([made]))).groups[0].leads] == ["II", "II (2)"]


def test_channel_skew_is_milliseconds() -> None:
    made = group(
        ramps(2), [channel("II", ChannelSampleSkew="0.5"), channel("V1", ChannelTimeSkew="0.002")],
    )  # fmt: skip
    ecg = read_ecg(file_of(ecg_object([made])))
    assert [one.skew_ms for one in ecg.groups[0].leads] == [1.0, 2.0]


def test_ambulatory_recordings_of_three_leads() -> None:
    channels = [channel("CM5"), channel("CC5"), channel("ML")]
    made = group(ramps(3, 1000, "i1"), channels, hz="250", bits=8, interpretation="SB")
    ecg = read_ecg(file_of(ecg_object([made], sop_class=AMBULATORY_ECG)))
    assert ecg.lead_names == ("CM5", "CC5", "ML")
    assert ecg.duration_ms == 4000


def test_what_is_no_ecg_is_refused() -> None:
    with pytest.raises(NotDicom):
        read_ecg(b"%PDF-1.7 not an ECG at all")
    with pytest.raises(NotDicom):
        read_ecg(b"")
    with pytest.raises(NotAnEcg):
        read_ecg(
            file_of(ecg_object([group(ramps(1), [channel("II")])], sop_class="1.2.840.10008.5.1.4.1.1.2"))
        )
    with pytest.raises(NotAnEcg):
        read_ecg(file_of(ecg_object([])))


def one_lead_with(**attributes: Any) -> bytes:
    return file_of(ecg_object([group(ramps(1), [channel("II")], **attributes)]))


def test_data_that_end_early_are_refused_with_figures() -> None:
    with pytest.raises(DataCutShort) as refused:
        read_ecg(one_lead_with(NumberOfWaveformSamples=1000))
    assert refused.value.params == {"bytes": 40, "bytes_stated": 2000}


def test_a_lie_about_size_is_refused_before_anything_is_allocated() -> None:
    with pytest.raises(DataCutShort) as refused:
        read_ecg(one_lead_with(NumberOfWaveformSamples=2**32 - 1))
    assert refused.value.params["bytes_stated"] == 2 * (2**32 - 1)


@pytest.mark.parametrize(
    "attributes, refusal",
    [
        ({"WaveformSampleInterpretation": "MB", "WaveformBitsAllocated": 8}, SampleKindUnknown),
        ({"WaveformBitsAllocated": 64}, SampleKindUnknown),
        ({"WaveformBitsAllocated": None}, Damaged),
        ({"NumberOfWaveformSamples": 0}, Damaged),
        ({"NumberOfWaveformChannels": 65}, EcgTooLarge),
        ({"NumberOfWaveformChannels": 2, "NumberOfWaveformSamples": 10}, Damaged),
        ({"SamplingFrequency": "0"}, Damaged),
        ({"SamplingFrequency": "-500"}, Damaged),
        ({"SamplingFrequency": "1000000"}, Damaged),
        ({"SamplingFrequency": None}, Damaged),
        ({"WaveformData": None}, Damaged),
    ],
)
def test_groups_that_break_the_rules(attributes: dict[str, Any], refusal: type[AppError]) -> None:
    with pytest.raises(refusal):
        read_ecg(one_lead_with(**attributes))


@pytest.mark.parametrize(
    "attributes",
    [{"ChannelSensitivity": None}, {"ChannelSensitivityUnitsSequence": None}, {"ChannelSensitivity": "0"}],
)
def test_a_channel_without_scale_is_never_drawn(attributes: dict[str, Any]) -> None:
    made = group(ramps(2), [channel("II"), channel("V1", **attributes)])
    with pytest.raises(NotCalibrated) as refused:
        read_ecg(file_of(ecg_object([made])))
    assert refused.value.params == {"channel": "V1"}


def test_no_voltage_at_all() -> None:
    with pytest.raises(NoLeads):
        read_ecg(file_of(ecg_object([group(ramps(1), [channel("p", unit="mm[Hg]")])])))


def test_too_many_groups() -> None:
    content = file_of(ecg_object([group(ramps(1), [channel("II")])] * 65))
    with pytest.raises(EcgTooLarge) as refused:
        read_ecg(content)
    assert refused.value.params == {"groups": 65, "groups_max": dicom_groups.GROUPS_MAX}


def test_a_file_that_inflates_without_end_is_refused() -> None:
    head = file_of(ecg_object([group(ramps(1), [channel("II")])]), DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(head[140:144], "little")  # File Meta Information Group Length
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(1024 * 1024)
    times = dicom.FILE_BYTES_MAX // len(zeros) + 1
    bomb = b"".join(packer.compress(zeros) for _ in range(times)) + packer.flush()
    assert len(bomb) < 1024 * 1024
    with pytest.raises(EcgTooLarge):
        read_ecg(head[:start] + bomb)


def refused_or_read(content: bytes) -> None:
    """A reader may refuse with a code of its own; anything else is a crash."""
    try:
        ecg = read_ecg(content)
    except (EcgRefused, EcgTooLarge):
        return
    assert ecg.groups
    for found in ecg.groups:
        assert all(one.samples.size == found.sample_count for one in found.leads)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=150)
@given(seed=st.integers(0, 2**32 - 1), changes=st.integers(1, 40), cut=st.booleans())
def test_mutated_bytes_never_crash(seed: int, changes: int, cut: bool) -> None:
    chance = random.Random(seed)
    content = bytearray(file_of(ecg_object([group(ramps(8), [channel(name) for name in EIGHT])] * 2)))
    for _ in range(changes):
        content[chance.randrange(len(content))] = chance.randrange(256)
    refused_or_read(bytes(content[: chance.randrange(len(content))] if cut else content))


@pytest.mark.samples
@pytest.mark.filterwarnings("ignore")
def test_mutated_real_file_never_crashes(samples: Path) -> None:
    original = (samples / SAMPLE).read_bytes()
    chance = random.Random(20261121)
    for _ in range(25):
        content = bytearray(original)
        for _ in range(chance.randrange(1, 200)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        refused_or_read(
            bytes(content[: chance.randrange(len(content))] if chance.random() < 0.3 else content)
        )


@pytest.mark.filterwarnings("ignore")
@given(content=st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_code(content: bytes) -> None:
    with pytest.raises(AppError):
        read_ecg(content)


def test_the_classes_that_are_read() -> None:
    for sop_class in SOP_CLASSES:
        made = ecg_object([group(ramps(1), [channel("II")])], sop_class=sop_class)
        assert read_ecg(file_of(made)).sop_class_uid == sop_class
