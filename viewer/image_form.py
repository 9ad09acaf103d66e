"""How the frames of an object are meant to be seen, read from its DICOM JSON. Pure.

Classic attributes and the functional groups of enhanced multi-frame objects (PS3.3 C.7.6.16) are
read alike: per-frame group, then shared group, then the data set itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from viewer.attributes import NOTHING, Attributes, integer, item, items, number, numbers, text, texts
from viewer.geometry import Orientation, Vector
from viewer.luts import BulkReader, Lut, no_bulk, palette_of, sequence_lut
from viewer.overlays import Plane, planes_of
from viewer.pixels import Fault, PixelForm, form_of
from viewer.shutters import Shutter, shutter_of
from viewer.suv import suv_factor
from viewer.video_syntaxes import VIDEO_CODECS

LOSSY_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55, 81))
SUPPLEMENTED = frozenset({"COLOR", "MIXED"})
"""Pixel Presentation of grey images whose highest values are indices of colours (C.8.16.2, C.7.6.19)."""
STORED_VALUES_SHOWN = frozenset(f"1.2.840.10008.5.1.4.1.1.12.{number}" for number in ("1", "2", "3"))
"""X-ray angiography, fluoroscopy and biplane: their modality LUT leads from stored values back to the
intensity of the beam (A.14.3, A.16.3). It is not for display, and windows are in stored values.
"""
CENTIMETRES = 3
TWO_DIMENSIONAL = 1
MM_PER_CM = 10.0
MS_PER_SECOND = 1000.0
FRAME_TIMES_MAX = 32
FRAMES_MAX = 20_000
SpacingSource = Literal["pixel", "imager", "ultrasound"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(_Value):
    """One VOI window (C.11.2.1.2): centre and width in output units of the modality LUT."""

    center: float
    width: float
    explanation: str


class Spacing(_Value):
    """Distance of neighbouring pixels: `row_mm` down, `column_mm` across, and whose distance it is.

    "pixel": Pixel Spacing (10.7.1); "imager": at the detector, larger than in the patient;
    "ultrasound": the only two-dimensional region's calibration (C.8.5.5).
    """

    row_mm: float
    column_mm: float
    source: SpacingSource


class ImageForm(_Value):
    """All that frames of one look share. Values are those of the standard's attributes.

    `pixel_aspect`: width of a pixel over its height, where only their ratio is known (C.7.6.3.1.7).
    `orientation`: Image Orientation (Patient). `padding`: stored values [low, high] outside the
    image (C.7.5.1.1.2). `inverse`: low values are bright. `suv_factor`: SUVbw in g/ml for each unit of
    a rescaled value. `lossy`: the stored object had already lost detail when it came.
    """

    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    signed: bool
    floating: bool
    padding: tuple[int, int] | None
    rescale_slope: float
    rescale_intercept: float
    rescale_type: str
    windows: tuple[Window, ...]
    voi_lut_function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
    inverse: bool
    palette: Lut | None
    modality_lut: Lut | None
    voi_lut: Lut | None
    spacing: Spacing | None
    pixel_aspect: float | None
    slice_thickness_mm: float | None
    orientation: Orientation | None
    frame_time_ms: float | None
    shutter: Shutter | None
    suv_factor: float | None
    lossy: bool


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What an object says of its video: how many frames, and the time from one to the next if it says so."""

    codec: str
    frames: int
    frame_time_ms: float | None


