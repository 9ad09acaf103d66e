"""Marks and looks as softcopy presentation states (PS3.3 A.33.1, A.33.2): one for images shown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import ImageCms
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as Items
from pydicom.valuerep import DSfloat

from viewer.attributes import text
from viewer.image_form import ImageForm
from viewer.objects.classes import COLOUR_PRESENTATION, GREY_PRESENTATION
from viewer.objects.header import begun, frame_of, named, reference_item, series_items
from viewer.objects.marked import PLAIN, Filing, Look, Mark, MarkedImage
from viewer.objects.shapes import DRAWN, POINTS, Graphic, flat, graphics_of, label_place

SERIES_NUMBERS = {GREY_PRESENTATION: 9002, COLOUR_PRESENTATION: 9004}
SERIES_DESCRIPTION = "标注 Marks"
LAYER = "MARKS"
LABEL = "LIANZHEN_MARKS"
TEXT_CHARACTERS_MAX = 1024
STATES_MAX = 99
PROFILE_DATE = slice(24, 36)
"""Where an ICC profile says when it was made (ICC.1 7.2.8)."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What images of one presentation state share: series, colour, and what stored values mean."""

    series_instance_uid: str
    colour: bool
    bright_is_low: bool
    slope: float
    intercept: float
    rescale_type: str


def presentations_of(filing: Filing) -> list[FileDataset]:
    """The presentation states of a filing, in the order of their series."""
    states: dict[Alike, list[Mark]] = {}
    for mark in filing.marked(DRAWN):
        image = filing.images[mark.sop_instance_uid]
        states.setdefault(alike(image, image.forms.get(mark.frame_number)), []).append(mark)
    ordered = sorted(states.items(), key=lambda entry: (entry[0].series_instance_uid, repr(entry[0])))
    return [
        presentation(filing, shared, marks, order)
        for order, (shared, marks) in enumerate(ordered[:STATES_MAX], start=1)
    ]


def alike(image: MarkedImage, form: ImageForm | None) -> Alike:
    """What decides which presentation state an image belongs to."""
    table = form is not None and form.modality_lut is not None
    return Alike(
        series_instance_uid=image.reference.series_instance_uid,
        colour=form is not None and (form.samples_per_pixel > 1 or form.palette is not None),
        bright_is_low=form is not None and form.inverse,
        slope=1.0 if form is None or table else form.rescale_slope,
        intercept=0.0 if form is None or table else form.rescale_intercept,
        rescale_type="US" if form is None or not form.rescale_type else form.rescale_type[:64],
    )


def presentation(filing: Filing, shared: Alike, marks: Sequence[Mark], order: int) -> FileDataset:
    """One presentation state."""
    sop_class = COLOUR_PRESENTATION if shared.colour else GREY_PRESENTATION
    made = begun(filing, sop_class, "PR", SERIES_NUMBERS[sop_class], SERIES_DESCRIPTION)
    made.InstanceNumber = filing.number * (STATES_MAX + 1) + order
    made.ContentLabel = LABEL
    made.ContentDescription = f"标注 第{filing.number}版"
    made.ContentCreatorName = filing.person_name
    made.PresentationCreationDate = made.InstanceCreationDate
    made.PresentationCreationTime = made.InstanceCreationTime
    images = {mark.sop_instance_uid: filing.images[mark.sop_instance_uid] for mark in marks}
    made.ReferencedSeriesSequence = related(list(images.values()))
    side = text(next(iter(images.values())).attributes, "00200060")
    made.Laterality = side if side in {"R", "L"} else ""
    look = filing.looks.get(shared.series_instance_uid, PLAIN)
    made.DisplayedAreaSelectionSequence = Items([area(one, look) for one in images.values()])
    made.GraphicLayerSequence = Items([layer()])
    made.GraphicAnnotationSequence = Items([annotation(filing, mark) for mark in marks])
    transform(made, look)
    if shared.colour:
        made.ICCProfile = profile()
    else:
        greys(made, shared, look)
    return named(made)


def related(images: Sequence[MarkedImage]) -> Items:
    """The images that a state applies to (C.11.11)."""
    made = series_items(one.reference for one in images)
    for series in made:
        series.ReferencedImageSequence = series.ReferencedSOPSequence
        del series.ReferencedSOPSequence
    return made


