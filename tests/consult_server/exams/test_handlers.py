"""What the node tells moves examinations: performed steps, and images that came without a word."""

from typing import Any

import pytest
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.exams.handlers import on_step_performed, on_study_arrived
from consult_server.study_access import viewer_ports
from consult_server.worker import consumers
from dicom_node.events import DestructionApproved, StepPerformed, StudySettled, StudyWithdrawn
from dicom_node.worklist.domain import EntryState
from tests.consult_server.exams.test_router import listed, put_entry, traces
from tests.factories.cases import ok, seen
from tests.factories.exams import Exam, a_patient, an_exam, tell
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import Product
from viewer.packs import Packs


async def performed(product: Product, exam: Exam, state: str, place: str = "township") -> None:
    """The modality says where the examination stands."""
    await tell(
        product,
        on_step_performed(product.clock),
        StepPerformed.name,
        institution_id=product.places[place],
        entry_key=exam["exam_id"],
        state=state,
        performed=state,
        ae_title="SQ_CT",
    )


async def arrived(product: Product, exam: Exam, place: str = "township", *, add: bool = True) -> None:
    """Images of the examination's study are there and settled."""
    if add:
        async with product.platform.database.write() as tx:
            study = a_study(
                institution_id=product.places[place],
                study_instance_uid=exam["study_instance_uid"],
                now=product.clock.now(),
            )
            await add_study(tx, study, product.clock.now())
    await tell(
        product,
        on_study_arrived(product.clock),
        StudySettled.name,
        institution_id=product.places[place],
        study_instance_uid=exam["study_instance_uid"],
        version=2,
        instance_count=1,
    )


async def now_of(product: Product, exam: Exam) -> Any:
    """The examination as its doctor sees it now."""
    return ok(await (await product.signed_in("applicant")).get(f"/api/exams/{exam['exam_id']}"))


async def ordered(product: Product) -> Exam:
    """An examination that was ordered."""
    client = await product.signed_in("applicant")
    return await an_exam(client, await a_patient(client))


async def test_an_examination_goes_as_its_modality_says(product: Product) -> None:
    exam = await ordered(product)
    await performed(product, exam, "STARTED")
    begun = await now_of(product, exam)
    assert (begun["status"], begun["performed_by"], begun["verbs"]) == ("started", "SQ_CT", [])
    assert begun["started_at"] is not None
    product.clock.advance(minutes=12)
    await performed(product, exam, "COMPLETED")
    done = await now_of(product, exam)
    assert (done["status"], done["version"]) == ("completed", 3)
    assert done["ended_at"] > done["started_at"]
    audited, news = await traces(product, exam["exam_id"])
    assert [word for word in audited if word != "exam.open"] == ["exam.order", "exam.begin", "exam.complete"]
    assert news == [("order", "scheduled"), ("begin", "started"), ("complete", "completed")]


async def test_the_audit_names_the_device(product: Product) -> None:
    exam = await ordered(product)
    await performed(product, exam, "STARTED")
    async with product.platform.database.read() as view:
        entry = (await view.scalars(select(AuditEntry).where(AuditEntry.action == "exam.begin"))).one()
    assert (entry.account_id, entry.address) == ("dicom-node", "SQ_CT")
    assert entry.institution_id == product.places["township"]


async def test_what_was_broken_off_may_be_made_again(product: Product) -> None:
    exam = await ordered(product)
    for state, status in (
        ("STARTED", "started"),
        ("DISCONTINUED", "discontinued"),
        ("STARTED", "started"),
        ("COMPLETED", "completed"),
    ):
        await performed(product, exam, state)
        assert (await now_of(product, exam))["status"] == status
    await performed(product, exam, "STARTED")
    assert (await now_of(product, exam))["status"] == "completed"


async def test_what_was_cancelled_stays_so(product: Product) -> None:
    exam = await ordered(product)
    client = await product.signed_in("applicant")
    ok(await client.post(f"/api/exams/{exam['exam_id']}/cancel", json={"reason": "撤"}, headers=seen(exam)))
    await performed(product, exam, "STARTED")
    await arrived(product, exam)
    assert (await now_of(product, exam))["status"] == "cancelled"


@pytest.mark.parametrize("state", ["SCHEDULED", "WITHDRAWN", "nonsense"])
async def test_news_that_mean_nothing_change_nothing(product: Product, state: str) -> None:
    exam = await ordered(product)
    await performed(product, exam, state)
    await performed(product, exam, "STARTED", place="county")
    await performed(product, exam | {"exam_id": "unknown"}, "STARTED")
    assert (await now_of(product, exam))["version"] == 1


async def test_images_without_a_word_end_the_examination(product: Product) -> None:
    """Many modalities of townships know no MPPS."""
    exam = await ordered(product)
    await arrived(product, exam)
    done = await now_of(product, exam)
    assert (done["status"], done["performed_by"]) == ("completed", "")
    assert done["images"] == {"received": 3, "settled": True}
    assert listed(product) == []


async def test_images_of_one_that_is_being_made_do_not_end_it(product: Product) -> None:
    exam = await ordered(product)
    await put_entry(product, exam["exam_id"], EntryState.STARTED)
    await arrived(product, exam)
    assert (await now_of(product, exam))["status"] == "scheduled", "its modality will tell"
    await performed(product, exam, "STARTED")
    await arrived(product, exam, add=False)
    assert (await now_of(product, exam))["status"] == "started"
    assert len(listed(product)) == 1
    _audited, news = await traces(product, exam["exam_id"])
    assert [verb for verb, _status in news] == ["order", "images", "begin", "images"]


async def test_a_study_of_another_institution_ends_nothing(product: Product) -> None:
    exam = await ordered(product)
    await arrived(product, exam, place="county")
    assert (await now_of(product, exam))["status"] == "scheduled"
    assert (await now_of(product, exam))["images"] is None


async def test_the_worker_listens_for_both(product: Product) -> None:
    async with Packs(viewer_ports(product.platform)) as packs:
        (consult, _images) = consumers(product.platform, packs)
    handlers = {name: len(found) for name, found in consult._handlers.items()}
    once = dict.fromkeys((StudyWithdrawn.name, StepPerformed.name, DestructionApproved.name), 1)
    assert handlers == {StudySettled.name: 2} | once
