"""What is written quickly says the same as what is written one by one."""

import json
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, strategies as st

from dicom_node.archive.queries import ListedInstance
from dicom_node.archive.tables import Instance, Series, Study
from viewer.qido_answers import instance_result
from viewer.qido_listed import NAMES, InstanceList

uids = st.one_of(st.from_regex(r"[1-9](\.[1-9][0-9]{0,9}){1,5}", fullmatch=True), st.text(max_size=8))
numbers = st.one_of(st.none(), st.integers(0, 2**31 - 1))
rows = st.tuples(uids, uids, uids, numbers, st.integers(0, 9_999), numbers, numbers)
roots = st.sampled_from(["http://10.0.0.1/dicom-web", "https://影像.中国/dicom-web", "http://a/{0}%s\\d", ""])


def a_study(uid: str) -> Study:
    return cast("Study", SimpleNamespace(study_instance_uid=uid))


def a_series(uid: str) -> Series:
    return cast("Series", SimpleNamespace(series_instance_uid=uid))


def one_by_one(study: Study, series: Series, row: tuple[Any, ...], root: str) -> dict[str, Any]:
    instance = cast("Instance", SimpleNamespace(**dict(zip(NAMES, row, strict=True))))
    return instance_result(study, series, instance, root)


@given(st.lists(rows, max_size=8), uids, uids, roots)
def test_each_row_is_the_result_it_would_be_alone(
    found: list[tuple[Any, ...]], study_uid: str, series_uid: str, root: str
) -> None:
    study, series = a_study(study_uid), a_series(series_uid)
    listed = InstanceList(study, series, root).written(cast("list[ListedInstance]", found))
    assert json.loads(listed) == [one_by_one(study, series, row, root) for row in found]


def test_nothing_is_an_empty_array() -> None:
    assert InstanceList(a_study("1.2"), a_series("1.3"), "").written([]) == b"[]"


def test_an_instance_number_of_zero_is_a_number() -> None:
    row = ("1.2", "1.3", "1.4", 0, 0, 0, None)
    (result,) = json.loads(InstanceList(a_study("1"), a_series("2"), "").written(cast("Any", [row])))
    assert result["00200013"] == {"vr": "IS", "Value": [0]}
    assert (result["00280010"], result["00280011"]) == ({"vr": "US", "Value": [0]}, {"vr": "US"})
    assert result["00280008"] == {"vr": "IS"}
