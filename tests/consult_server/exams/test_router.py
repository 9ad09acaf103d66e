"""Examinations by the API: ordered, changed, cancelled, listed; the node's worklist moves with them."""

import asyncio
import uuid
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.kernel.database import open_sync_engine
from consult_server.audit.tables import AuditEntry
from consult_server.exams.queries import PAGE
from consult_server.tables import outbox
from dicom_node.archive.scope import StudyScope
from dicom_node.worklist.domain import EntryState
from dicom_node.worklist.queries import Wanted, Worklist
from dicom_node.worklist.tables import WorklistEntry
from tests.factories.cases import PATIENT, ok, seen
from tests.factories.exams import CHEST, Exam, a_patient, an_exam
from tests.fixtures.product import Product


def listed(product: Product, place: str = "township") -> list[WorklistEntry]:
    """What the devices of an institution see."""
    engine = open_sync_engine(product.platform.database.url, writes=False)
    worklist = Worklist(engine, StudyScope(institution_ids=frozenset({product.places[place]})))
    found = worklist.page(worklist.keys(Wanted(), 100))
    engine.dispose()
    return found


async def put_entry(product: Product, exam_id: str, state: EntryState) -> None:
    """The modality has moved an entry; nobody was told yet."""
    async with product.platform.database.write() as tx:
        (await tx.get_one(WorklistEntry, exam_id)).state = state.value


