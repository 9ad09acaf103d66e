"""SOP classes of the objects that say something about images (PS3.4 B.5)."""

from typing import Final

KEY_OBJECTS: Final = "1.2.840.10008.5.1.4.1.1.88.59"
GREY_PRESENTATION: Final = "1.2.840.10008.5.1.4.1.1.11.1"
COLOUR_PRESENTATION: Final = "1.2.840.10008.5.1.4.1.1.11.2"
COMPREHENSIVE_3D: Final = "1.2.840.10008.5.1.4.1.1.88.34"
PRESENTATIONS: Final = frozenset({GREY_PRESENTATION, COLOUR_PRESENTATION})
REPORTS: Final = frozenset(
    f"1.2.840.10008.5.1.4.1.1.88.{number}"
    for number in (11, 22, 33, 34, 35, 40, 50, 65, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76)
)
"""Documents of PS3.3 A.35 but for key objects and procedure logs of devices."""
SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
LABEL_MAP: Final = "1.2.840.10008.5.1.4.1.1.66.7"
SPECTRA: Final = "1.2.840.10008.5.1.4.1.1.4.2"
SEGMENTATIONS: Final = frozenset({SEGMENTATION, LABEL_MAP})
DOCUMENTS: Final = frozenset(f"1.2.840.10008.5.1.4.1.1.104.{number}" for number in range(1, 6))
"""Encapsulated PDF, CDA, STL, OBJ and MTL."""
NOT_READ_AS_IMAGES: Final = frozenset({SPECTRA})
"""Classes of objects with rows and columns that have no pixels."""
STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
