"""Studies written quickly say the same as those written one by one."""

import json
from types import SimpleNamespace
from typing import cast

from hypothesis import given, strategies as st

from dicom_node.archive.study_lists import ListedStudy
from dicom_node.archive.tables import Study
from viewer.qido_answers import study_result
from viewer.qido_study_list import FORMS_MAX, StudyList

texts = st.one_of(
    st.just(""), st.text(max_size=6), st.sampled_from(['{0}"\\', "\x010\x01", "%s{}", "王^小东"])
)
uids = st.one_of(st.from_regex(r"[1-9](\.[1-9][0-9]{0,9}){1,5}", fullmatch=True), texts)
names = st.one_of(texts, st.lists(texts, min_size=1, max_size=5).map("=".join))
modalities = st.lists(st.sampled_from(["CT", "MR", "SR", 'X"']), max_size=3).map(json.dumps)
counts = st.integers(0, 2**31 - 1)
rows = st.builds(
    ListedStudy,
    **dict.fromkeys(ListedStudy._fields, texts)
    | {
        "study_instance_uid": uids.filter(bool),
        "patient_name": names,
        "referring_physician_name": names,
        "modalities": modalities,
        "series_count": counts,
        "instance_count": counts,
    },
)
roots = st.sampled_from(["http://10.0.0.1/dicom-web", "https://影像.中国/dicom-web", "http://a/{0}%s\\d", ""])


def one_by_one(row: ListedStudy, root: str) -> dict[str, object]:
    facts = row._asdict() | {"modalities": json.loads(row.modalities)}
    found: dict[str, object] = json.loads(
        json.dumps(study_result(cast("Study", SimpleNamespace(**facts)), root))
    )
    return found


@given(st.lists(rows, max_size=8), roots)
def test_each_row_is_the_result_it_would_be_alone(found: list[ListedStudy], root: str) -> None:
    assert json.loads(StudyList(root).written(found)) == [one_by_one(row, root) for row in found]


def test_a_root_has_one_list_and_forms_are_bounded() -> None:
    assert StudyList.below("http://a") is StudyList.below("http://a")
    assert StudyList.below("http://a") is not StudyList.below("http://b")
    listed = StudyList("")
    for number in range(2 * FORMS_MAX):
        bits = [("x" if number >> place & 1 else "") for place in range(10)]
        row = ListedStudy._make(["1.2", *bits[:3], "[]", *bits[3:], "", 1, 1])
        listed.written([row])
    assert json.loads(listed.written([])) == []
