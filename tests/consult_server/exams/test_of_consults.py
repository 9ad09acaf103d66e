"""Examinations that are ordered for a request: linked, shown, and attached when their images come."""

from typing import Any

import httpx
import pytest

from consult_server.exams.handlers import on_study_arrived
from dicom_node.events import StudySettled
from tests.factories.cases import PATIENT, STUDY_UID, a_draft, ok, seen
from tests.factories.exams import CHEST, Exam, a_patient, an_exam, tell
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import Product


@pytest.fixture
async def doctor(product: Product) -> httpx.AsyncClient:
    """A doctor of the township."""
    return await product.signed_in("applicant")


async def an_empty_request(doctor: httpx.AsyncClient, patient_id: str) -> dict[str, Any]:
    """A request with a patient and no study."""
    case = ok(await doctor.post("/api/consults", json={"case_kind": "consult"}))
    path = f"/api/consults/{case['consult_id']}"
    answer: dict[str, Any] = ok(await doctor.patch(path, json={"patient_id": patient_id}, headers=seen(case)))
    return answer


async def of(client: httpx.AsyncClient, case: dict[str, Any]) -> dict[str, Any]:
    """The examinations of a request."""
    found: dict[str, Any] = ok(await client.get(f"/api/consults/{case['consult_id']}/exams"))
    return found


async def arrives(product: Product, exam: Exam) -> None:
    """The images of an examination come and settle."""
    place, uid = product.places["township"], exam["study_instance_uid"]
    async with product.platform.database.write() as tx:
        study = a_study(institution_id=place, study_instance_uid=uid, now=product.clock.now())
        await add_study(tx, study, product.clock.now())
    handler = on_study_arrived(product.clock)
    await tell(product, handler, StudySettled.name, institution_id=place, study_instance_uid=uid)


async def test_an_order_for_a_request_is_shown_with_it_and_its_images_become_its_study(
    product: Product, doctor: httpx.AsyncClient
) -> None:
    patient_id = await a_patient(doctor)
    case = await an_empty_request(doctor, patient_id)
    assert await of(doctor, case) == {"rows": [], "may_read": True, "may_order": True}
    exam = await an_exam(doctor, patient_id, consult_id=case["consult_id"])
    (row,) = (await of(doctor, case))["rows"]
    assert (row["exam_id"], row["status"], row["images"]) == (exam["exam_id"], "scheduled", None)
    await arrives(product, exam)
    (row,) = (await of(doctor, case))["rows"]
    assert (row["status"], row["images"]["received"]) == ("completed", 3)
    fresh = ok(await doctor.get(f"/api/consults/{case['consult_id']}"))
    assert fresh["study_instance_uid"] == exam["study_instance_uid"]
    assert (fresh["modality"], fresh["version"]) == ("CT", case["version"] + 1)


async def test_a_study_that_was_chosen_stays_and_a_sent_request_is_left_alone(
    product: Product, doctor: httpx.AsyncClient
) -> None:
    case = await a_draft(product, doctor)
    patient_id = case["full_patient"]["patient_id"]
    exam = await an_exam(doctor, patient_id, consult_id=case["consult_id"])
    ok(await doctor.post(f"/api/consults/{case['consult_id']}/submit", headers=seen(case)))
    await arrives(product, exam)
    fresh = ok(await doctor.get(f"/api/consults/{case['consult_id']}"))
    assert fresh["study_instance_uid"] == STUDY_UID
    shown = await of(doctor, case)
    assert [row["exam_id"] for row in shown["rows"]] == [exam["exam_id"]]
    centre = await of(await product.signed_in("coordinator"), case)
    assert (centre["may_read"], centre["may_order"]) == (False, False)
    assert [row["status"] for row in centre["rows"]] == ["completed"]
    assert centre["rows"][0]["verbs"] == []
    stranger = await product.signed_in("foreign_applicant")
    assert (await stranger.get(f"/api/consults/{case['consult_id']}/exams")).status_code == 404


async def test_it_is_the_requests_own_patient(product: Product, doctor: httpx.AsyncClient) -> None:
    patient_id = await a_patient(doctor)
    other = await a_patient(doctor, identifier="SQZX2600099", name="单建国", id_no="")
    case = await an_empty_request(doctor, patient_id)
    order = CHEST | {"patient_id": other, "consult_id": case["consult_id"]}
    answer = await doctor.post("/api/exams", json=order)
    assert (answer.status_code, answer.json()["code"]) == (409, "exams.not_of_consult")
    nowhere = await doctor.post("/api/exams", json=order | {"consult_id": "nothing"})
    assert nowhere.status_code == 404
    technician = await of(await product.signed_in("technician"), case)
    assert (technician["may_read"], technician["may_order"]) == (True, False)
    assert PATIENT["name"] not in str(technician["rows"])


async def test_the_examination_whose_study_was_chosen_is_shown_too(
    product: Product, doctor: httpx.AsyncClient
) -> None:
    patient_id = await a_patient(doctor)
    exam = await an_exam(doctor, patient_id)
    await arrives(product, exam)
    case = await an_empty_request(doctor, patient_id)
    assert (await of(doctor, case))["rows"] == []
    path, body = f"/api/consults/{case['consult_id']}", {"study_instance_uid": exam["study_instance_uid"]}
    ok(await doctor.patch(path, json=body, headers=seen(case)))
    assert [row["exam_id"] for row in (await of(doctor, case))["rows"]] == [exam["exam_id"]]
