"""Rows of the archive as QIDO-RS results: the attributes of PS3.18 10.6.3.3, always the same set."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from dicom_node.archive.queries import ListedInstance
from dicom_node.archive.tables import Instance, Series, Study
from viewer.attributes import unpacked
from viewer.metadata import instance_address
from viewer.qido_query import Fields

Result: TypeAlias = dict[str, dict[str, Any]]


def _tags(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


STUDY_ATTRIBUTES = _tags(
    """00080005 00080020 00080030 00080050 00080051 00080061 00080080 00080090 00080096 00081030 00081032
    00081048 00081060 00081080 00081110 00100010 00100020 00100021 00100024 00100030 00100032 00100040
    00101000 00101001 00101002 00101005 00101010 00101020 00101030 00101060 00102000 00102110 00102160
    00102180 001021A0 001021B0 001021C0 001021D0 001021F0 00104000 00120062 0020000D 00200010 00321033
    00321060 00321064"""
)
"""Attributes of the Patient, General Study and Patient Study modules (PS3.3 C.7.1, C.7.2)."""
SERIES_ATTRIBUTES = _tags(
    """00080021 00080031 00080060 00080070 00080080 00080081 0008103E 0008103F 00081010 00081040 00081050
    00081070 00081090 00081111 00081250 00180015 00181000 00181020 00181030 00185100 0020000E 00200011
    00200052 00200060 00280108 00280109 00400244 00400245 00400250 00400251 00400253 00400254 00400260
    00400275 00400280"""
)
"""Attributes of the General Series, Frame of Reference and General Equipment modules (C.7.3 to C.7.5)."""
CHARACTER_SET, AVAILABILITY = "00080005", "00080056"


def _one(vr: str, value: object) -> dict[str, Any]:
    return {"vr": vr} if value is None or value == "" else {"vr": vr, "Value": [value]}


def _name(text: str) -> dict[str, Any]:
    groups = dict(zip(("Alphabetic", "Ideographic", "Phonetic"), text.split("="), strict=False))
    return _one("PN", {key: group for key, group in groups.items() if group} or None)


def study_result(study: Study, root: str) -> Result:
    """A study's attributes. `root` is the absolute address of the DICOMweb root."""
    return {
        CHARACTER_SET: _one("CS", "ISO_IR 192"),
        AVAILABILITY: _one("CS", "ONLINE"),
        "00080020": _one("DA", study.study_date),
        "00080030": _one("TM", study.study_time),
        "00080050": _one("SH", study.accession_number),
        "00080061": {"vr": "CS", "Value": study.modalities} if study.modalities else {"vr": "CS"},
        "00080090": _name(study.referring_physician_name),
        "00081030": _one("LO", study.study_description),
        "00081190": _one("UR", f"{root}/studies/{study.study_instance_uid}"),
        "00100010": _name(study.patient_name),
        "00100020": _one("LO", study.patient_id),
        "00100021": _one("LO", study.issuer_of_patient_id),
        "00100030": _one("DA", study.patient_birth_date),
        "00100040": _one("CS", study.patient_sex),
        "0020000D": _one("UI", study.study_instance_uid),
        "00200010": _one("SH", study.study_id),
        "00201206": _one("IS", study.series_count),
        "00201208": _one("IS", study.instance_count),
    }


def series_result(study: Study, series: Series, root: str) -> Result:
    """A series' attributes and the UID of its study."""
    address = f"{root}/studies/{study.study_instance_uid}/series/{series.series_instance_uid}"
    return {
        CHARACTER_SET: _one("CS", "ISO_IR 192"),
        AVAILABILITY: _one("CS", "ONLINE"),
        "00080060": _one("CS", series.modality),
        "0008103E": _one("LO", series.series_description),
        "00081190": _one("UR", address),
        "00180015": _one("CS", series.body_part_examined),
        "0020000D": _one("UI", study.study_instance_uid),
        "0020000E": _one("UI", series.series_instance_uid),
        "00200011": _one("IS", series.series_number),
        "00201209": _one("IS", series.instance_count),
        "00400244": _one("DA", series.performed_procedure_step_start_date),
    }


def instance_result(study: Study, series: Series, instance: Instance | ListedInstance, root: str) -> Result:
    """An instance's attributes and the UIDs of its study and series."""
    address = instance_address(
        root, study.study_instance_uid, series.series_instance_uid, instance.sop_instance_uid
    )
    frames = instance.number_of_frames or None
    return {
        CHARACTER_SET: _one("CS", "ISO_IR 192"),
        "00080016": _one("UI", instance.sop_class_uid),
        "00080018": _one("UI", instance.sop_instance_uid),
        AVAILABILITY: _one("CS", "ONLINE"),
        "00081190": _one("UR", address),
        "00083002": _one("UI", instance.transfer_syntax_uid),
        "0020000D": _one("UI", study.study_instance_uid),
        "0020000E": _one("UI", series.series_instance_uid),
        "00200013": _one("IS", instance.instance_number),
        "00280008": _one("IS", frames),
        "00280010": _one("US", instance.rows),
        "00280011": _one("US", instance.columns),
    }


def with_fields(
    result: Result, metadata_json: bytes, fields: Fields, everything: frozenset[str] | None
) -> Result:
    """`result` and what else was asked for by `includefield`, from one instance's stored metadata.

    `everything` are the attributes of this level, which `all` asks for; None is all there are.
    """
    document = unpacked(metadata_json)
    tags = fields.tags
    if fields.everything:
        tags |= document.keys() if everything is None else everything
    extra = {
        tag: dict(document[tag])
        for tag in tags - result.keys()
        if tag in document and not _holds_bulk(document[tag])
    }
    return dict(sorted((result | extra).items()))


def all_with_fields(
    results: Sequence[Result], stored: Sequence[bytes], fields: Fields, everything: frozenset[str] | None
) -> list[Result]:
    """`with_fields` of each result, from the stored metadata of the same place."""
    return [
        with_fields(result, metadata_json, fields, everything)
        for result, metadata_json in zip(results, stored, strict=True)
    ]


def _holds_bulk(element: Mapping[str, Any]) -> bool:
    """Whether a value lies elsewhere, in this element or in one of its items: a search doesn't say where."""
    if "BulkDataURI" in element:
        return True
    items = element.get("Value", []) if element.get("vr") == "SQ" else []
    return any(_holds_bulk(inner) for item in items for inner in item.values())
