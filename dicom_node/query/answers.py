"""Rows of the index as the identifiers of C-FIND answers (PS3.4 C.4.1.1.3.2)."""

from collections.abc import Callable, Mapping
from typing import Final

from dicom_node.archive.tables import Series, Study
from dicom_node.intake.elements import dictionary_vr
from dicom_node.query.encoding import Value
from dicom_node.query.identifier import Query
from dicom_node.query.model import AVAILABILITY, LEVEL, RETRIEVE_AE_TITLE, SPECIFIC_CHARACTER_SET, Level
from dicom_node.query.queries import Match

SOP_CLASSES_IN_STUDY: Final = 0x00080062
OF_STUDY: Final[Mapping[int, Callable[[Study], Value]]] = {
    0x00080020: lambda study: study.study_date,
    0x00080030: lambda study: study.study_time,
    0x00080050: lambda study: study.accession_number,
    0x00080061: lambda study: study.modalities,
    0x00080090: lambda study: study.referring_physician_name,
    0x00081030: lambda study: study.study_description,
    0x00100010: lambda study: study.patient_name,
    0x00100020: lambda study: study.patient_id,
    0x00100021: lambda study: study.issuer_of_patient_id,
    0x00100030: lambda study: study.patient_birth_date,
    0x00100040: lambda study: study.patient_sex,
    0x0020000D: lambda study: study.study_instance_uid,
    0x00200010: lambda study: study.study_id,
    0x00201206: lambda study: study.series_count,
    0x00201208: lambda study: study.instance_count,
}
OF_SERIES: Final[Mapping[int, Callable[[Series], Value | None]]] = {
    0x00080060: lambda series: series.modality,
    0x0008103E: lambda series: series.series_description,
    0x00180015: lambda series: series.body_part_examined,
    0x0020000E: lambda series: series.series_instance_uid,
    0x00200011: lambda series: series.series_number,
    0x00201209: lambda series: series.instance_count,
    0x00400244: lambda series: series.performed_procedure_step_start_date,
}
PATIENT_ATTRIBUTES: Final = frozenset(tag for tag in OF_STUDY if tag >> 16 == 0x0010)  # noqa: PLR2004


def answered(query: Query, match: Match, ae_title: str) -> dict[int, tuple[str, Value]]:
    """The elements of one answer: all that were asked for, those that are not known empty."""
    known = _known(query.level, match) | {
        LEVEL: query.level.name,
        RETRIEVE_AE_TITLE: ae_title,
        AVAILABILITY: "ONLINE",
    }
    wanted = {tag: vr for tag, vr in query.wanted.items() if tag & 0xFFFF and tag != SPECIFIC_CHARACTER_SET}
    wanted |= dict.fromkeys((LEVEL, RETRIEVE_AE_TITLE, AVAILABILITY), "")
    return {
        tag: (dictionary_vr(tag), _shown(known[tag])) if tag in known else (vr, "")
        for tag, vr in wanted.items()
    }


def _shown(value: Value | None) -> Value:
    return "" if value is None else value


def _known(level: Level, match: Match) -> dict[int, Value | None]:
    found: dict[int, Value | None] = {
        tag: read(match.study)
        for tag, read in OF_STUDY.items()
        if level > Level.PATIENT or tag in PATIENT_ATTRIBUTES
    }
    if level is Level.PATIENT:
        found |= zip((0x00201200, 0x00201202, 0x00201204), match.totals, strict=True)
    if level is Level.STUDY:
        found[SOP_CLASSES_IN_STUDY] = match.sop_classes
    if match.series is not None:
        found |= {tag: read(match.series) for tag, read in OF_SERIES.items()}
    if match.instance is not None:
        found |= {
            0x00080016: match.instance.sop_class_uid,
            0x00080018: match.instance.sop_instance_uid,
            0x00200013: match.instance.instance_number,
            0x00280008: match.instance.number_of_frames,
            0x00280010: match.instance.rows,
            0x00280011: match.instance.columns,
        }
    return found
