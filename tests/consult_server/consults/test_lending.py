"""The rule by which an earlier study is lent, as a pure decision."""

from datetime import date, timedelta

from hypothesis import given, strategies as st

from consult_server.consults.lending import Earlier, is_lent
from consult_server.institutions.domain import AgreementTerms

DAY = date(2026, 3, 2)
BORN = date(1955, 2, 3)
LINE = "imaging"


def an_earlier(institution_id: str = "third", **changes: object) -> Earlier:
    facts: dict[str, object] = {
        "institution_id": institution_id,
        "study_instance_uid": "1.2",
        "said_birth_date": "19550203",
        "birth_date": BORN,
        "inviting_institution_id": "inviting",
        "service_line": LINE,
        "submitted_on": DAY,
    }
    return Earlier(**(facts | changes))  # type: ignore[arg-type]


def terms(line: str = LINE, begins: int = -10, ends: int = 10) -> AgreementTerms:
    return AgreementTerms(
        service_lines=frozenset({line}),
        valid_from=DAY + timedelta(days=begins),
        valid_to=DAY + timedelta(days=ends),
    )


def test_without_an_agreement_only_the_two_houses_of_the_case() -> None:
    assert is_lent(an_earlier("inviting"), "reader", {})
    assert is_lent(an_earlier("reader"), "reader", {})
    assert not is_lent(an_earlier("third"), "reader", {})


@given(st.integers(-400, 400), st.integers(-400, 400), st.sampled_from([LINE, "ecg"]))
def test_a_third_house_lends_what_it_agreed_to_on_that_day(begins: int, ends: int, line: str) -> None:
    agreed = {"third": [terms(line, begins, ends)]}
    assert is_lent(an_earlier("third"), "reader", agreed) == (line == LINE and begins <= 0 <= ends)
    assert not is_lent(an_earlier("fourth"), "reader", agreed)


@given(st.dates(date(1930, 1, 1), date(2020, 1, 1)))
def test_images_that_gainsay_the_birth_date_are_somebody_elses(said: date) -> None:
    one = an_earlier("inviting", said_birth_date=f"{said:%Y%m%d}")
    assert is_lent(one, "reader", {}) == (said == BORN)


def test_images_that_say_nothing_gainsay_nothing() -> None:
    assert is_lent(an_earlier("inviting", said_birth_date=""), "reader", {})
