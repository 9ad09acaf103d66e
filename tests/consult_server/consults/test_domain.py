"""The transition table: complete, closed, and refusing for the reason it names."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from config.kernel.principal import Principal, Proof
from consult_server.consults.domain import (
    LIMITS,
    TRANSITIONS,
    ReasonMissing,
    ServiceLine,
    Side,
    Standing,
    Status,
    StepNotPossible,
    StepNotYours,
    Urgency,
    Verb,
    due_at,
    next_status,
    possible_verbs,
)
from consult_server.identity.domain import Role

ENDED = {Status.CLOSED, Status.WITHDRAWN, Status.DECLINED}


def a_principal(*roles: Role, institution: str = "township", account: str = "zhou") -> Principal:
    return Principal(
        account_id=account,
        name="周丽",
        institution_id=institution,
        roles=frozenset(role.value for role in roles),
        proof=Proof.SESSION,
    )


def a_standing(status: Status, specialist: str | None = None) -> Standing:
    return Standing(
        status=status,
        inviting_institution_id="township",
        invited_institution_id="county",
        specialist_id=specialist,
    )


def somebody_for(verb: Verb, status: Status) -> Principal:
    rule = TRANSITIONS[verb, status]
    institution = "township" if rule.side is Side.INVITING else "county"
    return a_principal(rule.roles[0], institution=institution, account="reader")


def test_every_state_but_the_ended_ones_has_a_way_on() -> None:
    left = {status for _verb, status in TRANSITIONS}
    assert left == set(Status) - ENDED


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached, frontier = {Status.DRAFT}, {Status.DRAFT}
    while frontier:
        frontier = {rule.target for (_v, status), rule in TRANSITIONS.items() if status in frontier} - reached
        reached |= frontier
    assert reached == set(Status)


@pytest.mark.parametrize("verb,status", sorted(TRANSITIONS))
def test_the_right_person_takes_each_step(verb: Verb, status: Status) -> None:
    rule = TRANSITIONS[verb, status]
    who = somebody_for(verb, status)
    standing = a_standing(status, "reader")
    assert next_status(verb, standing, who, "因为") is rule.target
    assert verb in possible_verbs(standing, who)


@pytest.mark.parametrize("verb,status", sorted(TRANSITIONS))
def test_nobody_else_takes_it(verb: Verb, status: Status) -> None:
    rule = TRANSITIONS[verb, status]
    standing = a_standing(status, "reader")
    others = set(Role) - set(rule.roles)
    strangers = [
        a_principal(*others, institution="county", account="reader"),
        a_principal(*others, institution="township", account="reader"),
        a_principal(*rule.roles, institution="city", account="stranger"),
    ]
    for stranger in strangers:
        with pytest.raises(StepNotYours):
            next_status(verb, standing, stranger, "因为")
        assert verb not in possible_verbs(standing, stranger)


@pytest.mark.parametrize("verb,status", sorted(k for k, rule in TRANSITIONS.items() if rule.reason))
def test_a_step_back_needs_its_reason(verb: Verb, status: Status) -> None:
    with pytest.raises(ReasonMissing):
        next_status(verb, a_standing(status, "reader"), somebody_for(verb, status), "  ")


@given(verb=st.sampled_from(Verb), status=st.sampled_from(Status))
def test_what_the_table_does_not_list_is_refused(verb: Verb, status: Status) -> None:
    everybody = a_principal(*Role, institution="township", account="reader")
    if (verb, status) in TRANSITIONS:
        return
    with pytest.raises(StepNotPossible) as refused:
        next_status(verb, a_standing(status, "reader"), everybody, "因为")
    assert refused.value.params == {"verb": verb.value, "status": status.value}


@given(st.lists(st.sampled_from(Verb), max_size=30))
def test_no_walk_leaves_an_ended_state_or_goes_back_to_a_draft(verbs: list[Verb]) -> None:
    status = Status.DRAFT
    for verb in verbs:
        rule = TRANSITIONS.get((verb, status))
        if rule is None:
            continue
        assert status not in ENDED
        status = rule.target
        assert status is not Status.DRAFT


def test_another_readers_case_is_not_mine() -> None:
    mine = a_principal(Role.SPECIALIST, institution="county", account="gao")
    with pytest.raises(StepNotYours):
        next_status(Verb.SIGN, a_standing(Status.REPORTING, "lin"), mine, "")


@given(
    line=st.sampled_from(ServiceLine),
    urgency=st.sampled_from(Urgency),
    at=st.integers(0, 2_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_the_promise_counts_from_submission(line: ServiceLine, urgency: Urgency, at: datetime) -> None:
    assert due_at(line, urgency, at) - at == LIMITS[line, urgency]


def test_a_hurry_is_promised_sooner_and_an_ecg_soonest() -> None:
    for line in ServiceLine:
        limits = [LIMITS[line, urgency] for urgency in (Urgency.EMERGENCY, Urgency.URGENT, Urgency.ROUTINE)]
        assert limits == sorted(limits)
    assert LIMITS[ServiceLine.ECG, Urgency.EMERGENCY] == timedelta(minutes=10)
