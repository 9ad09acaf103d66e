"""Segmentations of anybody, as the client shows them (PS3.3 A.51, C.8.20). Pure: metadata in, values out."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, cast, get_args

from viewer.attributes import Attributes, integer, item, items, numbers, text
from viewer.image_form import nearest_group, orientation_in, position_in
from viewer.luts import BulkReader, Lut, no_bulk, palette_of
from viewer.objects.colours import cielab_colour, palette_colour
from viewer.objects.reading import (
    COORDINATE_MAX,
    UID_CHARACTERS_MAX,
    header_of,
    image_names,
    meaning,
    shown_person,
    words_of,
)
from viewer.objects.region_errors import (
    FramesUntold,
    LabelsUndescribed,
    MaskKindUnknown,
    RegionsTooLarge,
    SegmentsMissing,
)
from viewer.objects.told import Algorithm, ImageName, MaskFrame, MaskFrames, Segment, Segmentation

SEGMENTS_MAX, FRAMES_MAX, SIDE_MAX, PIXELS_MAX = 1_000, 10_000, 16_384, 1 << 29
SERIES_MAX, LABELS_MAX = 200, 200_000
NAME_CHARACTERS_MAX = 200
CREATED = ("00080023", "00080033")
LABELS: Final = "LABELMAP"
BITS: Final = {"BINARY": {1}, "FRACTIONAL": {8}, LABELS: {8, 16}}
"""Bits Allocated that each Segmentation Type may have (C.8.20.2.3)."""
BACKGROUND: Final = 0
"""The number in a label map that means no segment, though an item may describe it."""
FULL = 255
ALGORITHMS = frozenset(get_args(Algorithm))


def read_segmentation(data: Attributes, series_instance_uid: str, bulk: BulkReader = no_bulk) -> Segmentation:
    """What a segmentation segments, without its pixels; `bulk` gives a large palette.

    Raises ObjectUnreadable, the more exact kinds of it in `region_errors`, or RegionsTooLarge: what is told
    can be shown, as far as metadata says.
    """
    told = mask_frames(data)
    counted = (
        Counter(dict.fromkeys(segment_numbers(data), len(told.frames)))
        if told.label_map
        else Counter(one.segments[0] for one in told.frames)
    )
    palette = palette_of(data, bulk) if told.label_map else None
    return Segmentation(
        header=header_of(data, series_instance_uid, shown_person(data, "00700084"), CREATED),
        label=words_of(data, "00700080"),
        description=words_of(data, "00700081") or words_of(data, "0008103E"),
        model=maker_model(data),
        fractional=told.fractional,
        frame_of_reference_uid=told.frame_of_reference_uid,
        series=tuple(uid_of(one, "0020000E") for one in items(data, "00081115")[:SERIES_MAX]),
        segments=tuple(
            segment_of(one, counted, palette)
            for one in items(data, "00620002")
            if integer(one, "00620004") != BACKGROUND
        ),
    )


def maker_model(data: Attributes) -> str:
    """The model of the machine or program that made an object, with its first software version (C.7.5.1)."""
    named = (words_of(data, tag)[:NAME_CHARACTERS_MAX] for tag in ("00081090", "00181020"))
    return " ".join(one for one in named if one)


def uid_of(data: Attributes, tag: str) -> str:
    """A UID, cut to what one can be."""
    return text(data, tag)[:UID_CHARACTERS_MAX]


def algorithm_of(data: Attributes, tag: str) -> Algorithm:
    """How something was outlined; "" where that is not said in the standard's words."""
    said = text(data, tag)
    return cast("Algorithm", said) if said in ALGORITHMS else ""


def segment_of(data: Attributes, counted: Counter[int], palette: Lut | None) -> Segment:
    """One item of the Segment Sequence (C.8.20.4); `counted` frames of each segment."""
    algorithm = item(data, "00620007")
    number = integer(data, "00620004") or 0
    return Segment(
        number=number,
        label=words_of(data, "00620005")[:NAME_CHARACTERS_MAX],
        category=meaning(data, "00620003")[:NAME_CHARACTERS_MAX],
        property_type=meaning(data, "0062000F")[:NAME_CHARACTERS_MAX],
        algorithm=algorithm_of(data, "00620008"),
        algorithm_name=(words_of(data, "00620009") or words_of(algorithm, "00660036"))[:NAME_CHARACTERS_MAX],
        algorithm_version=words_of(algorithm, "00660031")[:NAME_CHARACTERS_MAX],
        colour=cielab_colour(data, "0062000D") or palette_colour(palette, number),
        frames=counted[number],
    )


