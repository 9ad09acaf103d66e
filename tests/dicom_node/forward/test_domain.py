"""Two axes, a table of transitions each: what may happen, and that no job is ever lost in between."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dicom_node.forward.domain import (
    ACKNOWLEDGEMENTS,
    ATTEMPTS_MAX,
    DELIVERIES,
    LONGEST_WAIT,
    Acknowledgement,
    Delivery,
    Fate,
    Rule,
    Step,
    StepNotAllowed,
    Word,
    acknowledgement_after,
    again_at,
    applies,
    delivery_after,
    fate_of,
    may,
    unpromised,
    wait_after,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
UIDS = st.sets(st.sampled_from([f"1.2.{n}" for n in range(8)]))
TITLES = st.sampled_from(["CT1", "MR1", "WS1"])
MODALITIES = st.sampled_from(["CT", "MR", "ECG"])


@pytest.mark.parametrize("state, step", list(product(Delivery, Step)))
def test_a_delivery_moves_by_its_table_alone(state: Delivery, step: Step) -> None:
    assert may(state, step) is ((state, step) in DELIVERIES)
    if may(state, step):
        assert delivery_after(state, step) is DELIVERIES[state, step]
        return
    with pytest.raises(StepNotAllowed) as refused:
        delivery_after(state, step)
    assert refused.value.params == {"state": state.value, "step": step.value}


@pytest.mark.parametrize("state, word", list(product(Acknowledgement, Word)))
def test_an_acknowledgement_moves_by_its_table_alone(state: Acknowledgement, word: Word) -> None:
    if (state, word) in ACKNOWLEDGEMENTS:
        assert acknowledgement_after(state, word) is ACKNOWLEDGEMENTS[state, word]
        return
    with pytest.raises(StepNotAllowed):
        acknowledgement_after(state, word)


def reachable(table: Mapping[Any, Any], start: object) -> set[Any]:
    """Every state that can be come to."""
    found = {start}
    while True:
        further = {after for (before, _step), after in table.items() if before in found}
        if further <= found:
            return found
        found |= further


def test_every_state_can_be_come_to_and_left() -> None:
    assert reachable(DELIVERIES, Delivery.WAITING) == set(Delivery)
    assert reachable(ACKNOWLEDGEMENTS, Acknowledgement.NOT_ASKED) == set(Acknowledgement)
    for state in Delivery:
        assert Delivery.DELIVERED in reachable(DELIVERIES, state), "nothing is given up for good"


@given(st.lists(st.sampled_from(Step)))
def test_only_what_was_being_sent_is_ever_delivered(steps: list[Step]) -> None:
    states = [Delivery.WAITING]
    for step in steps:
        if may(states[-1], step):
            states.append(delivery_after(states[-1], step))
    for before, after in pairwise(states):
        assert (after is Delivery.DELIVERED) <= (before is Delivery.SENDING)
        assert (after is Delivery.SENDING) <= (before is Delivery.WAITING)


@given(st.lists(st.sampled_from(Word)))
def test_nothing_is_committed_that_was_not_asked(words: list[Word]) -> None:
    state, asked = Acknowledgement.NOT_ASKED, False
    for word in words:
        if (state, word) in ACKNOWLEDGEMENTS:
            state = acknowledgement_after(state, word)
            asked = word is Word.ASK or (asked and word not in {Word.UNSAID, Word.RESET})
        assert asked or state is Acknowledgement.NOT_ASKED


def test_a_step_that_a_cancelled_job_cannot_take_changes_nothing() -> None:
    for step in set(Step) - {Step.AGAIN}:
        assert not may(Delivery.CANCELLED, step)


@given(st.integers(1, 10_000))
def test_the_distance_grows_up_to_its_bound(attempts: int) -> None:
    assert timedelta(0) < wait_after(attempts) <= wait_after(attempts + 1) <= LONGEST_WAIT


def test_the_first_distances_double() -> None:
    assert [wait_after(n).total_seconds() for n in range(1, 9)] == [30, 60, 120, 240, 480, 960, 1920, 3600]


@given(st.integers(0, 100))
def test_attempts_are_bounded(attempts: int) -> None:
    moment = again_at(attempts, NOW)
    assert (moment is None) is (attempts >= ATTEMPTS_MAX)
    assert moment is None or moment > NOW


@given(
    st.builds(
        Rule,
        institution_id=st.sampled_from(["a", "b"]),
        source_ae_title=st.none() | TITLES,
        modality=st.none() | MODALITIES,
        destination=TITLES,
    ),
    st.sampled_from(["a", "b"]),
    TITLES,
    st.lists(MODALITIES, max_size=3),
)
def test_a_rule_narrows_and_never_sends_back(
    rule: Rule, institution: str, source: str, modalities: list[str]
) -> None:
    found = applies(rule, institution_id=institution, source_ae_title=source, modalities=modalities)
    if found:
        assert rule.institution_id == institution
        assert rule.destination != source
    wide = Rule(institution_id=institution, source_ae_title=None, modality=None, destination="ELSEWHERE")
    assert applies(wide, institution_id=institution, source_ae_title=source, modalities=modalities)
    if found and rule.modality is not None:
        assert rule.modality in modalities
    if found and rule.source_ae_title is not None:
        assert rule.source_ae_title == source


@pytest.mark.parametrize(
    "status, fate",
    [
        (0x0000, Fate.STORED),
        (0xB000, Fate.STORED),
        (0xB006, Fate.STORED),
        (0xB007, Fate.STORED),
        (0xA700, Fate.LATER),
        (0xA7FF, Fate.LATER),
        (0xA800, Fate.REFUSED),
        (0xA900, Fate.REFUSED),
        (0xC000, Fate.REFUSED),
        (0x0111, Fate.REFUSED),
        (0x0122, Fate.REFUSED),
        (0x0124, Fate.REFUSED),
    ],
)
def test_a_status_says_what_becomes_of_its_object(status: int, fate: Fate) -> None:
    """PS3.4 table B.2-1 and PS3.7 C."""
    assert fate_of(status) is fate


@given(UIDS, UIDS, UIDS)
def test_only_what_is_named_as_kept_and_not_as_failed_is_promised(
    asked: set[str], committed: set[str], failed: set[str]
) -> None:
    missing = unpromised(asked, committed, failed)
    assert missing == sorted(missing)
    assert set(missing) <= asked
    assert asked - set(missing) == (asked & committed) - failed
