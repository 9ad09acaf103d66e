"""The life of a performed step: what the one table allows, walked at random."""

from itertools import product

import pytest
from hypothesis import given, strategies as st
from pydicom.datadict import tag_for_keyword

from dicom_node.mpps.domain import (
    CREATE_NEEDS,
    FINAL,
    FINAL_NEEDS,
    FIXED,
    SCHEDULED_STEPS,
    SERIES,
    TRANSITIONS,
    Act,
    Need,
    StepState,
    next_state,
    state_after,
)
from dicom_node.worklist.domain import EntryState

STATES: list[StepState | None] = [None, *StepState]
acts = st.tuples(st.sampled_from(Act), st.sampled_from(StepState))


@given(st.lists(acts, max_size=12))
def test_however_a_modality_goes_on_a_step_begins_once_and_ends_once(
    walk: list[tuple[Act, StepState]],
) -> None:
    state: StepState | None = None
    passed: list[StepState] = []
    for act, wanted in walk:
        after = next_state(act, state, wanted)
        if state in FINAL or (act is Act.CREATE) is not (state is None):
            assert after is None
        if after is not None:
            passed.append(after)
            state = after
    assert passed[:1] in ([], [StepState.IN_PROGRESS])
    assert sum(1 for one in passed if one in FINAL) <= 1
    assert not any(one in FINAL for one in passed[:-1])


@pytest.mark.parametrize("act, state, wanted", list(product(Act, STATES, StepState)))
def test_every_case_is_decided(act: Act, state: StepState | None, wanted: StepState) -> None:
    """PS3.4 F.7.2.1 and F.7.2.2, written down once more by hand."""
    expected = {
        (Act.CREATE, None, StepState.IN_PROGRESS),
        (Act.SET, StepState.IN_PROGRESS, StepState.IN_PROGRESS),
        (Act.SET, StepState.IN_PROGRESS, StepState.COMPLETED),
        (Act.SET, StepState.IN_PROGRESS, StepState.DISCONTINUED),
    }
    assert next_state(act, state, wanted) is (wanted if (act, state, wanted) in expected else None)


def test_every_state_can_be_reached_and_has_its_needs() -> None:
    assert set(TRANSITIONS.values()) == set(StepState)
    assert FINAL_NEEDS.keys() == set(StepState)


TABLE = """
ScheduledStepAttributesSequence 1 -
>StudyInstanceUID 1 -
>ReferencedStudySequence 2 -
>AccessionNumber 2 -
>RequestedProcedureID 2 -
>RequestedProcedureDescription 2 -
>ScheduledProcedureStepID 2 -
>ScheduledProcedureStepDescription 2 -
>ScheduledProtocolCodeSequence 2 -
PatientName 2 -
PatientID 2 -
IssuerOfPatientID 3 -
IssuerOfPatientIDQualifiersSequence 3 -
OtherPatientIDsSequence 3 -
PatientBirthDate 2 -
PatientSex 2 -
ReferencedPatientSequence 2 -
AdmissionID 3 -
IssuerOfAdmissionIDSequence 3 -
ServiceEpisodeID 3 -
IssuerOfServiceEpisodeIDSequence 3 -
ServiceEpisodeDescription 3 -
PerformedProcedureStepID 1 -
PerformedStationAETitle 1 -
PerformedStationName 2 -
PerformedLocation 2 -
PerformedProcedureStepStartDate 1 -
PerformedProcedureStepStartTime 1 -
PerformedProcedureStepStatus 1 3
PerformedProcedureStepDescription 2 3
PerformedProcedureTypeDescription 2 3
ProcedureCodeSequence 2 3
ReasonForPerformedProcedureCodeSequence 3 3
PerformedProcedureStepEndDate 2 3 1
PerformedProcedureStepEndTime 2 3 1
CommentsOnThePerformedProcedureStep 3 3
PerformedProcedureStepDiscontinuationReasonCodeSequence 3 3
Modality 1 -
StudyID 2 -
PerformedProtocolCodeSequence 2 3
PerformedSeriesSequence 2 3 1
"""
"""PS3.4 table F.7.2-1: the type at N-CREATE, that at N-SET ("-" not allowed) and in a final state. What
stands in series and code items is left out, and so are the items of type 3 in Scheduled Step Attributes.
"""
ROWS = [
    (row.lstrip(">"), row.startswith(">"), types) for row, *types in map(str.split, TABLE.split("\n")[1:-1])
]


def test_what_must_come_and_what_may_not_change_is_what_the_standard_says() -> None:
    needed = [
        Need(tag_for_keyword(keyword) or 0, types[0] == "1", SCHEDULED_STEPS if inside else None)
        for keyword, inside, types in ROWS
        if types[0] in {"1", "2"}
    ]
    assert list(CREATE_NEEDS) == needed
    fixed = {tag_for_keyword(keyword) for keyword, inside, types in ROWS if types[1] == "-" and not inside}
    assert fixed == FIXED
    at_the_end = {tag_for_keyword(keyword) for keyword, _, types in ROWS if types[2:] == ["1"]}
    assert {need.tag for need in FINAL_NEEDS[StepState.COMPLETED] if need.inside is None} == at_the_end
    assert {need.tag for need in FINAL_NEEDS[StepState.DISCONTINUED] if need.inside is None} == (
        at_the_end - {SERIES}
    )


@given(st.lists(st.sampled_from(StepState), max_size=6))
def test_a_step_is_done_once_one_was_completed_and_begun_while_one_goes_on(states: list[StepState]) -> None:
    after = state_after(states)
    assert (after is EntryState.COMPLETED) is (StepState.COMPLETED in states)
    assert (after is EntryState.SCHEDULED) is (not states)
    assert (after is EntryState.DISCONTINUED) is (set(states) == {StepState.DISCONTINUED})
    assert after is not EntryState.WITHDRAWN
    assert after is state_after(reversed(states))