def area(image: MarkedImage, look: Look) -> Dataset:
    """All of an image, as large as it fits; its corners are those that are seen there (C.10.4)."""
    form = next(iter(image.forms.values()), None)
    columns, rows = (form.columns, form.rows) if form is not None else (1, 1)
    around = ([1, 1], [columns, 1], [columns, rows], [1, rows])
    quarters, first = rotation(look), 1 if look.flipped else 0
    made = Dataset()
    made.ReferencedImageSequence = Items([reference_item(image.reference)])
    made.DisplayedAreaTopLeftHandCorner = around[(first - quarters) % 4]
    made.DisplayedAreaBottomRightHandCorner = around[(first + 2 - quarters) % 4]
    made.PresentationSizeMode = "SCALE TO FIT"
    spacing = form.spacing if form is not None else None
    if spacing is None:
        made.PresentationPixelAspectRatio = [1, 1]
    else:
        made.PresentationPixelSpacing = [
            DSfloat(spacing.row_mm, auto_format=True),
            DSfloat(spacing.column_mm, auto_format=True),
        ]
    return made


def layer() -> Dataset:
    """The layer of the marks (C.10.7)."""
    made = Dataset()
    made.GraphicLayer, made.GraphicLayerOrder = LAYER, 1
    return made


def annotation(filing: Filing, mark: Mark) -> Dataset:
    """What is drawn and written for one mark (C.10.5)."""
    image = filing.images[mark.sop_instance_uid]
    made = Dataset()
    made.ReferencedImageSequence = Items(
        [reference_item(image.reference, frame_of(image, mark.frame_number))]
    )
    made.GraphicLayer = LAYER
    said = "\r\n".join(line for line in mark.lines if line)[:TEXT_CHARACTERS_MAX]
    if said:
        made.TextObjectSequence = Items([text_object(mark, said)])
    made.GraphicObjectSequence = Items([graphic_object(one) for one in graphics_of(mark)])
    return made


def text_object(mark: Mark, said: str) -> Dataset:
    """The words beside a mark; at a point they hang on it."""
    made = Dataset()
    made.UnformattedTextValue = said
    made.AnchorPointAnnotationUnits = "PIXEL"
    made.AnchorPoint = list(label_place(mark))
    made.AnchorPointVisibility = "Y" if mark.kind in POINTS else "N"
    return made


def graphic_object(graphic: Graphic) -> Dataset:
    """One figure."""
    made = Dataset()
    made.GraphicAnnotationUnits, made.GraphicDimensions = "PIXEL", 2
    made.NumberOfGraphicPoints = len(graphic.points)
    made.GraphicData = flat(graphic.points)
    made.GraphicType = graphic.kind
    if graphic.kind == "ELLIPSE" or (graphic.points[0] == graphic.points[-1] and len(graphic.points) > 1):
        made.GraphicFilled = "N"
    return made


def rotation(look: Look) -> int:
    """Quarters clockwise before a flip; we flip first, so a flipped picture is turned the other way round."""
    return (-look.quarters if look.flipped else look.quarters) % 4


def transform(made: Dataset, look: Look) -> None:
    """Turned, then flipped (C.10.6)."""
    quarters = rotation(look)
    if quarters or look.flipped:
        made.ImageRotation = quarters * 90
        made.ImageHorizontalFlip = "Y" if look.flipped else "N"


def greys(made: Dataset, shared: Alike, look: Look) -> None:
    """From stored values to the screen: modality LUT, VOI LUT, presentation LUT (C.11.1, C.11.8, C.11.6)."""
    if (shared.slope, shared.intercept) != (1.0, 0.0):
        made.RescaleIntercept = DSfloat(shared.intercept, auto_format=True)
        made.RescaleSlope = DSfloat(shared.slope, auto_format=True)
        made.RescaleType = shared.rescale_type
    if look.window is not None:
        window = Dataset()
        window.WindowCenter = DSfloat(look.window[0], auto_format=True)
        window.WindowWidth = DSfloat(look.window[1], auto_format=True)
        made.SoftcopyVOILUTSequence = Items([window])
    made.PresentationLUTShape = "INVERSE" if shared.bright_is_low != look.inverted else "IDENTITY"


def profile() -> bytes:
    """sRGB, the same bytes at any time."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[PROFILE_DATE] = bytes((0x07, 0xD0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0))
    return bytes(made)
