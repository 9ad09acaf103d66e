"""Softcopy presentation states of anybody, as the client applies them (PS3.3 A.33.1, A.33.2)."""

from collections.abc import Sequence

from viewer.attributes import Attributes, integer, items, number, numbers, text
from viewer.luts import BulkReader, sequence_lut
from viewer.objects.classes import COLOUR_PRESENTATION
from viewer.objects.reading import (
    UNITS,
    finite,
    graphic_of,
    header_of,
    image_names,
    points_of,
    shown_person,
    words_of,
)
from viewer.objects.told import Annotated, Area, Graphic, ImageName, Presentation, Voi, Words
from viewer.shutters import shutter_of

ANNOTATIONS_MAX, OBJECTS_MAX, WINDOWS_MAX, AREAS_MAX = 2_000, 2_000, 500, 2_000
CREATED = ("00700082", "00700083")
FUNCTIONS = {"SIGMOID": "SIGMOID", "LINEAR_EXACT": "LINEAR_EXACT"}
RIGHT_ANGLE = 90


def read_presentation(data: Attributes, series_instance_uid: str, bulk: BulkReader) -> Presentation:
    """What a presentation state asks for. Raises ObjectUnreadable."""
    annotated = items(data, "00700001")
    drawn = [annotation_of(one) for one in annotated[:ANNOTATIONS_MAX]]
    return Presentation(
        header=header_of(data, series_instance_uid, shown_person(data, "00700084"), CREATED),
        label=words_of(data, "00700080"),
        description=words_of(data, "00700081"),
        colour=text(data, "00080016") == COLOUR_PRESENTATION,
        images=related(data),
        quarters=(integer(data, "00700042") or 0) // RIGHT_ANGLE % 4,
        flipped=text(data, "00700041") == "Y",
        areas=areas_of(data),
        rescale_slope=finite(data, "00281053", 1.0) or 1.0,
        rescale_intercept=finite(data, "00281052", 0.0),
        modality_lut=sequence_lut(data, "00283000", bulk, signed=False),
        voi=windows_of(data, bulk),
        presentation_lut=sequence_lut(data, "20500010", bulk, signed=False),
        inverse=text(data, "20500020") == "INVERSE",
        shutter=shutter_of(data),
        annotations=tuple(one for one, _cut in drawn),
        cut=len(annotated) > ANNOTATIONS_MAX or any(cut for _one, cut in drawn),
    )


def related(data: Attributes) -> tuple[ImageName, ...]:
    """The images that a state is for (C.11.11)."""
    return image_names([one for series in items(data, "00081115") for one in items(series, "00081140")])


def areas_of(data: Attributes) -> tuple[Area, ...]:
    """What is shown of which images (C.10.4)."""
    found = []
    for one in items(data, "0070005A")[:AREAS_MAX]:
        first, last = numbers(one, "00700052"), numbers(one, "00700053")
        if len(first) == len(last) == 2:  # noqa: PLR2004 - column and row
            found.append(
                Area(
                    images=image_names(items(one, "00081140")),
                    top_left=(int(first[0]), int(first[1])),
                    bottom_right=(int(last[0]), int(last[1])),
                )
            )
    return tuple(found)


def windows_of(data: Attributes, bulk: BulkReader) -> tuple[Voi, ...]:
    """Windows and tables of which images (C.11.8)."""
    found = []
    for one in items(data, "00283110")[:WINDOWS_MAX]:
        center, width = number(one, "00281050"), number(one, "00281051")
        lut = sequence_lut(one, "00283010", bulk, signed=False)
        if lut is None and (center is None or width is None or width <= 0):
            continue
        found.append(
            Voi(
                images=image_names(items(one, "00081140")),
                center=center,
                width=width,
                function=FUNCTIONS.get(text(one, "00281056"), "LINEAR"),  # type: ignore[arg-type]
                lut=lut,
            )
        )
    return tuple(found)


def annotation_of(data: Attributes) -> tuple[Annotated, bool]:
    """What one annotation draws and writes (C.10.5), and whether something of it is left out."""
    graphics, texts = items(data, "00700009"), items(data, "00700008")
    drawn = [graphic_item(one) for one in graphics[:OBJECTS_MAX]]
    written = [words_item(one) for one in texts[:OBJECTS_MAX]]
    told = Annotated(
        images=image_names(items(data, "00081140")),
        graphics=tuple(one for one in drawn if one is not None),
        words=tuple(one for one in written if one is not None),
    )
    return told, len(told.graphics) < len(graphics) or len(told.words) < len(texts)


def graphic_item(data: Attributes) -> Graphic | None:
    """One graphic object."""
    return graphic_of(
        text(data, "00700023"),
        text(data, "00700005"),
        points_of(data, "00700022"),
        filled=text(data, "00700024") == "Y",
    )


def words_item(data: Attributes) -> Words | None:
    """One text object: in its box, else at its anchor."""
    said = words_of(data, "00700006")
    anchor, corner = point(data, "00700014"), point(data, "00700010")
    anchor_units, box_units = text(data, "00700004"), text(data, "00700003")
    at, units = (corner, box_units) if corner is not None else (anchor, anchor_units)
    if not said or at is None or units not in UNITS:
        return None
    shown = text(data, "00700015") == "Y" and anchor_units == units
    return Words(text=said, units=units, at=at, anchor=anchor if shown else None)  # type: ignore[arg-type]


def point(data: Attributes, tag: str) -> tuple[float, float] | None:
    """One point."""
    found: Sequence[tuple[float, float]] = points_of(data, tag)
    return found[0] if found else None
