"""The detector against truth it was not told: a real cart's fiducials and synthetic beats."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from consult_server.demo.cast import PATIENTS
from consult_server.demo.ecg import beat_times, ecg_dataset
from tests.viewer.ecg.waveforms import file_of
from viewer.ecg.dicom import read_ecg
from viewer.ecg.model import Group, GroupKind, Lead, LeadOrigin
from viewer.ecg.rate import find_beats

FIRST_BEAT_GROUP = 100
SKIP, AUXILIARY, FIRST_NOTE = 59, 63, 60
BEATS = {*range(1, 14), 25, 30, 34, 35, 38, 41}


def group_of(millivolts: NDArray[np.float64], hz: float) -> Group:
    samples = np.rint(millivolts * 1000).astype(np.int32)
    lead = Lead(name="II", origin=LeadOrigin.STORED, samples=samples, microvolts_per_unit=1.0)
    return Group(label="", kind=GroupKind.RHYTHM, hz=hz, offset_ms=0, leads=(lead,))


@pytest.mark.samples
def test_real_recording_has_the_beats_its_cart_marked(samples: Path) -> None:
    path = samples / "ecg/dicom/waveform_ecg.dcm"
    marked = [
        int(one.ReferencedSamplePositions) - 1
        for one in pydicom.dcmread(path).WaveformAnnotationSequence
        if one.AnnotationGroupNumber >= FIRST_BEAT_GROUP
        and one.ConceptNameCodeSequence[0].CodeMeaning == "Fiducial Point"
    ]
    ecg = read_ecg(path.read_bytes())
    beats = find_beats(ecg.rhythm[0])
    assert beats is not None
    assert len(beats.r_peaks) == len(marked) == 10
    assert max(abs(ours - theirs) for ours, theirs in zip(beats.r_peaks, marked, strict=True)) <= 4
    rr_ms = next(one.value for one in ecg.stated if one.key == "rr")
    assert beats.rate_per_minute == pytest.approx(60_000 / rr_ms, rel=0.01)


def annotated_beats(content: bytes, before_sample: int) -> list[int]:
    """Sample numbers of the beats in an annotation file of the MIT format (six bits type, ten bits time)."""
    words = np.frombuffer(content[: len(content) // 2 * 2], dtype="<u2").tolist()
    at, time, beats = 0, 0, []
    while at < len(words) and words[at] != 0:
        kind, interval = words[at] >> 10, words[at] & 0x3FF
        at += 1
        if kind == SKIP:
            time += (words[at] << 16) + words[at + 1]
            at += 2
        elif kind == AUXILIARY:
            at += (interval + 1) // 2
        elif kind < FIRST_NOTE:
            time += interval
            if kind in BEATS and time < before_sample:
                beats.append(time)
    return beats


@pytest.mark.samples
def test_five_minutes_of_the_mit_bih_arrhythmia_database(samples: Path) -> None:
    """Record 100 (format 212) against the cardiologists' own annotations: no beat missed, none added."""
    hz, minutes = 360, 5
    raw = np.frombuffer((samples / "ecg/wfdb/100.dat").read_bytes(), dtype=np.uint8)
    triples = raw[: raw.size // 3 * 3].reshape(-1, 3).astype(np.int32)
    first = triples[:, 0] | ((triples[:, 1] & 0x0F) << 8)
    signal = np.where(first > 2047, first - 4096, first) / 200.0
    truth = annotated_beats((samples / "ecg/wfdb/100.atr").read_bytes(), hz * 60 * minutes)
    found: list[int] = []
    for start in range(0, hz * 60 * minutes, hz * 60):
        beats = find_beats(group_of(signal[start : start + hz * 60], hz))
        assert beats is not None
        found += [start + at for at in beats.r_peaks]
    tolerance = round(0.15 * hz)  # ANSI/AAMI EC57
    missed = [at for at in truth if min(abs(at - one) for one in found) > tolerance]
    added = [at for at in found if min(abs(at - one) for one in truth) > tolerance]
    assert len(truth) > 350
    assert len(missed) <= 1, missed
    assert len(added) <= 1, added


@pytest.mark.parametrize("heart_rate", [30, 40, 50, 60, 72, 90, 110, 140, 170, 200, 220])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_synthetic_beats_are_all_found(heart_rate: int, seed: int) -> None:
    truth = beat_times(heart_rate, np.random.default_rng(seed))
    day = datetime(2026, 1, 1, tzinfo=UTC)
    made = ecg_dataset(patient=PATIENTS[0], accession="R", started_at=day, heart_rate=heart_rate, seed=seed)
    group = read_ecg(file_of(made)).rhythm[0]
    beats = find_beats(group)
    assert beats is not None
    inside = truth[(truth > 0.1) & (truth < 9.8)]
    found = np.array(beats.r_peaks) / group.hz
    for beat in inside:
        assert np.abs(found - beat).min() < 0.02
    assert len(found) <= len(truth)
    assert beats.rate_per_minute == pytest.approx(60 / np.diff(truth).mean(), rel=0.02)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros(5000),
        np.full(5000, 3.0),
        np.sin(np.arange(5000) / 500 * 2 * np.pi * 0.3) * 0.5,
        np.random.default_rng(1).normal(0, 0.004, 5000),
    ],
)
def test_no_rate_is_made_up_where_no_ventricle_beats(signal: NDArray[np.float64]) -> None:
    assert find_beats(group_of(signal, 500)) is None


def test_one_or_two_beats_are_no_rate() -> None:
    signal = np.zeros(1000)
    signal[200:210] = signal[700:710] = 1.0
    assert find_beats(group_of(signal, 500)) is None


def test_too_coarse_sampling_is_left_alone() -> None:
    assert find_beats(group_of(np.zeros(500), 50)) is None
