"""From rows of the archive to packs: kinds of series, names of packs, blocks, and how many frames."""

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dicom_node.archive.tables import Instance, Series, Study
from viewer.luts import no_bulk
from viewer.pixels import Fault
from viewer.series_images import (
    BLOCK_BYTES,
    BLOCK_FRAMES_MAX,
    SERIES_FRAMES_MAX,
    Pack,
    SeriesImages,
    study_images,
)

CT, ECG, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.840.10008.5.1.4.1.1.88.11"
STORAGE = "1.2.840.10008.5.1.4.1.1"
EXPLICIT = "1.2.840.10008.1.2.1"


def an_instance(
    number: int, *, frames: int = 1, rows: int | None = 4, z: float | None = None, **row: Any
) -> Instance:
    """A row of the archive; `z` places the slice, None says nothing of it."""
    data: dict[str, Any] = {
        "00280010": {"vr": "US", "Value": [rows]},
        "00280011": {"vr": "US", "Value": [rows]},
        "00280100": {"vr": "US", "Value": [16]},
        "00280004": {"vr": "CS", "Value": ["MONOCHROME2"]},
        "7FE00010": {"vr": "OW"},
    }
    if z is not None:
        data["00200032"] = {"vr": "DS", "Value": [0, 0, z]}
        data["00200037"] = {"vr": "DS", "Value": [1, 0, 0, 0, 1, 0]}
    values: dict[str, Any] = {
        "instance_key": f"i{number}",
        "sop_instance_uid": f"1.2.{number}",
        "sop_class_uid": CT,
        "instance_number": number,
        "number_of_frames": frames,
        "rows": rows,
        "columns": rows,
        "pixel_offset": 500 if rows else None,
        "transfer_syntax_uid": EXPLICIT,
        "dataset_sha256": f"{number:064x}",
        "metadata_json": zlib.compress(json.dumps(data if rows else {}).encode()),
    }
    return Instance(**(values | row))


def images(*instances: Instance, modality: str = "CT") -> SeriesImages:
    """The only series of a study of these instances."""
    study = Study(study_key="s", study_instance_uid="1.2", settled_at=datetime(2026, 3, 2, tzinfo=UTC))
    series = Series(series_key="e", study_key="s", series_instance_uid="1.2.3", modality=modality)
    return study_images(study, [(series, instances)], lambda _instance: no_bulk).series[0]


def pack_of(*instances: Instance) -> Pack:
    found = images(*instances).pack
    assert found is not None
    return found


@pytest.mark.parametrize(
    "row, modality, kind",
    [
        ({}, "CT", "image"),
        ({"rows": None, "sop_class_uid": ECG}, "OT", "ecg"),
        ({"rows": None, "sop_class_uid": SR}, "ECG", "ecg"),
        ({"rows": None, "sop_class_uid": SR}, "SR", "other"),
        ({"sop_class_uid": f"{STORAGE}.66.4"}, "SEG", "image"),
        ({"sop_class_uid": f"{STORAGE}.66.7"}, "SEG", "image"),
        ({"sop_class_uid": f"{STORAGE}.4.2"}, "MR", "other"),
        ({"sop_class_uid": f"{STORAGE}.481.2"}, "RTDOSE", "image"),
        ({"sop_class_uid": f"{STORAGE}.30"}, "OT", "image"),
    ],
)
def test_what_a_series_is(row: dict[str, Any], modality: str, kind: str) -> None:
    found = images(an_instance(1, **row), modality=modality)
    assert found.kind == kind
    assert (found.pack is None) == (kind != "image")


def test_frames_are_in_reading_order_whatever_order_they_came_in() -> None:
    slices = [an_instance(n, z=-5.0 * n) for n in range(1, 8)]
    shuffled = [slices[i] for i in (3, 0, 6, 1, 5, 2, 4)]
    assert [f.instance.instance_number for f in pack_of(*shuffled).frames] == list(range(1, 8))
    assert pack_of(*shuffled).pack_id == pack_of(*slices).pack_id, "the same frames are the same pack"


def test_a_pack_is_named_by_all_that_it_is_made_of() -> None:
    base = [an_instance(n, z=float(n)) for n in range(3)]
    others = [
        base[:2],
        [*base, an_instance(3, z=3.0)],
        [*base[:2], an_instance(2, z=2.0, dataset_sha256="f" * 64)],
        [*base[:2], an_instance(2, z=2.0, transfer_syntax_uid="1.2.840.10008.1.2.4.90")],
        [*base[:2], an_instance(2, z=2.0, frames=2)],
    ]
    names = {pack_of(*rows).pack_id for rows in (base, *others)}
    assert len(names) == len(others) + 1
    assert all(len(name) == 64 for name in names)


@given(st.integers(1, 60), st.sampled_from([4, 512, 1500, 3000]))
@settings(max_examples=30, deadline=None)
def test_blocks_hold_every_frame_once_and_are_no_larger_than_they_may(count: int, rows: int) -> None:
    pack = pack_of(*(an_instance(n, rows=rows, z=float(n)) for n in range(count)))
    blocks = [pack.block(number) for number in range(pack.blocks)]
    assert [frame for block in blocks for frame in block] == list(pack.frames)
    assert all(blocks)
    assert all(len(block) <= BLOCK_FRAMES_MAX for block in blocks)
    assert all(len(block) == 1 or len(block) * rows * rows * 2 <= BLOCK_BYTES for block in blocks)
    assert pack.block(pack.blocks) == ()


def test_a_series_of_more_frames_than_can_be_listed_says_so() -> None:
    """Objects of 20,000 tiny frames each cost an attacker little and the reader's memory much."""
    each = 20_000
    rows = [an_instance(n, frames=each) for n in range(SERIES_FRAMES_MAX // each + 3)]
    frames = pack_of(*rows).frames
    assert len(frames) == SERIES_FRAMES_MAX + 3
    assert [f.facts.pixels for f in frames[-3:]] == [Fault.TOO_LARGE] * 3
    assert not any(isinstance(f.facts.pixels, Fault) for f in frames[:-3])


def test_an_object_of_more_frames_than_any_camera_makes_is_one_fault() -> None:
    (frame,) = pack_of(an_instance(1, frames=20_001)).frames
    assert (frame.facts.pixels, frame.facts.number) == (Fault.TOO_LARGE, 1)