def segment_numbers(data: Attributes) -> frozenset[int]:
    """The numbers of all segments (C.8.20.2); a label map may describe its background, which is none.

    Raises SegmentsMissing or RegionsTooLarge.
    """
    told = items(data, "00620002")
    if len(told) > SEGMENTS_MAX:
        raise RegionsTooLarge(segments_max=SEGMENTS_MAX)
    found = [integer(one, "00620004") for one in told]
    least = BACKGROUND if text(data, "00620001") == LABELS else BACKGROUND + 1
    numbered = frozenset(one for one in found if one is not None and one >= least)
    if not numbered - {BACKGROUND} or len(numbered) != len(found):
        raise SegmentsMissing
    return numbered - {BACKGROUND}


def mask_frames(data: Attributes) -> MaskFrames:
    """Which segments each frame shows, or may show in a label map, and where it lies (C.8.20.2, C.7.6.16).

    Raises SegmentsMissing, MaskKindUnknown, FramesUntold or RegionsTooLarge.
    """
    segments = segment_numbers(data)
    kind = text(data, "00620001")
    if integer(data, "00280100") not in BITS.get(kind, set()) or (integer(data, "00280002") or 1) != 1:
        raise MaskKindUnknown
    rows, columns = integer(data, "00280010") or 0, integer(data, "00280011") or 0
    count, own = integer(data, "00280008") or 0, items(data, "52009230")
    if min(rows, columns) < 1 or count != len(own):
        raise FramesUntold
    if count > FRAMES_MAX or max(rows, columns) > SIDE_MAX or count * rows * columns > PIXELS_MAX:
        raise RegionsTooLarge(frames_max=FRAMES_MAX, pixels_max=PIXELS_MAX)
    shared = item(data, "52009229")
    labels = tuple(sorted(segments)) if kind == LABELS else ()
    frames = tuple(mask_frame((one, shared, data), labels) for one in own)
    if not labels and not segments.issuperset(one.segments[0] for one in frames):
        raise FramesUntold
    return MaskFrames(
        rows=rows,
        columns=columns,
        fractional=kind == "FRACTIONAL",
        label_map=kind == LABELS,
        maximum=maximum_of(data) if kind == "FRACTIONAL" else 1,
        frame_of_reference_uid=uid_of(data, "00200052"),
        frames=frames,
    )


def labelled(told: MaskFrames, present: Sequence[tuple[int, ...]]) -> MaskFrames:
    """A label map with the numbers that its frames really have.

    Raises LabelsUndescribed where a pixel is of no segment that is described, or RegionsTooLarge.
    """
    pairs = zip(told.frames, present, strict=True)
    if not all(set(found) <= set(described.segments) for described, found in pairs):
        raise LabelsUndescribed
    if sum(map(len, present)) > LABELS_MAX:
        raise RegionsTooLarge(labels_max=LABELS_MAX)
    frames = tuple(
        one.model_copy(update={"segments": found}) for one, found in zip(told.frames, present, strict=True)
    )
    return told.model_copy(update={"frames": frames})


def maximum_of(data: Attributes) -> int:
    """Maximum Fractional Value: the pixel value that means 1 (C.8.20.2.3); of 8 bits, never nothing."""
    return min(max(integer(data, "0062000E") or FULL, 1), FULL)


def mask_frame(groups: Sequence[Attributes], labels: tuple[int, ...] = ()) -> MaskFrame:
    """One frame by its functional groups: its own, the shared ones, the data set. `labels`: of a map."""
    position, orientation = position_in(groups), orientation_in(groups)
    within = position is not None and max(map(abs, position)) <= COORDINATE_MAX
    spacing = numbers(nearest_group(groups, "00289110", "00280030"), "00280030")
    pair = len(spacing) == 2 and 0 < min(spacing) <= max(spacing) <= COORDINATE_MAX  # noqa: PLR2004 - down, across
    return MaskFrame(
        segments=labels or (integer(nearest_group(groups, "0062000A", "0062000B"), "0062000B") or 0,),
        images=source_images(groups),
        position=position if within else None,
        orientation=orientation,
        spacing_mm=(spacing[0], spacing[1]) if pair else None,
    )


def source_images(groups: Sequence[Attributes]) -> tuple[ImageName, ...]:
    """The images that a frame was derived from (C.7.6.16.2.6)."""
    derived = next((one for group in groups[:2] if (one := items(group, "00089124"))), [])
    return image_names([image for one in derived for image in items(one, "00082112")])
