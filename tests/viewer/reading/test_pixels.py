"""Decoding stored frames: real files against their reference values, broken ones against their fault."""

import io
import json
import struct
import warnings
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pydicom
import pytest
from hypothesis import given, strategies as st
from PIL import Image
from pydicom.encaps import generate_frames
from pydicom.uid import UID

from tests.viewer.reading.facts import LOSSY, ONE_OF_EACH, facts, frame_sha256
from viewer.attributes import Attributes
from viewer.frame_jobs import FrameJob, encode_block, encode_frame
from viewer.frame_records import Encoding, records_in
from viewer.pixels import (
    DECODABLE,
    DEFLATED_IMAGE_FRAME,
    ENCAPSULATED_UNCOMPRESSED,
    FRAME_BYTES_MAX,
    JPEG_RETIRED,
    NATIVE,
    PARTS_FROM_BYTES,
    Fault,
    FrameFault,
    PixelForm,
    decode_frame,
    decode_from_file,
    form_of,
    record_of,
)
from viewer.thumbnails import samples_of

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT, RLE, HTJ2K_LOSSLESS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.201"
VIDEO, JPEG_XL = "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.110"
J2K_LOSSLESS, JPEG_LS = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.80"


def header(rows: object = 4, columns: object = 6, bits: object = 16, **more: object) -> Attributes:
    given_values: dict[str, object] = {
        "00280010": rows,
        "00280011": columns,
        "00280100": bits,
        "00280101": bits,
        "00280103": 0,
        "00280002": 1,
        "00280004": "MONOCHROME2",
        "7FE00010": 0,
    } | {tag.removeprefix("t"): value for tag, value in more.items()}
    return {tag: {"vr": "US", "Value": [value]} for tag, value in given_values.items() if value is not None}


def a_form(rows: int = 4, columns: int = 6, syntax: str = EXPLICIT, **changes: Any) -> PixelForm:
    values: dict[str, Any] = {
        "transfer_syntax_uid": syntax,
        "rows": rows,
        "columns": columns,
        "samples_per_pixel": 1,
        "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": 16,
        "bits_stored": 16,
        "signed": False,
        "planar_configuration": 0,
    }
    return PixelForm(**(values | changes))


