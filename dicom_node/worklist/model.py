"""The Modality Worklist information model: its keys and what is returned (PS3.4 K.6.1)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dicom_node.intake.elements import dictionary_vr
from dicom_node.query.encoding import Elements, Value
from dicom_node.query.model import SPECIFIC_CHARACTER_SET, Kind
from dicom_node.worklist.tables import WorklistEntry

MODALITY_WORKLIST: Final = "1.2.840.10008.5.1.4.31"
STEP_SEQUENCE: Final = 0x00400100
STATION: Final = 0x00400001
Read = Callable[[WorklistEntry], Value]


@dataclass(frozen=True, slots=True)
class Key:
    """A matching key: the field of `Wanted` that it fills, and the kind of value."""

    field: str
    kind: Kind


KEYS: Final[Mapping[int, Key]] = {
    0x00080050: Key("accession_number", Kind.TEXT),
    0x00100010: Key("patient_name", Kind.NAME),
    0x00100020: Key("patient_id", Kind.TEXT),
    0x00100021: Key("issuer_of_patient_id", Kind.TEXT),
    0x00100030: Key("patient_birth_date", Kind.DATE),
    0x00100040: Key("patient_sex", Kind.TEXT),
    0x0020000D: Key("study_instance_uids", Kind.UIDS),
    0x00401001: Key("requested_procedure_id", Kind.TEXT),
    0x00401003: Key("requested_procedure_priority", Kind.TEXT),
    0x00321032: Key("requesting_physician_name", Kind.NAME),
}
STEP_KEYS: Final[Mapping[int, Key]] = {
    0x00080060: Key("modality", Kind.TEXT),
    STATION: Key("station_ae_title", Kind.TEXT),
    0x00400002: Key("start_date", Kind.DATE),
    0x00400003: Key("start_time", Kind.TIME),
    0x00400006: Key("performing_physician_name", Kind.NAME),
    0x00400009: Key("scheduled_step_id", Kind.TEXT),
    0x00400010: Key("station_name", Kind.TEXT),
    0x00400011: Key("location", Kind.TEXT),
    0x00400020: Key("state", Kind.TEXT),
}
"""The keys inside the one item of Scheduled Procedure Step Sequence."""


def _issuer_of_accession(entry: WorklistEntry) -> tuple[Elements, ...]:
    return ({0x00400031: ("UT", entry.accession_issuer)},) if entry.accession_issuer else ()


OF_ENTRY: Final[Mapping[int, Read]] = {
    0x00080050: lambda entry: entry.accession_number,
    0x00080051: _issuer_of_accession,
    0x00080080: lambda entry: entry.institution_name,
    0x00080090: lambda entry: entry.requesting_physician_name,
    0x00081110: lambda _entry: (),
    0x00081120: lambda _entry: (),
    0x00100010: lambda entry: entry.patient_name,
    0x00100020: lambda entry: entry.patient_id,
    0x00100021: lambda entry: entry.issuer_of_patient_id,
    0x00100030: lambda entry: entry.patient_birth_date,
    0x00100040: lambda entry: entry.patient_sex,
    0x00101030: lambda _entry: "",
    0x00102000: lambda _entry: "",
    0x00102110: lambda _entry: "",
    0x001021C0: lambda _entry: "",
    0x0020000D: lambda entry: entry.study_instance_uid,
    0x00321032: lambda entry: entry.requesting_physician_name,
    0x00321033: lambda entry: entry.requesting_service,
    0x00321060: lambda entry: entry.requested_procedure_description,
    0x00321064: lambda _entry: (),
    0x00380010: lambda _entry: "",
    0x00380050: lambda _entry: "",
    0x00380300: lambda _entry: "",
    0x00380500: lambda _entry: "",
    0x00401001: lambda entry: entry.requested_procedure_id,
    0x00401002: lambda entry: entry.reason,
    0x00401003: lambda entry: entry.requested_procedure_priority,
    0x00401004: lambda _entry: "",
    0x00403001: lambda _entry: "",
}
"""What is returned besides the step: every key of type 1 and 2 of table K.6-1, and a few of type 3."""
OF_STEP: Final[Mapping[int, Read]] = {
    0x00080060: lambda entry: entry.modality,
    0x00180015: lambda entry: entry.body_part_examined,
    0x00321070: lambda _entry: "",
    STATION: lambda entry: entry.station_ae_title,
    0x00400002: lambda entry: entry.start_date,
    0x00400003: lambda entry: entry.start_time,
    0x00400006: lambda entry: entry.performing_physician_name,
    0x00400007: lambda entry: entry.scheduled_step_description,
    0x00400008: lambda _entry: (),
    0x00400009: lambda entry: entry.scheduled_step_id,
    0x00400010: lambda entry: entry.station_name,
    0x00400011: lambda entry: entry.location,
    0x00400012: lambda _entry: "",
    0x00400020: lambda entry: entry.state,
}
"""What is returned of the step."""
CODES: Final = frozenset({0x00321064, 0x00400008})
"""Of each of these codes and its description one must be served (table K.6-1, type 1C). Descriptions are:
the codes are left out, since what is of type 1C may be absent and not empty (PS3.5 7.4.2).
"""


def answered(
    entry: WorklistEntry, wanted: Mapping[int, str], step_wanted: Mapping[int, str], station: str
) -> Elements:
    """The elements of one answer: what was asked for, unknown keys empty.

    `wanted` and `step_wanted` map each key to the VR it came with. `station` is the one that asks: it
    is named where the step is for any.
    """
    found = dict(_filled(entry, wanted, OF_ENTRY))
    if STEP_SEQUENCE in wanted:
        step = dict(_filled(entry, step_wanted or dict.fromkeys(OF_STEP, ""), OF_STEP))
        if STATION in step and not entry.station_ae_title:
            step[STATION] = ("AE", station)
        found[STEP_SEQUENCE] = ("SQ", (step,))
    return found


def _filled(entry: WorklistEntry, wanted: Mapping[int, str], known: Mapping[int, Read]) -> Elements:
    return {
        tag: (dictionary_vr(tag), known[tag](entry)) if tag in known else (vr, "")
        for tag, vr in wanted.items()
        if tag & 0xFFFF and tag not in {SPECIFIC_CHARACTER_SET, STEP_SEQUENCE, *CODES}
    }
