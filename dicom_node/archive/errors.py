"""What the archive may refuse when it is read. Unknown and foreign are told apart by nobody."""

from config.kernel.errors import Conflict, Invalid, NotFound, TooLarge


class StudyNotFound(NotFound):
    """There is no such study, or you may not know of it."""

    code = "dicom.study_not_found"


class SeriesNotFound(NotFound):
    """There is no such series, or you may not know of it."""

    code = "dicom.series_not_found"


class InstanceNotFound(NotFound):
    """There is no such object, or you may not know of it."""

    code = "dicom.instance_not_found"


class FrameNotFound(NotFound):
    """The object has no frame of that number."""

    code = "dicom.frame_not_found"


class FrameNotAddressable(Conflict):
    """The frames of this object cannot be told apart without decoding it."""

    code = "dicom.frame_not_addressable"


class BulkDataNotFound(NotFound):
    """The object has no bulk value at that place."""

    code = "dicom.bulk_data_not_found"


class SeriesTooLong(TooLarge):
    """The series has more objects than one answer can hold."""

    code = "dicom.series_too_long"


class DatasetUnreadable(Invalid):
    """The data set does not follow its transfer syntax."""

    code = "dicom.dataset_unreadable"


class DatasetTruncated(DatasetUnreadable):
    """The data set ends before its elements do."""

    code = "dicom.dataset_truncated"
