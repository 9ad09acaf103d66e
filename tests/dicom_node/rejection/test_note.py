"""Which selections are rejection notes, and what they name."""

import json
import zlib
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset

from dicom_node.intake.elements import EXPLICIT_LITTLE
from dicom_node.intake.walk import Walk
from dicom_node.rejection.note import REFERENCES_MAX, Note, Title, read_note
from dicom_node.rejection.queries import nobodys
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.rejection.notes import OF_INTEREST, QUALITY, a_note


def stored(dataset: Dataset) -> bytes:
    """The metadata as the index holds it."""
    raw = dataset_bytes(dataset)
    return zlib.compress(json.dumps(Walk(raw).document(0, len(raw), EXPLICIT_LITTLE)).encode())


def packed(document: dict[str, Any]) -> bytes:
    """A document as the index would hold it."""
    return zlib.compress(json.dumps(document).encode())


@pytest.mark.parametrize("title", list(Title))
def test_four_titles_reject(title: Title) -> None:
    """The codes of IHE RAD TF-2 4.66, from the standard and not from our list."""
    assert {one.value for one in Title} == {"113001", "113037", "113038", "113039"}
    study = a_ct().StudyInstanceUID
    objects = [a_ct(StudyInstanceUID=study), a_ct(StudyInstanceUID=study), a_ct()]
    found = read_note(stored(a_note(title.value, objects)))
    assert found == Note(title=title, sop_instance_uids=tuple(one.SOPInstanceUID for one in objects))


@pytest.mark.parametrize(
    "title, scheme", [(OF_INTEREST, "DCM"), (QUALITY, "99LOCAL"), ("113", "DCM"), ("", "DCM")]
)
def test_other_selections_reject_nothing(title: str, scheme: str) -> None:
    assert read_note(stored(a_note(title, [a_ct()], scheme=scheme))) is None
    assert read_note(stored(a_ct())) is None


def test_an_object_named_twice_is_one() -> None:
    one = a_ct()
    found = read_note(stored(a_note(QUALITY, [one, one])))
    assert found is not None
    assert found.sop_instance_uids == (one.SOPInstanceUID,)


def test_no_note_names_without_end() -> None:
    items = [{"00081155": {"vr": "UI", "Value": [f"1.2.{number}"]}} for number in range(REFERENCES_MAX + 5)]
    title = {"00080100": {"vr": "SH", "Value": [QUALITY]}, "00080102": {"vr": "SH", "Value": ["DCM"]}}
    series = {"00081199": {"vr": "SQ", "Value": items}}
    found = read_note(
        packed(
            {
                "0040A043": {"vr": "SQ", "Value": [title]},
                "0040A375": {"vr": "SQ", "Value": [{"00081115": {"vr": "SQ", "Value": [series]}}]},
            }
        )
    )
    assert found is not None
    assert len(found.sop_instance_uids) == REFERENCES_MAX


elements = st.recursive(
    st.one_of(st.none(), st.text(max_size=4), st.integers(), st.just(QUALITY), st.just("DCM")),
    lambda inner: st.dictionaries(
        st.sampled_from(["0040A043", "0040A375", "00081115", "00081199", "00080100", "00080102", "00081155"]),
        st.fixed_dictionaries({"vr": st.just("SQ")}, optional={"Value": st.lists(inner, max_size=3)}),
        max_size=4,
    ),
    max_leaves=12,
)


@given(document=elements.filter(lambda found: isinstance(found, dict)))
def test_whatever_is_stored_can_be_read(document: dict[str, Any]) -> None:
    found = read_note(packed(document))
    assert found is None or all(isinstance(uid, str) for uid in found.sop_instance_uids)


@given(one=st.uuids().map(str), other=st.uuids().map(str))
def test_nobodys_id_is_no_institutions_and_each_has_its_own(one: str, other: str) -> None:
    assert len(nobodys(one)) <= 36
    assert nobodys(one).startswith("hidden-")
    assert (nobodys(one) == nobodys(other)) == (one == other)
