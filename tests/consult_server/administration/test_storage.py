"""How the store is: what each administrator sees of it, and the quota that the centre sets."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.kernel.database import open_sync_engine
from config.kernel.objects_local import LocalObjects
from consult_server.administration.storage import state_of
from consult_server.audit.tables import AuditEntry
from consult_server.identity.domain import Role
from dicom_node.archive.tables import Instance
from dicom_node.archive.verification import Integrity
from dicom_node.keeping import damages
from dicom_node.keeping.damages import Mended
from dicom_node.keeping.queries import InUse
from tests.consult_server.administration.test_quarantine import newcomer, refused
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.factories.aside import Intake
from tests.factories.cases import ok
from tests.fixtures.product import Product

STORAGE = "/api/storage"


async def stored(product: Product, place: str, **attributes: Any) -> Instance:
    """An object that a hospital sent."""
    dataset = a_ct(**attributes)
    uid = str(dataset.SOPInstanceUID)
    assert await Intake(product).sent(dataset_bytes(dataset), uid, place) == ""
    async with product.platform.database.read() as view:
        found: Instance | None = await view.scalar(select(Instance).where(Instance.sop_instance_uid == uid))
    assert found is not None
    return found


def found_faulty(
    product: Product, instance: Instance, integrity: Integrity, mended: Mended | None = None
) -> None:
    """As the checker writes it down."""
    engine = open_sync_engine(product.platform.database.url)
    with engine.begin() as connection:
        damages.found(connection, instance.object_key, integrity, mended, product.clock.now())
    engine.dispose()


def use_of(storage: dict[str, Any], place: str) -> dict[str, Any]:
    """The row of one institution."""
    (row,) = [row for row in storage["institutions"] if row["institution_id"] == place]
    return dict(row)


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """An administrator of the hospital that runs the centre."""
    return await product.signed_in("administrator")


async def test_the_centre_sees_all_and_others_themselves(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    town, city = await stored(product, "township"), await stored(product, "city")
    found_faulty(product, town, Integrity.MISSING)
    found_faulty(product, city, Integrity.DAMAGED)
    shown = ok(await administrator.get(STORAGE))
    assert (shown["missing"], shown["damaged"], shown["may_set_quotas"]) == (1, 1, True)
    assert use_of(shown, product.places["township"])["used_bytes"] == town.object_bytes
    assert use_of(shown, product.places["county"])["used_bytes"] == 0
    assert isinstance(product.platform.objects, LocalObjects)
    assert shown["disk"]["free_bytes"] <= shown["disk"]["size_bytes"]
    assert (shown["bucket"], shown["check"]) == (None, None)
    other = await newcomer(product, Role.ADMINISTRATOR, "city")
    shown = ok(await other.get(STORAGE))
    assert [row["institution_id"] for row in shown["institutions"]] == [product.places["city"]]
    assert (shown["missing"], shown["damaged"], shown["may_set_quotas"]) == (0, 1, False)
    assert (shown["disk"], shown["check"]) == (None, None)
    assert [row["sop_instance_uid"] for row in ok(await other.get(f"{STORAGE}/faults"))] == [
        city.sop_instance_uid
    ]


async def test_a_fault_names_its_study_and_no_patient(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    lost = await stored(product, "township", AccessionNumber="ACC-7", InstanceNumber="14")
    mended = await stored(product, "township")
    found_faulty(product, lost, Integrity.MISSING)
    found_faulty(product, mended, Integrity.DAMAGED, Mended.BY_OTHER_COPY)
    answer = await administrator.get(f"{STORAGE}/faults")
    (fault,) = ok(answer)
    assert {
        name: fault[name] for name in ("integrity", "accession_number", "modality", "instance_number")
    } == {"integrity": "missing", "accession_number": "ACC-7", "modality": "CT", "instance_number": 14}
    assert fault["institution_name"]
    assert "王" not in answer.text
    assert "Wang" not in answer.text
    (healed,) = ok(await administrator.get(f"{STORAGE}/faults", params={"mended": True}))
    assert (healed["sop_instance_uid"], healed["mended_by"]) == (mended.sop_instance_uid, "other_copy")


async def test_a_round_is_shown_while_it_goes_on(product: Product, administrator: httpx.AsyncClient) -> None:
    one = await stored(product, "township")
    engine = open_sync_engine(product.platform.database.url)
    with engine.begin() as connection:
        damages.begin(connection, product.clock.now())
        damages.reached(connection, one.object_key, objects=1, read_bytes=one.object_bytes, faults=0)
    engine.dispose()
    check = ok(await administrator.get(STORAGE))["check"]
    assert (check["objects"], check["bytes"], check["ended_at"]) == (1, one.object_bytes, None)
    assert check["stored_bytes"] == one.object_bytes


async def test_the_centre_sets_a_quota_and_it_is_on_record(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    one, place = await stored(product, "township"), product.places["township"]
    for quota, state in (
        (one.object_bytes, "full"),
        (one.object_bytes + 1, "near"),
        (10**12, "free"),
        (0, "free"),
    ):
        answer = await administrator.put(f"{STORAGE}/quotas/{place}", json={"quota_bytes": quota})
        assert answer.status_code == 204
        row = use_of(ok(await administrator.get(STORAGE)), place)
        assert (row["quota_bytes"], row["state"]) == (quota, state)
    async with product.platform.database.read() as view:
        rows = list(await view.scalars(select(AuditEntry).where(AuditEntry.action == "quota.set")))
    assert [row.object_id for row in rows] == [place] * 4


@pytest.mark.parametrize("quota", [-1, 10**18, "much", None])
async def test_what_is_no_quota_is_refused(
    product: Product, administrator: httpx.AsyncClient, quota: object
) -> None:
    place = product.places["township"]
    answer = await administrator.put(f"{STORAGE}/quotas/{place}", json={"quota_bytes": quota})
    assert answer.status_code == 422


async def test_others_set_none(product: Product) -> None:
    other = await newcomer(product, Role.ADMINISTRATOR, "city")
    answer = await other.put(f"{STORAGE}/quotas/{product.places['city']}", json={"quota_bytes": 0})
    assert refused(answer) == (403, "administration.centre_only")
    unknown = await (await product.signed_in("administrator")).put(
        f"{STORAGE}/quotas/nowhere", json={"quota_bytes": 0}
    )
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    "used,quota,state",
    [(10, 0, "free"), (0, 10, "free"), (8, 10, "free"), (9, 10, "near"), (10, 10, "full"), (11, 10, "full")],
)
def test_nine_tenths_are_near(used: int, quota: int, state: str) -> None:
    assert state_of(InUse(used=used, quota=quota)) == state
