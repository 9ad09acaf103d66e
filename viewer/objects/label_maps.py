"""Frames of label maps: each pixel is the number of its segment (PS3.3 C.8.20.2.3). Pure; it meets hostile
bytes, so it runs in the processes of `decode_pool`.

A frame is a record of the kind `zlib`, two bytes in little endian for each pixel; 0 is what belongs to no
segment. What cannot be decoded is an `unreadable` one with its reason.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from viewer.attributes import Attributes, integer
from viewer.frame_jobs import FrameJob, fault_record, samples_of_job
from viewer.frame_records import Encoding, FrameRecord
from viewer.objects.segmentation_read import BACKGROUND
from viewer.pixels import Fault, FrameFault, values_of

LEVEL = 1
"""Of compression: areas of one number are small at any level."""
Numbers = npt.NDArray[np.uint16]
LabelWork = tuple[Sequence[FrameJob], int]
"""Frames to decode, and their Pixel Padding Value (C.7.5.1.1.2), which belongs to no segment either."""


def padding_of(data: Attributes) -> int:
    """Pixel Padding Value of a label map; the background where it has none."""
    said = integer(data, "00280120")
    return BACKGROUND if said is None else said


def label_records(work: LabelWork) -> bytes:
    """The records of these frames."""
    jobs, padding = work
    return b"".join(_label_record(job, padding).to_bytes() for job in jobs)


def labels_in(work: LabelWork) -> list[tuple[int, ...]]:
    """The numbers in each of these frames, smallest first; none where it cannot be decoded."""
    jobs, padding = work
    return [_labels_in(job, padding) for job in jobs]


def _label_record(job: FrameJob, padding: int) -> FrameRecord:
    found = _numbers(job, padding)
    if isinstance(found, Fault):
        return fault_record(job.frame, found)
    return FrameRecord(job.frame, Encoding.ZLIB, zlib.compress(found.tobytes(), LEVEL))


def _labels_in(job: FrameJob, padding: int) -> tuple[int, ...]:
    found = _numbers(job, padding)
    if isinstance(found, Fault):
        return ()
    present = np.flatnonzero(np.bincount(found.ravel()))
    return tuple(int(one) for one in present if one != BACKGROUND)


def _numbers(job: FrameJob, padding: int) -> Numbers | Fault:
    """The number of each pixel, or why there are none."""
    if isinstance(job.form, Fault):
        return job.form
    try:
        found = values_of(job.form, samples_of_job(job.form, job)).astype("<u2")
    except FrameFault as refused:
        return refused.fault
    found[found == padding] = BACKGROUND
    return found
