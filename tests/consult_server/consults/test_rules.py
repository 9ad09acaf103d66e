"""Rules of consults that only the whole application can break: who is asked, who reads, what lists show."""

import asyncio
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from consult_server.consults.domain import CaseKind, Status
from consult_server.consults.drafts import start_draft
from consult_server.consults.queries import PAGE
from consult_server.identity import access
from consult_server.identity.service import COMMAND_LINE
from consult_server.institutions.service import NewAgreement, agree
from tests.factories.cases import STUDY_UID, Case, a_draft, an_assigned_case, desks, ok, seen, step
from tests.factories.states import cases_in
from tests.fixtures.product import Product

EXPLAINED = {"return", "decline", "withdraw", "abandon"}
AT_CENTRE = {Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING}
AT_READER = {Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING}
DONE = {Status.SIGNED}
EVERY = {Status.DRAFT, *AT_CENTRE, *DONE}


async def test_a_returned_request_stays_with_whom_it_was_sent_to(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    case = await step(desk.coordinator, case, "return", reason="请补充")
    path = f"/api/consults/{case['consult_id']}"
    elsewhere = {"invited_institution_id": product.places["city"]}
    answer = await desk.applicant.patch(path, json=elsewhere, headers=seen(case))
    assert (answer.status_code, answer.json()["params"]) == (409, {"verb": "readdress", "status": "returned"})
    foreign = await product.signed_in("foreign_coordinator")
    assert (await foreign.get(path)).status_code == 404
    same = {"invited_institution_id": product.places["county"], "history": "补充"}
    assert ok(await desk.applicant.patch(path, json=same, headers=seen(case)))["history"] == "补充"


async def test_a_draft_may_be_addressed_anew(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    path = f"/api/consults/{case['consult_id']}"
    change = {"invited_institution_id": product.places["city"]}
    case = ok(await desk.applicant.patch(path, json=change, headers=seen(case)))
    assert case["invited"]["name"] == "江州市第一人民医院"
    answer = await desk.applicant.post(f"{path}/submit", headers=seen(case))
    assert answer.json()["params"]["guards"] == ["agreement_in_force"]


async def make_ecg_reader_only(product: Product, user: str) -> None:
    async with product.platform.database.write() as tx:
        (await access.account_by_user(tx, user)).service_lines = ["ecg"]


async def test_who_reads_ecgs_only_neither_claims_nor_is_given_a_ct(product: Product) -> None:
    desk = await desks(product)
    await make_ecg_reader_only(product, "auditor")
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    case = await step(desk.coordinator, case, "accept")
    path = f"/api/consults/{case['consult_id']}"
    auditor = await product.signed_in("auditor")
    claimed = await auditor.post(f"{path}/claim", headers=seen(case))
    body = {"specialist_id": product.accounts["auditor"]}
    given = await desk.coordinator.post(f"{path}/assign", json=body, headers=seen(case))
    assert {answer.json()["code"] for answer in (claimed, given)} == {"consults.reader_unfit"}
    assert ok(await desk.coordinator.get(path))["version"] == case["version"]


async def test_an_account_nobody_has_is_unfit_like_a_foreign_one(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    case = await step(desk.coordinator, case, "accept")
    path = f"/api/consults/{case['consult_id']}/assign"
    bodies = []
    for account_id in ("00000000-0000-7000-8000-000000000000", product.accounts["foreign_specialist"]):
        answer = await desk.coordinator.post(path, json={"specialist_id": account_id}, headers=seen(case))
        bodies.append({key: value for key, value in answer.json().items() if key != "number"})
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "consults.reader_unfit"


async def may_read(product: Product, user: str) -> bool:
    client = await product.signed_in(user)
    return (await client.get(f"/dicom-web/studies/{STUDY_UID}/metadata")).status_code == 200


@pytest.mark.parametrize(
    "verbs,coordinator,specialist",
    [
        ((), False, False),
        (("submit",), True, False),
        (("submit", "return"), False, False),
        (("submit", "decline"), False, False),
        (("submit", "accept"), True, True),
        (("submit", "accept", "assign"), True, True),
        (("submit", "accept", "assign", "start"), True, True),
        (("submit", "accept", "assign", "abandon"), True, True),
        (("submit", "accept", "withdraw"), False, False),
    ],
)
async def test_images_are_lent_while_somebody_is_asked_to_look(
    product: Product, verbs: tuple[str, ...], coordinator: bool, specialist: bool
) -> None:
    desk = await desks(product)
    actors = {"submit": desk.applicant, "withdraw": desk.applicant, "start": desk.specialist}
    actors |= {"abandon": desk.specialist}
    case = await a_draft(product, desk.applicant)
    for verb in verbs:
        body: dict[str, Any] = {"reason": "因为"} if verb in EXPLAINED else {}
        if verb == "assign":
            body = {"specialist_id": product.accounts["specialist"]}
        case = await step(actors.get(verb, desk.coordinator), case, verb, **body)
    assert await may_read(product, "applicant"), "one's own hospital's studies are always readable"
    assert (await may_read(product, "coordinator"), await may_read(product, "specialist")) == (
        coordinator,
        specialist,
    )
    for stranger in ("foreign_specialist", "administrator"):
        assert not await may_read(product, stranger)


async def many_cases(product: Product, count: int) -> None:
    """Cases of the township, every third one sent, the rest drafts."""
    applicant, now = await product.principal("applicant"), product.clock.now()
    async with product.platform.database.write() as tx:
        for number in range(count):
            row = await start_draft(tx, applicant, CaseKind.DIAGNOSIS, ZoneInfo("Asia/Shanghai"), now)
            row.urgency_rank = number % 2
            if number % 3 == 0:
                row.status, row.submitted_at = Status.SUBMITTED.value, now
                row.due_at = now + timedelta(minutes=number // 2)


async def test_a_list_with_drafts_in_it_pages_through_each_case_once(product: Product) -> None:
    count = 2 * PAGE + 5
    await many_cases(product, count)
    applicant = await product.signed_in("applicant")
    rows: list[Case] = []
    pages = 0
    after: str | None = ""
    while after is not None and pages < 5:
        page = ok(await applicant.get("/api/worklist", params={"after": after} if after else {}))
        rows, after, pages = rows + page["rows"], page["next"], pages + 1
    assert pages == 3
    assert len(rows) == len({row["consult_id"] for row in rows}) == count
    for rank in (0, 1):
        due = [row["due_at"] for row in rows if int(row["number"][-4:]) % 2 == 1 - rank]
        promised = [moment for moment in due if moment is not None]
        assert promised == sorted(promised)
        assert due[: len(promised)] == promised, "what was never sent comes last"


async def test_first_drafts_of_a_day_written_at_once_get_numbers_of_their_own(product: Product) -> None:
    clients = [await product.signed_in("applicant") for _ in range(6)]
    made = await asyncio.gather(*(c.post("/api/consults", json={"case_kind": "diagnosis"}) for c in clients))
    numbers = sorted(ok(answer)["number"] for answer in made)
    assert numbers == [f"D20260302-{n:04d}" for n in range(1, 7)]


async def test_numbers_begin_anew_with_the_hospitals_day(product: Product) -> None:
    """The day is Shanghai's: 16:00 UTC is its midnight."""
    client = await product.signed_in("applicant")
    product.clock.advance(hours=14, minutes=29)  # 23:59 in Shanghai
    client = await product.signed_in("applicant")
    before = ok(await client.post("/api/consults", json={"case_kind": "consult"}))["number"]
    product.clock.advance(minutes=1)
    after = ok(await client.post("/api/consults", json={"case_kind": "consult"}))["number"]
    assert (before, after) == ("H20260302-0001", "H20260303-0001")


async def test_two_coordinators_at_once_move_a_case_once(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.applicant, await a_draft(product, desk.applicant), "submit")
    path, other = f"/api/consults/{case['consult_id']}", await product.signed_in("coordinator")
    answers = await asyncio.gather(
        desk.coordinator.post(f"{path}/accept", headers=seen(case)),
        other.post(f"{path}/decline", json={"reason": "超范围"}, headers=seen(case)),
        other.post(f"{path}/return", json={"reason": "不全"}, headers=seen(case)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert len(ok(await desk.applicant.get(path))["steps"]) == 2


@pytest.mark.parametrize(
    "view,applicant,coordinator,specialist,auditor",
    [
        ("mine", EVERY, AT_CENTRE, AT_READER, {Status.ACCEPTED}),
        ("done", DONE, DONE, DONE, set()),
        ("all", EVERY, AT_CENTRE | DONE, AT_READER | DONE, {Status.ACCEPTED}),
    ],
)
async def test_each_view_shows_its_states(
    product: Product,
    view: str,
    applicant: set[Status],
    coordinator: set[Status],
    specialist: set[Status],
    auditor: set[Status],
) -> None:
    desk = await desks(product)
    await cases_in(product, desk, *AT_CENTRE, *DONE)
    expected = {
        "applicant": applicant,
        "coordinator": coordinator,
        "specialist": specialist,
        "auditor": auditor,
        "foreign_coordinator": set(),
    }
    for user, shown in expected.items():
        client = await product.signed_in(user)
        rows = ok(await client.get("/api/worklist", params={"view": view}))["rows"]
        assert {row["status"] for row in rows} == {status.value for status in shown}, user


async def test_consent_is_noted_when_it_is_given_and_gone_when_taken_back(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant)
    path = f"/api/consults/{case['consult_id']}"
    given = case["consent_at"]
    product.clock.advance(minutes=5)
    case = ok(await desk.applicant.patch(path, json={"consent_kind": "signed_paper"}, headers=seen(case)))
    assert case["consent_at"] == given, "the same consent is not given anew"
    case = ok(await desk.applicant.patch(path, json={"consent_kind": "verbal_emergency"}, headers=seen(case)))
    assert case["consent_at"] > given
    case = ok(await desk.applicant.patch(path, json={"consent_kind": ""}, headers=seen(case)))
    assert case["consent_at"] is None


async def test_an_agreement_covers_its_services_and_days_alone(product: Product) -> None:
    desk = await desks(product)
    case = await a_draft(product, desk.applicant, invited_institution_id=product.places["city"])
    path = f"/api/consults/{case['consult_id']}/submit"
    day = product.clock.now().date()
    async with product.platform.database.write() as tx:
        terms = NewAgreement(
            inviting_institution_id=product.places["township"],
            invited_institution_id=product.places["city"],
            service_lines=["ecg"],
            valid_from=day,
            valid_to=day,
        )
        await agree(tx, COMMAND_LINE, terms, product.clock.now())
    assert (await desk.applicant.post(path, headers=seen(case))).json()["params"]["guards"] == [
        "agreement_in_force"
    ]
    async with product.platform.database.write() as tx:
        imaging = NewAgreement(
            inviting_institution_id=product.places["township"],
            invited_institution_id=product.places["city"],
            service_lines=["imaging"],
            valid_from=day,
            valid_to=day,
        )
        await agree(tx, COMMAND_LINE, imaging, product.clock.now())
    assert ok(await desk.applicant.post(path, headers=seen(case)))["status"] == "submitted"


async def test_reassigning_takes_the_case_from_the_first_reader(product: Product) -> None:
    desk = await desks(product)
    case = await an_assigned_case(product, desk)
    case = await step(desk.coordinator, case, "assign", specialist_id=product.accounts["auditor"])
    assert (await desk.specialist.get(f"/api/consults/{case['consult_id']}")).status_code == 404
    auditor = await product.signed_in("auditor")
    assert (await step(auditor, case, "start"))["status"] == "reporting"
