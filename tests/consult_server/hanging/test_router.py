"""Hanging protocols by the API: one's own and the institution's, kept, changed, removed, brought back."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.hanging.domain import PROTOCOLS_MAX
from consult_server.hanging.tables import HangingProtocol
from tests.factories.cases import ok
from tests.factories.hanging import a_pane, a_protocol, keep
from tests.fixtures.product import Product

LIST = "/api/hanging-protocols"


def at(version: int) -> dict[str, str]:
    """If-Match for this version."""
    return {"If-Match": f'"{version}"'}


async def names(product: Product, user: str) -> list[tuple[str, bool, bool]]:
    """Name, shared, changeable of what a person has."""
    rows = ok(await (await product.signed_in(user)).get(LIST))["rows"]
    return [(row["name"], row["shared"], row["can_change"]) for row in rows]


async def test_ones_own_is_ones_own(product: Product) -> None:
    specialist = await product.signed_in("specialist")
    protocol_id, version = await keep(specialist, a_protocol("肺结节"))
    assert version == 1
    assert await names(product, "specialist") == [("肺结节", False, True)]
    for user in ("auditor", "foreign_specialist", "administrator"):
        assert await names(product, user) == []
        other = await product.signed_in(user)
        asked = await other.delete(f"{LIST}/{protocol_id}", headers=at(1))
        assert (asked.status_code, asked.json()["code"]) == (404, "hanging.not_found")
        asked = await other.put(f"{LIST}/{protocol_id}", json=a_protocol(), headers=at(1))
        assert asked.status_code == 404


async def test_the_institutions_are_for_its_people_and_kept_by_its_keepers(product: Product) -> None:
    administrator = await product.signed_in("administrator")
    protocol_id, _ = await keep(administrator, a_protocol("全院胸部", shared=True))
    assert await names(product, "specialist") == [("全院胸部", True, False)]
    assert await names(product, "coordinator") == [("全院胸部", True, True)]
    assert await names(product, "foreign_specialist") == []
    specialist = await product.signed_in("specialist")
    for asked in (
        await specialist.put(f"{LIST}/{protocol_id}", json=a_protocol(shared=True), headers=at(1)),
        await specialist.put(f"{LIST}/{protocol_id}", json=a_protocol(), headers=at(1)),
        await specialist.put(f"{LIST}/{uuid.uuid4()}", json=a_protocol(shared=True), headers=at(0)),
        await specialist.delete(f"{LIST}/{protocol_id}", headers=at(1)),
    ):
        assert (asked.status_code, asked.json()["code"]) == (403, "hanging.not_yours")
    assert ok(await specialist.get(LIST))["can_share"] is False
    assert ok(await administrator.get(LIST))["can_share"] is True


async def test_a_protocol_is_changed_removed_and_brought_back(product: Product) -> None:
    specialist = await product.signed_in("specialist")
    protocol_id, version = await keep(specialist, a_protocol("甲"))
    _, version = await keep(specialist, a_protocol("乙"), protocol_id, version)
    stale = await specialist.put(f"{LIST}/{protocol_id}", json=a_protocol("丙"), headers=at(1))
    assert (stale.status_code, stale.json()["code"]) == (412, "general.version_passed")
    removed = ok(await specialist.delete(f"{LIST}/{protocol_id}", headers=at(version)))["version"]
    assert await names(product, "specialist") == []
    await keep(specialist, a_protocol("乙"), protocol_id, removed)
    assert await names(product, "specialist") == [("乙", False, True)]
    async with product.platform.database.read() as view:
        acts = await view.scalars(
            select(AuditEntry.action).where(AuditEntry.object_id == protocol_id).order_by(AuditEntry.position)
        )
        assert [act.split(".")[1] for act in acts] == ["create", "change", "remove", "change"]


async def test_what_is_kept_comes_back_as_it_was(product: Product) -> None:
    specialist = await product.signed_in("specialist")
    wanted = a_protocol("原样")
    await keep(specialist, wanted)
    [row] = ok(await specialist.get(LIST))["rows"]
    assert row["content"] == wanted["content"]


async def test_they_come_in_the_order_of_their_places(product: Product) -> None:
    specialist = await product.signed_in("specialist")
    for name, position in (("第三", 2), ("第一", 0), ("第二", 1)):
        await keep(specialist, a_protocol(name) | {"position": position})
    assert [name for name, _, _ in await names(product, "specialist")] == ["第一", "第二", "第三"]


async def test_there_is_an_end_to_how_many(product: Product) -> None:
    specialist = await product.signed_in("specialist")
    protocol_id, version = await keep(specialist, a_protocol())
    now = product.clock.now()
    async with product.platform.database.write() as tx:
        for number in range(PROTOCOLS_MAX - 1):
            tx.add(
                HangingProtocol(
                    protocol_id=str(uuid.uuid4()),
                    institution_id=product.places["county"],
                    owner_id=product.accounts["specialist"],
                    name=f"{number}",
                    position=number,
                    content=a_protocol()["content"],
                    version=1,
                    changed_by=product.accounts["specialist"],
                    created_at=now,
                    changed_at=now,
                )
            )
    full = await specialist.put(f"{LIST}/{uuid.uuid4()}", json=a_protocol(), headers=at(0))
    assert (full.status_code, full.json()["code"]) == (409, "hanging.too_many")
    await keep(specialist, a_protocol("仍可改"), protocol_id, version)


STAGE: dict[str, Any] = a_protocol()["content"]["stages"][0]
USE: dict[str, Any] = a_protocol()["content"]["use"]


@pytest.mark.parametrize(
    "content",
    [
        {"schema_version": 2},
        {"stages": []},
        {"stages": [STAGE] * 9},
        {"stages": [STAGE | {"panes": [a_pane()]}]},
        {"stages": [STAGE | {"layout": "9x9"}]},
        {"stages": [STAGE | {"panes": [a_pane(prior=4), a_pane()]}]},
        {"stages": [STAGE | {"panes": [a_pane(words=["词"] * 9), a_pane()]}]},
        {"stages": [STAGE | {"panes": [a_pane(words=["长" * 41]), a_pane()]}]},
        {"stages": [STAGE | {"panes": [a_pane() | {"window": {"center": 0, "width": 0}}, a_pane()]}]},
        {"use": USE | {"modalities": ["ct chest"]}},
        {"use": USE | {"regions": ["soul"]}},
        {"use": USE | {"more": 1}},
    ],
)
async def test_what_is_no_protocol_is_refused(product: Product, content: dict[str, Any]) -> None:
    specialist = await product.signed_in("specialist")
    wanted = a_protocol(**content)
    answer = await specialist.put(f"{LIST}/{uuid.uuid4()}", json=wanted, headers=at(0))
    assert answer.status_code == 422
    assert await names(product, "specialist") == []
