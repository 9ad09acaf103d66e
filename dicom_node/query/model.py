"""The two information models, their levels and keys, and what a broken identifier is answered (PS3.4 C.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from dicom_node.archive.carried_tables import ATTRIBUTES
from dicom_node.command import COMMENT_CHARACTERS_MAX, Answer
from dicom_node.intake.elements import tag_text

PATIENT_ROOT: Final = "1.2.840.10008.5.1.4.1.2.1."
STUDY_ROOT: Final = "1.2.840.10008.5.1.4.1.2.2."
FIND, MOVE, GET = "1", "2", "3"
FIND_CLASSES: Final = frozenset({f"{PATIENT_ROOT}{FIND}", f"{STUDY_ROOT}{FIND}"})
MOVE_CLASSES: Final = frozenset({f"{PATIENT_ROOT}{MOVE}", f"{STUDY_ROOT}{MOVE}"})
GET_CLASSES: Final = frozenset({f"{PATIENT_ROOT}{GET}", f"{STUDY_ROOT}{GET}"})
QUERY_CLASSES: Final = FIND_CLASSES | MOVE_CLASSES | GET_CLASSES

SPECIFIC_CHARACTER_SET, LEVEL = 0x00080005, 0x00080052
RETRIEVE_AE_TITLE, AVAILABILITY = 0x00080054, 0x00080056
PATIENT_ID, STUDY_UID, SERIES_UID, SOP_UID = 0x00100020, 0x0020000D, 0x0020000E, 0x00080018
FAILED_UIDS: Final = 0x00080058

MISMATCH, UNABLE = 0xA900, 0xC000
"""Identifier does not match SOP class; unable to process (PS3.4 C.4.1.1.4)."""


class Level(IntEnum):
    """Query/Retrieve Level, from the top."""

    PATIENT = 0
    STUDY = 1
    SERIES = 2
    IMAGE = 3


UNIQUE_KEYS: Final[Mapping[Level, int]] = {
    Level.PATIENT: PATIENT_ID,
    Level.STUDY: STUDY_UID,
    Level.SERIES: SERIES_UID,
    Level.IMAGE: SOP_UID,
}


class Kind(StrEnum):
    """How the value of a matching key is read."""

    UIDS = "uids"
    CODES = "codes"
    TEXT = "text"
    NAME = "name"
    DATE = "date"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Key:
    """A matching key: its level, the field of that level's filter, the kind of value."""

    level: Level
    field: str
    kind: Kind


KEYS: Final[Mapping[int, Key]] = {
    0x00100010: Key(Level.PATIENT, "patient_name", Kind.NAME),
    PATIENT_ID: Key(Level.PATIENT, "patient_id", Kind.TEXT),
    0x00100021: Key(Level.PATIENT, "issuer_of_patient_id", Kind.TEXT),
    0x00100030: Key(Level.PATIENT, "patient_birth_date", Kind.DATE),
    0x00100040: Key(Level.PATIENT, "patient_sex", Kind.TEXT),
    STUDY_UID: Key(Level.STUDY, "study_instance_uids", Kind.UIDS),
    0x00080020: Key(Level.STUDY, "study_date", Kind.DATE),
    0x00080030: Key(Level.STUDY, "study_time", Kind.TIME),
    0x00080050: Key(Level.STUDY, "accession_number", Kind.TEXT),
    0x00080061: Key(Level.STUDY, "modalities_in_study", Kind.CODES),
    0x00080062: Key(Level.STUDY, "sop_classes_in_study", Kind.UIDS),
    0x00080090: Key(Level.STUDY, "referring_physician_name", Kind.NAME),
    0x00081030: Key(Level.STUDY, "study_description", Kind.TEXT),
    0x00200010: Key(Level.STUDY, "study_id", Kind.TEXT),
    SERIES_UID: Key(Level.SERIES, "series_instance_uids", Kind.UIDS),
    0x00080060: Key(Level.SERIES, "modality", Kind.TEXT),
    0x0008103E: Key(Level.SERIES, "series_description", Kind.TEXT),
    0x00180015: Key(Level.SERIES, "body_part_examined", Kind.TEXT),
    0x00200011: Key(Level.SERIES, "series_number", Kind.NUMBER),
    0x00400244: Key(Level.SERIES, "performed_procedure_step_start_date", Kind.DATE),
    SOP_UID: Key(Level.IMAGE, "sop_instance_uids", Kind.UIDS),
    0x00080016: Key(Level.IMAGE, "sop_class_uids", Kind.UIDS),
    0x00200013: Key(Level.IMAGE, "instance_number", Kind.NUMBER),
}
"""What can be matched. A key of a lower level than the query's is not."""
RETURNED: Final[Mapping[int, Level]] = {
    0x00201200: Level.PATIENT,
    0x00201202: Level.PATIENT,
    0x00201204: Level.PATIENT,
    0x00201206: Level.STUDY,
    0x00201208: Level.STUDY,
    0x00201209: Level.SERIES,
    0x00280008: Level.IMAGE,
    0x00280010: Level.IMAGE,
    0x00280011: Level.IMAGE,
}
"""What can be returned besides: numbers of related studies, series and instances; frames, rows, columns."""
ALWAYS: Final = frozenset({SPECIFIC_CHARACTER_SET, LEVEL, RETRIEVE_AE_TITLE, AVAILABILITY})


class IdentifierFault(Exception):
    """An identifier that cannot be served; `answer` says so and names the attribute, never a value."""

    def __init__(self, status: int, tag: int, fault: str) -> None:
        super().__init__(fault)
        name = ATTRIBUTES[tag][4] if tag in ATTRIBUTES else tag_text(tag)
        self.answer = Answer(status, f"{name} {fault}"[:COMMENT_CHARACTERS_MAX], offending=tag)


def root_level(sop_class_uid: str) -> Level:
    """The topmost level of the model that a query SOP class belongs to."""
    return Level.PATIENT if sop_class_uid.startswith(PATIENT_ROOT) else Level.STUDY
