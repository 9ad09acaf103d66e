"""Steps are listed, changed and taken back by whoever ordered them, until a modality has begun."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import AppError
from dicom_node.worklist.domain import EntryState, StepBegun, StepInvalid, StepUnknown
from dicom_node.worklist.scheduling import finish, schedule, withdraw
from dicom_node.worklist.tables import WorklistEntry
from tests.dicom_node.asking import CITY, Place
from tests.dicom_node.ordering import NOW, an_order, in_transaction, listed, order, state_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
Work: TypeAlias = Callable[[AsyncSession], Awaitable[None]]
BEGUN = (EntryState.STARTED, EntryState.COMPLETED, EntryState.DISCONTINUED, EntryState.WITHDRAWN)


def refusal(url: str, work: Work) -> AppError | None:
    """Why it was refused; None when it was done."""
    try:
        in_transaction(url, work)
    except AppError as error:
        return error
    return None


def put(url: str, entry_key: str, state: EntryState) -> None:
    """Bring an entry into a state."""

    async def change(tx: AsyncSession) -> None:
        (await tx.get_one(WorklistEntry, entry_key)).state = state.value

    in_transaction(url, change)


def test_a_step_is_found_changed_and_gone_with_each_commit(place: Place) -> None:
    step = order(place.url)
    assert listed(place).values("AccessionNumber") == [step.accession_number]
    moved = replace(step, start_date="20261203", patient_name="李^娜")
    in_transaction(place.url, lambda tx: schedule(tx, moved, NOW))
    on_that_day = {"ScheduledProcedureStepStartDate": "20261203"}
    assert len(listed(place, on_that_day, PatientName="lina").matches) == 1
    assert listed(place, {"ScheduledProcedureStepStartDate": "20261128"}).matches == []
    in_transaction(place.url, lambda tx: withdraw(tx, step.entry_key, NOW))
    assert listed(place).matches == []
    assert state_of(place.url, step.entry_key) == "WITHDRAWN"


def test_a_step_that_was_made_without_a_word_is_finished(place: Place) -> None:
    step = order(place.url)
    in_transaction(place.url, lambda tx: finish(tx, step.entry_key, NOW))
    assert (listed(place).matches, state_of(place.url, step.entry_key)) == ([], "COMPLETED")


def test_what_was_rolled_back_was_never_listed(place: Place) -> None:
    async def fail(tx: AsyncSession) -> None:
        await schedule(tx, an_order(), NOW)
        raise StepInvalid

    assert isinstance(refusal(place.url, fail), StepInvalid)
    assert listed(place).matches == []


@pytest.mark.parametrize("state", BEGUN)
def test_what_has_begun_or_is_over_stays_as_it_is(place: Place, state: EntryState) -> None:
    step = order(place.url)
    put(place.url, step.entry_key, state)
    works: list[Work] = [
        lambda tx: schedule(tx, replace(step, start_date="20270101"), NOW),
        lambda tx: withdraw(tx, step.entry_key, NOW),
        lambda tx: finish(tx, step.entry_key, NOW),
    ]
    for work in works:
        refused = refusal(place.url, work)
        assert isinstance(refused, StepBegun)
        assert refused.params == {"state": state.value}
    assert state_of(place.url, step.entry_key) == state.value


def test_nobody_changes_another_institutions_step_or_one_that_is_unknown(place: Place) -> None:
    step = order(place.url)
    foreign = replace(step, institution_id=CITY)
    assert isinstance(refusal(place.url, lambda tx: schedule(tx, foreign, NOW)), StepUnknown)
    assert isinstance(refusal(place.url, lambda tx: withdraw(tx, "nothing", NOW)), StepUnknown)
    assert isinstance(refusal(place.url, lambda tx: finish(tx, "nothing", NOW)), StepUnknown)
    assert listed(place, calling="CITY").matches == []


def test_a_value_that_does_not_fit_is_refused_before_the_database_sees_it(place: Place) -> None:
    refused = refusal(place.url, lambda tx: schedule(tx, an_order(accession_number="A" * 17), NOW))
    assert isinstance(refused, StepInvalid)
    assert refused.params == {"attribute": "accession_number"}
