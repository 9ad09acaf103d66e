"""What was set aside: seen by those whose it is, decided once, and every decision on record."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from config.kernel.objects_local import LocalObjects
from consult_server.audit.tables import AuditEntry
from consult_server.identity.domain import Role
from consult_server.identity.passwords import Passwords
from consult_server.identity.service import COMMAND_LINE, NewAccount, create_account
from dicom_node.archive.tables import Instance, Quarantine, Study
from tests.dicom_node.objects import a_ct, dataset_bytes, dataset_of
from tests.factories.aside import Intake, refused_before
from tests.factories.cases import ok
from tests.fixtures.product import PASSWORD, QUICK_HASHES, Product

LIST = "/api/quarantine"
TRUNCATED, CONFLICT = "dicom.dataset_truncated", "dicom.same_uid_other_content"
WHY = {"reason": "已请对方修正后重发"}


@pytest.fixture
def intake(product: Product) -> Intake:
    """The product's way in."""
    return Intake(product)


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """An administrator of the hospital that runs the centre."""
    return await product.signed_in("administrator")


@pytest.fixture
async def technician(product: Product) -> httpx.AsyncClient:
    """A technician of the township."""
    return await product.signed_in("technician")


async def newcomer(product: Product, role: Role, place: str) -> httpx.AsyncClient:
    """Somebody of another hospital, signed in."""
    person = NewAccount(
        user=f"{place}.{role.value}", name="某", institution_id=product.places[place], roles=[role]
    )
    async with product.platform.database.write() as tx:
        await create_account(tx, COMMAND_LINE, person, PASSWORD, Passwords(QUICK_HASHES), product.clock.now())
    return await product.signed_in(person.user)


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The rows of the list."""
    found: list[dict[str, Any]] = ok(await client.get(LIST, params=query))["rows"]
    return found


async def entries(product: Product) -> list[tuple[str, str, str]]:
    """Action, object and outcome of every audit entry about what was set aside."""
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry).where(AuditEntry.object_type == "quarantine").order_by(AuditEntry.position)
        )
        return [(row.action, row.object_id, row.outcome) for row in rows]


def files(product: Product, folder: str) -> list[Path]:
    """The files of one part of the object store."""
    assert isinstance(product.platform.objects, LocalObjects)
    return [path for path in (product.platform.objects.root / folder).rglob("*") if path.is_file()]


async def rows(product: Product, table: type[Any]) -> list[Any]:
    """All rows of a table."""
    async with product.platform.database.read() as view:
        return list(await view.scalars(select(table)))


async def test_a_refused_object_is_listed_with_its_reason(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    dataset = a_ct()
    data = dataset_bytes(dataset)[:-5]
    assert await intake.sent(data, dataset.SOPInstanceUID) == TRUNCATED
    (row,) = await listed(administrator)
    (file,) = files(product, "quarantine")
    assert row == {
        "quarantine_id": row["quarantine_id"],
        "institution_id": product.places["township"],
        "institution_name": "石桥镇中心卫生院",
        "source_ae_title": "SQZX_PACS",
        "sop_instance_uid": dataset.SOPInstanceUID,
        "kind": "refused",
        "reason_code": TRUNCATED,
        "reason": row["reason"],
        "object_bytes": file.stat().st_size,
        "dataset_sha256": hashlib.sha256(data).hexdigest(),
        "kept_sha256": None,
        "times": 1,
        "received_at": product.clock.now().isoformat().replace("+00:00", "Z"),
        "has_file": True,
        "decision": None,
        "decided_at": None,
        "decision_reason": None,
    }
    assert row["reason"].startswith(f"{TRUNCATED}: ")


async def test_a_conflict_is_a_kind_of_its_own_with_both_hashes(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    dataset = a_ct()
    first = dataset_bytes(dataset)
    dataset.PatientID = "P2"
    second = dataset_bytes(dataset)
    assert await intake.sent(first, dataset.SOPInstanceUID) == ""
    assert await intake.sent(second, dataset.SOPInstanceUID) == CONFLICT
    (row,) = await listed(administrator)
    assert (row["kind"], row["reason_code"]) == ("conflict", CONFLICT)
    assert row["kept_sha256"] == hashlib.sha256(first).hexdigest()
    assert row["dataset_sha256"] == hashlib.sha256(second).hexdigest()
    (instance,) = await rows(product, Instance)
    assert instance.dataset_sha256 == row["kept_sha256"], "the first stays"


async def test_what_comes_again_is_counted_and_not_repeated(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    for _ in range(3):
        product.clock.advance(seconds=60)
        await intake.sent(b"nonsense" * 9, "1.2.3")
    (row,) = await listed(administrator)
    assert row["times"] == 3
    assert row["received_at"] == product.clock.now().isoformat().replace("+00:00", "Z")
    ok(await administrator.post(f"{LIST}/{row['quarantine_id']}/discard", json=WHY))
    await intake.sent(b"nonsense" * 9, "1.2.3")
    (again,) = await listed(administrator)
    assert (again["times"], again["quarantine_id"] == row["quarantine_id"]) == (1, False)


async def test_the_list_is_filtered_counted_and_newest_first(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    for number, title in enumerate(["SQZX_PACS", "YLXY_PACS", "YLXY_PACS"]):
        product.clock.advance(seconds=60)
        place = "township" if title == "SQZX_PACS" else "county"
        await intake.sent(b"nonsense" * 9, f"1.2.{number}", place, title)
    whole = ok(await administrator.get(LIST))
    assert [row["sop_instance_uid"] for row in whole["rows"]] == ["1.2.2", "1.2.1", "1.2.0"]
    assert whole["senders"] == [{"ae_title": "YLXY_PACS", "count": 2}, {"ae_title": "SQZX_PACS", "count": 1}]
    assert whole["waiting"] == ok(await administrator.get(f"{LIST}/waiting"))["waiting"] == 3
    assert [row["sop_instance_uid"] for row in await listed(administrator, ae_title="SQZX_PACS")] == ["1.2.0"]
    assert await listed(administrator, ae_title="NOBODY") == []
    assert await listed(administrator, decided=True) == []


async def test_each_hospital_sees_its_own_and_the_centre_all(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    for number, place in enumerate(["township", "city"]):
        await intake.sent(b"nonsense" * 9, f"1.2.{number}", place)
    theirs = await newcomer(product, Role.ADMINISTRATOR, "city")
    assert {row["sop_instance_uid"] for row in await listed(administrator)} == {"1.2.0", "1.2.1"}
    assert [row["sop_instance_uid"] for row in await listed(technician)] == ["1.2.0"]
    seen = ok(await theirs.get(LIST))
    assert [row["sop_instance_uid"] for row in seen["rows"]] == ["1.2.1"]
    assert (seen["waiting"], [one["count"] for one in seen["senders"]]) == (1, [1])


async def test_what_is_another_hospitals_does_not_exist(product: Product, intake: Intake) -> None:
    await intake.sent(b"nonsense" * 9, "1.2.3", "township")
    (row,) = await rows(product, Quarantine)
    foreign = [
        await newcomer(product, Role.ADMINISTRATOR, "city"),
        await newcomer(product, Role.TECHNICIAN, "city"),
    ]
    unknown = "00000000-0000-7000-8000-000000000000"
    for client in foreign:
        for entry in (row.quarantine_id, unknown):
            answers = [
                await client.post(f"{LIST}/{entry}/retry"),
                await client.post(f"{LIST}/{entry}/discard", json=WHY),
            ]
            assert [refused(answer) for answer in answers] == [(404, "dicom.quarantine_entry_not_found")] * 2
    assert refused(await foreign[0].get(f"{LIST}/{row.quarantine_id}/file")) == (
        404,
        "dicom.quarantine_entry_not_found",
    )
    assert await entries(product) == []


@pytest.mark.parametrize("extra", [0, 1024 * 1024, 2_500_000])
async def test_an_administrator_takes_the_file_as_it_came(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, extra: int
) -> None:
    data = b"nonsense" * 9 + bytes(extra)
    await intake.sent(data, "1.2.3")
    (row,) = await listed(administrator)
    answer = await administrator.get(f"{LIST}/{row['quarantine_id']}/file")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/dicom"
    assert answer.headers["content-disposition"] == 'attachment; filename="1.2.3.dcm"'
    assert dataset_of(answer.content) == data
    assert len(answer.content) == row["object_bytes"] == int(answer.headers["content-length"])
    assert await entries(product) == [("quarantine.download", row["quarantine_id"], "done")]


async def test_a_technician_sees_but_does_not_take_the_file(
    product: Product, intake: Intake, technician: httpx.AsyncClient
) -> None:
    await intake.sent(b"nonsense" * 9, "1.2.3")
    (row,) = await listed(technician)
    answer = await technician.get(f"{LIST}/{row['quarantine_id']}/file")
    assert refused(answer) == (403, "identity.role_missing")
    assert await entries(product) == []


async def test_a_name_that_is_no_uid_makes_a_harmless_file_name(
    intake: Intake, administrator: httpx.AsyncClient
) -> None:
    await intake.sent(b"nonsense" * 9, '1.2/../"x"')
    (row,) = await listed(administrator)
    answer = await administrator.get(f"{LIST}/{row['quarantine_id']}/file")
    assert answer.headers["content-disposition"] == 'attachment; filename="1.2_..__x_.dcm"'


async def test_a_discarded_object_is_gone_and_its_entry_stays(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    await intake.sent(b"nonsense" * 9, "1.2.3")
    (row,) = await listed(technician)
    path = f"{LIST}/{row['quarantine_id']}"
    assert (await technician.post(f"{path}/discard", json=WHY)).status_code == 204
    assert files(product, "quarantine") == []
    assert await listed(administrator) == []
    (decided,) = await listed(administrator, decided=True)
    assert (decided["decision"], decided["decision_reason"], decided["has_file"]) == (
        "discarded",
        WHY["reason"],
        False,
    )
    assert await entries(product) == [("quarantine.discard", row["quarantine_id"], "done")]
    late = [
        await administrator.post(f"{path}/discard", json=WHY),
        await administrator.post(f"{path}/retry"),
        await administrator.get(f"{path}/file"),
    ]
    assert [refused(answer)[1] for answer in late] == [
        "dicom.quarantine_entry_decided",
        "dicom.quarantine_entry_decided",
        "dicom.quarantine_file_not_kept",
    ]


@pytest.mark.parametrize("reason", ["", " ", "x", "长" * 201, None])
async def test_discarding_needs_a_reason(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, reason: str | None
) -> None:
    await intake.sent(b"nonsense" * 9, "1.2.3")
    (row,) = await listed(administrator)
    body = {} if reason is None else {"reason": reason}
    answer = await administrator.post(f"{LIST}/{row['quarantine_id']}/discard", json=body)
    assert refused(answer) == (422, "general.fields_refused")
    assert len(await listed(administrator)) == len(files(product, "quarantine")) == 1


async def test_bytes_that_another_entry_names_stay(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    for place in ("township", "city"):
        await intake.sent(b"nonsense" * 9, "1.2.3", place)
    assert len(files(product, "quarantine")) == 1
    for left in (1, 0):
        row, *_ = await listed(administrator)
        ok(await administrator.post(f"{LIST}/{row['quarantine_id']}/discard", json=WHY))
        assert len(files(product, "quarantine")) == left


async def test_discarding_a_conflict_touches_no_object_of_the_archive(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    """What one hospital sent in conflict may be what another has stored: the same bytes, one file."""
    dataset = a_ct()
    first = dataset_bytes(dataset)
    dataset.PatientID = "P2"
    second = dataset_bytes(dataset)
    await intake.sent(first, dataset.SOPInstanceUID)
    await intake.sent(second, dataset.SOPInstanceUID)
    await intake.sent(second, dataset.SOPInstanceUID, "city", "JZSY_PACS")
    (row,) = await listed(administrator)
    ok(await administrator.post(f"{LIST}/{row['quarantine_id']}/discard", json=WHY))
    for instance in await rows(product, Instance):
        assert product.platform.objects.read(instance.object_key)


async def test_an_object_tried_again_under_other_rules_is_stored(
    product: Product, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    peer = {"ae_title": "SQZX_PACS", "institution_id": product.places["township"], "host": None, "port": None}
    ok(await administrator.post("/api/peers", json=peer))
    dataset = a_ct()
    entry = await refused_before(product, dataset)
    answer = ok(await technician.post(f"{LIST}/{entry}/retry"))
    assert answer == {"admitted": True, "reason_code": ""}
    (instance,), (study,) = await rows(product, Instance), await rows(product, Study)
    assert (instance.sop_instance_uid, instance.institution_id) == (
        dataset.SOPInstanceUID,
        product.places["township"],
    )
    assert (study.source_ae_title, study.issuer_of_patient_id) == ("SQZX_PACS", "SQZX")
    assert dataset_of(product.platform.objects.read(instance.object_key)) == dataset_bytes(dataset)
    assert files(product, "quarantine") == []
    (decided,) = await listed(administrator, decided=True)
    assert decided["decision"] == "admitted"
    assert await entries(product) == [("quarantine.retry", entry, "done")]


async def test_an_object_that_is_still_refused_stays_and_is_not_counted_again(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    dataset = a_ct()
    await intake.sent(dataset_bytes(dataset)[:-5], dataset.SOPInstanceUID)
    async with product.platform.database.write() as tx:
        row = (await tx.scalars(select(Quarantine))).one()
        row.reason_code, entry = "dicom.dataset_unreadable", row.quarantine_id
    answer = ok(await administrator.post(f"{LIST}/{entry}/retry"))
    assert answer == {"admitted": False, "reason_code": TRUNCATED}
    (shown,) = await listed(administrator)
    assert (shown["reason_code"], shown["times"]) == (TRUNCATED, 1), "the reason is that of now"
    assert await entries(product) == [("quarantine.retry", entry, "refused")]
    assert (await rows(product, Instance), len(files(product, "quarantine"))) == ([], 1)


async def test_a_conflict_tried_again_is_a_conflict_still(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    dataset = a_ct()
    await intake.sent(dataset_bytes(dataset), dataset.SOPInstanceUID)
    dataset.PatientID = "P2"
    await intake.sent(dataset_bytes(dataset), dataset.SOPInstanceUID)
    (row,) = await listed(administrator)
    answer = ok(await administrator.post(f"{LIST}/{row['quarantine_id']}/retry"))
    assert answer == {"admitted": False, "reason_code": CONFLICT}
    assert await listed(administrator) == [row]


async def test_two_who_try_at_once_store_it_once(
    product: Product, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    entry = await refused_before(product, a_ct())
    answers = await asyncio.gather(
        *(client.post(f"{LIST}/{entry}/retry") for client in (administrator, technician))
    )
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    assert [answer.json().get("admitted") for answer in answers].count(True) >= 1
    assert len(await rows(product, Instance)) == 1
    assert (await rows(product, Quarantine))[0].decision == "admitted"


async def test_when_the_archive_fails_nothing_is_decided(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    entry = await refused_before(product, a_ct())
    for file in files(product, "quarantine"):
        file.unlink()
    assert refused(await administrator.post(f"{LIST}/{entry}/retry")) == (404, "objects.missing")
    assert refused(await administrator.get(f"{LIST}/{entry}/file")) == (404, "objects.missing")
    assert [row["decision"] for row in await listed(administrator)] == [None]
    assert await entries(product) == []


async def test_an_object_too_large_to_keep_is_listed_without_a_file(
    product: Product, administrator: httpx.AsyncClient
) -> None:
    entry = await refused_before(product, a_ct())
    async with product.platform.database.write() as tx:
        row = await tx.get(Quarantine, entry)
        assert row is not None
        row.object_key = None
    (shown,) = await listed(administrator)
    assert shown["has_file"] is False
    for answer in (
        await administrator.post(f"{LIST}/{entry}/retry"),
        await administrator.get(f"{LIST}/{entry}/file"),
    ):
        assert refused(answer) == (409, "dicom.quarantine_file_not_kept")
