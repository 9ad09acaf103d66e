"""Measurements as a Comprehensive 3D SR document (PS3.3 A.35.13, PS3.16 TID 1500)."""

from collections.abc import Sequence
from itertools import zip_longest

from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items

from viewer.objects import codes
from viewer.objects.classes import COMPREHENSIVE_3D
from viewer.objects.codes import DERIVED, NAMED, VALUE_NAMES, Code, unit_of, value_concept
from viewer.objects.content import (
    CONCEPT,
    CONTAINS,
    CONTEXT,
    INFERRED,
    concept,
    container,
    coordinates,
    language,
    library,
    number,
    observer,
    root,
    uid_reference,
    words,
)
from viewer.objects.header import begun, hierarchy, named
from viewer.objects.marked import Figure, Filing, Mark, MarkedImage, uid_of_mark
from viewer.objects.shapes import MEASURED, Graphic, graphics_of

SERIES_NUMBER = 9003
SERIES_DESCRIPTION = "测量 Measurements"
REGIONS = frozenset({"ellipse", "rectangle"})
TRACKED_AS = "Lianzhen@1"
SECOND_LINE = frozenset({"short", "thorax"})
"""Figures that are measured along the second line of their mark."""


def measurements_of(filing: Filing) -> FileDataset | None:
    """The report of a filing's measurements; None when nothing was measured."""
    marks = [mark for mark in filing.marked(MEASURED) if mark.figures]
    if not marks:
        return None
    made = begun(filing, COMPREHENSIVE_3D, "SR", SERIES_NUMBER, SERIES_DESCRIPTION)
    made.ReferencedPerformedProcedureStepSequence = Items()
    made.PerformedProcedureCodeSequence = Items()
    made.ContentDate, made.ContentTime = made.InstanceCreationDate, made.InstanceCreationTime
    made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag = "COMPLETE", "UNVERIFIED", "FINAL"
    made.AuthorObserverSequence = Items([author(filing)])
    images = {mark.sop_instance_uid: filing.images[mark.sop_instance_uid] for mark in marks}
    made.CurrentRequestedProcedureEvidenceSequence = hierarchy(one.reference for one in images.values())
    before = [one for one in filing.before if one.sop_class_uid == COMPREHENSIVE_3D]
    if before:
        made.PredecessorDocumentsSequence = hierarchy(before)
    used = {code for mark in marks for code in group_codes(mark, images[mark.sop_instance_uid])}
    if any(code.scheme == codes.OURS for code in used):
        made.CodingSchemeIdentificationSequence = Items([our_scheme()])
    modalities = dict.fromkeys(one.modality for one in images.values())
    procedures = dict.fromkeys(codes.PROCEDURES.get(one, codes.IMAGING) for one in modalities)
    root(
        made,
        codes.MEASUREMENT_REPORT,
        "1500",
        [
            language(filing),
            *observer(filing),
            *(concept(CONCEPT, codes.PROCEDURE_REPORTED, one) for one in procedures),
            library(images.values()),
            container(codes.MEASUREMENTS, [group_of(mark, images[mark.sop_instance_uid]) for mark in marks]),
        ],
    )
    return named(made)


def author(filing: Filing) -> Dataset:
    """An item of the Author Observer Sequence (C.17.2)."""
    made = Dataset()
    made.ObserverType, made.PersonName = "PSN", filing.person_name
    made.PersonIdentificationCodeSequence = Items()
    made.InstitutionName = filing.institution_name[:64]
    made.InstitutionCodeSequence = Items()
    return made


def our_scheme() -> Dataset:
    """Whose the private codes are (C.12.1)."""
    made = Dataset()
    made.CodingSchemeDesignator = codes.OURS
    made.CodingSchemeName = "Lianzhen"
    made.CodingSchemeResponsibleOrganization = "Lianzhen"
    return made


def concept_of(mark: Mark, figure: Figure, image: MarkedImage) -> Code:
    """What a figure of a mark measures."""
    if figure.name in VALUE_NAMES:
        return value_concept(figure.unit, image.modality)
    if mark.kind == "bidirectional" and figure.name == "length":
        return NAMED["long"]
    if mark.kind == "cobb" and figure.name == "angle":
        return NAMED["cobb"]
    return NAMED[figure.name]


def group_codes(mark: Mark, image: MarkedImage) -> list[Code]:
    """The concepts that a mark is told in."""
    return [concept_of(mark, figure, image) for figure in mark.figures]


def group_of(mark: Mark, image: MarkedImage) -> Dataset:
    """One mark: a planar region with its figures (TID 1410), or figures with their own lines (TID 1501)."""
    tracked = [
        words(CONTEXT, codes.TRACKING_IDENTIFIER, f"{TRACKED_AS}:{mark.kind}"),
        uid_reference(CONTEXT, codes.TRACKING_UID, uid_of_mark(mark.mark_id)),
    ]
    graphics = graphics_of(mark)
    if mark.kind in REGIONS:
        region = coordinates(CONTAINS, codes.REGION, graphics[0], image, mark.frame_number)
        figures = [numbered(mark, figure, image, ()) for figure in mark.figures]
        return container(codes.GROUP, [*tracked, region, *figures], "1410")
    figures = [
        numbered(mark, figure, image, lines)
        for figure, lines in zip_longest(mark.figures, lines_of(mark, graphics), fillvalue=())
        if isinstance(figure, Figure)
    ]
    return container(codes.GROUP, [*tracked, *figures], "1501")


def lines_of(mark: Mark, graphics: Sequence[Graphic]) -> list[Sequence[Graphic]]:
    """Along which graphics each figure is measured; a line of two diameters is the longer one's own."""
    if mark.kind == "bidirectional":
        by_length = sorted(graphics, key=extent, reverse=True)
        return [by_length[:1], by_length[1:]]
    if mark.kind == "ratio":
        return [
            graphics[1:]
            if figure.name in SECOND_LINE
            else graphics[:1]
            if figure.name == "heart"
            else graphics
            for figure in mark.figures
        ]
    return [graphics for _ in mark.figures]


def extent(graphic: Graphic) -> float:
    """How long a line is in pixels."""
    (x, y), (to_x, to_y) = graphic.points[0], graphic.points[-1]
    return (to_x - x) ** 2 + (to_y - y) ** 2


def numbered(mark: Mark, figure: Figure, image: MarkedImage, lines: Sequence[Graphic]) -> Dataset:
    """One figure as TID 300 has it."""
    derivation = DERIVED.get(figure.name)
    derived = [concept(CONCEPT, codes.DERIVATION, derivation)] if derivation is not None else []
    drawn = [coordinates(INFERRED, codes.PATH, line, image, mark.frame_number) for line in lines]
    return number(concept_of(mark, figure, image), figure.value, unit_of(figure.unit), [*derived, *drawn])
