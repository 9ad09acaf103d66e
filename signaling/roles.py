"""Who somebody is in a room. The join ticket says it; nothing in the room can change it."""

from enum import StrEnum


class Role(StrEnum):
    """A participant's part in the consult."""

    APPLICANT = "applicant"
    SPECIALIST = "specialist"
    COORDINATOR = "coordinator"
    PATIENT = "patient"
    FAMILY = "family"
    INTERPRETER = "interpreter"

    @property
    def is_clinician(self) -> bool:
        """True for those who enter without waiting in the lobby."""
        return self in CLINICIANS


CLINICIANS = frozenset({Role.APPLICANT, Role.SPECIALIST, Role.COORDINATOR})
