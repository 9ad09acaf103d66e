"""Random data sets in every encoding, read as DICOM JSON: what pydicom wrote is what we read."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom_node.archive.errors import DatasetUnreadable
from dicom_node.intake.dicom_json import COMPACT_JSON
from dicom_node.intake.elements import (
    ELEMENTS_MAX,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    Budget,
    Syntax,
)
from dicom_node.intake.errors import DatasetTooComplex
from dicom_node.intake.walk import _REMEMBERED, CHARSETS_MAX, REMEMBERED_MAX, Walk
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.oracle import differences

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")
FORMS: dict[Syntax, dict[str, bool]] = {
    EXPLICIT_LITTLE: {},
    IMPLICIT_LITTLE: {"implicit": True},
    EXPLICIT_BIG: {"little": False},
}
TEXTS = (
    "StudyID",
    "AccessionNumber",
    "StudyDescription",
    "SeriesDescription",
    "PatientID",
    "BodyPartExamined",
)
words = st.text("abcXYZ 王小东頭ö", min_size=1, max_size=12).map(str.strip).filter(bool)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "StudyDescription": words,
    "SeriesDescription": words,
    "PatientComments": words,
    "PatientName": st.tuples(words, words).map("^".join),
    "StudyDate": st.dates().map(lambda day: day.strftime("%Y%m%d").zfill(8)),
    "PatientAge": st.integers(0, 999).map("{:03}Y".format),
    "Rows": st.integers(0, 65_535),
    "SmallestPixelValueInSeries": st.integers(0, 65_535),
    "InstanceNumber": st.integers(-(2**31), 2**31 - 1),
    "PixelSpacing": st.lists(st.integers(1, 9_999).map(lambda n: str(n / 1000)), min_size=2, max_size=2),
    "WindowCenter": st.lists(st.integers(-999, 999).map(str), min_size=1, max_size=4),
    "FrameIncrementPointer": st.integers(0, 2**32 - 1),
    "RecommendedDisplayFrameRateInFloat": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "RealWorldValueSlope": st.floats(allow_nan=False, allow_infinity=False),
    "SOPInstanceUID": st.integers(0, 10**30).map("1.2.{}".format),
    "EncapsulatedDocument": st.binary(max_size=40).map(lambda raw: raw + b"\0" * (len(raw) % 2)),
}


@st.composite
def data_sets(draw: st.DrawFn, depth: int = 2) -> Dataset:
    """A data set with some attributes, and below it sequences of such."""
    made = Dataset()
    if depth == 2:
        made.SpecificCharacterSet = "ISO_IR 192"
    for keyword in draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=8)):
        if keyword != "SmallestPixelValueInSeries" or depth == 2:
            setattr(made, keyword, draw(VALUES[keyword]))
    if depth and draw(st.booleans()):
        items = draw(st.lists(data_sets(depth - 1), max_size=3))
        made.ContentSequence = Sequence(items)
        made["ContentSequence"].is_undefined_length = draw(st.booleans())
        for item in items:
            item.is_undefined_length_sequence_item = draw(st.booleans())
    return made


@pytest.mark.parametrize("syntax", FORMS, ids=["explicit", "implicit", "big"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(dataset=data_sets())
def test_what_pydicom_wrote_is_what_is_read(syntax: Syntax, dataset: Dataset) -> None:
    raw = dataset_bytes(dataset, **FORMS[syntax])
    found = Walk(raw).document(0, len(raw), syntax)
    assert differences(found, dataset) == []
    assert len(found) == len(dataset)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(dataset=data_sets())
def test_every_encoding_says_the_same(dataset: Dataset) -> None:
    documents = []
    for syntax, form in FORMS.items():
        raw = dataset_bytes(dataset, **form)
        documents.append(Walk(raw).document(0, len(raw), syntax))
    assert documents[0] == documents[1] == documents[2]


@pytest.mark.parametrize("syntax", FORMS, ids=["explicit", "implicit", "big"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(dataset=data_sets(), label=st.sampled_from(["ISO_IR 192", "GB18030", "ISO_IR 100"]))
def test_what_is_remembered_is_what_it_was(syntax: Syntax, dataset: Dataset, label: str) -> None:
    """The first reading knows nothing, the second all of it, the third the same bytes under another label."""
    raw = dataset_bytes(dataset, **FORMS[syntax])
    other = raw.replace(b"ISO_IR 192", label.encode().ljust(10))
    fresh = {each: Walk(each).document(0, len(each), syntax) for each in (raw, other)}
    _REMEMBERED.clear()
    for each in (raw, raw, other, other, raw):
        walk = Walk(each, remembering=True)
        assert walk.document(0, len(each), syntax) == fresh[each]
        assert "{" + ",".join(walk.texts.values()) + "}" == COMPACT_JSON.encode(fresh[each])


@pytest.mark.parametrize("times", [1, 2])
def test_a_remembered_element_may_still_not_come_twice(times: int) -> None:
    once = dataset_bytes(a_ct(PixelData=None))
    for _ in range(times):
        Walk(once, remembering=True).document(0, len(once), EXPLICIT_LITTLE)
    with pytest.raises(DatasetUnreadable):
        Walk(once * 2, remembering=True).document(0, len(once) * 2, EXPLICIT_LITTLE)


def test_remembered_elements_count_like_others() -> None:
    raw, count = dataset_bytes(a_ct(PixelData=None)), 0
    for _ in range(2):
        walk = Walk(raw, remembering=True)
        count = len(walk.document(0, len(raw), EXPLICIT_LITTLE))
        assert walk.budget.elements == ELEMENTS_MAX - count
    with pytest.raises(DatasetTooComplex):
        Walk(raw, Budget(elements=count - 1), remembering=True).document(0, len(raw), EXPLICIT_LITTLE)


def test_what_is_remembered_has_an_end() -> None:
    """Whoever sends ever new values fills no memory."""
    for number in range(REMEMBERED_MAX // 4):
        raw = dataset_bytes(a_ct(PixelData=None, **{name: f"{name[:8]}{number}" for name in TEXTS}))
        Walk(raw, remembering=True).document(0, len(raw), EXPLICIT_LITTLE)
    for number in range(3 * CHARSETS_MAX):
        label = Dataset()
        label.SpecificCharacterSet = f"ISO_IR {100 + number}"
        raw = dataset_bytes(label)
        Walk(raw, remembering=True).document(0, len(raw), EXPLICIT_LITTLE)
    assert len(_REMEMBERED) <= CHARSETS_MAX
    assert max(map(len, _REMEMBERED.values())) <= REMEMBERED_MAX


def test_a_label_counts_for_its_own_item_and_what_is_below_it() -> None:
    """PS3.3 C.12.1.1.2: an item may have a character set of its own; its neighbours keep the outer one."""
    own, neighbour, whole = Dataset(), Dataset(), Dataset()
    own.SpecificCharacterSet, own.PatientComments = "GB18030", "王小东"
    neighbour.PatientComments = "小东"
    whole.SpecificCharacterSet, whole.ContentSequence = "ISO_IR 192", Sequence([own, neighbour])
    raw = dataset_bytes(whole)
    assert "王小东".encode("gb18030") in raw
    items = Walk(raw).document(0, len(raw), EXPLICIT_LITTLE)["0040A730"]["Value"]
    assert [item["00104000"]["Value"] for item in items] == [["王小东"], ["小东"]]
