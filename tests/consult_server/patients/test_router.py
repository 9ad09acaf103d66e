"""Patients belong to the institution that registered them."""

import asyncio

import pytest

from consult_server.patients.domain import ID_NO_CHECKS, ID_NO_WEIGHTS
from tests.factories.cases import PATIENT, ok
from tests.fixtures.product import Product


async def test_a_patient_is_registered_and_found_without_its_numbers(product: Product) -> None:
    client = await product.signed_in("applicant")
    made = ok(await client.post("/api/patients", json=PATIENT))
    assert (made["id_no_masked"], made["phone_masked"]) == ("9900**********0036", "199****0005")
    assert made["issuer"] == "SQZX"
    for typed in ("仇大山", "qiu", "qds", "SQZX26", PATIENT["id_no"]):
        assert ok(await client.get("/api/patients", params={"q": typed})) == [made], typed


async def test_another_hospital_finds_nobody(product: Product) -> None:
    ok(await (await product.signed_in("applicant")).post("/api/patients", json=PATIENT))
    for user in ("foreign_applicant", "coordinator"):
        assert ok(await (await product.signed_in(user)).get("/api/patients", params={"q": "仇"})) == []


async def test_the_same_number_at_another_hospital_is_another_patient(product: Product) -> None:
    ours = ok(await (await product.signed_in("applicant")).post("/api/patients", json=PATIENT))
    theirs = ok(await (await product.signed_in("foreign_applicant")).post("/api/patients", json=PATIENT))
    assert ours["patient_id"] != theirs["patient_id"]
    assert (ours["issuer"], theirs["issuer"]) == ("SQZX", "JZSY")


@pytest.mark.parametrize(
    "change,status,code",
    [
        ({"id_no": "990005195502030037"}, 422, "patients.id_number_wrong"),
        ({"birth_date": "2030-01-01"}, 422, "patients.birth_date_wrong"),
        ({"birth_date": "1799-01-01"}, 422, "patients.birth_date_wrong"),
        ({"name": "长" * 65}, 422, "general.fields_refused"),
        ({"sex": "男"}, 422, "general.fields_refused"),
        ({"name": " "}, 422, "general.fields_refused"),
        ({"surprise": 1}, 422, "general.fields_refused"),
    ],
)
async def test_wrong_input_is_named_and_not_echoed(
    product: Product, change: dict[str, object], status: int, code: str
) -> None:
    client = await product.signed_in("applicant")
    answer = await client.post("/api/patients", json=PATIENT | change)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "仇大山" not in answer.text
    assert ok(await client.get("/api/patients")) == []


async def test_a_number_is_given_once(product: Product) -> None:
    client = await product.signed_in("applicant")
    ok(await client.post("/api/patients", json=PATIENT))
    answer = await client.post("/api/patients", json=PATIENT | {"name": "仇小山"})
    assert (answer.status_code, answer.json()["code"]) == (409, "patients.exists")


@pytest.mark.parametrize(
    "name,typed",
    [
        ("𠮷田秀", "𠮷"),
        ("𠮷田秀", "tianxiu"),
        ("䶮小兰", "䶮"),
        ("䶮小兰", "yanxiaolan"),
        ("㛃云", "㛃"),
        ("单建国", "sjg"),
        ("单建国", "SHANJIANGUO"),
        ("阿依古丽·买买提", "aygl"),
        ("欧阳 修", "欧阳修"),
        ("Ｚｈａｎｇ　Ｗｅｉ", "zhangwei"),
    ],
)
async def test_a_name_is_kept_as_written_and_found(product: Product, name: str, typed: str) -> None:
    client = await product.signed_in("applicant")
    made = ok(await client.post("/api/patients", json=PATIENT | {"name": name}))
    assert made["name"] == name
    assert [row["name"] for row in ok(await client.get("/api/patients", params={"q": typed}))] == [name]


@pytest.mark.parametrize("typed", ["％", "_", "%", "x' OR '1'='1", "\\", "没有这人", "zzz"])
async def test_a_search_text_is_only_a_text(product: Product, typed: str) -> None:
    client = await product.signed_in("applicant")
    ok(await client.post("/api/patients", json=PATIENT))
    answer = ok(await client.get("/api/patients", params={"q": typed}))
    plain = any(character.isalnum() for character in typed)
    assert len(answer) == (0 if plain else 1), "signs alone ask for nothing in particular"


@pytest.mark.parametrize("typed", ["ＳＱＺＸ２６００００５", " SQZX2600005 ", "SQZX2600005\u3000"])
async def test_one_number_however_it_is_typed_is_one_patient(product: Product, typed: str) -> None:
    client = await product.signed_in("applicant")
    made = ok(await client.post("/api/patients", json=PATIENT))
    answer = await client.post("/api/patients", json=PATIENT | {"identifier": typed})
    assert (answer.status_code, answer.json()["code"]) == (409, "patients.exists")
    assert ok(await client.get("/api/patients", params={"q": typed})) == [made]


async def test_a_card_number_is_found_with_its_x_in_either_case(product: Product) -> None:
    client = await product.signed_in("applicant")
    body = "99000519550203004"
    total = sum(int(d) * w for d, w in zip(body, ID_NO_WEIGHTS, strict=True))
    number = body + ID_NO_CHECKS[total % 11]
    made = ok(await client.post("/api/patients", json=PATIENT | {"id_no": number.lower()}))
    for typed in (number, number.lower(), number[:10]):
        assert ok(await client.get("/api/patients", params={"q": typed})) == [made]


async def test_one_patient_registered_twice_at_once_is_there_once(product: Product) -> None:
    clients = [await product.signed_in("applicant") for _ in range(3)]
    answers = await asyncio.gather(*(client.post("/api/patients", json=PATIENT) for client in clients))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert len(ok(await clients[0].get("/api/patients"))) == 1


async def test_a_search_shows_the_newest_twenty(product: Product) -> None:
    client = await product.signed_in("applicant")
    for number in range(22):
        ok(await client.post("/api/patients", json=PATIENT | {"identifier": f"N{number:02d}"}))
    found = ok(await client.get("/api/patients", params={"q": "仇"}))
    assert [row["identifier"] for row in found] == [f"N{number:02d}" for number in range(21, 1, -1)]
