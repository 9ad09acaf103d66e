"""Why a segmentation or a structure set cannot be shown; people read the texts of these codes."""

from config.kernel.errors import Invalid, TooLarge
from viewer.objects.reading import ObjectUnreadable


class NotASegmentation(Invalid):
    """This object is no segmentation."""

    code = "objects.not_a_segmentation"


class NotAStructureSet(Invalid):
    """This object is no structure set."""

    code = "objects.not_a_structure_set"


class SegmentsMissing(ObjectUnreadable):
    """A segmentation names no segments, or one twice."""

    code = "objects.segments_missing"


class MaskKindUnknown(ObjectUnreadable):
    """The pixels of a segmentation are no BINARY, FRACTIONAL or LABELMAP ones as the standard has them."""

    code = "objects.mask_kind_unknown"


class LabelsUndescribed(ObjectUnreadable):
    """A label map has pixels of segments that it does not describe."""

    code = "objects.labels_undescribed"


class FramesUntold(ObjectUnreadable):
    """A segmentation does not say of each of its frames which segment it shows."""

    code = "objects.frames_untold"


class RegionsMissing(ObjectUnreadable):
    """A structure set has no regions."""

    code = "objects.regions_missing"


class RegionsTooLarge(TooLarge):
    """There are more segments, frames, pixels, contours or points than are shown."""

    code = "objects.regions_too_large"
