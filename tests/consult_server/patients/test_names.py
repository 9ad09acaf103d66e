"""Names of people as devices get them."""

import pytest
from hypothesis import given, strategies as st

from consult_server.patients.names import GROUP_CHARACTERS_MAX, is_hanzi, person_name
from dicom_node.archive.names import name_key
from dicom_node.worklist.domain import NOT_IN_TEXTS


@pytest.mark.parametrize(
    "name, written",
    [
        ("王小东", "Wang^Xiaodong=王^小东"),
        ("李娜", "Li^Na=李^娜"),
        ("欧阳修", "Ouyang^Xiu=欧阳^修"),
        ("欧阳", "Ou^Yang=欧^阳"),
        ("尉迟恭", "Yuchi^Gong=尉迟^恭"),
        ("单建国", "Shan^Jianguo=单^建国"),
        ("仇大山", "Qiu^Dashan=仇^大山"),
        ("曾一", "Zeng^Yi=曾^一"),
        ("吕布", "Lv^Bu=吕^布"),
        ("王", "Wang=王"),
        ("王 小东", "Wang^Xiaodong=王^小东"),
        ("阿依古丽·买买提", "Ayigulimaimaiti=阿依古丽·买买提"),
        ("John Smith", "John Smith"),
        ("王\\小=东^", "Wang^Xiaodong=王^小东"),
    ],
)
def test_a_name_is_pinyin_and_characters_divided_alike(name: str, written: str) -> None:
    assert person_name(name) == written


@given(st.text(max_size=80))
def test_any_name_makes_a_value_that_fits(name: str) -> None:
    made = person_name(name)
    assert NOT_IN_TEXTS.search(made) is None
    assert made.count("=") == (1 if is_hanzi(made) else 0)
    assert all(len(group) <= GROUP_CHARACTERS_MAX + 1 for group in made.split("="))


@given(st.text("王李赵钱孙周吴郑小东娜强伟", min_size=2, max_size=4))
def test_a_patient_is_found_by_the_characters_and_by_the_pinyin(name: str) -> None:
    entries = name_key(person_name(name)).split("|")
    assert name in entries
    pinyin = person_name(name).split("=")[0].replace("^", "").lower()
    assert pinyin in entries
