"""Earlier studies by the API: by one hospital's numbers and by the patient index, else not there (404)."""

from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select

from consult_server.audit.tables import AuditEntry
from consult_server.institutions.tables import Agreement
from tests.factories.cases import (
    PATIENT,
    REPORT,
    STUDY_UID,
    a_draft,
    a_signed_case,
    an_assigned_case,
    desks,
    ok,
    step,
)
from tests.factories.earlier import a_registration, add_earlier
from tests.fixtures.product import LINES, Product

PRIORS = f"/api/studies/{STUDY_UID}/priors"
SAME, ELSEWHERE, OWN = "1.2.840.1", "1.2.840.2", "1.2.840.3"
READ = ("/api/studies/{uid}/manifest", "/dicom-web/studies/{uid}/series", "/api/studies/{uid}/annotations")


async def listed(client: httpx.AsyncClient) -> list[str]:
    """The earlier studies a person is told of, in order."""
    return [row["study_instance_uid"] for row in ok(await client.get(PRIORS))["rows"]]


async def statuses(client: httpx.AsyncClient, uid: str) -> set[int]:
    """What a person is answered who asks for a study itself."""
    return {(await client.get(path.format(uid=uid))).status_code for path in READ}


async def earlier(product: Product, place: str, uid: str, patient_id: str, **facts: str) -> None:
    async with product.platform.database.write() as tx:
        await add_earlier(tx, product, place, uid, patient_id, **facts)


async def registered(product: Product, place: str, identifier: str, **changes: Any) -> None:
    async with product.platform.database.write() as tx:
        tx.add(a_registration(product, place, identifier, product.clock.now(), **changes))


async def agreed(product: Product, inviting: str, lines: list[str], until: str = "2027-06-30") -> None:
    administrator = await product.signed_in("administrator")
    terms = {
        "inviting_institution_id": product.places[inviting],
        "invited_institution_id": product.places["county"],
        "service_lines": lines,
        "valid_from": "2025-01-01",
        "valid_to": until,
    }
    ok(await administrator.post("/api/agreements", json=terms))


