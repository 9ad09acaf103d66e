"""One small picture of each series: its middle frame, in WebP."""

import io
import zlib
from dataclasses import dataclass

import imagecodecs
import numpy as np
from PIL import Image

from viewer.frame_records import Encoding, FrameRecord
from viewer.image_form import ImageForm
from viewer.pixels import DECODE_FAULTS, PixelForm, Samples
from viewer.rendered import rendered

SIDE_PIXELS = 192
QUALITY = 80
MEDIA_TYPE = "image/webp"


@dataclass(frozen=True, kw_only=True)
class ThumbnailJob:
    """The record of a frame and what it is."""

    record: FrameRecord
    pixels: PixelForm
    form: ImageForm


def thumbnail(job: ThumbnailJob) -> bytes | None:
    """The picture, at most SIDE_PIXELS on its longer side; None when the frame cannot be shown."""
    try:
        samples = samples_of(job.record, job.pixels)
        if samples is None:
            return None
        picture = Image.fromarray(rendered(samples, job.form))
        across, down = picture.size[0] * aspect(job.form), picture.size[1]
        scale = min(1.0, SIDE_PIXELS / max(across, down))
        small = picture.resize(
            (max(1, round(across * scale)), max(1, round(down * scale))), Image.Resampling.BOX
        )
        out = io.BytesIO()
        small.save(out, "WEBP", quality=QUALITY, method=2)
    except (MemoryError, *DECODE_FAULTS):
        return None
    return out.getvalue()


def samples_of(record: FrameRecord, pixels: PixelForm) -> Samples | None:
    """The exact samples that a record carries."""
    if record.encoding is Encoding.UNREADABLE:
        return None
    if record.encoding is Encoding.HTJ2K:
        return np.asarray(imagecodecs.htj2k_decode(record.payload))
    raw = zlib.decompressobj().decompress(record.payload, pixels.frame_bytes)
    return np.frombuffer(raw, pixels.dtype).reshape(pixels.shape)


def aspect(form: ImageForm) -> float:
    """Width of a pixel in units of its height."""
    if form.spacing is None:
        return form.pixel_aspect or 1.0
    return form.spacing.column_mm / form.spacing.row_mm
