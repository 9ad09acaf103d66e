"""Structure sets of anybody, as the client shows them (PS3.3 A.19.3, C.8.8.5, C.8.8.6, C.8.8.8). Pure."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import cast, get_args

from viewer.attributes import Attributes, integer, items, numbers, text
from viewer.luts import BULK, BulkReader
from viewer.objects.colours import rgb_colour
from viewer.objects.reading import COORDINATE_MAX, header_of, image_names, shown_person, words_of
from viewer.objects.region_errors import RegionsMissing, RegionsTooLarge
from viewer.objects.segmentation_read import NAME_CHARACTERS_MAX, algorithm_of, maker_model, uid_of
from viewer.objects.told import Contour, ContourKind, Contours, Roi, StructureSet

ROIS_MAX, CONTOURS_MAX, POINTS_MAX = 1_000, 20_000, 2_000_000
SERIES_MAX = 200
AXES = 3
CREATED = ("30060008", "30060009")
ROI_NUMBER, REFERENCED_ROI = "30060022", "30060084"
KINDS = frozenset(get_args(ContourKind))


def read_structure_set(data: Attributes, series_instance_uid: str, bulk: BulkReader) -> StructureSet:
    """The regions of a structure set, without their contours.

    `bulk` reads contours too long for metadata. Raises ObjectUnreadable, RegionsMissing or RegionsTooLarge.
    """
    drawn, left_out = all_contours(data, bulk)
    counted = Counter(one.roi for one in drawn)
    told = {integer(one, REFERENCED_ROI): one for one in items(data, "30060080")}
    colours = {integer(one, REFERENCED_ROI): rgb_colour(one, "3006002A") for one in items(data, "30060039")}
    rois = [
        Roi(
            number=number,
            name=words_of(one, "30060026")[:NAME_CHARACTERS_MAX],
            interpreted_type=words_of(told.get(number, {}), "300600A4")[:NAME_CHARACTERS_MAX],
            algorithm=algorithm_of(one, "30060036"),
            colour=colours.get(number, ""),
            contours=counted[number],
        )
        for number, one in regions_of(data).items()
    ]
    return StructureSet(
        header=header_of(data, series_instance_uid, shown_person(data, "300E0008"), CREATED),
        label=words_of(data, "30060002") or words_of(data, "30060004"),
        description=words_of(data, "30060006") or words_of(data, "0008103E"),
        model=maker_model(data),
        approval=words_of(data, "300E0002")[:NAME_CHARACTERS_MAX],
        series=tuple(series_of(data)),
        frame_of_reference_uids=tuple(sorted({uid_of(one, "30060024") for one in regions_of(data).values()})),
        rois=tuple(rois),
        left_out=left_out,
    )


def regions_of(data: Attributes) -> dict[int, Attributes]:
    """The Structure Set ROI Sequence by ROI Number (C.8.8.5). Raises RegionsMissing or RegionsTooLarge."""
    told = items(data, "30060020")
    if len(told) > ROIS_MAX:
        raise RegionsTooLarge(rois_max=ROIS_MAX)
    found = {number: one for one in told if (number := integer(one, ROI_NUMBER)) is not None}
    if not found:
        raise RegionsMissing
    return found


def series_of(data: Attributes) -> Iterator[str]:
    """The series that a structure set was drawn on (C.8.8.5)."""
    for frame in items(data, "30060010")[:SERIES_MAX]:
        for study in items(frame, "30060012")[:SERIES_MAX]:
            yield from (uid_of(one, "0020000E") for one in items(study, "30060014")[:SERIES_MAX])


def read_contours(data: Attributes, bulk: BulkReader) -> Contours:
    """All contours that lie in a plane or are a point. Raises RegionsMissing or RegionsTooLarge."""
    return Contours(contours=tuple(all_contours(data, bulk)[0]))


def all_contours(data: Attributes, bulk: BulkReader) -> tuple[list[Contour], int]:
    """The contours of the ROI Contour Sequence (C.8.8.6), and how many of other kinds or broken there are."""
    references = {number: uid_of(one, "30060024") for number, one in regions_of(data).items()}
    found = list[Contour]()
    seen = points = 0
    for roi in items(data, "30060039"):
        number = integer(roi, REFERENCED_ROI)
        for one in items(roi, "30060040"):
            seen += 1
            if number is None or number not in references:
                continue
            contour = contour_of(one, number, references[number], bulk)
            if contour is None:
                continue
            found.append(contour)
            points += len(contour.points) // AXES
            if len(found) > CONTOURS_MAX or points > POINTS_MAX:
                raise RegionsTooLarge(contours_max=CONTOURS_MAX, points_max=POINTS_MAX)
    return found, seen - len(found)


def contour_of(data: Attributes, roi: int, frame_of_reference_uid: str, bulk: BulkReader) -> Contour | None:
    """One contour; None for one of another kind, of no whole points, or that lies nowhere (C.8.8.6.3)."""
    kind = text(data, "30060042")
    if kind not in KINDS:
        return None
    points = coordinates_of(data, bulk)
    whole = len(points) >= AXES and len(points) % AXES == 0
    if not whole or (kind == "POINT" and len(points) != AXES) or max(map(abs, points)) > COORDINATE_MAX:
        return None
    return Contour(
        roi=roi,
        kind=cast("ContourKind", kind),
        frame_of_reference_uid=frame_of_reference_uid,
        images=image_names(items(data, "30060016")),
        points=tuple(points),
    )


def coordinates_of(data: Attributes, bulk: BulkReader) -> list[float]:
    """Contour Data, from the metadata or, when long, from where it lies in the object; none if broken."""
    element = data.get("30060050", {})
    place = BULK.fullmatch(str(element.get("BulkDataURI", "")))
    if place is None:
        return numbers(data, "30060050")
    try:
        said = bulk(int(place[1]), int(place[2])).decode("ascii").strip("\0 ")
        found = [float(one) for one in said.split("\\")]
    except ValueError:
        return []
    return found if all(map(math.isfinite, found)) else []
