"""The list of what came last: it reads no other study, and puts own and lent ones in one order."""

from datetime import timedelta
from pathlib import Path

import pytest

from consult_server.consults.queries import ARRIVALS_MAX, arrived
from dicom_node.archive.tables import Study
from tests.dicom_node.archive.test_plans import plan
from tests.factories.cases import STUDY_UID, a_draft, desks, ok, step
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import Product


@pytest.mark.parametrize("text", ["", "仇大山"])
def test_the_list_is_read_in_the_order_of_its_index(sqlite_template: Path, text: str) -> None:
    found = plan(sqlite_template, arrived(Study.institution_id == "0190-county", text))
    assert found == "SEARCH dicom_study USING INDEX ix_dicom_study_institution_arrived (institution_id=?)"


async def test_own_and_lent_studies_are_in_one_order_the_last_first(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    await step(desk.applicant, case, "submit")
    own, now = product.places["county"], product.clock.now()
    async with product.platform.database.write() as tx:
        for number, minutes in enumerate((-5, 5)):
            uid, moment = f"1.2.9.{number}", now + timedelta(minutes=minutes)
            await add_study(tx, a_study(institution_id=own, study_instance_uid=uid, now=moment), moment)
    rows = ok(await desk.coordinator.get("/api/arrivals", params={"shared": True}))
    assert [row["study_instance_uid"] for row in rows] == ["1.2.9.1", STUDY_UID, "1.2.9.0"]


async def test_no_more_than_the_last_hundred_are_listed(product: Product) -> None:
    desk = await desks(product)
    own, now = product.places["county"], product.clock.now()
    async with product.platform.database.write() as tx:
        for number in range(ARRIVALS_MAX + 1):
            moment = now + timedelta(seconds=number)
            study = a_study(institution_id=own, study_instance_uid=f"1.2.9.{number}", now=moment)
            await add_study(tx, study, moment)
    rows = ok(await desk.coordinator.get("/api/arrivals", params={"shared": True}))
    assert [row["study_instance_uid"] for row in rows] == [
        f"1.2.9.{number}" for number in range(ARRIVALS_MAX, 0, -1)
    ]
