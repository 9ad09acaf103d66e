"""Content items of documents (PS3.3 C.17.3), as TID 1001, 1204, 300, 1410 and 1501 put them together."""

from collections.abc import Iterable, Sequence

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.valuerep import DSfloat

from viewer.objects import codes
from viewer.objects.codes import Code, coded
from viewer.objects.header import frame_of, reference_item
from viewer.objects.marked import Filing, MarkedImage
from viewer.objects.shapes import Graphic, flat

CONTAINS, CONCEPT, CONTEXT = "CONTAINS", "HAS CONCEPT MOD", "HAS OBS CONTEXT"
INFERRED, SELECTED = "INFERRED FROM", "SELECTED FROM"
TEXT_CHARACTERS_MAX = 1024


def item(
    relationship: str, value_type: str, name: Code | None = None, children: Sequence[Dataset] = ()
) -> Dataset:
    """A content item without its value."""
    made = Dataset()
    made.RelationshipType, made.ValueType = relationship, value_type
    if name is not None:
        made.ConceptNameCodeSequence = coded(name)
    if children:
        made.ContentSequence = Items(children)
    return made


def root(made: Dataset, title: Code, template: str, children: Sequence[Dataset]) -> None:
    """Make the data set itself the container of its document."""
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = coded(title)
    made.ContentTemplateSequence = Items([template_item(template)])
    made.ContentSequence = Items(children)


def template_item(identifier: str) -> Dataset:
    """Which template of PS3.16 a container follows."""
    made = Dataset()
    made.MappingResource, made.TemplateIdentifier = "DCMR", identifier
    return made


def container(name: Code, children: Sequence[Dataset], template: str = "") -> Dataset:
    """A container within a document."""
    made = item(CONTAINS, "CONTAINER", name, children)
    made.ContinuityOfContent = "SEPARATE"
    if template:
        made.ContentTemplateSequence = Items([template_item(template)])
    return made


def words(relationship: str, name: Code, said: str) -> Dataset:
    """A TEXT item."""
    made = item(relationship, "TEXT", name)
    made.TextValue = said[:TEXT_CHARACTERS_MAX]
    return made


def concept(relationship: str, name: Code, value: Code) -> Dataset:
    """A CODE item."""
    made = item(relationship, "CODE", name)
    made.ConceptCodeSequence = coded(value)
    return made


def uid_reference(relationship: str, name: Code, uid: str) -> Dataset:
    """A UIDREF item."""
    made = item(relationship, "UIDREF", name)
    made.UID = uid
    return made


def image_item(
    relationship: str, image: MarkedImage, frame_number: int | None, name: Code | None = None
) -> Dataset:
    """An IMAGE item; the frame is said where the image has several."""
    made = item(relationship, "IMAGE", name)
    made.ReferencedSOPSequence = Items([reference_item(image.reference, frame_number)])
    return made


def coordinates(
    relationship: str, name: Code, graphic: Graphic, image: MarkedImage, frame_number: int
) -> Dataset:
    """An SCOORD item, selected from its image."""
    source = image_item(SELECTED, image, frame_of(image, frame_number), codes.SOURCE_IMAGE)
    made = item(relationship, "SCOORD", name, [source])
    made.GraphicType, made.GraphicData = graphic.kind, flat(graphic.points)
    return made


def number(name: Code, value: float, unit: Code, children: Sequence[Dataset]) -> Dataset:
    """A NUM item."""
    made = item(CONTAINS, "NUM", name, children)
    measured = Dataset()
    measured.NumericValue = DSfloat(value, auto_format=True)
    measured.FloatingPointValue = float(value)
    measured.MeasurementUnitsCodeSequence = coded(unit)
    made.MeasuredValueSequence = Items([measured])
    return made


def observer(filing: Filing) -> list[Dataset]:
    """Who says all this: the person and where they work (TID 1001, 1003)."""
    name = item(CONTEXT, "PNAME", codes.PERSON_NAME)
    name.PersonName = filing.person_name
    where = [words(CONTEXT, codes.ORGANIZATION, filing.institution_name)] if filing.institution_name else []
    return [concept(CONTEXT, codes.OBSERVER_TYPE, codes.PERSON), name, *where]


def language(filing: Filing) -> Dataset:
    """The language of what follows (TID 1204)."""
    return concept(CONCEPT, codes.LANGUAGE, codes.LANGUAGES.get(filing.language, codes.LANGUAGES["en"]))


def library(images: Iterable[MarkedImage]) -> Dataset:
    """The images that a report speaks of (TID 1600)."""
    listed = [image_item(CONTAINS, one, None) for one in images]
    return container(codes.IMAGE_LIBRARY, [container(codes.LIBRARY_GROUP, listed)], "1600")