def opened(path: Path) -> tuple[pydicom.Dataset, PixelForm]:
    """A sample file and its pixel form, read by pydicom and not by our own index."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        data = json.loads(dataset.group_dataset(0x28).to_json(bulk_data_element_handler=lambda _: "bulk"))
    for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            data[f"{pydicom.tag.Tag(keyword):08X}"] = {"vr": "OW"}
    form = form_of(data, str(dataset.file_meta.get("TransferSyntaxUID", IMPLICIT)))
    assert isinstance(form, PixelForm)
    return dataset, form


@pytest.mark.samples
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_frame_0_of_a_real_file_is_exact(samples: Path, name: str) -> None:
    fact = facts(samples)[name]
    _, form = opened(samples / name)
    decoded = decode_from_file(form, (samples / name).read_bytes(), 0)
    assert decoded.dtype.byteorder in "=|<"
    assert frame_sha256(decoded, fact["frame0_dtype"]) == fact["frame0_sha256"]
    record = record_of(form, decoded, 0)
    again = samples_of(record, form)
    assert again is not None
    assert again.dtype == decoded.dtype
    assert frame_sha256(again, fact["frame0_dtype"]) == fact["frame0_sha256"]


@pytest.mark.samples
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", LOSSY)
def test_a_lossy_frame_is_close_to_the_reference(samples: Path, name: str) -> None:
    fact = facts(samples)[name]
    dataset, form = opened(samples / name)
    count = int(dataset.get("NumberOfFrames") or 1)
    frame = next(generate_frames(dataset.PixelData, number_of_frames=count))
    decoded = decode_frame(form, frame)
    assert list(decoded.shape) == fact["frame0_shape"]
    assert float(decoded.mean()) == pytest.approx(fact["frame0_mean"], abs=0.05)
    assert abs(float(decoded.max()) - fact["frame0_max"]) <= 2


@pytest.mark.samples
def test_a_file_that_was_cut_is_said_to_be_truncated(samples: Path) -> None:
    _, form = opened(samples / "bad" / "MR_truncated.dcm")
    with pytest.raises(FrameFault) as caught:
        decode_from_file(form, (samples / "bad" / "MR_truncated.dcm").read_bytes(), 0)
    assert caught.value.fault is Fault.TRUNCATED


@pytest.mark.samples
def test_a_codestream_of_another_size_is_not_decoded(samples: Path) -> None:
    name = "bad/JPEG2000-embedded-sequence-delimiter.dcm"
    dataset, form = opened(samples / name)
    with pytest.raises(FrameFault) as caught:
        decode_frame(form, next(generate_frames(dataset.PixelData, number_of_frames=1)))
    assert caught.value.fault in {Fault.SIZE_DIFFERS, Fault.UNDECODABLE}


@given(
    rows=st.integers(1, 20),
    columns=st.integers(1, 20),
    signed=st.booleans(),
    bits=st.sampled_from([8, 16, 32]),
    seed=st.integers(0, 2**32 - 1),
)
@pytest.mark.parametrize("syntax", [EXPLICIT, ENCAPSULATED_UNCOMPRESSED])
def test_native_samples_are_the_bytes_themselves(
    syntax: str, rows: int, columns: int, signed: bool, bits: int, seed: int
) -> None:
    form = a_form(rows, columns, syntax, signed=signed, bits_allocated=bits, bits_stored=bits)
    raw = np.random.default_rng(seed).integers(0, 256, rows * columns * bits // 8, np.uint8).tobytes()
    decoded = decode_frame(form, raw)
    assert decoded.shape == (rows, columns)
    assert decoded.tobytes() == raw


@given(
    rows=st.integers(1, 40),
    columns=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    components=st.sampled_from([1, 3]),
    dtype=st.sampled_from(["<u1", "<i1", "<u2", "<i2", "<u4", "<i4", "<f4", "<f8"]),
)
def test_a_record_gives_back_every_sample(
    rows: int, columns: int, seed: int, components: int, dtype: str
) -> None:
    kind = np.dtype(dtype)
    form = a_form(
        rows,
        columns,
        samples_per_pixel=components,
        signed=kind.kind == "i",
        bits_allocated=kind.itemsize * 8,
        pixel_keyword={"<f4": "FloatPixelData", "<f8": "DoubleFloatPixelData"}.get(dtype, "PixelData"),
    )
    noise = np.random.default_rng(seed).integers(0, 256, form.frame_bytes, np.uint8)
    values = noise.view(kind).reshape(form.shape)
    values = np.nan_to_num(values) if kind.kind == "f" else values
    record = record_of(form, values, 3)
    assert record.encoding is (Encoding.HTJ2K if dtype in {"<u1", "<u2", "<i2"} else Encoding.ZLIB)
    again = samples_of(record, form)
    assert again is not None
    assert again.tobytes() == values.tobytes()


@pytest.mark.parametrize(
    "data, fault",
    [
        ({}, Fault.NO_PIXEL_DATA),
        (header(rows=None), Fault.HEADER_INCOMPLETE),
        (header(rows=0), Fault.HEADER_INCOMPLETE),
        (header(rows=-5), Fault.HEADER_INCOMPLETE),
        (header(bits=12), Fault.HEADER_INCOMPLETE),
        (header(bits=None), Fault.HEADER_INCOMPLETE),
        (header(t00280002=4), Fault.HEADER_INCOMPLETE),
        (header(rows=65535, columns=65535), Fault.TOO_LARGE),
    ],
)
def test_a_header_that_describes_no_image_says_why(data: Attributes, fault: Fault) -> None:
    assert form_of(data, EXPLICIT) is fault


def test_a_video_is_named_as_one() -> None:
    assert form_of(header(), VIDEO) is Fault.VIDEO
    assert form_of(header(rows=None), VIDEO) is Fault.HEADER_INCOMPLETE


@pytest.mark.parametrize("syntax", [JPEG_XL, "1.2.3.4"])
def test_a_compression_that_is_not_known_is_called_that(syntax: str) -> None:
    assert form_of(header(), syntax) is Fault.SYNTAX_UNKNOWN
    assert form_of({}, syntax) is Fault.NO_PIXEL_DATA


@pytest.mark.parametrize("syntax", sorted(DECODABLE | NATIVE))
def test_every_other_one_is_tried(syntax: str) -> None:
    assert isinstance(form_of(header(), syntax), PixelForm)


@pytest.mark.parametrize("syntax", sorted(JPEG_RETIRED))
@pytest.mark.parametrize("colours", ["MONOCHROME2", "RGB", "YBR_FULL"])
def test_a_progressive_jpeg_is_decoded_in_its_own_colours(syntax: str, colours: str) -> None:
    mode = {"MONOCHROME2": "L", "RGB": "RGB", "YBR_FULL": "YCbCr"}[colours]
    steps = np.kron(np.arange(0, 240, 20, dtype=np.uint8).reshape(3, 4), np.ones((8, 8), np.uint8))
    drawn = steps if mode == "L" else np.stack([steps, steps[::-1], np.flipud(np.fliplr(steps))], axis=-1)
    out = io.BytesIO()
    options = {} if mode == "L" else {"subsampling": 0}
    Image.fromarray(drawn, mode=mode).save(
        out, "JPEG", quality=98, progressive=True, keep_rgb=mode == "RGB", **options
    )
    form = a_form(
        24,
        32,
        syntax,
        bits_allocated=8,
        bits_stored=8,
        samples_per_pixel=1 if mode == "L" else 3,
        photometric_interpretation=colours,
    )
    again = decode_frame(form, out.getvalue())
    assert again.shape == drawn.shape
    assert int(np.abs(again.astype(int) - drawn).max()) <= 2


def test_a_header_is_read_whole() -> None:
    data = header(
        rows=10, columns=20, bits=8, t00280002=3, t00280004="RGB", t00280006=1, t00280101=7, t00280103=1
    )
    form = form_of(data, RLE)
    assert isinstance(form, PixelForm)
    assert (form.rows, form.columns, form.samples_per_pixel, form.bits_stored) == (10, 20, 3, 7)
    assert form.shape == (10, 20, 3)
    assert form.frame_bytes == 600
    assert form.dtype == np.dtype("i1")
    assert (form.planar_configuration, form.native) == (1, False)


def test_float_pixels_are_told_by_their_element() -> None:
    floating = form_of(header(bits=32, t7FE00008=0), EXPLICIT)
    double = form_of(header(bits=64), EXPLICIT)
    assert isinstance(floating, PixelForm)
    assert isinstance(double, PixelForm)
    assert floating.dtype == np.dtype("<f4")
    assert double.dtype == np.dtype("<f8")


@pytest.mark.parametrize(
    "syntax", [RLE, J2K_LOSSLESS, JPEG_LS, HTJ2K_LOSSLESS, DEFLATED_IMAGE_FRAME, "1.2.3.4", EXPLICIT]
)
@given(noise=st.binary(max_size=120))
def test_noise_is_a_fault_and_never_another_error(syntax: str, noise: bytes) -> None:
    form = a_form(syntax=syntax, rows=9, columns=9)
    job = FrameJob(frame=0, form=form, source=noise, index=None)
    assert encode_frame(job).encoding is Encoding.UNREADABLE


@given(noise=st.binary(max_size=300))
def test_a_file_of_noise_is_a_fault(noise: bytes) -> None:
    with pytest.raises(FrameFault), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        decode_from_file(a_form(), noise, 0)


@given(data=st.data())
def test_damaged_codestreams_are_faults_or_pictures_of_the_right_size(data: st.DataObject) -> None:
    picture = (np.arange(32 * 40, dtype=np.uint16) * 7 % 4096).reshape(32, 40)
    encoders = {
        J2K_LOSSLESS: imagecodecs.jpeg2k_encode(picture, codecformat="j2k", level=0, reversible=True),
        JPEG_LS: imagecodecs.jpegls_encode(picture),
        HTJ2K_LOSSLESS: imagecodecs.htj2k_encode(picture, reversible=True),
    }
    syntax = data.draw(st.sampled_from(sorted(encoders)))
    frame = bytearray(encoders[syntax])
    for _ in range(data.draw(st.integers(1, 3))):
        frame[data.draw(st.integers(60, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    form = a_form(32, 40, syntax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = encode_frame(FrameJob(frame=1, form=form, source=bytes(frame), index=None))
    samples = samples_of(record, form)
    assert samples is None or samples.shape == (32, 40)


@given(runs=st.binary(min_size=1, max_size=200), bits=st.sampled_from([8, 16, 32]))
def test_run_lengths_that_go_anywhere_are_faults_or_pictures(runs: bytes, bits: int) -> None:
    whole = b"\x03abcd"
    segments = [*[whole] * (bits // 8 - 1), runs]
    starts = [64 + len(whole) * number for number in range(len(segments))]
    frame = struct.pack("<16L", len(segments), *starts, *[0] * (15 - len(starts))) + b"".join(segments)
    form = replace(a_form(2, 2, RLE), bits_allocated=bits, bits_stored=bits, high_bit=bits - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        record = encode_frame(FrameJob(frame=1, form=form, source=frame, index=None))
    samples = samples_of(record, form)
    assert samples is None or samples.shape == (2, 2)


def test_a_bomb_is_refused_by_its_header() -> None:
    small = a_form(16, 16, J2K_LOSSLESS)
    huge = imagecodecs.jpeg2k_encode(np.zeros((2048, 2048), np.uint16), codecformat="j2k", level=0)
    with pytest.raises(FrameFault) as caught:
        decode_frame(small, bytes(huge))
    assert caught.value.fault is Fault.SIZE_DIFFERS


def test_a_frame_over_the_cap_is_refused_before_it_is_looked_at() -> None:
    giant = a_form(40_000, 40_000)
    assert giant.frame_bytes > FRAME_BYTES_MAX
    with pytest.raises(FrameFault) as caught:
        decode_frame(giant, b"")
    assert caught.value.fault is Fault.TOO_LARGE


def test_an_inflating_frame_stops_at_its_size() -> None:
    form = a_form(8, 8, DEFLATED_IMAGE_FRAME, bits_allocated=8, bits_stored=8)
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = pack.compress(bytes(50_000_000)) + pack.flush()
    assert decode_frame(form, bomb).shape == (8, 8)


def test_single_bits_come_least_significant_first() -> None:
    bits = np.array([[1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 1]], np.uint8)
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    frame = pack.compress(bytes([0b00000001, 0b10000011])) + pack.flush()
    form = a_form(2, 8, DEFLATED_IMAGE_FRAME, bits_allocated=1, bits_stored=1)
    assert decode_frame(form, frame).tolist() == bits.tolist()


def test_a_block_holds_every_frame_also_the_broken_ones() -> None:
    good = a_form(2, 2)
    jobs = [
        FrameJob(frame=4, form=good, source=bytes(range(8)), index=None),
        FrameJob(frame=5, form=Fault.HEADER_INCOMPLETE, source=b"", index=None),
        FrameJob(frame=6, form=good, source=b"\0", index=None),
    ]
    records = list(records_in(encode_block(jobs)))
    assert [one.frame for one in records] == [4, 5, 6]
    assert [one.encoding for one in records] == [Encoding.HTJ2K, Encoding.UNREADABLE, Encoding.UNREADABLE]
    assert records[1].payload == b"pixels.header_incomplete"
    assert records[2].payload == b"pixels.truncated"


def test_a_frame_beyond_the_last_is_a_fault() -> None:
    dataset = pydicom.Dataset()
    for keyword, value in {
        "Rows": 2,
        "Columns": 2,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
        "SOPInstanceUID": "1.2.3",
    }.items():
        setattr(dataset, keyword, value)
    dataset.PixelData = bytes(4)
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    form = a_form(2, 2, bits_allocated=8, bits_stored=8)
    assert decode_from_file(form, out.getvalue(), 0).tolist() == [[0, 0], [0, 0]]
    with pytest.raises(FrameFault) as caught:
        decode_from_file(form, out.getvalue(), 1)
    assert caught.value.fault is Fault.UNDECODABLE


def test_pixel_data_without_a_value_is_none(tmp_path: Path) -> None:
    dataset = pydicom.Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = UID("1.2.840.10008.5.1.4.1.1.7"), "1.2.3"
    dataset.Rows, dataset.Columns, dataset.BitsAllocated = 2, 2, 8
    dataset.add_new("PixelData", "OB", b"")
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    dataset.save_as(tmp_path / "empty", enforce_file_format=True)
    with pytest.raises(FrameFault) as caught:
        decode_from_file(a_form(2, 2), (tmp_path / "empty").read_bytes(), 0)
    assert caught.value.fault is Fault.NO_PIXEL_DATA


def tile_parts(codestream: bytes) -> int:
    """Start of tile-part segments (ITU-T T.800 A.4.2); their length is always ten."""
    return codestream.count(b"\xff\x90\x00\x0a")


def test_large_frames_come_in_a_part_for_each_resolution_and_small_ones_in_one() -> None:
    rows, columns = 128, PARTS_FROM_BYTES // 128 // 2
    shades = np.tile((np.arange(columns) % 251).astype("<u2"), (rows, 1))
    large = record_of(a_form(rows, columns), shades, 0)
    small = record_of(a_form(rows - 1, columns), shades[1:], 0)
    assert [tile_parts(large.payload), tile_parts(small.payload)] == [6, 1]
    assert np.array_equal(imagecodecs.htj2k_decode(large.payload), shades)