async def test_the_hospitals_own_earlier_studies_come_with_the_case(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await earlier(product, "township", SAME, PATIENT["identifier"])
    answer = ok(await desk.specialist.get(PRIORS))
    assert answer["regions"] == ["chest"]
    [row] = answer["rows"]
    assert row["study_instance_uid"] == SAME
    assert row["institution_name"] == "石桥镇中心卫生院"
    assert (row["same_modality"], row["same_region"], row["relevant"]) == (True, True, True)
    assert row["days_before"] == 182  # from 2025-09-01 to 2026-03-02
    assert row["body_parts"] == ["CHEST"]
    assert row["signed_at"] is None
    assert await statuses(desk.specialist, SAME) == {200}
    assert await listed(desk.applicant) == [SAME], "who sent the case has it by their own hospital's number"


async def test_without_a_case_an_earlier_study_is_not_there(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    await earlier(product, "township", SAME, PATIENT["identifier"])
    assert await statuses(desk.specialist, SAME) == {404}
    assert (await desk.specialist.get(PRIORS)).status_code == 404
    case = await step(desk.applicant, case, "submit")
    assert await statuses(desk.coordinator, SAME) == {200}
    assert await statuses(desk.specialist, SAME) == {404}, "not theirs before it is accepted"
    await step(desk.coordinator, case, "return", reason="请补充")
    assert await statuses(desk.coordinator, SAME) == {404}


async def test_what_others_read_is_not_lent_to_this_one(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await earlier(product, "township", SAME, PATIENT["identifier"])
    for user in (
        "auditor",
        "foreign_specialist",
        "foreign_coordinator",
        "foreign_applicant",
        "administrator",
    ):
        assert await statuses(await product.signed_in(user), SAME) == {404}, user


async def test_equal_numbers_of_two_hospitals_are_two_people(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await agreed(product, "city", LINES)
    await registered(product, "city", PATIENT["identifier"], id_no="")
    await earlier(product, "city", ELSEWHERE, PATIENT["identifier"])
    assert await listed(desk.specialist) == []
    assert await statuses(desk.specialist, ELSEWHERE) == {404}


async def test_one_identity_card_is_one_person_everywhere(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await agreed(product, "city", LINES)
    await registered(product, "city", "JZSY-77")
    await earlier(product, "city", ELSEWHERE, "JZSY-77", study_date="20260101")
    await earlier(product, "township", SAME, PATIENT["identifier"])
    assert await listed(desk.specialist) == [ELSEWHERE, SAME], "newest first"
    assert await statuses(desk.specialist, ELSEWHERE) == {200}
    assert await listed(desk.applicant) == [SAME], "the index lends to readers, not to who asks"
    assert await statuses(desk.applicant, ELSEWHERE) == {404}


async def test_the_readers_own_hospital_needs_no_agreement_with_itself(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await registered(product, "county", "YLXY-3")
    await earlier(product, "county", OWN, "YLXY-3")
    assert await listed(desk.specialist) == [OWN]


@pytest.mark.parametrize(
    "changes", [{"sex": "F"}, {"birth_date": None}, {"id_no": ""}], ids=["sex", "birth date", "no card"]
)
async def test_what_speaks_against_one_person_unlinks(product: Product, changes: dict[str, Any]) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await agreed(product, "city", LINES)
    if "birth_date" in changes:
        changes = {"birth_date": product.clock.now().date()}
    await registered(product, "city", "JZSY-77", **changes)
    await earlier(product, "city", ELSEWHERE, "JZSY-77")
    assert await listed(desk.specialist) == []
    assert await statuses(desk.specialist, ELSEWHERE) == {404}


@pytest.mark.parametrize(
    "lines, until", [(["ecg"], "2027-06-30"), (LINES, "2025-12-31")], ids=["other service", "ended"]
)
async def test_another_hospital_lends_under_its_agreement_alone(
    product: Product, lines: list[str], until: str
) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await registered(product, "city", "JZSY-77")
    await earlier(product, "city", ELSEWHERE, "JZSY-77")
    assert await statuses(desk.specialist, ELSEWHERE) == {404}
    await agreed(product, "city", lines, until)
    assert await listed(desk.specialist) == []
    assert await statuses(desk.specialist, ELSEWHERE) == {404}


@pytest.mark.parametrize(
    "facts",
    [
        {"study_date": "20260303"},
        {"study_date": ""},
        {"patient_birth_date": "19560203"},
        {"issuer_of_patient_id": "OTHER"},
    ],
    ids=["later", "undated", "other birth date", "other issuer"],
)
async def test_what_is_not_earlier_or_not_theirs_is_not_lent(product: Product, facts: dict[str, str]) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await earlier(product, "township", SAME, PATIENT["identifier"], **facts)
    assert await listed(desk.specialist) == []
    assert await statuses(desk.specialist, SAME) == {404}


async def test_the_relevant_comes_before_the_newer(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    foot = {"study_description": "足正侧位", "study_date": "20260201", "modality": "DX"}
    await earlier(product, "township", "1.2.840.9", PATIENT["identifier"], **foot)
    await earlier(product, "township", SAME, PATIENT["identifier"])
    rows = ok(await desk.specialist.get(PRIORS))["rows"]
    assert [row["study_instance_uid"] for row in rows] == [SAME, "1.2.840.9"]
    assert [row["same_modality"] for row in rows] == [True, False]


async def test_what_was_signed_about_an_earlier_study_is_read_beside(product: Product) -> None:
    desk = await desks(product)
    signed = await a_signed_case(product, desk)
    new = "1.2.840.77"
    await earlier(product, "township", new, PATIENT["identifier"], study_date="20260302")
    case = ok(await desk.applicant.post("/api/consults", json={"case_kind": "diagnosis"}))
    whole = {
        "patient_id": signed["full_patient"]["patient_id"],
        "invited_institution_id": product.places["county"],
        "question": "与前片比较有无变化？",
        "chief_complaint": "复查",
        "consent_kind": "signed_paper",
        "study_instance_uid": new,
    }
    path = f"/api/consults/{case['consult_id']}"
    seen = {"If-Match": f'"{case["version"]}"'}
    case = ok(await desk.applicant.patch(path, json=whole, headers=seen))
    case = await step(desk.coordinator, await step(desk.applicant, case, "submit"), "accept")
    auditor = await product.signed_in("auditor")
    [row] = ok(await auditor.get(f"/api/studies/{new}/priors"))["rows"]
    assert row["study_instance_uid"] == STUDY_UID
    assert row["signed_at"] is not None
    reports = f"/api/studies/{new}/priors/{STUDY_UID}/reports"
    [report] = ok(await auditor.get(reports))
    assert report["signed"]["impression"] == REPORT["impression"]
    assert report["signed"]["verified"] is True
    assert (await auditor.get(f"/api/studies/{new}/priors/1.2.3/reports")).status_code == 404
    stranger = await product.signed_in("foreign_specialist")
    assert (await stranger.get(reports)).status_code == 404
    async with product.platform.database.read() as view:
        read = await view.scalars(select(AuditEntry).where(AuditEntry.action == "report.read"))
        assert [entry.facts.get("as_prior") for entry in read][-1:] == [True]


async def test_an_agreement_that_is_gone_lends_nothing_more(product: Product) -> None:
    desk = await desks(product)
    await an_assigned_case(product, desk)
    await agreed(product, "city", LINES)
    await registered(product, "city", "JZSY-77")
    await earlier(product, "city", ELSEWHERE, "JZSY-77")
    assert await statuses(desk.specialist, ELSEWHERE) == {200}
    async with product.platform.database.write() as tx:
        await tx.execute(delete(Agreement).where(Agreement.inviting_institution_id == product.places["city"]))
    assert await statuses(desk.specialist, ELSEWHERE) == {404}
