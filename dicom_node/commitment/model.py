"""The words of PS3.4 J: its UIDs, tags and failure reasons, and what is asked and found."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Final, TypeAlias

WELL_KNOWN: Final = "1.2.840.10008.1.20.1.1"
"""The one SOP Instance of the Storage Commitment Push Model SOP Class (PS3.4 J.3.5)."""
REQUEST_ACTION: Final = 1
RETRIEVE_AE_TITLE, TRANSACTION = 0x00080054, 0x00081195
SOP_CLASS, SOP_INSTANCE = 0x00081150, 0x00081155
FAILURE_REASON, FAILED, REFERENCED = 0x00081197, 0x00081198, 0x00081199
REFERENCES_MAX: Final = 10_000
REQUEST_BYTES_MAX: Final = 4 * 1024 * 1024


class Reason(IntEnum):
    """Why an object is not committed to (PS3.3 C.14.1.1)."""

    PROCESSING_FAILURE = 0x0110
    NO_SUCH_OBJECT = 0x0112
    CLASS_CONFLICT = 0x0119
    DUPLICATE_TRANSACTION = 0x0131


class EventType(IntEnum):
    """What an N-EVENT-REPORT says (PS3.4 J.3.3)."""

    ALL_COMMITTED = 1
    SOME_FAILED = 2


class State(StrEnum):
    """How far a request has come; `waiting` for its peer, which cannot be told."""

    REQUESTED = "requested"
    CHECKED = "checked"
    WAITING = "waiting"
    DELIVERED = "delivered"
    EXPIRED = "expired"


OPEN: Final = (State.REQUESTED, State.CHECKED, State.WAITING)
REPORTABLE: Final = (State.CHECKED, State.WAITING)
ENDED: Final = (State.DELIVERED, State.EXPIRED)

Reference: TypeAlias = tuple[str, str]
"""SOP Class UID and SOP Instance UID of an object."""
Failures: TypeAlias = dict[Reference, Reason]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What an N-ACTION asks: each reference once, in the order given."""

    transaction_uid: str
    references: tuple[Reference, ...]

    @property
    def fingerprint(self) -> str:
        """Equal for requests about the same objects, whatever their order."""
        return sha256("\n".join(sorted(map("/".join, self.references))).encode()).hexdigest()