@dataclass(frozen=True, kw_only=True)
class FrameFacts:
    """One frame: where it is, what it looks like, how its samples are stored (or why it cannot be).

    A video is one stream, and stands as one frame.
    """

    number: int
    position: Vector | None
    form: ImageForm | None
    pixels: PixelForm | Fault
    overlays: tuple[Plane, ...] = ()
    video: VideoFacts | None = None

    @property
    def orientation(self) -> Orientation | None:
        """Image Orientation (Patient) of this frame."""
        return self.form.orientation if self.form is not None else None


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tables that all frames of an object share."""

    palette: Lut | None = None
    modality_lut: Lut | None = None
    voi_lut: Lut | None = None


NO_TABLES = Tables()


def frames_of(
    data: Attributes, transfer_syntax_uid: str, number_of_frames: int, bulk: BulkReader = no_bulk
) -> list[FrameFacts]:
    """The frames of one object in stored order, numbered from 1; `bulk` gives large tables."""
    pixels = form_of(data, transfer_syntax_uid)
    if pixels is Fault.VIDEO:
        return [_video(data, VIDEO_CODECS[transfer_syntax_uid], number_of_frames)]
    if number_of_frames > FRAMES_MAX:
        why = pixels if isinstance(pixels, Fault) else Fault.TOO_LARGE
        return [FrameFacts(number=1, position=None, form=None, pixels=why)]
    shared = item(data, "52009229")
    own = items(data, "52009230")
    offsets = numbers(data, "3004000C")
    tables = _tables(data, pixels, bulk) if isinstance(pixels, PixelForm) else NO_TABLES
    times = _times_ms(data)
    facts: list[FrameFacts] = []
    form: ImageForm | None = None
    for index in range(max(number_of_frames, 1)):
        groups = (own[index] if index < len(own) else NOTHING, shared, data)
        if isinstance(pixels, PixelForm) and (own or form is None):
            form = _image_form(data, groups, pixels, tables)
        facts.append(
            FrameFacts(
                number=index + 1,
                position=position_in(groups, offsets[index] - offsets[0] if index < len(offsets) else None),
                form=_timed(form, times[index + 1] if index + 1 < len(times) else None),
                pixels=pixels,
                overlays=planes_of(data, pixels, index) if isinstance(pixels, PixelForm) else (),
            )
        )
    return facts


def _video(data: Attributes, codec: str, frames: int) -> FrameFacts:
    facts = VideoFacts(codec=codec, frames=max(frames, 1), frame_time_ms=_frame_time_ms(data))
    return FrameFacts(number=1, position=None, form=None, pixels=Fault.VIDEO, video=facts)


def _tables(data: Attributes, pixels: PixelForm, bulk: BulkReader) -> Tables:
    coloured = pixels.photometric_interpretation == "PALETTE COLOR" or text(data, "00089205") in SUPPLEMENTED
    palette = palette_of(data, bulk, signed=pixels.signed) if coloured else None
    stored = text(data, "00080016") in STORED_VALUES_SHOWN
    modality = None if stored else sequence_lut(data, "00283000", bulk, signed=pixels.signed)
    intercept = 0.0 if stored else number(data, "00281052") or 0.0
    voi = sequence_lut(data, "00283010", bulk, signed=pixels.signed or intercept < 0)
    return Tables(palette=palette, modality_lut=modality, voi_lut=voi)


def _image_form(
    data: Attributes, groups: Sequence[Attributes], pixels: PixelForm, tables: Tables
) -> ImageForm:
    stored = text(data, "00080016") in STORED_VALUES_SHOWN
    rescale = NOTHING if stored else nearest_group(groups, "00289145", "00281053")
    slope = number(rescale, "00281053")
    voi = nearest_group(groups, "00289132", "00281050")
    spacing = _spacing(data, groups)
    return ImageForm(
        rows=pixels.rows,
        columns=pixels.columns,
        samples_per_pixel=pixels.samples_per_pixel,
        photometric_interpretation=pixels.photometric_interpretation,
        bits_allocated=pixels.bits_allocated,
        bits_stored=pixels.bits_stored,
        signed=pixels.signed,
        floating=pixels.dtype.kind == "f",
        padding=_padding(data),
        rescale_slope=slope or 1.0,
        rescale_intercept=(number(rescale, "00281052") or 0.0) if slope else 0.0,
        rescale_type=text(rescale, "00281054"),
        windows=_windows(voi),
        voi_lut_function=_voi_function(nearest_group(groups, "00289132", "00281056"), _windows(voi), pixels),
        inverse=_inverse(data, pixels),
        palette=tables.palette,
        modality_lut=tables.modality_lut,
        voi_lut=tables.voi_lut,
        spacing=spacing,
        pixel_aspect=_pixel_aspect(data) if spacing is None else None,
        slice_thickness_mm=number(nearest_group(groups, "00289110", "00180050"), "00180050"),
        orientation=orientation_in(groups),
        frame_time_ms=_frame_time_ms(data),
        shutter=shutter_of(data),
        suv_factor=suv_factor(data),
        lossy=text(data, "00282110") == "01" or pixels.transfer_syntax_uid in LOSSY_SYNTAXES,
    )


def nearest_group(groups: Sequence[Attributes], sequence_tag: str, attribute_tag: str) -> Attributes:
    """The nearest data set that holds the attribute: in its functional group, or at the top level."""
    per_frame, shared, data = groups
    for holder in (item(per_frame, sequence_tag), item(shared, sequence_tag), data):
        if attribute_tag in holder:
            return holder
    return NOTHING


def position_in(groups: Sequence[Attributes], grid_offset_mm: float | None = None) -> Vector | None:
    """Image Position (Patient) of a frame, moved along z by its offset in a grid of doses (C.8.8.3.2)."""
    found = numbers(nearest_group(groups, "00209113", "00200032"), "00200032")
    if len(found) != 3:  # noqa: PLR2004 - x, y, z
        return None
    if grid_offset_mm is None:
        return (found[0], found[1], found[2])
    return (found[0], found[1], found[2] + grid_offset_mm)


def orientation_in(groups: Sequence[Attributes]) -> Orientation | None:
    """Image Orientation (Patient) of a frame."""
    found = numbers(nearest_group(groups, "00209116", "00200037"), "00200037")
    if len(found) != 6:  # noqa: PLR2004 - two directions of three
        return None
    return (found[0], found[1], found[2], found[3], found[4], found[5])


def _windows(voi: Attributes) -> tuple[Window, ...]:
    """Windows that are possible: each is wider than nothing (C.11.2.1.2.1)."""
    names = texts(voi, "00281055")
    pairs = zip(numbers(voi, "00281050"), numbers(voi, "00281051"), strict=False)
    return tuple(
        Window(center=center, width=width, explanation=names[i] if i < len(names) else "")
        for i, (center, width) in enumerate(pairs)
        if width > 0
    )


def _voi_function(
    voi: Attributes, windows: Sequence[Window], pixels: PixelForm
) -> Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]:
    """As named. Windows of fractions cannot be meant as LINEAR, which takes 1 off their width."""
    named = text(voi, "00281056")
    if named == "SIGMOID":
        return "SIGMOID"
    fractions = pixels.dtype.kind == "f" or (bool(windows) and windows[0].width < 1)
    return "LINEAR_EXACT" if named == "LINEAR_EXACT" or fractions else "LINEAR"


def _inverse(data: Attributes, pixels: PixelForm) -> bool:
    """Whether low values are bright. MONOCHROME1 images for presentation say INVERSE too, and mean the
    same by it, once (C.8.11.3.1.2).
    """
    shape = text(data, "20500020")
    if shape in {"IDENTITY", "INVERSE"}:
        return shape == "INVERSE"
    return pixels.photometric_interpretation == "MONOCHROME1"


def _padding(data: Attributes) -> tuple[int, int] | None:
    value = integer(data, "00280120")
    if value is None:
        return None
    limit = integer(data, "00280121")
    other = value if limit is None else limit
    return (min(value, other), max(value, other))


def _spacing(data: Attributes, groups: Sequence[Attributes]) -> Spacing | None:
    """The best known distance of pixels; never a guess."""
    imager = _pair(data, "00181164", "imager")
    pixel = _pair(nearest_group(groups, "00289110", "00280030"), "00280030", "pixel")
    if pixel is not None:
        at_detector = imager is not None and (pixel.row_mm, pixel.column_mm) == (
            imager.row_mm,
            imager.column_mm,
        )
        return imager if at_detector else pixel
    return imager or _ultrasound(data)


def _pair(data: Attributes, tag: str, source: SpacingSource) -> Spacing | None:
    found = numbers(data, tag)
    if len(found) != 2 or min(found) <= 0:  # noqa: PLR2004 - down and across
        return None
    return Spacing(row_mm=found[0], column_mm=found[1], source=source)


def _pixel_aspect(data: Attributes) -> float | None:
    """From Pixel Aspect Ratio: the vertical size first (C.7.6.3.1.7)."""
    found = numbers(data, "00280034")
    if len(found) != 2 or min(found) <= 0:  # noqa: PLR2004 - down and across
        return None
    return found[1] / found[0]


def _ultrasound(data: Attributes) -> Spacing | None:
    """The spacing on which all two-dimensional regions in centimetres agree, else None."""
    regions = [r for r in items(data, "00186011") if integer(r, "00186012") == TWO_DIMENSIONAL]
    found = {
        (abs(number(r, "0018602E") or 0.0), abs(number(r, "0018602C") or 0.0))
        for r in regions
        if integer(r, "00186024") == integer(r, "00186026") == CENTIMETRES
    }
    if len(found) != 1 or len(regions) != 1:
        return None
    down, across = found.pop()
    if down <= 0 or across <= 0:
        return None
    return Spacing(row_mm=down * MM_PER_CM, column_mm=across * MM_PER_CM, source="ultrasound")


def _frame_time_ms(data: Attributes) -> float | None:
    """Time between frames when played: as recommended, else as acquired (C.7.6.5.1.1, C.7.6.5.1.2)."""
    recommended = number(data, "00082144")
    if recommended is not None and recommended > 0:
        return MS_PER_SECOND / recommended
    if (time_ms := number(data, "00181063")) is not None and time_ms > 0:
        return time_ms
    if usual := sorted(one for one in numbers(data, "00181065") if one > 0):
        return usual[len(usual) // 2]
    rate = number(data, "00180040")
    return MS_PER_SECOND / rate if rate is not None and rate > 0 else None


def _times_ms(data: Attributes) -> Sequence[float]:
    """Frame Time Vector: the time from the frame before, for each frame, where that is how to play them.

    Nothing when all are alike, or when there are so many different ones that forms would not be shared.
    """
    times = [float(round(time_ms)) for time_ms in numbers(data, "00181065")]
    few = 1 < len(set(times[1:])) <= FRAME_TIMES_MAX
    fixed = number(data, "00082144") or number(data, "00181063")
    return times if few and not fixed else ()


def _timed(form: ImageForm | None, time_ms: float | None) -> ImageForm | None:
    if form is None or time_ms is None or time_ms <= 0:
        return form
    return form.model_copy(update={"frame_time_ms": time_ms})
