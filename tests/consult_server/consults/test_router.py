"""A case by the API: the whole way, and every way it must refuse."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.consults.tables import Evidence
from consult_server.tables import outbox
from tests.factories.cases import STUDY_UID, a_draft, a_signed_case, an_assigned_case, desks, ok, seen, step
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import Product


async def audit_actions(product: Product, consult_id: str) -> list[str]:
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == consult_id).order_by(AuditEntry.position)
        )
        return [action for action in rows if action.startswith("consult.") and action != "consult.open"]


async def test_a_case_goes_from_draft_to_adoption(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    assert case["status"] == "signed"
    case = ok(await desk.applicant.get(f"/api/consults/{case['consult_id']}"))
    assert case["verbs"] == ["adopt"]
    case = await step(desk.applicant, case, "adopt", outcome="adopted", note="已转诊")
    assert case["status"] == "closed"
    assert [s["verb"] for s in case["steps"]] == ["submit", "accept", "assign", "start", "sign", "adopt"]
    assert case["steps"][2]["subject_name"] == "specialist某"
    actions = await audit_actions(product, case["consult_id"])
    assert actions == [
        f"consult.{verb}"
        for verb in ("draft", "consent", "submit", "accept", "assign", "start", "sign", "adopt")
    ]


async def test_every_step_leaves_an_event_with_its_version(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    async with product.platform.database.read() as view:
        rows = (
            (await view.execute(select(outbox.table.c.payload).order_by(outbox.table.c.position)))
            .scalars()
            .all()
        )
    mine = [row for row in rows if row.get("consult_id") == case["consult_id"]]
    assert [row["verb"] for row in mine] == ["submit", "accept", "assign"]
    assert mine[-1]["version"] == case["version"]
    assert set(mine[-1]["institution_ids"]) == {product.places["township"], product.places["county"]}


async def test_submission_keeps_its_evidence(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    assert {row["guard"]: row["passed"] for row in case["evidence"]} == {
        "agreement_in_force": True,
        "consent_recorded": True,
        "data_complete": True,
    }
    assert case["due_at"] is not None
    assert case["submitted_at"] < case["due_at"]


@pytest.mark.parametrize(
    "changes,guard", [({"consent_kind": ""}, "consent_recorded"), ({"question": "看"}, "data_complete")]
)
async def test_a_gap_stops_the_submission_and_names_itself(
    product: Product, changes: dict[str, Any], guard: str
) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant, **changes)
    answer = await desk.applicant.post(f"/api/consults/{case['consult_id']}/submit", headers=seen(case))
    assert answer.status_code == 422
    assert answer.json()["code"] == "consults.preconditions_failed"
    assert answer.json()["params"]["guards"] == [guard]
    async with product.platform.database.read() as view:
        assert not (await view.scalars(select(Evidence))).all()


async def test_an_agreement_that_has_ended_stops_new_requests_only(product: Product) -> None:
    desk = await desks(product)
    running = await an_assigned_case(product, desk)
    product.clock.advance(days=600)
    desk = await desks(product)
    other = ok(await desk.applicant.post("/api/consults", json={"case_kind": "consult"}))
    answer = await desk.applicant.post(f"/api/consults/{other['consult_id']}/submit", headers=seen(other))
    assert "agreement_in_force" in answer.json()["params"]["guards"]
    assert (await step(desk.specialist, running, "start"))["status"] == "reporting"


async def test_the_older_version_is_refused(product: Product) -> None:
    desk = await desks(product)
    old = await a_draft(product, desk.applicant)
    path = f"/api/consults/{old['consult_id']}"
    ok(await desk.applicant.patch(path, json={"history": "新"}, headers=seen(old)))
    answer = await desk.applicant.patch(path, json={"history": "旧"}, headers=seen(old))
    assert (answer.status_code, answer.json()["code"]) == (412, "general.version_passed")
    assert ok(await desk.applicant.get(path))["history"] == "新"


@pytest.mark.parametrize("value", ["", "abc", '"-1"', "9999999999999"])
async def test_a_change_must_say_its_version(product: Product, value: str) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    answer = await desk.applicant.patch(
        f"/api/consults/{case['consult_id']}", json={"history": "x"}, headers={"If-Match": value}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "general.version_missing")


async def test_a_returned_request_is_mended_and_sent_again(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    path = f"/api/consults/{case['consult_id']}"
    refused = await desk.coordinator.post(f"{path}/return", json={"reason": " "}, headers=seen(case))
    assert refused.json()["code"] == "consults.reason_missing"
    case = await step(desk.coordinator, case, "return", reason="请补充既往史")
    case = ok(await desk.applicant.get(path))
    assert (case["status"], case["steps"][-1]["note"]) == ("returned", "请补充既往史")
    case = ok(await desk.applicant.patch(path, json={"history": "高血压8年。"}, headers=seen(case)))
    assert (await step(desk.applicant, case, "submit"))["status"] == "submitted"


async def test_a_reader_gives_a_case_back_and_another_claims_it(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    case = await step(desk.specialist, case, "abandon", reason="值班结束")
    auditor = await product.signed_in("auditor")
    waiting = ok(await auditor.get("/api/worklist"))["rows"]
    assert [row["consult_id"] for row in waiting] == [case["consult_id"]]
    case = await step(auditor, waiting[0], "claim")
    assert case["specialist"]["name"] == "auditor某"
    gone = await desk.specialist.get(f"/api/consults/{case['consult_id']}")
    assert gone.status_code == 404


async def test_only_a_reader_of_the_invited_hospital_is_assigned(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    case = await step(desk.coordinator, case, "accept")
    for unfit in ("foreign_specialist", "coordinator", "administrator"):
        answer = await desk.coordinator.post(
            f"/api/consults/{case['consult_id']}/assign",
            json={"specialist_id": product.accounts[unfit]},
            headers=seen(case),
        )
        assert answer.json()["code"] == "consults.reader_unfit", unfit


async def test_another_hospitals_study_cannot_be_attached(product: Product) -> None:
    desk = await desks(product)
    async with product.platform.database.write() as tx:
        foreign = a_study(
            institution_id=product.places["city"], study_instance_uid="1.2.3.4", now=product.clock.now()
        )
        await add_study(tx, foreign, product.clock.now())
    case = ok(await desk.applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    answer = await desk.applicant.patch(
        f"/api/consults/{case['consult_id']}", json={"study_instance_uid": "1.2.3.4"}, headers=seen(case)
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "consults.study_not_found")


async def test_a_draft_is_nobody_elses_business(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    for user in ("coordinator", "specialist", "administrator", "foreign_applicant"):
        client = await product.signed_in(user)
        assert (await client.get(f"/api/consults/{case['consult_id']}")).status_code == 404, user


async def test_a_foreign_case_is_answered_like_one_that_does_not_exist(product: Product) -> None:
    desk = await desks(product)
    case = await a_signed_case(product, desk)
    for user in ("foreign_applicant", "foreign_specialist", "foreign_coordinator", "administrator"):
        client = await product.signed_in(user)
        for tail in ("", "/report", "/report.pdf"):
            known = await client.get(f"/api/consults/{case['consult_id']}{tail}")
            unknown = await client.get(f"/api/consults/00000000-0000-7000-8000-000000000000{tail}")
            assert known.status_code == unknown.status_code == 404, (user, tail)
            without_number = {"number"}
            assert {k: v for k, v in known.json().items() if k not in without_number} == {
                k: v for k, v in unknown.json().items() if k not in without_number
            }
        manifest = await client.get(f"/api/studies/{STUDY_UID}/manifest")
        metadata = await client.get(f"/dicom-web/studies/{STUDY_UID}/metadata")
        assert (manifest.status_code, metadata.status_code) == (404, 404), user


async def test_a_draft_is_discarded_but_a_sent_request_is_not(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    path = f"/api/consults/{case['consult_id']}"
    assert (await desk.applicant.delete(path, headers=seen(case))).status_code == 204
    assert (await desk.applicant.get(path)).status_code == 404
    other = ok(await desk.applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    assert other["number"].endswith("-0002")


async def test_the_worklist_puts_the_most_pressing_first_and_pages(product: Product) -> None:
    desk = await desks(product)
    first = await a_draft(product, desk.applicant)
    patient, study = first["full_patient"]["patient_id"], STUDY_UID
    urgencies = ["routine", "emergency", "urgent"] * 21
    for urgency in urgencies:
        case = ok(await desk.applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
        changes = {
            "patient_id": patient,
            "invited_institution_id": product.places["county"],
            "urgency": urgency,
            "urgency_reason": "胸痛",
            "question": "请诊断有无心梗",
            "chief_complaint": "胸痛",
            "consent_kind": "signed_paper",
            "study_instance_uid": study,
        }
        case = ok(
            await desk.applicant.patch(
                f"/api/consults/{case['consult_id']}", json=changes, headers=seen(case)
            )
        )
        await step(desk.applicant, case, "submit")
        product.clock.advance(seconds=1)
    page = ok(await desk.coordinator.get("/api/worklist"))
    rest = ok(await desk.coordinator.get("/api/worklist", params={"after": page["next"]}))
    rows = page["rows"] + rest["rows"]
    assert len(rows) == len(urgencies)
    assert rest["next"] is None
    order = {"emergency": 0, "urgent": 1, "routine": 2}
    keys = [(order[row["urgency"]], row["due_at"]) for row in rows]
    assert keys == sorted(keys)
    assert len({row["consult_id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("typed", ["仇大山", "qiudashan", "qds", "QDS"])
async def test_a_case_is_found_by_its_patients_name(product: Product, typed: str) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    rows = ok(await desk.specialist.get("/api/worklist", params={"q": typed}))["rows"]
    assert [row["consult_id"] for row in rows] == [case["consult_id"]]
    assert ok(await desk.specialist.get("/api/worklist", params={"q": "没有这人"}))["rows"] == []


async def test_arrivals_show_the_hospitals_own_studies_and_who_asks(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    (arrival,) = ok(await desk.applicant.get("/api/arrivals"))
    assert arrival["patient_name"] == "Qiu^Dashan=仇^大山"
    assert (arrival["consult_id"], arrival["settled"], arrival["instance_count"]) == (
        case["consult_id"],
        True,
        3,
    )
    assert ok(await desk.applicant.get("/api/arrivals", params={"q": "仇大山"})) == [arrival]
    foreign = await product.signed_in("foreign_applicant")
    assert ok(await foreign.get("/api/arrivals")) == []
    administrator = await product.signed_in("administrator")
    assert (await administrator.get("/api/arrivals")).json()["code"] == "identity.role_missing"


async def test_shared_arrivals_are_those_of_ones_own_cases(product: Product) -> None:
    desk = await desks(product)
    now, township = product.clock.now(), product.places["township"]
    async with product.platform.database.write() as tx:
        await add_study(tx, a_study(institution_id=township, study_instance_uid="1.2.3.99", now=now), now)

    async def shared(client: httpx.AsyncClient) -> list[tuple[str, str, str | None]]:
        rows = ok(await client.get("/api/arrivals", params={"shared": True}))
        return [(row["study_instance_uid"], row["institution_name"], row["consult_id"]) for row in rows]

    case = await a_draft(product, desk.applicant)
    assert await shared(desk.coordinator) == []
    case = await step(desk.applicant, case, "submit")
    asked = (STUDY_UID, "石桥镇中心卫生院", case["consult_id"])
    assert await shared(desk.coordinator) == [asked]
    assert await shared(desk.specialist) == []
    case = await step(desk.coordinator, case, "accept")
    assert await shared(desk.specialist) == [asked]
    assert ok(await desk.coordinator.get("/api/arrivals")) == []
    assert len(await shared(desk.applicant)) == 2
    assert await shared(await product.signed_in("foreign_coordinator")) == []
