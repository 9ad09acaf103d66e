"""What objects say about images, as the client gets it: outside text and numbers, cut to what is shown."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from viewer.geometry import Orientation, Vector
from viewer.luts import Lut
from viewer.shutters import Shutter

GraphicKind = Literal["POINT", "MULTIPOINT", "POLYLINE", "POLYGON", "INTERPOLATED", "CIRCLE", "ELLIPSE"]
Units = Literal["PIXEL", "DISPLAY"]
Algorithm = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", ""]
ContourKind = Literal["POINT", "OPEN_PLANAR", "CLOSED_PLANAR"]


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(_Value):
    """Who made an object, and when (a DICOM date and time). `ours`: it was filed here."""

    sop_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    instance_number: int | None
    manufacturer: str
    author: str
    created: str
    ours: bool


class ImageName(_Value):
    """An image, and those of its frames that are meant; none: all of them."""

    sop_instance_uid: str
    frames: tuple[int, ...]


class KeyObjects(_Value):
    """A Key Object Selection. `rejected`: its images are not to be used; the title says why."""

    header: Header
    title: str
    description: str
    rejected: bool
    images: tuple[ImageName, ...]


class Graphic(_Value):
    """One figure: columns and rows in pixels of the image, or shares of the displayed area."""

    kind: GraphicKind
    units: Units
    points: tuple[tuple[float, float], ...]
    filled: bool


class Words(_Value):
    """A text and where it begins; `anchor` is the point that it speaks of."""

    text: str
    units: Units
    at: tuple[float, float]
    anchor: tuple[float, float] | None


class Annotated(_Value):
    """What is drawn and written over some images; none: over all that the state is for."""

    images: tuple[ImageName, ...]
    graphics: tuple[Graphic, ...]
    words: tuple[Words, ...]


class Area(_Value):
    """The part of some images that is shown: columns and rows, from 1, of the corners as they are seen."""

    images: tuple[ImageName, ...]
    top_left: tuple[int, int]
    bottom_right: tuple[int, int]


class Voi(_Value):
    """The window or table of some images; none: of all that the state is for."""

    images: tuple[ImageName, ...]
    center: float | None
    width: float | None
    function: Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]
    lut: Lut | None


class Presentation(_Value):
    """A softcopy presentation state. `quarters` clockwise, then `flipped` left to right (PS3.3 C.10.6).

    Stored values go through `modality_lut` or the rescale, one of `voi`, then `presentation_lut` or, where
    `inverse`, upside down.
    """

    header: Header
    label: str
    description: str
    colour: bool
    images: tuple[ImageName, ...]
    quarters: int
    flipped: bool
    areas: tuple[Area, ...]
    rescale_slope: float
    rescale_intercept: float
    modality_lut: Lut | None
    voi: tuple[Voi, ...]
    presentation_lut: Lut | None
    inverse: bool
    shutter: Shutter | None
    annotations: tuple[Annotated, ...]
    cut: bool


class Figure(_Value):
    """One number of a measurement; empty `value`: the document does not say it."""

    name: str
    derivation: str
    value: str
    unit: str


class Placed(_Value):
    """A figure on an image."""

    image: ImageName
    graphic: Graphic


class Measurement(_Value):
    """A measurement group: what it is called, its figures, what it found, and where it lies."""

    tracking_uid: str
    tracking_identifier: str
    finding: str
    site: str
    figures: tuple[Figure, ...]
    statements: tuple[str, ...]
    places: tuple[Placed, ...]


class Line(_Value):
    """One content item of a document: how deep it stands, what it is called, what it says, what it shows."""

    depth: int
    name: str
    value: str
    images: tuple[ImageName, ...]


class Report(_Value):
    """A structured report: its lines in order, and its measurements when it has groups of them."""

    header: Header
    title: str
    completion: str
    verification: str
    measurements: tuple[Measurement, ...]
    lines: tuple[Line, ...]
    cut: bool


class Segment(_Value):
    """One segment of a segmentation (PS3.3 C.8.20.4): what it is, who drew it, in how many frames it lies.

    `colour`: `#rrggbb` of its Recommended Display CIELab Value, or in the palette of a label map, or empty.
    `frames`: of a label map all of them, since only its pixels tell which.
    """

    number: int
    label: str
    category: str
    property_type: str
    algorithm: Algorithm
    algorithm_name: str
    algorithm_version: str
    colour: str
    frames: int


class Segmentation(_Value):
    """A segmentation (PS3.3 A.51): its segments, not yet their pixels.

    `series`: the series that it says it segments. `fractional`: its pixels are shares, not yes or no.
    """

    header: Header
    label: str
    description: str
    model: str
    fractional: bool
    frame_of_reference_uid: str
    series: tuple[str, ...]
    segments: tuple[Segment, ...]


class MaskFrame(_Value):
    """A frame of a segmentation: which segments it shows, and where it lies; only in a label map several.

    `images`: what it was derived from. `position`, `orientation` and `spacing_mm` (down, across) are those of
    its own grid, in millimetres in the patient; None where it does not say.
    """

    segments: tuple[int, ...]
    images: tuple[ImageName, ...]
    position: Vector | None
    orientation: Orientation | None
    spacing_mm: tuple[float, float] | None


class MaskFrames(_Value):
    """All frames of a segmentation in stored order, of one size. A fractional pixel is full at `maximum`.

    `label_map`: each pixel is the number of its segment (PS3.3 C.8.20.2.3).
    """

    rows: int
    columns: int
    fractional: bool
    label_map: bool
    maximum: int
    frame_of_reference_uid: str
    frames: tuple[MaskFrame, ...]


class Roi(_Value):
    """A region of a structure set (PS3.3 C.8.8.5, C.8.8.6, C.8.8.8). `colour`: `#rrggbb`, or empty.

    `interpreted_type`: what it means to a plan, as PTV or ORGAN; `algorithm`: how it was outlined.
    """

    number: int
    name: str
    interpreted_type: str
    algorithm: Algorithm
    colour: str
    contours: int


class StructureSet(_Value):
    """A radiotherapy structure set (PS3.3 A.19.3): its regions, not yet their contours.

    `left_out`: contours of kinds that lie in no plane, or that break their own rules.
    """

    header: Header
    label: str
    description: str
    model: str
    approval: str
    series: tuple[str, ...]
    frame_of_reference_uids: tuple[str, ...]
    rois: tuple[Roi, ...]
    left_out: int


class Contour(_Value):
    """One contour in the patient: x, y, z, x and so on in millimetres. `images`: those it was drawn on."""

    roi: int
    kind: ContourKind
    frame_of_reference_uid: str
    images: tuple[ImageName, ...]
    points: tuple[float, ...]


class Contours(_Value):
    """The contours of a structure set, in their order."""

    contours: tuple[Contour, ...]


class Document(_Value):
    """An encapsulated document (PS3.3 A.45): `kind` is what its code means, `media_type` how it is sent."""

    header: Header
    title: str
    kind: str
    media_type: str


class Unreadable(_Value):
    """An object that could not be read, and the code of the reason."""

    sop_instance_uid: str
    series_instance_uid: str
    code: str


class StudyObjects(_Value):
    """All objects of a study that say something about images. `more`: there are others that were left out."""

    key_objects: tuple[KeyObjects, ...]
    presentations: tuple[Presentation, ...]
    reports: tuple[Report, ...]
    segmentations: tuple[Segmentation, ...]
    structure_sets: tuple[StructureSet, ...]
    documents: tuple[Document, ...]
    unreadable: tuple[Unreadable, ...]
    more: bool
