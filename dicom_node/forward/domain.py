"""What may happen to a job of the queue, as pure decisions: two axes, one table of transitions each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from config.kernel.errors import Conflict
from dicom_node.backoff import doubled

ATTEMPTS_MAX: Final = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
ANSWER_AWAITED: Final = timedelta(hours=24)
"""How long a peer may take for its storage commitment before a person is told."""
OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)
STORED: Final = frozenset({0x0000, 0xB000, 0xB006, 0xB007})


class StepNotAllowed(Conflict):
    """The job has moved on meanwhile; this can not be done with it now."""

    code = "dicom.transfer_moved_on"


class Kind(StrEnum):
    """Whether objects go to the peer or come from it, or it is only told of them."""

    SEND = "send"
    FETCH = "fetch"
    NOTIFY = "notify"


class Availability(StrEnum):
    """Where objects are (PS3.3 C.4.23.1.1): those of the archive are at hand, or not there."""

    ONLINE = "ONLINE"
    UNAVAILABLE = "UNAVAILABLE"


class Delivery(StrEnum):
    """How far the objects have come. `failed` needs a person."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What happens to the delivery."""

    BEGIN = "begin"
    FINISH = "finish"
    PUT_OFF = "put_off"
    GIVE_UP = "give_up"
    CANCEL = "cancel"
    AGAIN = "again"
    MORE = "more"


DELIVERIES: Final[Mapping[tuple[Delivery, Step], Delivery]] = {
    (Delivery.WAITING, Step.BEGIN): Delivery.SENDING,
    (Delivery.SENDING, Step.FINISH): Delivery.DELIVERED,
    (Delivery.SENDING, Step.PUT_OFF): Delivery.WAITING,
    (Delivery.SENDING, Step.GIVE_UP): Delivery.FAILED,
    (Delivery.WAITING, Step.CANCEL): Delivery.CANCELLED,
    (Delivery.SENDING, Step.CANCEL): Delivery.CANCELLED,
    (Delivery.FAILED, Step.CANCEL): Delivery.CANCELLED,
    (Delivery.FAILED, Step.AGAIN): Delivery.WAITING,
    (Delivery.CANCELLED, Step.AGAIN): Delivery.WAITING,
    (Delivery.DELIVERED, Step.MORE): Delivery.WAITING,
}
"""Only a person takes up what has failed or was cancelled; new objects of a study take up what was done."""


class Acknowledgement(StrEnum):
    """Whether the peer has promised to keep what it was sent (storage commitment, PS3.4 J)."""

    NOT_ASKED = "not_asked"
    ASKED = "asked"
    COMMITTED = "committed"
    REFUSED = "refused"


class Word(StrEnum):
    """What is said about the promise. `unsaid`: our question did not reach the peer."""

    ASK = "ask"
    UNSAID = "unsaid"
    COMMIT = "commit"
    REFUSE = "refuse"
    RESET = "reset"


ACKNOWLEDGEMENTS: Final[Mapping[tuple[Acknowledgement, Word], Acknowledgement]] = {
    (Acknowledgement.NOT_ASKED, Word.ASK): Acknowledgement.ASKED,
    (Acknowledgement.NOT_ASKED, Word.RESET): Acknowledgement.NOT_ASKED,
    (Acknowledgement.ASKED, Word.UNSAID): Acknowledgement.NOT_ASKED,
    (Acknowledgement.ASKED, Word.COMMIT): Acknowledgement.COMMITTED,
    (Acknowledgement.ASKED, Word.REFUSE): Acknowledgement.REFUSED,
    (Acknowledgement.ASKED, Word.RESET): Acknowledgement.NOT_ASKED,
    (Acknowledgement.COMMITTED, Word.RESET): Acknowledgement.NOT_ASKED,
    (Acknowledgement.REFUSED, Word.RESET): Acknowledgement.NOT_ASKED,
}


def delivery_after(state: Delivery, step: Step) -> Delivery:
    """The delivery after `step`. Raises StepNotAllowed."""
    if (state, step) not in DELIVERIES:
        raise StepNotAllowed(state=state.value, step=step.value)
    return DELIVERIES[state, step]


def acknowledgement_after(state: Acknowledgement, word: Word) -> Acknowledgement:
    """The acknowledgement after `word`. Raises StepNotAllowed."""
    if (state, word) not in ACKNOWLEDGEMENTS:
        raise StepNotAllowed(state=state.value, step=word.value)
    return ACKNOWLEDGEMENTS[state, word]


def may(state: Delivery, step: Step) -> bool:
    """True when a job in this state can take this step."""
    return (state, step) in DELIVERIES


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many vain attempts."""
    return doubled(FIRST_WAIT, LONGEST_WAIT, attempts)


def again_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many vain attempts; None when a person has to look."""
    return None if attempts >= ATTEMPTS_MAX else now + wait_after(attempts)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What is sent on: of an institution, of one sender of it or any, of one modality or any."""

    institution_id: str
    source_ae_title: str | None
    modality: str | None
    destination: str


def applies(rule: Rule, *, institution_id: str, source_ae_title: str, modalities: Collection[str]) -> bool:
    """True when a study falls under `rule`. Nothing is sent back to where it came from."""
    return (
        rule.institution_id == institution_id
        and rule.destination != source_ae_title
        and rule.source_ae_title in {None, source_ae_title}
        and (rule.modality is None or rule.modality in modalities)
    )


class Fate(StrEnum):
    """What a C-STORE's status means for its object: it is there, will fit later, or is not wanted."""

    STORED = "stored"
    LATER = "later"
    REFUSED = "refused"


def fate_of(status: int) -> Fate:
    """The fate of an object by the status of its C-STORE (PS3.4 B.2.3)."""
    if status in STORED:
        return Fate.STORED
    return Fate.LATER if status in OUT_OF_RESOURCES else Fate.REFUSED


def unpromised(asked: Collection[str], committed: Collection[str], failed: Collection[str]) -> list[str]:
    """The objects asked about that a report does not commit to: named as failed, or not named at all."""
    promised = set(committed) - set(failed)
    return sorted(uid for uid in asked if uid not in promised)
