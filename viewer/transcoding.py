"""Objects and frames in another transfer syntax than the stored one: the work of a decoding process.

Everything here is a module-level function of one picklable argument, as processes need it.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRBigEndian

from viewer.bulk_values import WORD_BYTES
from viewer.encoding import NotEncodable, encoded, photometric_after
from viewer.frame_jobs import FrameJob, samples_of_job
from viewer.frame_types import in_little_endian
from viewer.media_types import EXPLICIT_LITTLE_ENDIAN
from viewer.pixels import (
    DECODE_FAULTS,
    Fault,
    FrameFault,
    PixelForm,
    Samples,
    decode_frame,
    native_bytes,
    shaped,
)

LOSSLESS_COLOUR_BY_PIXEL = 0
RAW_VRS: Mapping[str, int] = {vr: size for vr, size in WORD_BYTES.items() if vr[0] == "O"}
"""Values that pydicom hands through as bytes, whatever the order of the file."""
PIXEL_WORD_BITS = 8


@dataclass(frozen=True, kw_only=True)
class FrameTranscoding:
    """One frame, and the syntax it is wanted in."""

    job: FrameJob
    transfer_syntax_uid: str


@dataclass(frozen=True, kw_only=True)
class ObjectTranscoding:
    """A whole Part 10 file, the form of its pixels (None when it has none), and the syntax wanted."""

    source: bytes
    form: PixelForm | None
    number_of_frames: int
    transfer_syntax_uid: str


def transcoded_frame(work: FrameTranscoding) -> bytes | Fault | None:
    """The frame natively or as a stream; why it cannot be read, or None when it cannot be so encoded."""
    form = work.job.form
    if isinstance(form, Fault):
        return form
    try:
        samples = samples_of_job(form, work.job)
        if work.transfer_syntax_uid == EXPLICIT_LITTLE_ENDIAN:
            return native_bytes(form, samples)
        return encoded(samples, _plain(form), work.transfer_syntax_uid)
    except FrameFault as refused:
        return refused.fault
    except NotEncodable:
        return None
    except MemoryError:
        return Fault.TOO_LARGE


def transcoded_object(work: ObjectTranscoding) -> bytes | Fault | None:
    """The Part 10 file in that syntax; why it cannot be read, or None when it cannot be so encoded."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(work.source), force=True)
        big = str(dataset.file_meta.TransferSyntaxUID) == ExplicitVRBigEndian
        if work.form is not None:
            _recode(dataset, work, work.form)
        if big:
            _turn(dataset, pixels_too=work.form is None or not _coded(work.form, work))
        dataset.file_meta.TransferSyntaxUID = UID(work.transfer_syntax_uid)
        out = io.BytesIO()
        pydicom.dcmwrite(out, dataset, enforce_file_format=True, implicit_vr=False, little_endian=True)
        return out.getvalue()
    except FrameFault as refused:
        return refused.fault
    except NotEncodable:
        return None
    except MemoryError:
        return Fault.TOO_LARGE
    except DECODE_FAULTS:
        return Fault.UNDECODABLE


def _coded(form: PixelForm, work: ObjectTranscoding) -> bool:
    """Whether the pixels are decoded or encoded on the way; native ones to native ones are not."""
    return not form.native or work.transfer_syntax_uid != EXPLICIT_LITTLE_ENDIAN


def _recode(dataset: Dataset, work: ObjectTranscoding, form: PixelForm) -> None:
    if not _coded(form, work):
        return
    frames = _frames(dataset, form, work.number_of_frames)
    syntax = work.transfer_syntax_uid
    if syntax == EXPLICIT_LITTLE_ENDIAN:
        value = b"".join(native_bytes(form, samples) for samples in frames)
        _set_pixels(dataset, form, value + b"\0" * (len(value) % 2))
    else:
        streams = [encoded(samples, _plain(form), syntax) for samples in frames]
        dataset.PixelData = encapsulate(streams)
        dataset["PixelData"].VR = "OB"
        if form.samples_per_pixel > 1:
            dataset.PlanarConfiguration = LOSSLESS_COLOUR_BY_PIXEL
    dataset[form.pixel_keyword].is_undefined_length = syntax != EXPLICIT_LITTLE_ENDIAN
    dataset.PhotometricInterpretation = photometric_after(form, syntax)
    for table in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if table in dataset:
            del dataset[table]


def _set_pixels(dataset: Dataset, form: PixelForm, value: bytes) -> None:
    setattr(dataset, form.pixel_keyword, value)
    if form.pixel_keyword == "PixelData":
        dataset["PixelData"].VR = "OW" if form.bits_allocated > PIXEL_WORD_BITS else "OB"


def _frames(dataset: Dataset, form: PixelForm, count: int) -> Iterator[Samples]:
    """The exact samples of each frame in turn."""
    if not form.native:
        made = 0
        table = (dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths"))
        offsets = (table[0], table[1]) if table[0] and table[1] else None
        for frame in generate_frames(dataset.PixelData, number_of_frames=count, extended_offsets=offsets):
            if made < count:
                yield decode_frame(form, frame)
            made += 1
        if made < count:
            raise FrameFault(Fault.TRUNCATED)
        return
    decoder = get_decoder(UID(form.transfer_syntax_uid))
    for index in range(count):
        samples, _ = decoder.as_array(dataset, index=index, raw=True)
        yield shaped(form, samples)


def _plain(form: PixelForm) -> PixelForm:
    """The form of decoded samples, before a colour transform and by pixel."""
    colour = photometric_after(form, EXPLICIT_LITTLE_ENDIAN)
    return replace(form, photometric_interpretation=colour, planar_configuration=LOSSLESS_COLOUR_BY_PIXEL)


def _turn(dataset: Dataset, *, pixels_too: bool) -> None:
    """Values of raw words from big to little endian, in the data set and in its items."""
    waiting: list[Dataset] = [dataset]
    while waiting:
        for element in waiting.pop():
            if element.VR == "SQ":
                waiting += element.value
            elif element.VR in RAW_VRS and (pixels_too or element.keyword != "PixelData"):
                element.value = _turned(element.value, RAW_VRS[element.VR], dataset, element.keyword)


def _turned(value: Any, size: int, dataset: Dataset, keyword: str) -> Any:
    if keyword == "PixelData":
        size = max(size, int(dataset.BitsAllocated) // PIXEL_WORD_BITS)
    return in_little_endian(value, size) if isinstance(value, bytes) and len(value) % size == 0 else value
