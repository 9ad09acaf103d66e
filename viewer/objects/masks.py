"""Frames of segmentations as records (layout in viewer/frame_records.py). Pure; it meets hostile bytes, so it
runs in the processes of `decode_pool`.

A binary frame is a record of the kind `overlay`, one bit for each pixel; a fractional one of the kind `zlib`,
one byte for each. What cannot be decoded is an `unreadable` one with its reason.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from viewer.frame_jobs import FrameJob, fault_record, samples_of_job
from viewer.frame_records import Encoding, FrameRecord
from viewer.pixels import Fault, FrameFault

BYTE_BITS = 8
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class PackedFrames:
    """Binary frames as they lie in Pixel Data: bits go on from frame to frame without padding (PS3.5 8.1.1).

    `first`: number of the first one, from 0. Its first bit is bit `first_bit` of `packed`.
    """

    first: int
    count: int
    pixels: int
    packed: bytes
    first_bit: int


def packed_place(first: int, count: int, pixels: int) -> tuple[int, int, int]:
    """The bytes [start, end) of Pixel Data that hold frames from `first` on, and which bit begins them."""
    start, first_bit = divmod(first * pixels, BYTE_BITS)
    return start, -(-(first + count) * pixels // BYTE_BITS), first_bit


def packed_records(frames: PackedFrames) -> bytes:
    """The records of packed frames; one whose bits are not all there says so."""
    return b"".join(_packed_record(frames, nth).to_bytes() for nth in range(frames.count))


def _packed_record(frames: PackedFrames, nth: int) -> FrameRecord:
    bits = frame_bits(frames, nth)
    if len(bits) < frames.pixels:
        return fault_record(frames.first + nth, Fault.TRUNCATED)
    return binary_record(frames.first + nth, bits)


def frame_bits(frames: PackedFrames, nth: int) -> Bits:
    """The pixels of frame `nth` of these, each 0 or 1; fewer where the bytes end early."""
    start, skipped = divmod(frames.first_bit + nth * frames.pixels, BYTE_BITS)
    end = start + -(-(skipped + frames.pixels) // BYTE_BITS)
    packed = np.frombuffer(frames.packed[start:end], np.uint8)
    return np.unpackbits(packed, bitorder="little")[skipped : skipped + frames.pixels]


def job_records(work: tuple[Sequence[FrameJob], bool]) -> bytes:
    """The records of frames that have to be decoded; the second says whether they are fractional."""
    jobs, fractional = work
    return b"".join(_job_record(job, fractional=fractional).to_bytes() for job in jobs)


def _job_record(job: FrameJob, *, fractional: bool) -> FrameRecord:
    try:
        if isinstance(job.form, Fault):
            return fault_record(job.frame, job.form)
        samples = samples_of_job(job.form, job)
    except FrameFault as refused:
        return fault_record(job.frame, refused.fault)
    if fractional:
        return FrameRecord(job.frame, Encoding.ZLIB, zlib.compress(samples.tobytes()))
    return binary_record(job.frame, samples.ravel() != 0)


def binary_record(frame: int, pixels: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> FrameRecord:
    """Pixels of yes and no, as a record."""
    packed = np.packbits(pixels, bitorder="little").tobytes()
    return FrameRecord(frame, Encoding.OVERLAY, zlib.compress(packed))
