"""Cases in every state, about one study whose bytes are really stored."""

from consult_server.consults.domain import Status
from tests.factories.cases import REPORT, STUDY_UID, Case, Desk, a_draft, ok, seen, step
from tests.fixtures.product import PASSWORD, Product

STORED = b"\0" * 128 + b"DICM" + b"\0" * 168


async def another_draft(product: Product, desk: Desk, patient_id: str) -> Case:
    """A complete request about the patient and study of an earlier one."""
    case = ok(await desk.applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    whole = {
        "patient_id": patient_id,
        "invited_institution_id": product.places["county"],
        "question": "与前片比较有无变化？",
        "chief_complaint": "复查",
        "consent_kind": "signed_paper",
        "study_instance_uid": STUDY_UID,
    }
    path = f"/api/consults/{case['consult_id']}"
    answer: Case = ok(await desk.applicant.patch(path, json=whole, headers=seen(case)))
    return answer


async def _walk(product: Product, desk: Desk, case: Case, until: Status) -> Case:
    steps = [
        (Status.SUBMITTED, desk.applicant, "submit", {}),
        (Status.ACCEPTED, desk.coordinator, "accept", {}),
        (Status.ASSIGNED, desk.coordinator, "assign", {"specialist_id": product.accounts["specialist"]}),
        (Status.REPORTING, desk.specialist, "start", {}),
    ]
    for status, client, verb, body in steps:
        if Status(case["status"]) is until:
            break
        case = await step(client, case, verb, **body)
        assert case["status"] == status
    return case


async def write_report(desk: Desk, case: Case) -> Case:
    """A complete draft report of a case being read."""
    path = f"/api/consults/{case['consult_id']}/report"
    draft = {"template_id": "ct_chest", "sections": REPORT, "positive": True}
    answer: Case = ok(await desk.specialist.put(path, json=draft, headers={"If-Match": '"0"'}))
    return answer


async def cases_in(product: Product, desk: Desk, *wanted: Status) -> dict[Status, Case]:
    """One case in each of these states (draft to signed), as its applicant sees it."""
    first = await a_draft(product, desk.applicant)
    for number in (1, 2, 3):
        product.platform.objects.put(f"dicom/00/{number:064x}.dcm", STORED)
    cases = {}
    for status in wanted:
        case = await another_draft(product, desk, first["full_patient"]["patient_id"])
        case = await _walk(product, desk, case, Status.REPORTING if status is Status.SIGNED else status)
        path = f"/api/consults/{case['consult_id']}"
        if status in {Status.REPORTING, Status.SIGNED}:
            report = await write_report(desk, case)
            if status is Status.SIGNED:
                signing = {"password": PASSWORD}
                ok(await desk.specialist.post(f"{path}/report/sign", json=signing, headers=seen(report)))
        cases[status] = ok(await desk.applicant.get(path))
    return cases
