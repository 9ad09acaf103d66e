"""Preconditions of a submission name what is missing, and only that."""

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from consult_server.consults.guards import Guard, Submission, Verdict, evaluate
from consult_server.institutions.domain import AgreementTerms

TODAY = date(2026, 11, 21)


def terms(
    ends: date, starts: date = date(2025, 7, 1), lines: frozenset[str] = frozenset({"imaging"})
) -> AgreementTerms:
    return AgreementTerms(service_lines=lines, valid_from=starts, valid_to=ends)


def a_submission(**changes: object) -> Submission:
    whole: dict[str, object] = {
        "service_line": "imaging",
        "patient_chosen": True,
        "question": "右上肺结节是否增大？",
        "chief_complaint": "咳嗽3天",
        "urgency_explained": True,
        "study_attached": True,
        "consent_kind": "signed_paper",
        "consent_at": "2026-11-21T10:38:00+08:00",
        "agreements": [terms(date(2027, 6, 30))],
        "today": TODAY,
    }
    return Submission(**(whole | changes))  # type: ignore[arg-type]


def verdicts(**changes: object) -> dict[Guard, Verdict]:
    return {verdict.guard: verdict for verdict in evaluate(a_submission(**changes))}


def test_a_whole_request_passes_every_guard() -> None:
    found = verdicts()
    assert set(found) == set(Guard)
    assert all(verdict.passed and not verdict.missing for verdict in found.values())
    assert found[Guard.AGREEMENT_IN_FORCE].facts == {"valid_to": "2027-06-30"}


@pytest.mark.parametrize(
    "changes,guard,missing",
    [
        ({"patient_chosen": False}, Guard.DATA_COMPLETE, "patient_id"),
        ({"question": " 看 "}, Guard.DATA_COMPLETE, "question"),
        ({"chief_complaint": "  "}, Guard.DATA_COMPLETE, "chief_complaint"),
        ({"urgency_explained": False}, Guard.DATA_COMPLETE, "urgency_reason"),
        ({"study_attached": False}, Guard.DATA_COMPLETE, "study_instance_uid"),
        ({"consent_kind": ""}, Guard.CONSENT_RECORDED, "consent"),
        ({"agreements": []}, Guard.AGREEMENT_IN_FORCE, "invited_institution_id"),
        ({"service_line": "ecg"}, Guard.AGREEMENT_IN_FORCE, "invited_institution_id"),
    ],
)
def test_each_gap_fails_its_own_guard_alone(changes: dict[str, object], guard: Guard, missing: str) -> None:
    found = verdicts(**changes)
    assert [g for g, verdict in found.items() if not verdict.passed] == [guard]
    assert found[guard].missing == [missing]


def test_an_agreement_that_ended_says_when() -> None:
    verdict = verdicts(agreements=[terms(TODAY - timedelta(days=1))])[Guard.AGREEMENT_IN_FORCE]
    assert not verdict.passed
    assert verdict.facts == {"ended": (TODAY - timedelta(days=1)).isoformat()}


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.integers(0, 2000), st.integers(-3000, 3000))
def test_an_agreement_holds_from_its_first_to_its_last_day(start: date, length: int, offset: int) -> None:
    end, day = start + timedelta(days=length), start + timedelta(days=offset)
    assert terms(end, start).covers("imaging", day) is (0 <= offset <= length)
    assert not terms(end, start).covers("ecg", day)