async def traces(product: Product, exam_id: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The audit's and the outbox's words on an examination."""
    async with product.platform.database.read() as view:
        audited = await view.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == exam_id).order_by(AuditEntry.position)
        )
        news = await view.scalars(
            select(outbox.table.c.payload)
            .where(outbox.table.c.subject == exam_id)
            .order_by(outbox.table.c.position)
        )
        return list(audited), [(row["verb"], row["status"]) for row in news]


async def test_an_order_is_in_the_worklist_when_it_is_answered(product: Product) -> None:
    client = await product.signed_in("applicant")
    exam = await an_exam(client, await a_patient(client))
    assert (exam["status"], exam["version"], exam["verbs"]) == ("scheduled", 1, ["change", "cancel"])
    assert exam["accession_number"] == "E202603020001"
    assert exam["study_instance_uid"] == f"2.25.{uuid.UUID(exam['exam_id']).int}"
    assert (exam["patient"]["name"], exam["applicant_name"]) == ("仇大山", "applicant某")
    (entry,) = listed(product)
    assert entry.entry_key == exam["exam_id"]
    assert (entry.patient_name, entry.patient_id) == ("Qiu^Dashan=仇^大山", PATIENT["identifier"])
    assert (entry.issuer_of_patient_id, entry.accession_issuer) == ("SQZX", "SQZX")
    assert (entry.patient_birth_date, entry.patient_sex) == ("19550203", "M")
    assert (entry.accession_number, entry.requested_procedure_id) == ("E202603020001",) * 2
    assert (entry.scheduled_step_id, entry.requested_procedure_priority) == ("E202603020001-1", "HIGH")
    assert (entry.start_date, entry.start_time) == ("20260303", "101500")
    assert (entry.modality, entry.body_part_examined) == ("CT", "CHEST")
    assert (entry.requested_procedure_description, entry.reason) == ("胸部平扫", "咳嗽两周，结节复查")
    assert entry.study_instance_uid == exam["study_instance_uid"]
    assert listed(product, "county") == []
    assert await traces(product, exam["exam_id"]) == (["exam.order"], [("order", "scheduled")])


async def test_an_order_is_changed_and_keeps_its_numbers(product: Product) -> None:
    client = await product.signed_in("applicant")
    exam = await an_exam(client, await a_patient(client))
    path, wanted = f"/api/exams/{exam['exam_id']}", CHEST | {"urgency": "emergency", "body_part": "HEAD"}
    moved = wanted | {"scheduled_at": "2026-03-02T23:30:00Z", "procedure": "头颅平扫"}
    changed = ok(await client.put(path, json=moved, headers=seen(exam)))
    assert (changed["version"], changed["body_part"], changed["urgency"]) == (2, "HEAD", "emergency")
    kept = ("exam_id", "accession_number", "study_instance_uid", "patient")
    assert {name: changed[name] for name in kept} == {name: exam[name] for name in kept}
    (entry,) = listed(product)
    assert (entry.start_date, entry.start_time) == ("20260303", "073000")
    assert (entry.requested_procedure_priority, entry.scheduled_step_description) == ("STAT", "头颅平扫")
    late = await client.put(path, json=moved, headers=seen(exam))
    assert (late.status_code, late.json()["code"]) == (412, "general.version_passed")


async def test_a_cancelled_order_leaves_the_worklist(product: Product) -> None:
    client = await product.signed_in("applicant")
    exam = await an_exam(client, await a_patient(client))
    path = f"/api/exams/{exam['exam_id']}/cancel"
    blank = await client.post(path, json={"reason": " "}, headers=seen(exam))
    assert blank.status_code == 422
    done = ok(await client.post(path, json={"reason": "患者拒绝"}, headers=seen(exam)))
    assert (done["status"], done["cancel_reason"], done["verbs"]) == ("cancelled", "患者拒绝", [])
    assert done["ended_at"] is not None
    assert listed(product) == []
    again = await client.post(path, json={"reason": "再撤"}, headers=seen(done))
    assert (again.status_code, again.json()["code"]) == (409, "exams.step_not_possible")
    audited, news = await traces(product, exam["exam_id"])
    assert (audited, news[-1]) == (["exam.order", "exam.cancel"], ("cancel", "cancelled"))


@pytest.mark.parametrize("state", [EntryState.STARTED, EntryState.COMPLETED])
async def test_what_the_modality_has_begun_is_neither_changed_nor_cancelled(
    product: Product, state: EntryState
) -> None:
    """The node knows it before the news has come: its word counts."""
    client = await product.signed_in("applicant")
    exam = await an_exam(client, await a_patient(client))
    await put_entry(product, exam["exam_id"], state)
    path = f"/api/exams/{exam['exam_id']}"
    answers = [
        await client.put(path, json=CHEST, headers=seen(exam)),
        await client.post(f"{path}/cancel", json={"reason": "撤"}, headers=seen(exam)),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (409, "worklist.step_begun")
    ] * 2
    unchanged = ok(await client.get(path))
    assert (unchanged["status"], unchanged["version"]) == ("scheduled", 1)


async def test_sent_again_it_is_ordered_once(product: Product) -> None:
    client = await product.signed_in("applicant")
    body = CHEST | {"patient_id": await a_patient(client)}
    key = {"Idempotency-Key": "one-order"}
    first = ok(await client.post("/api/exams", json=body, headers=key))
    assert ok(await client.post("/api/exams", json=body, headers=key)) == first
    other = await client.post("/api/exams", json=body | {"modality": "DX"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "general.key_reused")
    assert len(listed(product)) == 1


async def test_numbers_are_the_institutions_own_and_of_the_day(product: Product) -> None:
    ours, theirs = await product.signed_in("applicant"), await product.signed_in("foreign_applicant")
    patient = await a_patient(ours)
    numbers = [(await an_exam(ours, patient))["accession_number"] for _ in range(2)]
    foreign = await an_exam(theirs, await a_patient(theirs))
    product.clock.advance(hours=15)
    ours = await product.signed_in("applicant")
    numbers.append((await an_exam(ours, patient))["accession_number"])
    assert numbers == ["E202603020001", "E202603020002", "E202603030001"], "a day of Shanghai, not of UTC"
    assert foreign["accession_number"] == "E202603020001"


async def test_orders_at_once_get_a_number_each(product: Product) -> None:
    clients = [await product.signed_in("applicant") for _ in range(4)]
    patient = await a_patient(clients[0])
    exams = await asyncio.gather(*(an_exam(client, patient) for client in clients))
    assert sorted(exam["accession_number"][-4:] for exam in exams) == ["0001", "0002", "0003", "0004"]


@pytest.mark.parametrize(
    "change, status, code",
    [
        ({"scheduled_at": "2026-02-28T10:00:00+08:00"}, 422, "exams.time_wrong"),
        ({"scheduled_at": "2027-06-01T10:00:00+08:00"}, 422, "exams.time_wrong"),
        ({"scheduled_at": "2026-03-03T10:00:00"}, 422, "general.fields_refused"),
        ({"station_ae_title": "NOBODY"}, 422, "exams.station_unknown"),
        ({"patient_id": "00000000-0000-7000-8000-000000000000"}, 404, "patients.not_found"),
        ({"modality": "XX"}, 422, "general.fields_refused"),
        ({"body_part": "胸部"}, 422, "general.fields_refused"),
        ({"procedure": "胸"}, 422, "general.fields_refused"),
        ({"procedure": "胸部\\平扫"}, 422, "general.fields_refused"),
        ({"procedure": "长" * 65}, 422, "general.fields_refused"),
        ({"urgency": "stat"}, 422, "general.fields_refused"),
        ({"surprise": 1}, 422, "general.fields_refused"),
    ],
)
async def test_what_cannot_be_ordered_is_refused_and_leaves_nothing(
    product: Product, change: dict[str, Any], status: int, code: str
) -> None:
    client = await product.signed_in("applicant")
    body = CHEST | {"patient_id": await a_patient(client)} | change
    answer = await client.post("/api/exams", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert listed(product) == []
    assert ok(await client.get("/api/exams"))["rows"] == []


async def test_a_station_is_one_of_the_institutions_own(product: Product) -> None:
    administrator, client = await product.signed_in("administrator"), await product.signed_in("applicant")
    for title, place in (("SQ_CT", "township"), ("SQ_DX", "township"), ("YL_CT", "county")):
        where = {"host": None, "port": None, "tls": False}
        peer = {"ae_title": title, "institution_id": product.places[place]} | where
        ok(await administrator.post("/api/peers", json=peer))
    shut = {
        "host": None,
        "port": None,
        "tls": False,
        "availability": False,
        "enabled": False,
        "certificate": None,
    }
    ok(await administrator.put("/api/peers/SQ_DX", json=shut))
    assert ok(await client.get("/api/exams/stations")) == ["SQ_CT"]
    patient = await a_patient(client)
    foreign = await client.post(
        "/api/exams", json=CHEST | {"patient_id": patient, "station_ae_title": "YL_CT"}
    )
    assert foreign.json()["code"] == "exams.station_unknown"
    exam = await an_exam(client, patient, station_ae_title="SQ_CT")
    (entry,) = listed(product)
    assert (exam["station_ae_title"], entry.station_ae_title) == ("SQ_CT", "SQ_CT")


async def test_another_institution_knows_nothing_of_it(product: Product) -> None:
    client, foreign = await product.signed_in("applicant"), await product.signed_in("foreign_applicant")
    patient = await a_patient(client)
    exam = await an_exam(client, patient)
    stolen = await foreign.post("/api/exams", json=CHEST | {"patient_id": patient})
    assert (stolen.status_code, stolen.json()["code"]) == (404, "patients.not_found")
    path = f"/api/exams/{exam['exam_id']}"
    answers = [
        await foreign.get(path),
        await foreign.put(path, json=CHEST, headers=seen(exam)),
        await foreign.post(f"{path}/cancel", json={"reason": "撤"}, headers=seen(exam)),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (404, "exams.not_found")
    ] * 3
    assert ok(await foreign.get("/api/exams", params={"view": "all"}))["rows"] == []


async def test_opening_one_is_audited(product: Product) -> None:
    doctor, technician = await product.signed_in("applicant"), await product.signed_in("technician")
    exam = await an_exam(doctor, await a_patient(doctor))
    opened = ok(await technician.get(f"/api/exams/{exam['exam_id']}"))
    assert opened == exam | {"verbs": []}
    assert (await traces(product, exam["exam_id"]))[0] == ["exam.order", "exam.open"]


async def page(client: httpx.AsyncClient, **asked: str) -> list[Exam]:
    """One page of a list."""
    found: list[Exam] = ok(await client.get("/api/exams", params=asked))["rows"]
    return found


async def test_what_is_to_be_made_comes_by_urgency_and_time(product: Product) -> None:
    client = await product.signed_in("applicant")
    patient = await a_patient(client)
    for urgency, at in (
        ("routine", "03T08"),
        ("emergency", "05T08"),
        ("routine", "02T20"),
        ("urgent", "04T08"),
    ):
        await an_exam(client, patient, urgency=urgency, scheduled_at=f"2026-03-{at}:00:00+08:00")
    order = [(exam["urgency"], exam["scheduled_at"][:10]) for exam in await page(client)]
    assert order == [
        ("emergency", "2026-03-05"),
        ("urgent", "2026-03-04"),
        ("routine", "2026-03-02"),
        ("routine", "2026-03-03"),
    ]
    first = (await page(client))[0]
    ok(await client.post(f"/api/exams/{first['exam_id']}/cancel", json={"reason": "撤"}, headers=seen(first)))
    assert len(await page(client)) == 3
    assert [exam["status"] for exam in await page(client, view="ended")] == ["cancelled"]
    assert len(await page(client, view="all")) == 4


@pytest.mark.parametrize("typed", ["仇", "qds", "SQZX2600005", "E202603020001", "ｅ２０２６０３０２"])
async def test_one_is_found_by_name_pinyin_and_either_number(product: Product, typed: str) -> None:
    client = await product.signed_in("applicant")
    exam = await an_exam(client, await a_patient(client))
    other = await a_patient(client, name="李娜", identifier="X1", id_no="")
    product.clock.advance(days=1)
    client = await product.signed_in("applicant")
    await an_exam(client, other, scheduled_at="2026-03-05T08:00:00+08:00")
    assert [row["exam_id"] for row in await page(client, q=typed)] == [exam["exam_id"]]
    assert await page(client, q="没有") == []


@pytest.mark.parametrize("which", ["open", "all"])
async def test_a_long_list_goes_on_where_it_ended(product: Product, which: str) -> None:
    client = await product.signed_in("applicant")
    patient = await a_patient(client)
    for number in range(PAGE + 3):
        await an_exam(
            client, patient, scheduled_at=f"2026-03-03T{8 + number // 60:02}:{number % 60:02}:00+08:00"
        )
    first = ok(await client.get("/api/exams", params={"view": which}))
    second = ok(await client.get("/api/exams", params={"view": which, "after": first["next"]}))
    numbers = [row["accession_number"] for row in first["rows"] + second["rows"]]
    assert (len(first["rows"]), second["next"]) == (PAGE, None)
    assert sorted(numbers, reverse=which == "all") == numbers
    assert len(set(numbers)) == PAGE + 3
