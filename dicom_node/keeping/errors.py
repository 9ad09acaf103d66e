"""Why an object is not taken though nothing is wrong with it, or not given out.

`status.py` turns these into DIMSE statuses.
"""

from config.kernel.errors import Conflict, Unavailable


class OverQuota(Unavailable):
    """The institution's storage quota is used up."""

    code = "dicom.over_quota"


class ObjectDamaged(Conflict):
    """The stored object is damaged and no whole copy of it is known, so it is not given out."""

    code = "dicom.object_damaged"
