"""Why an object is refused at the door. `status.py` turns these into DIMSE statuses.

`fault` is a short English phrase naming the broken rule, `tag` the element "(gggg,eeee)", `offset`
the place in the data set. None of them holds a value from the object: values may be a patient's.
"""

from config.kernel.errors import Conflict, Invalid, TooLarge, Unavailable


class NotDicom(Invalid):
    """This is not a DICOM Part 10 file."""

    code = "dicom.not_dicom"


class DatasetTooComplex(TooLarge):
    """The data set has more elements, items or nesting than is accepted."""

    code = "dicom.dataset_too_complex"


class ObjectTooLarge(TooLarge):
    """The object is larger than this archive accepts."""

    code = "dicom.object_too_large"


class AttributeRefused(Invalid):
    """An attribute the archive needs is missing or breaks its rule."""

    code = "dicom.attribute_refused"


class SopClassMismatch(Invalid):
    """The data set is of another SOP class than was announced."""

    code = "dicom.sop_class_mismatch"


class StudyMismatch(Invalid):
    """The object belongs to another study than the one it was sent to."""

    code = "dicom.study_mismatch"


class PixelDataInconsistent(Invalid):
    """The pixel data is shorter than its description says."""

    code = "dicom.pixel_data_inconsistent"


class SameUidOtherContent(Conflict):
    """An object of this SOP Instance UID is already stored with other content; the first is kept."""

    code = "dicom.same_uid_other_content"


class NotStored(Unavailable):
    """The archive could not make the object durable; send it again later."""

    code = "dicom.not_stored"
