"""Frames as JPEG or PNG pictures: the work of a decoding process."""

import io
from dataclasses import dataclass

from PIL import Image

from viewer.frame_jobs import FrameJob, samples_of_job
from viewer.image_form import ImageForm
from viewer.pixels import DECODE_FAULTS, Fault, FrameFault, values_of
from viewer.render_query import Region, Wish
from viewer.rendered import rendered
from viewer.thumbnails import aspect

JPEG, PNG = "image/jpeg", "image/png"


@dataclass(frozen=True, kw_only=True)
class PictureJob:
    """A frame, what it is, and how its picture is to look. `region` lies inside of the image."""

    frame: FrameJob
    form: ImageForm
    region: Region
    wish: Wish
    media_type: str


def picture(job: PictureJob) -> bytes | Fault:
    """The picture, or why the frame cannot be shown."""
    stored = job.frame.form
    if isinstance(stored, Fault):
        return stored
    try:
        samples = values_of(stored, samples_of_job(stored, job.frame))
        return _written(_fitted(Image.fromarray(rendered(samples, _wished(job))), job), job)
    except FrameFault as refused:
        return refused.fault
    except MemoryError:
        return Fault.TOO_LARGE
    except DECODE_FAULTS:
        return Fault.UNDECODABLE


def _wished(job: PictureJob) -> ImageForm:
    if job.wish.window is None:
        return job.form
    return job.form.model_copy(update={"windows": (job.wish.window,), "voi_lut_function": job.wish.function})


def _fitted(whole: Image.Image, job: PictureJob) -> Image.Image:
    """The region, its pixels square, as large as the viewport takes it (PS3.18 8.3.5.1.3)."""
    region, wish = job.region, job.wish
    shown = whole.crop((region.left, region.top, region.left + region.width, region.top + region.height))
    if region.mirrored:
        shown = shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if region.upside_down:
        shown = shown.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    if wish.across is None or wish.down is None:
        return shown
    across, down = region.width * aspect(job.form), float(region.height)
    scale = min(wish.across / across, wish.down / down)
    scale = scale if wish.enlarge else min(1.0, scale)
    size = max(1, round(across * scale)), max(1, round(down * scale))
    smaller = size[0] < region.width or size[1] < region.height
    return shown.resize(size, Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR)


def _written(shown: Image.Image, job: PictureJob) -> bytes:
    out = io.BytesIO()
    if job.media_type == PNG:
        shown.save(out, "PNG", compress_level=3)
    else:
        shown.save(out, "JPEG", quality=job.wish.quality, subsampling=0)
    return out.getvalue()
