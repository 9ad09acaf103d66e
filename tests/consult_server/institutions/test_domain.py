"""When an agreement holds, to the day."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from consult_server.institutions.domain import AgreementTerms

TERMS = AgreementTerms(
    service_lines=frozenset({"imaging"}), valid_from=date(2026, 1, 1), valid_to=date(2026, 12, 31)
)
DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    "line,on,covered",
    [
        ("imaging", date(2025, 12, 31), False),
        ("imaging", date(2026, 1, 1), True),
        ("imaging", date(2026, 7, 1), True),
        ("imaging", date(2026, 12, 31), True),
        ("imaging", date(2027, 1, 1), False),
        ("ecg", date(2026, 7, 1), False),
        ("", date(2026, 7, 1), False),
        ("IMAGING", date(2026, 7, 1), False),
    ],
)
def test_both_days_are_inside(line: str, on: date, covered: bool) -> None:
    assert TERMS.covers(line, on) is covered


@given(DAYS, st.integers(0, 4000), st.integers(-10, 4010))
def test_it_holds_on_each_of_its_days_and_no_other(begins: date, length: int, after: int) -> None:
    terms = AgreementTerms(
        service_lines=frozenset({"ecg"}), valid_from=begins, valid_to=begins + timedelta(days=length)
    )
    assert terms.covers("ecg", begins + timedelta(days=after)) is (0 <= after <= length)


@given(DAYS, DAYS, DAYS)
def test_one_that_ends_before_it_begins_never_holds(one: date, other: date, on: date) -> None:
    first, last = min(one, other), max(one, other)
    if first != last:
        terms = AgreementTerms(service_lines=frozenset({"ecg"}), valid_from=last, valid_to=first)
        assert terms.covers("ecg", on) is False
