"""Masks bit by bit: whatever a segmentation holds leaves as a record that unpacks to the same pixels."""

import zlib
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as arrays
from pydicom.dataset import FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from tests.factories.outlined import Patch, a_segmentation, packed
from viewer.frame_jobs import FrameJob
from viewer.frame_records import Encoding, FrameRecord, records_in
from viewer.objects.masks import PackedFrames, frame_bits, job_records, packed_place, packed_records
from viewer.pixels import Fault, PixelForm

SIDE = st.integers(1, 19)
STACKS = st.tuples(st.integers(1, 6), SIDE, SIDE).flatmap(
    lambda shape: arrays.arrays(np.uint8, shape, elements=st.integers(0, 1))
)
Pixels = npt.NDArray[np.uint8]


def pixels_in(record: FrameRecord, count: int) -> list[int]:
    """The pixels of a record as the client unpacks them."""
    raw = zlib.decompress(record.payload)
    if record.encoding is Encoding.ZLIB:
        return list(raw)
    assert record.encoding is Encoding.OVERLAY
    assert len(raw) == -(-count // 8)
    return [raw[i // 8] >> i % 8 & 1 for i in range(count)]


@given(STACKS, st.data())
def test_bits_go_on_from_frame_to_frame(stack: Pixels, data: st.DataObject) -> None:
    count, rows, columns = stack.shape
    first = data.draw(st.integers(0, count - 1))
    some = data.draw(st.integers(1, count - first))
    start, end, first_bit = packed_place(first, some, rows * columns)
    content = packed(stack)[start:end]
    frames = PackedFrames(first=first, count=some, pixels=rows * columns, packed=content, first_bit=first_bit)
    records = list(records_in(packed_records(frames)))
    assert [one.frame for one in records] == list(range(first, first + some))
    for record in records:
        assert pixels_in(record, rows * columns) == stack[record.frame].ravel().tolist()


@given(STACKS)
def test_the_place_of_frames_is_as_small_as_it_can_be(stack: Pixels) -> None:
    count, rows, columns = stack.shape
    for nth in range(count):
        start, end, first_bit = packed_place(nth, 1, rows * columns)
        bits = np.unpackbits(np.frombuffer(packed(stack)[start:end], np.uint8), bitorder="little")
        assert 0 <= first_bit < 8
        assert bits[first_bit : first_bit + rows * columns].tolist() == stack[nth].ravel().tolist()
        assert (end - start - 1) * 8 < first_bit + rows * columns <= (end - start) * 8


def test_frames_whose_bits_are_not_all_there_say_so() -> None:
    stack = np.ones((3, 5, 7), np.uint8)
    frames = PackedFrames(first=0, count=3, pixels=35, packed=packed(stack)[:9], first_bit=0)
    whole, second, third = records_in(packed_records(frames))
    assert [one.encoding for one in (whole, second, third)] == [
        Encoding.OVERLAY,
        Encoding.OVERLAY,
        Encoding.UNREADABLE,
    ]
    assert third.payload == Fault.TRUNCATED.encode()
    assert len(frame_bits(frames, 2)) == 2


def form(made: FileDataset, syntax: str) -> PixelForm:
    """The pixel form of a segmentation, in another transfer syntax."""
    return PixelForm(
        transfer_syntax_uid=syntax,
        rows=made.Rows,
        columns=made.Columns,
        samples_per_pixel=1,
        photometric_interpretation="MONOCHROME2",
        bits_allocated=made.BitsAllocated,
        bits_stored=made.BitsStored,
        signed=False,
        planar_configuration=0,
    )


def test_fractional_frames_keep_each_of_their_values() -> None:
    pixels = np.arange(35, dtype=np.uint8).reshape(5, 7) * 7
    made = a_segmentation([Patch(segment=1, pixels=pixels)], fractional=250)
    job = FrameJob(frame=0, form=form(made, "1.2.840.10008.1.2.1"), source=pixels.tobytes(), index=None)
    (record,) = records_in(job_records(([job], True)))
    assert pixels_in(record, 35) == pixels.ravel().tolist() == made.pixel_array.ravel().tolist()


def rle(pixels: Pixels) -> bytes:
    """An RLE frame of one segment, of literal runs alone (PS3.5 G.3)."""
    content = pixels.tobytes()
    runs = b"".join(
        bytes([len(content[at : at + 128]) - 1]) + content[at : at + 128]
        for at in range(0, len(content), 128)
    )
    return b"\x01\0\0\0\x40\0\0\0" + bytes(56) + runs + bytes(len(runs) % 2)


@pytest.mark.parametrize("fractional", [True, False])
def test_compressed_frames_are_decoded(fractional: bool) -> None:
    pixels = (np.arange(300, dtype=np.uint16).reshape(15, 20) % 251).astype(np.uint8)
    made = a_segmentation([Patch(segment=1, pixels=pixels)], fractional=255)
    made.PixelData, made.file_meta.TransferSyntaxUID = encapsulate([rle(pixels)]), RLELossless
    made["PixelData"].is_undefined_length = True
    job = FrameJob(frame=4, form=form(made, RLELossless), source=rle(pixels), index=None)
    (record,) = records_in(job_records(([job], fractional)))
    expected = made.pixel_array if fractional else made.pixel_array != 0
    assert (record.frame, pixels_in(record, 300)) == (4, [int(one) for one in expected.ravel()])


DEAD: list[Callable[[PixelForm], FrameJob]] = [
    lambda _: FrameJob(frame=2, form=Fault.TOO_LARGE, source=b"", index=None),
    lambda good: FrameJob(frame=2, form=good, source=b"short", index=None),
]


@pytest.mark.parametrize("job", DEAD)
def test_a_frame_that_cannot_be_decoded_says_why(job: Callable[[PixelForm], FrameJob]) -> None:
    made = a_segmentation([Patch(segment=1, pixels=np.ones((9, 9), np.uint8))], fractional=1)
    (record,) = records_in(job_records(([job(form(made, "1.2.840.10008.1.2.1"))], True)))
    assert (record.frame, record.encoding) == (2, Encoding.UNREADABLE)
    assert record.payload.decode() in {Fault.TOO_LARGE.value, Fault.TRUNCATED.value}
