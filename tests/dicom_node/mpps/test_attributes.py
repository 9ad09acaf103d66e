"""The attributes of performed steps: read as pydicom wrote them, refused by name, hostile ones too."""

import pytest
from hypothesis import given, strategies as st
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset

from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.mpps.attributes import (
    STEPS_MAX,
    StepRefused,
    first_value,
    items,
    merged,
    read_attributes,
    references,
    require_known,
    require_new,
    status_of_step,
)
from dicom_node.mpps.domain import (
    CREATE_NEEDS,
    FINAL_NEEDS,
    FIXED,
    SCHEDULED_STEPS,
    SERIES,
    STATUS,
    Need,
    StepState,
)
from dicom_node.mpps.performing import Whose, creation
from dicom_node.worklist.queries import StepReference
from tests.dicom_node.objects import dataset_bytes
from tests.dicom_node.performing import a_series, begun, ended, scheduled

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

WHOSE = Whose(institution_id="0190-county", ae_title="COUNTY", sop_instance_uid="2.25.77")


def document(dataset: Dataset) -> dict[str, dict[str, object]]:
    """What we read of a data set."""
    return read_attributes(dataset_bytes(dataset), EXPLICIT_LITTLE)


def refusal(call: object, *arguments: object) -> StepRefused | None:
    """Why it was refused; None when it was not."""
    try:
        call(*arguments)  # type: ignore[operator]
    except StepRefused as found:
        return found
    return None


def place_of(dataset: Dataset, need: Need) -> Dataset:
    """The data set in which a need stands: the whole one, or the first item of a sequence."""
    return dataset if need.inside is None else dataset[need.inside].value[0]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_what_a_modality_says_is_read_in_any_charset(syntax: Syntax) -> None:
    raw = dataset_bytes(begun(), implicit=not syntax.explicit)
    found = read_attributes(raw, syntax)
    assert found["00100010"]["Value"] == [{"Alphabetic": "Wang^Xiaodong", "Ideographic": "王^小东"}]
    assert first_value(found, 0x00400244) == "20261128"
    assert (first_value(found, 0x00400243), first_value(found, 0x00400999)) == ("", "")
    assert status_of_step(found) is StepState.IN_PROGRESS
    assert references(found) == [
        StepReference(
            study_instance_uid="2.25.1001",
            accession_number="E202611280001",
            scheduled_step_id="E202611280001-1",
        )
    ]
    require_new(found)


@pytest.mark.parametrize("need", CREATE_NEEDS, ids=lambda need: keyword_for_tag(need.tag))
def test_what_is_missing_at_the_beginning_is_named(need: Need) -> None:
    dataset = begun()
    del place_of(dataset, need)[need.tag]
    found = refusal(require_new, document(dataset))
    assert found is not None
    assert (found.answer.status, found.answer.attributes) == (0x0120, (need.tag,))
    assert found.answer.comment == f"{keyword_for_tag(need.tag)} is missing"


@pytest.mark.parametrize(
    "need", [need for need in CREATE_NEEDS if need.value], ids=lambda need: keyword_for_tag(need.tag)
)
def test_what_has_no_value_where_one_is_needed_is_named(need: Need) -> None:
    dataset = begun()
    place_of(dataset, need)[need.tag].value = [] if need.tag == SCHEDULED_STEPS else ""
    found = refusal(require_new, document(dataset))
    assert found is not None
    assert (found.answer.status, found.answer.attributes) == (0x0121, (need.tag,))


@pytest.mark.parametrize(
    "state, need",
    [(state, need) for state, needs in FINAL_NEEDS.items() for need in needs],
    ids=lambda part: keyword_for_tag(part.tag) if isinstance(part, Need) else str(part),
)
def test_what_is_missing_at_the_end_is_named(state: StepState, need: Need) -> None:
    dataset = begun()
    dataset.update(ended(state.value))
    require_known(document(dataset), state)
    place_of(dataset, need)[need.tag].value = [] if need.tag == SERIES else ""
    found = refusal(require_known, document(dataset), state)
    assert found is not None
    assert (found.answer.status, found.answer.attributes) == (0x0121, (need.tag,))


def test_a_step_that_was_broken_off_may_have_no_series() -> None:
    dataset = begun()
    dataset.update(ended("DISCONTINUED", PerformedSeriesSequence=[]))
    require_known(document(dataset), StepState.DISCONTINUED)
    assert refusal(require_known, document(dataset), StepState.COMPLETED) is not None


@pytest.mark.parametrize(
    "values, tag",
    [
        ({"PerformedProcedureStepStatus": "DONE"}, STATUS),
        ({"ScheduledStepAttributesSequence": [scheduled(StudyInstanceUID="1.x")]}, 0x0020000D),
        ({"ScheduledStepAttributesSequence": [scheduled()] * (STEPS_MAX + 1)}, SCHEDULED_STEPS),
        ({"CommentsOnThePerformedProcedureStep": "字" * 40_000}, 0x00400280),
    ],
    ids=range(4),
)
def test_a_value_that_cannot_be_is_named(values: dict[str, object], tag: int) -> None:
    found = refusal(lambda: creation(WHOSE, document(begun(**values))))
    assert found is not None
    assert (found.answer.status, found.answer.attributes) == (0x0106, (tag,))


@pytest.mark.parametrize("tag", sorted(FIXED), ids=keyword_for_tag)
def test_what_is_fixed_may_be_said_again_but_not_changed(tag: int) -> None:
    name, other = f"{tag:08X}", {"vr": dictionary_VR(tag), "Value": ["19000101"]}
    begun_with = document(begun())
    said = begun_with.get(name, {"vr": dictionary_VR(tag), "Value": ["1"]})
    known = begun_with | {name: said}
    assert merged(known, {name: said}) == known
    for before in (known, {key: value for key, value in known.items() if key != name}):
        found = refusal(merged, before, {name: other})
        assert found is not None
        assert (found.answer.status, found.answer.attributes) == (0x0106, (tag,))


def test_new_values_take_the_place_of_old_ones() -> None:
    after = merged(document(begun()), document(ended(PerformedSeriesSequence=[a_series(), a_series()])))
    assert (len(items(after, SERIES)), status_of_step(after)) == (2, StepState.COMPLETED)
    assert first_value(after, 0x00100020) == "P1"


@given(st.binary(max_size=300))
def test_bytes_that_are_no_data_set_are_refused_or_read(raw: bytes) -> None:
    found = refusal(read_attributes, raw, EXPLICIT_LITTLE)
    assert found is None or (found.answer.status in {0x0106, 0x0110} and found.answer.comment)
