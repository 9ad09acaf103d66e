"""Coded concepts (PS3.16) and units of measurement (UCUM) of the objects that are written here."""

import re
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

OURS: Final = "99LIANZHEN"
"""Concepts that no coding scheme of PS3.16 has."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a coding scheme, with its meaning."""

    value: str
    scheme: str
    meaning: str

    def item(self) -> Dataset:
        """The code as an item of a code sequence (PS3.3 8.8)."""
        made = Dataset()
        made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = self.value, self.scheme, self.meaning
        return made


def coded(code: Code) -> Items:
    """A code sequence of one item."""
    return Items([code.item()])


OF_INTEREST = Code("113000", "DCM", "Of Interest")
KEY_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
MEASUREMENT_REPORT = Code("126000", "DCM", "Imaging Measurement Report")
LANGUAGE = Code("121049", "DCM", "Language of Content Item and Descendants")
OBSERVER_TYPE = Code("121005", "DCM", "Observer Type")
PERSON = Code("121006", "DCM", "Person")
PERSON_NAME = Code("121008", "DCM", "Person Observer Name")
ORGANIZATION = Code("121009", "DCM", "Person Observer's Organization Name")
PROCEDURE_REPORTED = Code("121058", "DCM", "Procedure reported")
IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
MEASUREMENTS = Code("126010", "DCM", "Imaging Measurements")
GROUP = Code("125007", "DCM", "Measurement Group")
TRACKING_IDENTIFIER = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID = Code("112040", "DCM", "Tracking Unique Identifier")
REGION = Code("111030", "DCM", "Image Region")
PATH = Code("121055", "DCM", "Path")
SOURCE_IMAGE = Code("121324", "DCM", "Source image")
DERIVATION = Code("121401", "DCM", "Derivation")
LANGUAGES: Final = {"zh": Code("zh", "RFC5646", "Chinese"), "en": Code("en", "RFC5646", "English")}
IMAGING = Code("363679005", "SCT", "Imaging procedure")
PROCEDURES: Final = {
    "CT": Code("77477000", "SCT", "Computed tomography"),
    "MR": Code("113091000", "SCT", "Magnetic resonance imaging"),
}
LENGTH = Code("410668003", "SCT", "Length")
NAMED: Final = {
    "length": LENGTH,
    "time": Code("time", OURS, "Time along the image"),
    "height": Code("121207", "DCM", "Height"),
    "angle": Code("1483009", "SCT", "Angle"),
    "cobb": Code("285285000", "SCT", "Cobb angle"),
    "area": Code("42798000", "SCT", "Area"),
    "long": Code("103339001", "SCT", "Long axis"),
    "short": Code("103340004", "SCT", "Short axis"),
    "ratio": Code("ctr", OURS, "Cardiothoracic ratio"),
    "heart": Code("heart", OURS, "Transverse diameter of heart"),
    "thorax": Code("thorax", OURS, "Transverse diameter of thorax"),
}
DERIVED: Final = {
    "mean": Code("373098007", "SCT", "Mean"),
    "deviation": Code("386136009", "SCT", "Standard Deviation"),
    "min": Code("255605001", "SCT", "Minimum"),
    "max": Code("56851009", "SCT", "Maximum"),
}
VALUE_NAMES: Final = frozenset(DERIVED) | {"value"}
ATTENUATION = Code("112031", "DCM", "Attenuation Coefficient")
UPTAKE = Code("126401", "DCM", "SUVbw")
SIGNAL = Code("110852", "DCM", "MR signal intensity")
PIXEL_VALUE = Code("pixel", OURS, "Rescaled pixel value")
NO_UNITS = Code("1", "UCUM", "no units")
UNITS: Final = {
    "": NO_UNITS,
    "mm": Code("mm", "UCUM", "mm"),
    "mm²": Code("mm2", "UCUM", "mm2"),
    "px": Code("{pixels}", "UCUM", "pixels"),
    "px²": Code("{pixels2}", "UCUM", "square pixels"),
    "°": Code("deg", "UCUM", "degree"),
    "HU": Code("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "SUVbw": Code("g/ml{SUVbw}", "UCUM", "Standardized Uptake Value body weight"),
    "s": Code("s", "UCUM", "s"),
    "cm/s": Code("cm/s", "UCUM", "cm/s"),
    "Hz": Code("Hz", "UCUM", "Hz"),
    "%": Code("%", "UCUM", "percent"),
    "dB": Code("dB", "UCUM", "dB"),
}
NOT_IN_ANNOTATIONS = re.compile(r"[^!#-\[\]-z|~]")
UNIT_CHARACTERS_MAX = 14


def unit_of(shown: str) -> Code:
    """The UCUM code of a unit as the screen shows it; a unit that UCUM has not is an annotation, `{OD}`."""
    known = UNITS.get(shown)
    if known is not None:
        return known
    plain = NOT_IN_ANNOTATIONS.sub("", shown)[:UNIT_CHARACTERS_MAX]
    return Code(f"{{{plain}}}", "UCUM", plain) if plain else NO_UNITS


def value_concept(unit: str, modality: str) -> Code:
    """What the values of an image measure."""
    if unit == "HU":
        return ATTENUATION
    if unit == "SUVbw":
        return UPTAKE
    return SIGNAL if modality == "MR" else PIXEL_VALUE
