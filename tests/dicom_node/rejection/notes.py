"""Key Object Selections by pydicom: rejection notes and others."""

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from tests.dicom_node.objects import a_ct

KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
QUALITY, PATIENT_SAFETY, WORKLIST, RETENTION = "113001", "113037", "113038", "113039"
OF_INTEREST = "113000"


def coded(value: str, scheme: str = "DCM") -> Dataset:
    """A coded entry."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "a title"
    return item


def evidence(objects: Sequence[Dataset]) -> list[Dataset]:
    """Studies, series and objects as a selection names them (PS3.3 C.17.2.1)."""
    studies: dict[str, Dataset] = {}
    series: dict[str, Dataset] = {}
    for one in objects:
        study = studies.setdefault(one.StudyInstanceUID, Dataset())
        study.StudyInstanceUID = one.StudyInstanceUID
        study.setdefault("ReferencedSeriesSequence", [])
        if one.SeriesInstanceUID not in series:
            series[one.SeriesInstanceUID] = Dataset()
            series[one.SeriesInstanceUID].SeriesInstanceUID = one.SeriesInstanceUID
            series[one.SeriesInstanceUID].ReferencedSOPSequence = []
            study.ReferencedSeriesSequence.append(series[one.SeriesInstanceUID])
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
        series[one.SeriesInstanceUID].ReferencedSOPSequence.append(item)
    return list(studies.values())


def a_selection(
    title: str, objects: Sequence[Dataset], scheme: str = "DCM", **attributes: Any
) -> dict[str, Any]:
    """Attributes of a Key Object Selection about these objects, in the study of the first."""
    return {
        "SOPClassUID": KEY_OBJECTS,
        "StudyInstanceUID": objects[0].StudyInstanceUID if objects else generate_uid(),
        "Modality": "KO",
        "ConceptNameCodeSequence": [coded(title, scheme)],
        "CurrentRequestedProcedureEvidenceSequence": evidence(objects),
        **dict.fromkeys(("Rows", "Columns", "PixelData", "BitsAllocated", "SamplesPerPixel")),
        **attributes,
    }


def a_note(title: str, objects: Sequence[Dataset], **attributes: Any) -> Dataset:
    """The selection as a data set."""
    return a_ct(**a_selection(title, objects, **attributes))
