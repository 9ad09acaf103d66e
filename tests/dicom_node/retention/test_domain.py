"""What may be destroyed: decided cases, and laws that hold for any rules and any study."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dicom_node.retention.domain import (
    Facts,
    KeepTimeRefused,
    Kept,
    Rule,
    check_keep_time,
    keep_months,
    kept_for,
    kept_until,
)

CAME = datetime(2011, 3, 2, 4, 0, tzinfo=UTC)
TODAY = date(2026, 3, 3)
FIFTEEN = Rule(keep_months=180)


def facts(**changes: Any) -> Facts:
    """A study of 2011 that nothing speaks for."""
    given_facts: dict[str, Any] = {
        "institution_id": "town",
        "source_ae_title": "CT1",
        "modalities": ["CT"],
        "study_date": "20110302",
        "last_received_at": CAME,
        "settled": True,
        "held": False,
        "needed": False,
        "undelivered": False,
    }
    return Facts(**given_facts | changes)


def test_without_a_rule_nothing_is_ever_destroyed() -> None:
    assert kept_for(facts(), [], date.max) is Kept.NO_RULE
    assert kept_for(facts(), [Rule(keep_months=1, institution_id="city")], date.max) is Kept.NO_RULE


@pytest.mark.parametrize(
    "today,kept", [(date(2026, 3, 1), Kept.TOO_YOUNG), (date(2026, 3, 2), Kept.TOO_YOUNG), (TODAY, None)]
)
def test_the_last_day_of_fifteen_years_is_kept(today: date, kept: Kept | None) -> None:
    assert kept_for(facts(), [FIFTEEN], today) is kept


@pytest.mark.parametrize(
    "change,kept",
    [
        ({"held": True}, Kept.HELD),
        ({"needed": True}, Kept.NEEDED),
        ({"undelivered": True}, Kept.UNDELIVERED),
        ({"settled": False}, Kept.UNSETTLED),
        ({"modalities": ["CT", "SR"]}, None),
        ({"modalities": []}, None),
    ],
)
def test_each_reason_keeps_by_itself(change: dict[str, Any], kept: Kept | None) -> None:
    assert kept_for(facts(**change), [FIFTEEN], TODAY) is kept


@pytest.mark.parametrize(
    "rules,modalities,months",
    [
        ([Rule(keep_months=360), Rule(keep_months=180, modality="CT")], ["CT"], 180),
        ([Rule(keep_months=360), Rule(keep_months=180, modality="CT")], ["CT", "SR"], 360),
        ([Rule(keep_months=180, modality="CT")], ["CT", "SR"], None),
        ([Rule(keep_months=180, modality="CT")], [], None),
        ([Rule(keep_months=24, modality="CT"), Rule(keep_months=36, source_ae_title="CT1")], ["CT"], 36),
        ([Rule(keep_months=99), Rule(keep_months=12, institution_id="town")], ["CT"], 12),
        ([Rule(keep_months=12), Rule(keep_months=99, institution_id="city")], ["CT"], 12),
        (
            [
                Rule(keep_months=99, institution_id="town"),
                Rule(keep_months=50, institution_id="town", modality="CT"),
                Rule(keep_months=1),
            ],
            ["CT"],
            50,
        ),
    ],
)
def test_a_narrower_rule_takes_the_place_of_a_wider_one(
    rules: list[Rule], modalities: list[str], months: int | None
) -> None:
    assert keep_months(rules, "town", "CT1", modalities) == months


@pytest.mark.parametrize(
    "study_date,came,months,last",
    [
        ("20110302", CAME, 180, date(2026, 3, 2)),
        ("19900101", CAME, 180, date(2026, 3, 2)),
        ("20120229", CAME, 12, date(2013, 2, 28)),
        ("20110831", CAME, 6, date(2012, 2, 29)),
        ("20111231", CAME, 1, date(2012, 1, 31)),
        ("not a date", CAME, 12, date(2012, 3, 2)),
        ("", CAME, 12, date(2012, 3, 2)),
        ("99991231", CAME, 12, date.max),
    ],
)
def test_time_is_counted_in_calendar_months_from_the_later_day(
    study_date: str, came: datetime, months: int, last: date
) -> None:
    assert kept_until(study_date, came, months) == last


@pytest.mark.parametrize("months", [0, -1, 1201])
def test_what_is_no_keep_time_is_refused(months: int) -> None:
    with pytest.raises(KeepTimeRefused):
        check_keep_time(months)


INSTITUTIONS, SOURCES, MODALITIES = ("town", "city"), ("CT1", "MR1"), ("CT", "MR", "SR")


def _or_any(values: tuple[str, ...]) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


RULES = st.lists(
    st.builds(
        Rule,
        keep_months=st.integers(1, 600),
        institution_id=_or_any(INSTITUTIONS),
        source_ae_title=_or_any(SOURCES),
        modality=_or_any(MODALITIES),
    ),
    max_size=6,
)
STUDIES: st.SearchStrategy[Facts] = st.builds(
    facts,
    institution_id=st.sampled_from(INSTITUTIONS),
    source_ae_title=st.sampled_from(SOURCES),
    modalities=st.lists(st.sampled_from(MODALITIES), unique=True),
    study_date=st.dates(date(1950, 1, 1), date(2030, 1, 1)).map(lambda day: day.strftime("%Y%m%d")),
    held=st.booleans(),
    needed=st.booleans(),
    undelivered=st.booleans(),
    settled=st.booleans(),
)
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(study=STUDIES, rules=RULES, today=DAYS)
def test_what_is_destroyed_is_past_a_rule_for_each_of_its_modalities(
    study: Facts, rules: list[Rule], today: date
) -> None:
    if kept_for(study, rules, today) is not None:
        return
    assert (study.held, study.needed, study.undelivered) == (False, False, False)
    assert study.settled
    for modality in study.modalities or [""]:
        months = [
            rule.keep_months
            for rule in rules
            if rule.covers(study.institution_id, study.source_ae_title, modality)
        ]
        assert months, "a rule speaks of it"
        least_days = min(months) * 28
        assert today - study.last_received_at.date() > timedelta(days=least_days)
        assert today.strftime("%Y%m%d") > study.study_date


WORSE: list[Callable[[Facts], Facts]] = [
    lambda one: replace(one, held=True),
    lambda one: replace(one, needed=True),
    lambda one: replace(one, undelivered=True),
    lambda one: replace(one, settled=False),
]


@given(study=STUDIES, rules=RULES, today=DAYS, change=st.sampled_from(WORSE))
def test_one_more_reason_never_sets_anything_free(
    study: Facts, rules: list[Rule], today: date, change: Callable[[Facts], Facts]
) -> None:
    assert kept_for(change(study), rules, today) is not None


@given(study=STUDIES, rules=RULES, today=DAYS, later=st.integers(1, 5000))
def test_what_may_go_today_may_go_later_too(study: Facts, rules: list[Rule], today: date, later: int) -> None:
    if kept_for(study, rules, today) is None:
        assert kept_for(study, rules, today + timedelta(days=later)) is None


@given(study=STUDIES, rules=RULES, today=DAYS, data=st.data())
def test_the_order_of_rules_says_nothing(
    study: Facts, rules: list[Rule], today: date, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rules))
    assert kept_for(study, rules, today) is kept_for(study, shuffled, today)


@given(rules=RULES, months=st.integers(1, 600), study=STUDIES)
def test_a_rule_as_narrow_as_can_be_decides_alone(rules: list[Rule], months: int, study: Facts) -> None:
    wide = [rule for rule in rules if None in rule.scope]
    own = [
        Rule(
            keep_months=months,
            institution_id=study.institution_id,
            source_ae_title=study.source_ae_title,
            modality=one,
        )
        for one in study.modalities
    ]
    if own:
        found = keep_months([*wide, *own], study.institution_id, study.source_ae_title, study.modalities)
        assert found == months
