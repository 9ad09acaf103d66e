"""Overlays: against pydicom's own reading of real files, and bit by bit where files are rare."""

import base64
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from hypothesis import given, strategies as st
from pydicom.overlays import numpy_handler

from tests.viewer.reading.made_images import an_object, ramp
from tests.viewer.reading.test_browser_decoder import described
from tests.viewer.reading.test_image_form import a_set
from tests.viewer.reading.test_pixels import a_form
from viewer.frame_jobs import FrameJob, encode_records
from viewer.frame_records import Encoding, records_in
from viewer.overlays import Plane, drawn_over, planes_of

ROWS, COLUMNS = 5, 7
NO_SAMPLES = np.empty(0)


def packed(bits: npt.NDArray[Any]) -> bytes:
    return np.packbits(bits.ravel().astype(np.uint8), bitorder="little").tobytes()


def an_overlay(bits: npt.NDArray[Any], group: str = "6000", **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"0010": bits.shape[-2], "0011": bits.shape[-1], "0050": [1, 1], "0102": 0}
    made = dict(a_set({group + tag: value for tag, value in (values | _tags(more)).items()}))
    made[f"{group}3000"] = {"vr": "OW", "InlineBinary": base64.b64encode(packed(bits)).decode()}
    return made


def _tags(more: dict[str, Any]) -> dict[str, Any]:
    return {tag.removeprefix("t"): value for tag, value in more.items()}


@pytest.mark.samples
@pytest.mark.parametrize("name", ["sc/examples_overlay.dcm", "ts/MR-SIEMENS-DICOM-WithOverlays.dcm"])
def test_overlays_of_real_files_are_those_that_pydicom_reads(samples: Path, name: str) -> None:
    dataset, found = described(samples / name)
    job = FrameJob(
        frame=3, form=found.pixels, source=(samples / name).read_bytes(), index=0, overlays=found.overlays
    )
    overlay, frame = records_in(encode_records(job))
    assert (overlay.frame, overlay.encoding, frame.frame) == (3, Encoding.OVERLAY, 3)
    bits = np.unpackbits(np.frombuffer(zlib.decompress(overlay.payload), np.uint8), bitorder="little")
    expected = numpy_handler.get_overlay_array(dataset, 0x6000)
    assert bits[: expected.size].reshape(expected.shape).tolist() == expected.tolist()


@given(top=st.integers(-4, 8), left=st.integers(-4, 10), seed=st.integers(0, 999), rows=st.integers(1, 6))
def test_a_plane_lies_where_its_origin_says_and_is_cut_at_the_image(
    top: int, left: int, seed: int, rows: int
) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (rows, 4)).astype(bool)
    data = an_overlay(bits, t0050=[top, left])
    drawn = drawn_over(planes_of(data, a_form(ROWS, COLUMNS), 0), a_form(ROWS, COLUMNS), NO_SAMPLES)
    expected = np.zeros((ROWS, COLUMNS), bool)
    for row, column in zip(*np.nonzero(bits), strict=True):
        at = row + top - 1, column + left - 1
        if 0 <= at[0] < ROWS and 0 <= at[1] < COLUMNS:
            expected[at] = True
    assert (np.zeros((ROWS, COLUMNS), bool) if drawn is None else drawn).tolist() == expected.tolist()


def test_several_groups_are_drawn_together() -> None:
    one, other = np.eye(ROWS, COLUMNS, dtype=bool), np.eye(ROWS, COLUMNS, 2, dtype=bool)
    data = an_overlay(one) | an_overlay(other, "601E")
    drawn = drawn_over(planes_of(data, a_form(ROWS, COLUMNS), 0), a_form(ROWS, COLUMNS), NO_SAMPLES)
    assert drawn is not None
    assert drawn.tolist() == (one | other).tolist()


def test_frames_have_the_overlays_of_their_number() -> None:
    bits = np.random.default_rng(3).integers(0, 2, (3, ROWS, COLUMNS)).astype(bool)
    data = an_overlay(bits, t0015=3, t0051=2)
    form = a_form(ROWS, COLUMNS)
    for index, expected in [(0, None), (1, bits[0]), (2, bits[1]), (3, bits[2]), (4, None)]:
        drawn = drawn_over(planes_of(data, form, index), form, NO_SAMPLES)
        assert (drawn is None) == (expected is None)
        if drawn is not None and expected is not None:
            assert drawn.tolist() == expected.tolist()


def test_large_planes_are_read_from_the_file_and_only_where_they_are_needed() -> None:
    bits = np.random.default_rng(4).integers(0, 2, (3, ROWS, COLUMNS)).astype(bool)
    data = an_overlay(bits, t0015=3)
    data["60003000"] = {"vr": "OW", "BulkDataURI": "bulk/100-114"}
    file = b"\xff" * 100 + packed(bits)
    asked: list[tuple[int, int]] = []

    def bulk(start: int, end: int) -> bytes:
        asked.append((start, end))
        return file[start:end]

    form = a_form(ROWS, COLUMNS)
    planes = [plane.read(bulk) for plane in planes_of(data, form, 1)]
    drawn = drawn_over(planes, form, NO_SAMPLES)
    assert drawn is not None
    assert drawn.tolist() == bits[1].tolist()
    assert asked == [(104, 109)]


def test_bits_of_the_samples_themselves_are_drawn_and_taken_out_of_the_values() -> None:
    values, drawing = ramp(0, 1023), ramp(0, 1023) % 3 == 0
    made = an_object((values | drawing.astype("<u2") << 12).astype("<u2"), 10)
    made.add_new(0x60000010, "US", made.Rows)
    made.add_new(0x60000011, "US", made.Columns)
    made.add_new(0x60000050, "SS", [1, 1])
    made.add_new(0x60000102, "US", 12)
    out = io.BytesIO()
    pydicom.dcmwrite(out, made, enforce_file_format=True)
    data = made.to_json_dict(bulk_data_threshold=1, bulk_data_element_handler=lambda _: "bulk")
    form = a_form(made.Rows, made.Columns, bits_stored=10, high_bit=9)
    job = FrameJob(frame=0, form=form, source=out.getvalue(), index=0, overlays=planes_of(data, form, 0))
    overlay, _ = records_in(encode_records(job))
    bits = np.unpackbits(np.frombuffer(zlib.decompress(overlay.payload), np.uint8), bitorder="little")
    assert bits[: drawing.size].tolist() == drawing.ravel().astype(int).tolist()


@pytest.mark.parametrize("more", [{"t0010": 0}, {"t0011": -3}, {"t0010": 70_000}])
def test_planes_without_a_size_are_left_out(more: dict[str, Any]) -> None:
    assert planes_of(an_overlay(np.ones((2, 2)), **more), a_form(), 0) == ()


@pytest.mark.parametrize("bit", [None, 0, 9, 16, -1])
def test_a_bit_that_is_part_of_the_value_is_no_overlay(bit: int | None) -> None:
    data = a_set({"60000010": 4, "60000011": 6} | ({} if bit is None else {"60000102": bit}))
    assert planes_of(data, a_form(bits_stored=10, high_bit=9), 0) == ()


def test_planes_that_are_cut_off_are_not_drawn() -> None:
    plane = Plane(rows=ROWS, columns=COLUMNS, top=1, left=1, inline=b"\xff" * 3)
    assert drawn_over([plane], a_form(ROWS, COLUMNS), NO_SAMPLES) is None
