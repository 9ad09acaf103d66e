import json
from pathlib import Path

import numpy as np
import pytest

from tests.viewer.ecg.waveforms import EIGHT, channel, ecg_object, file_of, group, ramps
from viewer.ecg.errors import NotDicom
from viewer.ecg.show import describe


@pytest.mark.samples
def test_the_real_file_in_figures(samples: Path) -> None:
    facts = json.loads((samples / "FACTS.json").read_text())["ecg/dicom/waveform_ecg.dcm"]["waveforms"][0]
    shown = describe(samples / "ecg/dicom/waveform_ecg.dcm")
    assert (shown["hz"], shown["samples"], shown["duration_seconds"]) == (facts["hz"], facts["samples"], 10.0)
    assert shown["start"] == "2013-01-25T10:59:19"
    extremes = [(one["min_uv"], one["max_uv"]) for one in shown["leads"]]
    assert extremes == [(one["min_uv"], one["max_uv"]) for one in facts["leads"]]
    assert [one["kind"] for one in shown["groups"]] == ["rhythm", "median_beat"]


def test_derived_leads_are_named_so_and_the_answer_is_json(tmp_path: Path) -> None:
    path = tmp_path / "eight.dcm"
    path.write_bytes(file_of(ecg_object([group(ramps(8), [channel(name) for name in EIGHT])])))
    shown = describe(path)
    origins = {one["name"]: one["origin"] for one in shown["leads"]}
    assert [name for name, origin in origins.items() if origin == "derived"] == ["III", "aVR", "aVL", "aVF"]
    assert json.loads(json.dumps(shown)) == shown
    assert shown["start"] is None


def test_a_lead_that_was_never_recorded_has_no_extremes(tmp_path: Path) -> None:
    path = tmp_path / "gap.dcm"
    table = np.full((20, 1), -32768, dtype="<i2")
    path.write_bytes(file_of(ecg_object([group(table, [channel("II")], WaveformPaddingValue=b"\x00\x80")])))
    assert describe(path)["leads"] == [{"name": "II", "origin": "stored", "min_uv": None, "max_uv": None}]


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("not an ECG")
    with pytest.raises(NotDicom):
        describe(path)
