"""The work of a decoding process: stored frames in, a block of records or a thumbnail out.

Everything here is a module-level function of one picklable argument, as processes need it.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.frame_records import Encoding, FrameRecord
from viewer.overlays import Plane, drawn_over
from viewer.pixels import (
    Fault,
    FrameFault,
    PixelForm,
    Samples,
    decode_frame,
    decode_from_file,
    record_of,
    values_of,
)


@dataclass(frozen=True, kw_only=True)
class FrameJob:
    """One frame to make a record of.

    `source` is the frame itself when `index` is None, else the whole Part 10 file in which the
    frame has that index (from 0). `form` may already be the reason why it cannot be decoded.
    """

    frame: int
    form: PixelForm | Fault
    source: bytes
    index: int | None
    overlays: tuple[Plane, ...] = ()


def encode_block(jobs: Sequence[FrameJob]) -> bytes:
    """The records of a block, one after the other; a frame that cannot be decoded says why."""
    return b"".join(encode_records(job) for job in jobs)


def encode_records(job: FrameJob) -> bytes:
    """The records of one frame: what is drawn over it, if anything, then the frame itself."""
    frame = encode_frame(job)
    overlay = _overlay(job) if frame.encoding is not Encoding.UNREADABLE else b""
    return overlay + frame.to_bytes()


def _overlay(job: FrameJob) -> bytes:
    if not job.overlays or isinstance(job.form, Fault):
        return b""
    embedded = any(plane.bit is not None for plane in job.overlays)
    samples = samples_of_job(job.form, job) if embedded else np.empty(0)
    drawn = drawn_over(job.overlays, job.form, samples)
    if drawn is None:
        return b""
    packed = np.packbits(drawn.ravel(), bitorder="little").tobytes()
    return FrameRecord(job.frame, Encoding.OVERLAY, zlib.compress(packed)).to_bytes()


def encode_frame(job: FrameJob) -> FrameRecord:
    """The verified record of one frame, or the record of its fault."""
    try:
        if isinstance(job.form, Fault):
            return fault_record(job.frame, job.form)
        return record_of(job.form, values_of(job.form, samples_of_job(job.form, job)), job.frame)
    except FrameFault as refused:
        return fault_record(job.frame, refused.fault)
    except MemoryError:
        return fault_record(job.frame, Fault.TOO_LARGE)


def samples_of_job(form: PixelForm, job: FrameJob) -> Samples:
    """The exact stored samples of the frame. Raises FrameFault."""
    if job.index is None:
        return decode_frame(form, job.source)
    return decode_from_file(form, job.source, job.index)


def fault_record(frame: int, fault: Fault) -> FrameRecord:
    """The record that says why a frame cannot be shown."""
    return FrameRecord(frame, Encoding.UNREADABLE, fault.encode("ascii"))
