"""What a person set for themselves: kept for them alone, the last one counts."""

from tests.factories.cases import ok
from tests.fixtures.product import Product

KEYS = "/api/me/preferences/reading.keys"


async def test_a_setting_follows_its_person_and_nobody_else(product: Product) -> None:
    one, other = await product.signed_in("specialist"), await product.signed_in("auditor")
    assert ok(await one.get(KEYS)) == {}
    first = {"profile": "ohif", "keys": {"invert": ["U"]}}
    assert (await one.put(KEYS, json={"value": first})).status_code == 204
    assert ok(await (await product.signed_in("specialist")).get(KEYS)) == first
    assert ok(await other.get(KEYS)) == {}
    assert (await one.put(KEYS, json={"value": {"profile": "pacs"}})).status_code == 204
    assert ok(await one.get(KEYS)) == {"profile": "pacs"}


async def test_matters_that_nobody_knows_and_documents_too_large_are_refused(product: Product) -> None:
    client = await product.signed_in("specialist")
    assert (await client.get("/api/me/preferences/colour")).status_code == 422
    large = await client.put(KEYS, json={"value": {"keys": "x" * 20_000}})
    assert (large.status_code, large.json()["code"]) == (413, "identity.preference_too_large")
    many = await client.put(KEYS, json={"value": {str(i): 1 for i in range(201)}})
    assert many.status_code == 422
    control = await client.put(KEYS, json={"value": {"keys": "\u0000"}})
    assert control.status_code == 422
    assert ok(await client.get(KEYS)) == {}
