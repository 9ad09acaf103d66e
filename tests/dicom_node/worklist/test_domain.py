"""What may be scheduled: every value fits its attribute."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, strategies as st

from dicom_node.worklist.domain import LENGTHS, NEEDED, PRIORITIES, SHAPES, Scheduled, StepInvalid, checked
from dicom_node.worklist.tables import WorklistEntry
from tests.dicom_node.ordering import an_order

TEXTS = [field.name for field in fields(Scheduled)]
GOOD = an_order()


def fault(**values: str) -> str:
    """The attribute that a step with these values is refused for; '' when it is not."""
    try:
        checked(replace(GOOD, **values))
    except StepInvalid as refusal:
        return str(refusal.params["attribute"])
    return ""


def test_a_step_whose_values_fit_is_taken_as_it_is() -> None:
    assert checked(GOOD) is GOOD


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("text", ["", "   "])
def test_what_a_modality_must_be_told_may_not_be_missing(name: str, text: str) -> None:
    assert fault(**{name: text}) == name


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("text", ["a\\b", "a\0b", "a\rb", "\x1b$)A"])
def test_no_value_holds_a_delimiter_or_control_character(name: str, text: str) -> None:
    assert fault(**{name: text}) == name


@pytest.mark.parametrize("name", sorted(LENGTHS.keys() - SHAPES.keys()))
def test_a_value_is_as_long_as_its_representation_allows(name: str) -> None:
    assert fault(**{name: "王" * LENGTHS[name]}) == ""
    assert fault(**{name: "王" * (LENGTHS[name] + 1)}) == name


@given(st.sampled_from(TEXTS), st.text(max_size=70))
def test_what_is_taken_fits_its_column(name: str, text: str) -> None:
    """PostgreSQL refuses what is longer than its column: nothing that was checked may be."""
    if not fault(**{name: text}):
        assert len(text) <= WorklistEntry.__table__.c[name].type.length  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "name, text",
    [
        ("start_date", "2026-11-28"),
        ("start_date", ""),
        ("start_time", "0930"),
        ("start_time", "093000.5"),
        ("patient_birth_date", "1970"),
        ("patient_sex", "X"),
        ("modality", "ct"),
        ("modality", ""),
        ("body_part_examined", "胸部"),
        ("study_instance_uid", "2.25.x"),
        ("requested_procedure_priority", "urgent"),
    ],
)
def test_dates_times_and_codes_have_their_shape(name: str, text: str) -> None:
    assert fault(**{name: text}) == name


@pytest.mark.parametrize("priority", sorted(PRIORITIES))
def test_the_priorities_of_the_standard(priority: str) -> None:
    assert fault(requested_procedure_priority=priority) == ""
