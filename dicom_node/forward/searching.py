"""Asking a peer which studies of a patient it holds: C-FIND in the Study Root (PS3.4 C.4.1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from config.kernel.errors import AppError
from dicom_node.archive.names import fold, pinyin
from dicom_node.forward.errors import QueryRefused, TooManyPriors
from dicom_node.intake.parse import syntax_of
from dicom_node.intake.walk import Walk
from dicom_node.query.encoding import Value, encoded
from dicom_node.query.model import FIND, LEVEL, PATIENT_ID, STUDY_ROOT, STUDY_UID
from dicom_node.scu.association import (
    PLAIN_SYNTAXES,
    Caller,
    Outgoing,
    Patience,
    Remote,
    contexts_of,
    open_association,
)
from dicom_node.scu.errors import PeerMisbehaved
from dicom_node.status import SUCCESS

STUDY_FIND: Final = f"{STUDY_ROOT}{FIND}"
PRIORS_MAX: Final = 200
PATIENT_NAME, BIRTH_DATE, STUDY_DATE = 0x00100010, 0x00100030, 0x00080020
MODALITIES, DESCRIPTION, ACCESSION, COUNT = 0x00080061, 0x00081030, 0x00080050, 0x00201208
ASKED: Final[dict[int, str]] = {
    STUDY_DATE: "DA",
    ACCESSION: "SH",
    MODALITIES: "CS",
    DESCRIPTION: "LO",
    PATIENT_NAME: "PN",
    STUDY_UID: "UI",
    COUNT: "IS",
}
"""What is wanted back of each study."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """The patient, as the peer's institution numbers them. `birth_date` as YYYYMMDD, '' when not known."""

    patient_id: str
    name: str
    birth_date: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Prior:
    """A study that a peer holds. `same_name`: the name it has there is the one we asked about."""

    study_instance_uid: str
    study_date: str
    modalities: list[str]
    description: str
    accession_number: str
    instance_count: int
    patient_name: str
    same_name: bool


def search(remote: Remote, whose: Whose, *, caller: Caller, patience: Patience) -> list[Prior]:
    """The studies of this patient, newest first.

    The number (and the birth date, where the peer says one) must be the patient's in the answer too:
    some peers do not match what they are asked. Names are spelled in many ways: they are compared, and
    a person decides. Raises PeerUnreachable, AssociationRejected, ServiceNotTaken, PeerMisbehaved,
    QueryRefused or TooManyPriors.
    """
    with open_association(
        remote, contexts_of((STUDY_FIND, PLAIN_SYNTAXES)), caller=caller, patience=patience
    ) as outgoing:
        found = _matches(outgoing, whose)
    priors = [_prior(match, whose) for match in found if _is_of(match, whose)]
    return sorted(priors, key=lambda one: (one.study_date, one.study_instance_uid), reverse=True)


def _matches(outgoing: Outgoing, whose: Whose) -> list[dict[str, Any]]:
    context = outgoing.context_for(STUDY_FIND)
    syntax = syntax_of(context.transfer_syntax)
    keys: dict[int, tuple[str, Value]] = {tag: (vr, "") for tag, vr in ASKED.items()}
    keys |= {
        LEVEL: ("CS", "STUDY"),
        PATIENT_ID: ("LO", whose.patient_id),
        BIRTH_DATE: ("DA", whose.birth_date),
    }
    found: list[dict[str, Any]] = []
    for message in outgoing.find(context, encoded(keys, syntax, "ISO_IR 192")):
        if message.data_set:
            found.append(_read(message.data_set, lambda raw: Walk(raw).document(0, len(raw), syntax)))
        elif message.command.status != SUCCESS:
            raise QueryRefused(status=f"{message.command.status:04X}", why=message.command.comment[:64])
        if len(found) > PRIORS_MAX:
            raise TooManyPriors(priors_max=PRIORS_MAX)
    return found


def _read(raw: bytes, reader: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    try:
        return reader(raw)
    except AppError as error:
        raise PeerMisbehaved(fault=error.code) from error


def _is_of(match: dict[str, Any], whose: Whose) -> bool:
    birth_date = _text(match, BIRTH_DATE)
    agrees = not birth_date or not whose.birth_date or birth_date == whose.birth_date
    return bool(_text(match, STUDY_UID)) and agrees and _text(match, PATIENT_ID) == whose.patient_id


def _prior(match: dict[str, Any], whose: Whose) -> Prior:
    name = _text(match, PATIENT_NAME)
    count = _text(match, COUNT)
    return Prior(
        study_instance_uid=_text(match, STUDY_UID)[:64],
        study_date=_text(match, STUDY_DATE)[:8],
        modalities=[str(one)[:16] for one in match.get(f"{MODALITIES:08X}", {}).get("Value", []) if one][:16],
        description=_text(match, DESCRIPTION)[:256],
        accession_number=_text(match, ACCESSION)[:64],
        instance_count=int(count) if count.isascii() and count.isdigit() else 0,
        patient_name=name[:330],
        same_name=is_same_name(name, whose.name),
    )


def is_same_name(theirs: str, ours: str) -> bool:
    """True when any component group of a DICOM name reads as the name we know, spaces and ^ aside.

    Where an archive answers in Latin letters alone (Debian's Orthanc does, whatever it is asked in),
    any pinyin of our characters is the same name.
    """
    wanted = _plain(ours)
    known = {wanted, *pinyin(fold(ours))} if theirs.isascii() else {wanted}
    return bool(wanted) and any(_plain(group) in known for group in theirs.split("="))


def _plain(name: str) -> str:
    return "".join(name.replace("^", "").split()).casefold()


def _text(match: dict[str, Any], tag: int) -> str:
    """The first value of an element, a person name with its groups."""
    value = (match.get(f"{tag:08X}", {}).get("Value") or [""])[0]
    if isinstance(value, dict):
        return "=".join(str(value.get(one, "")) for one in ("Alphabetic", "Ideographic", "Phonetic")).strip(
            "="
        )
    return "" if value is None else str(value).strip()
