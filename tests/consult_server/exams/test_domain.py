"""The life of an examination: one table, walked at random; numbers and times within their bounds."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, strategies as st

from config.kernel.principal import Principal, Proof
from consult_server.exams.domain import (
    AHEAD,
    OPEN,
    ORDERERS,
    ORDERS_PER_DAY_MAX,
    PAST,
    TOLD,
    TRANSITIONS,
    BodyPart,
    ExamNotYours,
    ExamStatus,
    ExamStepNotPossible,
    ExamTimeWrong,
    ExamVerb,
    Modality,
    NumbersUsedUp,
    accession_number,
    checked_time,
    next_status,
    possible_verbs,
    require_orderer,
)
from consult_server.identity.domain import Role
from dicom_node.mpps.domain import StepState, state_after
from dicom_node.worklist.domain import SHAPES

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def somebody(*roles: Role) -> Principal:
    """A person with these roles."""
    return Principal(
        account_id="a", name="某", institution_id="i", roles=frozenset(roles), proof=Proof.SESSION
    )


@given(st.lists(st.sampled_from(ExamVerb), max_size=12))
def test_however_it_goes_what_was_cancelled_or_completed_stays_so(verbs: list[ExamVerb]) -> None:
    status, passed = ExamStatus.SCHEDULED, [ExamStatus.SCHEDULED]
    for verb in verbs:
        if (verb, status) in TRANSITIONS:
            status = next_status(verb, status)
            passed.append(status)
    over = {ExamStatus.CANCELLED, ExamStatus.COMPLETED}
    assert not any(one in over for one in passed[:-1])
    assert ExamStatus.CANCELLED not in passed or ExamStatus.STARTED not in passed


@pytest.mark.parametrize("verb, status", list(product(ExamVerb, ExamStatus)))
def test_every_case_is_decided(verb: ExamVerb, status: ExamStatus) -> None:
    if (verb, status) in TRANSITIONS:
        assert next_status(verb, status) is TRANSITIONS[verb, status]
        return
    with pytest.raises(ExamStepNotPossible) as refused:
        next_status(verb, status)
    assert refused.value.params == {"verb": verb.value, "status": status.value}


@pytest.mark.parametrize("status", ExamStatus)
def test_only_what_nobody_has_begun_is_its_doctors(status: ExamStatus) -> None:
    doctor, technician = somebody(Role.APPLICANT), somebody(Role.TECHNICIAN)
    expected = [ExamVerb.CHANGE, ExamVerb.CANCEL] if status is ExamStatus.SCHEDULED else []
    assert possible_verbs(status, doctor) == expected
    assert possible_verbs(status, technician) == []


@pytest.mark.parametrize("verb", ExamVerb)
@pytest.mark.parametrize("role", Role)
def test_a_device_is_not_spoken_for(verb: ExamVerb, role: Role) -> None:
    if ORDERERS.get(verb) is role:
        require_orderer(somebody(role), verb)
        return
    with pytest.raises(ExamNotYours):
        require_orderer(somebody(role), verb)


@given(st.lists(st.sampled_from(StepState), min_size=1, max_size=5))
def test_whatever_a_modality_performs_is_understood(performed: list[StepState]) -> None:
    verb = TOLD[state_after(performed).value]
    assert (verb, ExamStatus.SCHEDULED) in TRANSITIONS
    assert (TRANSITIONS[verb, ExamStatus.SCHEDULED] in OPEN) is (verb is ExamVerb.BEGIN)


def test_codes_are_such_as_devices_read() -> None:
    assert all(SHAPES["modality"].fullmatch(modality) for modality in Modality)
    assert all(SHAPES["body_part_examined"].fullmatch(part) for part in BodyPart)


@given(st.dates(), st.integers(1, ORDERS_PER_DAY_MAX), st.integers(1, ORDERS_PER_DAY_MAX))
def test_a_number_is_of_its_day_and_of_nothing_else(day: datetime, one: int, other: int) -> None:
    numbers = [accession_number(day.strftime("%Y%m%d").zfill(8), n) for n in (one, other)]
    assert all(len(number) == 13 and number.isalnum() and number.isupper() for number in numbers)
    assert (numbers[0] < numbers[1]) is (one < other)


def test_a_day_has_an_end() -> None:
    with pytest.raises(NumbersUsedUp):
        accession_number("20260302", ORDERS_PER_DAY_MAX + 1)


@pytest.mark.parametrize(
    "shift, right",
    [
        (-PAST, True),
        (-PAST - timedelta(seconds=1), False),
        (timedelta(0), True),
        (AHEAD, True),
        (AHEAD + timedelta(seconds=1), False),
    ],
)
def test_a_time_is_neither_over_nor_too_far(shift: timedelta, right: bool) -> None:
    if right:
        assert checked_time(NOW + shift, NOW) == NOW + shift
        return
    with pytest.raises(ExamTimeWrong):
        checked_time(NOW + shift, NOW)
