"""Retention from the screen's side: rules, seals, a preview, its approval, and what the worker then does."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import select

from config.kernel.database import open_sync_engine
from consult_server.audit.tables import AuditEntry
from consult_server.consults.tables import Consult
from consult_server.identity.domain import Role
from consult_server.retention.handlers import on_destruction_approved
from dicom_node.archive.tables import Study, outbox
from dicom_node.events import DestructionApproved
from dicom_node.intake.settled import settle
from tests.consult_server.administration.test_quarantine import newcomer, refused
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.factories.aside import Intake
from tests.factories.cases import a_draft, ok
from tests.fixtures.product import Product

RETENTION = "/api/retention"
YEARS_16 = 366 * 16
FIFTEEN = {"institution_id": None, "source_ae_title": None, "modality": None, "keep_months": 180}
WHY = "保存期满，经病案管理委员会同意"


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """An administrator of the hospital that runs the centre."""
    return await product.signed_in("administrator")


async def old_study(product: Product, place: str = "township", **attributes: Any) -> Dataset:
    """A study that came sixteen years ago and has settled."""
    one = a_ct(**{"StudyDate": "20090101"} | attributes)
    product.clock.advance(days=-YEARS_16)
    assert await Intake(product).sent(dataset_bytes(one), str(one.SOPInstanceUID), place) == ""
    engine = open_sync_engine(product.platform.database.url)
    with engine.begin() as connection:
        settle(connection, product.clock.now(), timedelta(0))
    engine.dispose()
    product.clock.advance(days=YEARS_16)
    return one


async def told(product: Product) -> int:
    """Let the worker hear of every approved study, twice; how many there were."""
    handle = on_destruction_approved(product.clock)
    async with product.platform.database.read() as view:
        pending = await outbox.pending(view, 100)
    envelopes = [one for _position, one in pending if one.name == DestructionApproved.name]
    for envelope in [*envelopes, *envelopes]:
        async with product.platform.database.write() as tx:
            await handle(tx, envelope)
    return len(envelopes)


async def studies(product: Product) -> set[str]:
    """What the archive holds."""
    async with product.platform.database.read() as view:
        return set(await view.scalars(select(Study.study_instance_uid)))


async def audited(product: Product) -> list[tuple[str, dict[str, Any]]]:
    """Action and facts of what was done about retention, in order."""
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("retention.")).order_by(AuditEntry.position)
        )
        return [(row.action, row.facts) for row in rows]


async def previewed(client: httpx.AsyncClient) -> dict[str, Any]:
    """What could be destroyed now."""
    found: dict[str, Any] = ok(await client.get(f"{RETENTION}/preview"))
    return found


async def test_from_a_rule_to_the_register_with_every_step_on_record(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    one = await old_study(product, AccessionNumber="ACC-9")
    assert (await previewed(administrator))["studies"] == 0
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))
    answer = await administrator.get(f"{RETENTION}/preview")
    found = ok(answer)
    (row,) = found["rows"]
    assert (row["study_instance_uid"], row["accession_number"]) == (one.StudyInstanceUID, "ACC-9")
    assert (row["institution_name"], row["keep_months"]) == ("石桥镇中心卫生院", 180)
    assert (found["studies"], found["instances"], found["bytes"]) == (1, 1, row["byte_count"])
    assert "王" not in answer.text
    assert "Wang" not in answer.text
    assert await studies(product) == {one.StudyInstanceUID}, "a look destroys nothing"
    ok(await administrator.post(f"{RETENTION}/destructions", json={"digest": found["digest"], "reason": WHY}))
    (past,) = ok(await administrator.get(RETENTION))["destructions"]
    assert (past["studies"], past["destroyed"], past["kept"], past["reason"]) == (1, 0, 0, WHY)
    assert await told(product) == 1
    assert await studies(product) == set()
    (past,) = ok(await administrator.get(RETENTION))["destructions"]
    assert (past["destroyed"], past["kept"], past["approved_by"]) == (1, 0, "administrator某")
    (entry,) = ok(await administrator.get(f"{RETENTION}/destructions/{past['destruction_id']}"))
    assert (entry["state"], entry["study_instance_uid"]) == ("destroyed", one.StudyInstanceUID)
    actions = await audited(product)
    assert [action for action, _facts in actions] == ["retention.rule_add", "retention.approve"]
    assert actions[1][1] == {"studies": 1, "bytes": str(found["bytes"]), "reason": WHY}


async def test_what_a_consult_refers_to_is_kept_also_after_approval(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    kept, late = await old_study(product), await old_study(product)
    case = await a_draft(product, await product.signed_in("applicant"))
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))

    async def about(study: Dataset) -> None:
        async with product.platform.database.write() as tx:
            row = await tx.get(Consult, case["consult_id"])
            assert row is not None
            row.study_instance_uid = str(study.StudyInstanceUID)

    await about(kept)
    found = await previewed(administrator)
    assert [row["study_instance_uid"] for row in found["rows"]] == [late.StudyInstanceUID]
    assert found["kept"]["needed"] == 1
    given = {"digest": found["digest"], "reason": WHY}
    ok(await administrator.post(f"{RETENTION}/destructions", json=given))
    await about(late)
    assert await told(product) == 1
    assert {kept.StudyInstanceUID, late.StudyInstanceUID} <= await studies(product)
    (past,) = ok(await administrator.get(RETENTION))["destructions"]
    (entry,) = ok(await administrator.get(f"{RETENTION}/destructions/{past['destruction_id']}"))
    assert (entry["state"], entry["kept_for"]) == ("kept", "needed")


async def test_only_what_was_shown_can_be_approved(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    nothing = {"digest": "0" * 64, "reason": WHY}
    assert refused(await administrator.post(f"{RETENTION}/destructions", json=nothing)) == (
        409,
        "dicom.retention_nothing",
    )
    await old_study(product)
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))
    digest = (await previewed(administrator))["digest"]
    await old_study(product)
    given = {"digest": digest, "reason": WHY}
    assert refused(await administrator.post(f"{RETENTION}/destructions", json=given)) == (
        409,
        "dicom.retention_preview_passed",
    )
    short = await administrator.post(f"{RETENTION}/destructions", json=given | {"reason": " x "})
    assert short.status_code == 422
    assert await told(product) == 0


async def test_a_seal_is_placed_by_number_shown_and_lifted(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    one = await old_study(product, AccessionNumber="ACC-7")
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))
    seal = {"institution_id": product.places["township"], "study": " ACC-7 ", "reason": "医疗争议"}
    ok(await administrator.post(f"{RETENTION}/holds", json=seal))
    again = await administrator.post(f"{RETENTION}/holds", json=seal | {"study": one.StudyInstanceUID})
    assert refused(again) == (409, "dicom.hold_exists")
    other = await administrator.post(
        f"{RETENTION}/holds", json=seal | {"institution_id": product.places["city"]}
    )
    assert refused(other) == (404, "dicom.retention_study_unknown")
    assert (await previewed(administrator))["kept"] == {"held": 1}
    (hold,) = ok(await administrator.get(RETENTION))["holds"]
    assert (hold["accession_number"], hold["reason"], hold["placed_by"]) == (
        "ACC-7",
        "医疗争议",
        "administrator某",
    )
    lift = f"{RETENTION}/holds/{hold['hold_id']}/lift"
    assert (await administrator.post(lift, json={"reason": "争议已解决"})).status_code == 204
    assert refused(await administrator.post(lift, json={"reason": "争议已解决"})) == (
        409,
        "dicom.hold_lifted",
    )
    assert ok(await administrator.get(f"{RETENTION}/holds")) == []
    (ended,) = ok(await administrator.get(f"{RETENTION}/holds", params={"lifted": True}))
    assert (ended["lifted_reason"], ended["lifted_by"]) == ("争议已解决", "administrator某")
    assert (await previewed(administrator))["studies"] == 1
    assert [action for action, _facts in await audited(product)][1:] == ["retention.hold", "retention.lift"]


async def test_rules_are_one_of_each_kind_and_end(product: Product, administrator: httpx.AsyncClient) -> None:
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))
    twice = await administrator.post(f"{RETENTION}/rules", json=FIFTEEN | {"keep_months": 360})
    assert refused(twice) == (409, "dicom.retention_rule_exists")
    unknown = await administrator.post(f"{RETENTION}/rules", json=FIFTEEN | {"institution_id": "nowhere"})
    assert unknown.status_code == 404
    for months in (0, 1201, "long"):
        wrong = await administrator.post(f"{RETENTION}/rules", json=FIFTEEN | {"keep_months": months})
        assert wrong.status_code == 422
    (rule,) = ok(await administrator.get(RETENTION))["rules"]
    assert (rule["institution_name"], rule["keep_months"], rule["may_remove"]) == ("", 180, True)
    await old_study(product)
    assert (await previewed(administrator))["studies"] == 1
    assert (await administrator.delete(f"{RETENTION}/rules/{rule['rule_id']}")).status_code == 204
    assert (await previewed(administrator))["studies"] == 0
    gone = await administrator.delete(f"{RETENTION}/rules/{rule['rule_id']}")
    assert refused(gone) == (404, "dicom.retention_rule_not_found")


async def test_others_decide_for_themselves_alone(product: Product, administrator: httpx.AsyncClient) -> None:
    town, city = await old_study(product), await old_study(product, "city")
    other = await newcomer(product, Role.ADMINISTRATOR, "city")
    assert refused(await other.post(f"{RETENTION}/rules", json=FIFTEEN)) == (
        403,
        "administration.centre_only",
    )
    seal = {"institution_id": product.places["township"], "study": "A1", "reason": "医疗争议"}
    assert (await other.post(f"{RETENTION}/holds", json=seal)).status_code == 403
    ok(await administrator.post(f"{RETENTION}/rules", json=FIFTEEN))
    shown = ok(await other.get(RETENTION))
    (rule,) = shown["rules"]
    assert (rule["may_remove"], shown["may_rule_all"]) == (False, False)
    assert (await other.delete(f"{RETENTION}/rules/{rule['rule_id']}")).status_code == 404
    assert [row["study_instance_uid"] for row in (await previewed(other))["rows"]] == [city.StudyInstanceUID]
    mine = FIFTEEN | {"institution_id": product.places["city"], "keep_months": 360}
    ok(await other.post(f"{RETENTION}/rules", json=mine))
    assert (await previewed(other))["kept"] == {"too_young": 1}
    assert [row["study_instance_uid"] for row in (await previewed(administrator))["rows"]] == [
        town.StudyInstanceUID
    ]
