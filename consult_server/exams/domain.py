"""The life of an examination request as one table: what people ask for, and what the modality tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from config.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from config.kernel.principal import Principal
from consult_server.identity.domain import Role

PAST = timedelta(days=1)
AHEAD = timedelta(days=366)
ORDERS_PER_DAY_MAX = 9_999


class ExamNotOfConsult(Conflict):
    """An examination for a request is its patient's, ordered by the institution that asks."""

    code = "exams.not_of_consult"


class ExamStatus(StrEnum):
    """Where an examination stands."""

    SCHEDULED = "scheduled"
    STARTED = "started"
    COMPLETED = "completed"
    DISCONTINUED = "discontinued"
    CANCELLED = "cancelled"


class ExamVerb(StrEnum):
    """What happens to an examination; the last four are told by the modality or its images."""

    CHANGE = "change"
    CANCEL = "cancel"
    BEGIN = "begin"
    COMPLETE = "complete"
    DISCONTINUE = "discontinue"


class Modality(StrEnum):
    """What examinations are made with (PS3.3 C.7.3.1.1.1)."""

    CT = "CT"
    MR = "MR"
    DX = "DX"
    CR = "CR"
    US = "US"
    MG = "MG"
    RF = "RF"
    ES = "ES"
    ECG = "ECG"


class BodyPart(StrEnum):
    """Which part is examined (PS3.16 annex L)."""

    HEAD = "HEAD"
    NECK = "NECK"
    CHEST = "CHEST"
    BREAST = "BREAST"
    HEART = "HEART"
    ABDOMEN = "ABDOMEN"
    PELVIS = "PELVIS"
    CSPINE = "CSPINE"
    TSPINE = "TSPINE"
    LSPINE = "LSPINE"
    SHOULDER = "SHOULDER"
    ELBOW = "ELBOW"
    HAND = "HAND"
    HIP = "HIP"
    KNEE = "KNEE"
    ANKLE = "ANKLE"
    FOOT = "FOOT"
    WHOLEBODY = "WHOLEBODY"


TRANSITIONS: Mapping[tuple[ExamVerb, ExamStatus], ExamStatus] = {
    (ExamVerb.CHANGE, ExamStatus.SCHEDULED): ExamStatus.SCHEDULED,
    (ExamVerb.CANCEL, ExamStatus.SCHEDULED): ExamStatus.CANCELLED,
    (ExamVerb.BEGIN, ExamStatus.SCHEDULED): ExamStatus.STARTED,
    (ExamVerb.BEGIN, ExamStatus.DISCONTINUED): ExamStatus.STARTED,
    (ExamVerb.COMPLETE, ExamStatus.SCHEDULED): ExamStatus.COMPLETED,
    (ExamVerb.COMPLETE, ExamStatus.STARTED): ExamStatus.COMPLETED,
    (ExamVerb.COMPLETE, ExamStatus.DISCONTINUED): ExamStatus.COMPLETED,
    (ExamVerb.DISCONTINUE, ExamStatus.SCHEDULED): ExamStatus.DISCONTINUED,
    (ExamVerb.DISCONTINUE, ExamStatus.STARTED): ExamStatus.DISCONTINUED,
}
"""(verb, status) → status then. A modality may make again what it broke off."""
ORDERERS: Mapping[ExamVerb, Role] = {ExamVerb.CHANGE: Role.APPLICANT, ExamVerb.CANCEL: Role.APPLICANT}
"""The verbs that people ask for, and who."""
OPEN = (ExamStatus.SCHEDULED, ExamStatus.STARTED)
TOLD: Mapping[str, ExamVerb] = {
    "STARTED": ExamVerb.BEGIN,
    "COMPLETED": ExamVerb.COMPLETE,
    "DISCONTINUED": ExamVerb.DISCONTINUE,
}
"""What the state of a worklist entry means for the examination that it is."""


class ExamNotFound(NotFound):
    """There is no such examination."""

    code = "exams.not_found"


class ExamStepNotPossible(Conflict):
    """An examination in this state does not allow that."""

    code = "exams.step_not_possible"


class ExamNotYours(Forbidden):
    """Somebody else has to do this."""

    code = "exams.not_yours"


class ExamTimeWrong(Invalid):
    """An examination is planned for a day that is over, or more than a year ahead."""

    code = "exams.time_wrong"


class StationUnknown(Invalid):
    """This institution has no such device."""

    code = "exams.station_unknown"


class NumbersUsedUp(Conflict):
    """There are no more accession numbers for this day."""

    code = "exams.numbers_used_up"


@dataclass(frozen=True, kw_only=True)
class ExamOrder:
    """What a doctor orders."""

    modality: Modality
    body_part: BodyPart
    procedure: str
    reason: str
    urgency: str
    scheduled_at: datetime
    station_ae_title: str


def next_status(verb: ExamVerb, status: ExamStatus) -> ExamStatus:
    """Where `verb` leads. Raises ExamStepNotPossible."""
    after = TRANSITIONS.get((verb, status))
    if after is None:
        raise ExamStepNotPossible(verb=verb.value, status=status.value)
    return after


def require_orderer(principal: Principal, verb: ExamVerb) -> None:
    """Raises ExamNotYours unless the caller may ask for this."""
    role = ORDERERS.get(verb)
    if role is None or not principal.has_role(role):
        raise ExamNotYours(verb=verb.value, needs=[role.value if role else ""])


def possible_verbs(status: ExamStatus, principal: Principal) -> list[ExamVerb]:
    """What this caller could ask for now."""
    return [
        verb
        for (verb, at), _after in TRANSITIONS.items()
        if at is status and verb in ORDERERS and principal.has_role(ORDERERS[verb])
    ]


def checked_time(scheduled_at: datetime, now: datetime) -> datetime:
    """When the examination is planned, in UTC. Raises ExamTimeWrong."""
    if not -PAST <= scheduled_at - now <= AHEAD:
        raise ExamTimeWrong
    return scheduled_at.astimezone(UTC)


def accession_number(day: str, number: int) -> str:
    """`E` and the day and the number of the day: 13 letters and digits, of the 16 that SH has (PS3.5 6.2).

    Raises NumbersUsedUp.
    """
    if number > ORDERS_PER_DAY_MAX:
        raise NumbersUsedUp
    return f"E{day}{number:04}"
