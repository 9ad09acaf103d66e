"""Key images as a Key Object Selection Document (PS3.3 A.35.4, PS3.16 TID 2010)."""

from pydicom.dataset import FileDataset
from pydicom.sequence import Sequence as Items

from viewer.objects import codes
from viewer.objects.classes import KEY_OBJECTS
from viewer.objects.content import CONTAINS, image_item, language, observer, root, words
from viewer.objects.header import begun, frame_of, hierarchy, named
from viewer.objects.marked import Filing
from viewer.objects.shapes import KEY

SERIES_NUMBER = 9001
SERIES_DESCRIPTION = "关键图像 Key images"


def key_objects_of(filing: Filing) -> FileDataset | None:
    """The selection of a filing's key images; None when it has none.

    The IOD has no place for a predecessor (C.17.6.2): a later selection of the same series has the
    higher Instance Number and says in its description which one it is.
    """
    marks = filing.marked(frozenset({KEY}))
    if not marks:
        return None
    made = begun(filing, KEY_OBJECTS, "KO", SERIES_NUMBER, SERIES_DESCRIPTION)
    made.ReferencedPerformedProcedureStepSequence = Items()
    made.ContentDate, made.ContentTime = made.InstanceCreationDate, made.InstanceCreationTime
    images = [filing.images[mark.sop_instance_uid] for mark in marks]
    made.CurrentRequestedProcedureEvidenceSequence = hierarchy(image.reference for image in images)
    shown = [
        image_item(CONTAINS, image, frame_of(image, mark.frame_number))
        for mark, image in zip(marks, images, strict=True)
    ]
    root(
        made,
        codes.OF_INTEREST,
        "2010",
        [language(filing), *observer(filing), words(CONTAINS, codes.KEY_DESCRIPTION, said(filing)), *shown],
    )
    return named(made)


def said(filing: Filing) -> str:
    """What the selection says of itself: which filing it is, and the words of its marks."""
    title = (
        f"关键图像 第{filing.number}版" if filing.language == "zh" else f"Key images, version {filing.number}"
    )
    spoken = [line for mark in filing.marked(frozenset({KEY})) for line in mark.lines if line]
    return "\n".join([title, *dict.fromkeys(spoken)])
