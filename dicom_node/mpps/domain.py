"""The life of a performed procedure step, and what its modality must say of it (PS3.4 F.7.2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from dicom_node.worklist.domain import EntryState

PERFORMED_STEP: Final = "1.2.840.10008.3.1.2.3.3"
STATUS: Final = 0x00400252
SCHEDULED_STEPS: Final = 0x00400270
SERIES: Final = 0x00400340
STUDY_UID, SERIES_UID, PROTOCOL_NAME = 0x0020000D, 0x0020000E, 0x00181030


class StepState(StrEnum):
    """Performed Procedure Step Status."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"


class Act(StrEnum):
    """What the modality asks for."""

    CREATE = "create"
    SET = "set"


TRANSITIONS: Final[Mapping[tuple[Act, StepState | None, StepState], StepState]] = {
    (Act.CREATE, None, StepState.IN_PROGRESS): StepState.IN_PROGRESS,
    (Act.SET, StepState.IN_PROGRESS, StepState.IN_PROGRESS): StepState.IN_PROGRESS,
    (Act.SET, StepState.IN_PROGRESS, StepState.COMPLETED): StepState.COMPLETED,
    (Act.SET, StepState.IN_PROGRESS, StepState.DISCONTINUED): StepState.DISCONTINUED,
}
"""(act, state now, status asked for) → state then. What is not here does not happen."""
FINAL: Final = frozenset({StepState.COMPLETED, StepState.DISCONTINUED})


@dataclass(frozen=True, slots=True)
class Need:
    """An attribute that must be there; with a value, where `value` says so; `inside` a sequence's items."""

    tag: int
    value: bool = False
    inside: int | None = None


CREATE_NEEDS: Final[Sequence[Need]] = (
    Need(SCHEDULED_STEPS, value=True),
    Need(STUDY_UID, value=True, inside=SCHEDULED_STEPS),
    Need(0x00081110, inside=SCHEDULED_STEPS),
    Need(0x00080050, inside=SCHEDULED_STEPS),
    Need(0x00401001, inside=SCHEDULED_STEPS),
    Need(0x00321060, inside=SCHEDULED_STEPS),
    Need(0x00400009, inside=SCHEDULED_STEPS),
    Need(0x00400007, inside=SCHEDULED_STEPS),
    Need(0x00400008, inside=SCHEDULED_STEPS),
    Need(0x00100010),
    Need(0x00100020),
    Need(0x00100030),
    Need(0x00100040),
    Need(0x00081120),
    Need(0x00400253, value=True),
    Need(0x00400241, value=True),
    Need(0x00400242),
    Need(0x00400243),
    Need(0x00400244, value=True),
    Need(0x00400245, value=True),
    Need(STATUS, value=True),
    Need(0x00400254),
    Need(0x00400255),
    Need(0x00081032),
    Need(0x00400250),
    Need(0x00400251),
    Need(0x00080060, value=True),
    Need(0x00200010),
    Need(0x00400260),
    Need(SERIES),
)
"""What N-CREATE must bring: types 1/1 and 2/2 of PS3.4 table F.7.2-1, in its order."""
FINAL_NEEDS: Final[Mapping[StepState, Sequence[Need]]] = {
    StepState.IN_PROGRESS: (),
    StepState.COMPLETED: (
        Need(0x00400250, value=True),
        Need(0x00400251, value=True),
        Need(SERIES, value=True),
        Need(PROTOCOL_NAME, value=True, inside=SERIES),
        Need(SERIES_UID, value=True, inside=SERIES),
    ),
    StepState.DISCONTINUED: (
        Need(0x00400250, value=True),
        Need(0x00400251, value=True),
        Need(PROTOCOL_NAME, value=True, inside=SERIES),
        Need(SERIES_UID, value=True, inside=SERIES),
    ),
}
"""What must be known in each state: PS3.4 table F.7.2-1, "Final State".

Two things of it are not asked for. A step that was broken off may have no series (its note 2), because
a patient may leave before the first image; and the attributes of type 2 in a series (F.7.2.2.2 lays
them on the SCU), because an empty value and none say the same.
"""
FIXED: Final = frozenset(
    {
        SCHEDULED_STEPS,
        0x00100010,
        0x00100020,
        0x00100021,
        0x00100024,
        0x00101002,
        0x00100030,
        0x00100040,
        0x00081120,
        0x00380010,
        0x00380014,
        0x00380060,
        0x00380064,
        0x00380062,
        0x00400253,
        0x00400241,
        0x00400242,
        0x00400243,
        0x00400244,
        0x00400245,
        0x00080060,
        0x00200010,
    }
)
"""What N-SET may not change: every "Not allowed" of PS3.4 table F.7.2-1, in its order."""


def next_state(act: Act, now: StepState | None, wanted: StepState) -> StepState | None:
    """The state that the act leads to; None when it is not possible."""
    return TRANSITIONS.get((act, now, wanted))


def state_after(performed: Iterable[StepState]) -> EntryState:
    """Where a scheduled step stands after these performed ones: done once one of them was completed."""
    states = set(performed)
    if StepState.COMPLETED in states:
        return EntryState.COMPLETED
    if StepState.IN_PROGRESS in states:
        return EntryState.STARTED
    return EntryState.DISCONTINUED if states else EntryState.SCHEDULED
