"""Names are found however they are typed; card numbers are believed only with their check digit."""

import pytest
from hypothesis import given, strategies as st

from consult_server.patients.domain import IdNumberWrong, checked_id_no, folded_query, name_key

VALID = ("990001196103140018", "990005195502030036", "990011198101220120")


@pytest.mark.parametrize(
    "name,typed",
    [
        ("单建国", "shanjianguo"),
        ("单建国", "sjg"),
        ("单建国", "danjianguo"),
        ("仇大山", "qiu"),
        ("曾小雨", "zengxiaoyu"),
        ("查志远", "zha"),
        ("尉迟广宁", "yuchi"),
        ("阿依古丽·买买提", "阿依古丽"),
        ("阿依古丽·买买提", "ayiguli"),
        ("Müller", "MÜLLER"),
    ],
)
def test_a_name_is_found_by_its_readings_and_initials(name: str, typed: str) -> None:
    assert folded_query(typed) in name_key(name)


@given(st.text(max_size=64))
def test_a_key_is_made_of_any_text_and_holds_the_text_itself(name: str) -> None:
    key = name_key(name)
    assert folded_query(name) in key
    assert key == key.casefold() or not key.isascii()


@pytest.mark.parametrize("number", VALID)
def test_a_card_number_with_its_check_digit_is_believed(number: str) -> None:
    assert checked_id_no(number) == number
    full_width = number.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    assert checked_id_no(f" {full_width} ") == number


@given(st.sampled_from(VALID), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_digit_is_always_noticed(number: str, place: int, digit: str) -> None:
    changed = number[:place] + digit + number[place + 1 :]
    if changed == number:
        assert checked_id_no(changed) == number
        return
    with pytest.raises(IdNumberWrong):
        checked_id_no(changed)


@given(st.text(min_size=1, max_size=30))
def test_anything_else_is_refused_and_never_crashes(text: str) -> None:
    if not text.strip():
        assert checked_id_no(text) == ""
        return
    try:
        kept = checked_id_no(text)
    except IdNumberWrong:
        return
    assert len(kept) in {0, 18}
