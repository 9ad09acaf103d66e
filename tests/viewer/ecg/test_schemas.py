from datetime import UTC, datetime

import pytest

from consult_server.demo.cast import PATIENTS
from consult_server.demo.ecg import ecg_dataset
from tests.viewer.ecg.waveforms import channel, ecg_object, file_of, group, ramps
from viewer.ecg.dicom import read_ecg
from viewer.ecg.schemas import answer_of


def test_machine_beats_are_those_of_the_window_in_the_recordings_own_time() -> None:
    day = datetime(2026, 1, 1, tzinfo=UTC)
    ecg = read_ecg(file_of(ecg_dataset(patient=PATIENTS[0], accession="R", started_at=day, heart_rate=75)))
    whole = answer_of(ecg, 0, 60_000).machine_rate
    late = answer_of(ecg, 4_000, 5_000).machine_rate
    assert whole is not None
    assert late is not None
    inside = [ms for ms in whole.r_peaks_ms if 4_100 < ms < 8_900]
    assert all(4_000 <= ms < 9_000 for ms in late.r_peaks_ms)
    assert [min(late.r_peaks_ms, key=lambda one: abs(one - ms)) for ms in inside] == pytest.approx(
        inside, abs=4
    )
    assert late.rate_per_minute == pytest.approx(75, abs=2)


def test_no_rate_is_told_of_a_window_without_beats() -> None:
    ecg = read_ecg(file_of(ecg_object([group(ramps(1, 5000) * 0, [channel("II")])])))
    assert answer_of(ecg, 0, 60_000).machine_rate is None
    assert answer_of(ecg, 60_000, 60_000).machine_rate is None


def test_a_group_recorded_later_is_cut_by_the_recordings_clock() -> None:
    first = group(ramps(1, 500), [channel("II")])
    second = group(ramps(1, 500), [channel("V1")], MultiplexGroupTimeOffset="1000")
    ecg = read_ecg(file_of(ecg_object([first, second])))
    answer = answer_of(ecg, 900, 200)
    spans = [(one.offset_ms, one.sample_count) for one in answer.groups]
    assert spans == [(900.0, 50), (1000.0, 50)]
    assert (answer.window_start_ms, answer.window_end_ms, answer.duration_ms) == (900, 1100, 2000)
