"""Cases walked through the real API to the state a test needs."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from tests.factories.studies import a_study, add_study
from tests.fixtures.product import PASSWORD, Product

Case: TypeAlias = dict[str, Any]

STUDY_UID = "1.2.826.0.1.3680043.10.543.5"
PATIENT = {
    "identifier": "SQZX2600005",
    "name": "仇大山",
    "sex": "M",
    "birth_date": "1955-02-03",
    "id_no": "990005195502030036",
    "phone": "19900000005",
}
REPORT = {
    "findings": "左肺下叶见实性结节，大小约9.6×8.6 mm，较前增大。",
    "impression": "左肺下叶结节较前增大，建议增强CT。",
    "recommendation": "胸外科就诊。",
}


def seen(case: Case) -> dict[str, str]:
    """If-Match for the version a client has."""
    return {"If-Match": f'"{case["version"]}"'}


def ok(answer: httpx.Response) -> Any:
    """The body of an answer that must be a success."""
    assert answer.is_success, f"{answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


@dataclass
class Desk:
    """Everybody's browser."""

    applicant: httpx.AsyncClient
    coordinator: httpx.AsyncClient
    specialist: httpx.AsyncClient


async def desks(product: Product) -> Desk:
    """The three people a case passes through, signed in."""
    return Desk(
        await product.signed_in("applicant"),
        await product.signed_in("coordinator"),
        await product.signed_in("specialist"),
    )


async def a_draft(product: Product, applicant: httpx.AsyncClient, **changes: Any) -> Case:
    """A complete request, not yet sent."""
    async with product.platform.database.write() as tx:
        study = a_study(
            institution_id=product.places["township"], study_instance_uid=STUDY_UID, now=product.clock.now()
        )
        await add_study(tx, study, product.clock.now())
    patient = ok(await applicant.post("/api/patients", json=PATIENT))
    case = ok(await applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    whole = {
        "patient_id": patient["patient_id"],
        "invited_institution_id": product.places["county"],
        "urgency": "urgent",
        "question": "左肺下叶结节较去年是否增大？",
        "chief_complaint": "咳嗽3天",
        "history": "吸烟40年。",
        "consent_kind": "signed_paper",
        "study_instance_uid": STUDY_UID,
    }
    answer: Case = ok(
        await applicant.patch(f"/api/consults/{case['consult_id']}", json=whole | changes, headers=seen(case))
    )
    return answer


async def step(client: httpx.AsyncClient, case: Case, verb: str, **body: Any) -> Case:
    """Take one step that must succeed."""
    path = f"/api/consults/{case['consult_id']}/{verb}"
    answer: Case = ok(await client.post(path, json=body or None, headers=seen(case)))
    return answer


async def an_assigned_case(product: Product, desk: Desk) -> Case:
    """A case its reader has been given."""
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    case = await step(desk.coordinator, case, "accept")
    return await step(desk.coordinator, case, "assign", specialist_id=product.accounts["specialist"])


async def a_written_report(product: Product, desk: Desk) -> tuple[Case, Case]:
    """A case being read, and its complete draft report."""
    case = await step(desk.specialist, await an_assigned_case(product, desk), "start")
    path = f"/api/consults/{case['consult_id']}/report"
    blank = ok(await desk.specialist.get(path))
    draft = {"template_id": blank["template_id"], "sections": REPORT, "positive": True}
    return case, ok(await desk.specialist.put(path, json=draft, headers=seen(blank)))


async def a_signed_case(product: Product, desk: Desk) -> Case:
    """A case whose report has been signed."""
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}"
    ok(await desk.specialist.post(f"{path}/report/sign", json={"password": PASSWORD}, headers=seen(report)))
    answer: Case = ok(await desk.specialist.get(path))
    return answer
