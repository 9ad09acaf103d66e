"""The work of a decoding process: stored frames in, a block of records or a thumbnail out.

Everything here is a module-level function of one picklable argument, as processes need it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.frame_records import Encoding, FrameRecord
from viewer.pixels import Fault, FrameFault, PixelForm, Samples, decode_frame, decode_from_file, record_of


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


def encode_block(jobs: Sequence[FrameJob]) -> bytes:
    """The records of a block, one after the other; a frame that cannot be decoded says why."""
    return b"".join(encode_frame(job).to_bytes() for job in jobs)


def encode_frame(job: FrameJob) -> FrameRecord:
    """The verified record of one frame, or the record of its fault."""
    try:
        if isinstance(job.form, Fault):
            return fault_record(job.frame, job.form)
        return record_of(job.form, samples_of_job(job.form, job), job.frame)
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
