"""Why an object is not taken though nothing is wrong with it. `status.py` turns these into DIMSE statuses."""

from config.kernel.errors import Unavailable


class OverQuota(Unavailable):
    """The institution's storage quota is used up."""

    code = "dicom.over_quota"
