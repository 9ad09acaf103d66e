"""Patients belong to the institution that registered them."""

import pytest

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
