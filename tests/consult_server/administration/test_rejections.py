"""What rejection notes have hidden: listed for those whose it is, shown again by administrators."""

import asyncio
from typing import Any

import httpx
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import select

from config.kernel.database import open_sync_engine
from consult_server.audit.tables import AuditEntry
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.rejection.service import Rejections
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.rejection.notes import KEY_OBJECTS, PATIENT_SAFETY, a_note
from tests.factories.aside import Intake
from tests.factories.cases import ok
from tests.fixtures.product import Product

LIST = "/api/rejections"
WHY = {"reason": "患者核对无误"}


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


def read_notes(product: Product) -> int:
    """What the node's chore does; how many selections it read."""
    url = product.platform.database.url
    reader, ingest = (
        open_sync_engine(url, writes=False),
        Ingest(open_sync_engine(url), product.clock, Failpoints()),
    )
    try:
        chore = Rejections(reader=reader, writer=ingest, clock=product.clock)
        return sum(chore.once() for _ in range(3))
    finally:
        ingest.close()
        reader.dispose()


async def rejected(product: Product, intake: Intake, place: str = "township") -> tuple[Dataset, Dataset]:
    """An object of a hospital and the note that has hidden it."""
    one = a_ct()
    note = a_note(PATIENT_SAFETY, [one])
    assert await intake.sent(dataset_bytes(one), one.SOPInstanceUID, place) == ""
    data = dataset_bytes(note)
    assert await intake.sent(data, note.SOPInstanceUID, place, sop_class=KEY_OBJECTS) == ""
    assert await asyncio.to_thread(read_notes, product) == 1
    return one, note


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """The rows of the list."""
    found: list[dict[str, Any]] = ok(await client.get(LIST, params=query))
    return found


async def objects_seen(client: httpx.AsyncClient, study: str) -> set[str]:
    """The SOP Instance UIDs that DICOMweb shows of a study."""
    answer = await client.get(f"/dicom-web/studies/{study}/instances")
    return {one["00080018"]["Value"][0] for one in answer.json()} if answer.status_code == 200 else set()


async def audited(product: Product) -> list[tuple[str, str, dict[str, Any]]]:
    """Action, object and facts of every audit entry about rejections."""
    async with product.platform.database.read() as view:
        rows = await view.scalars(select(AuditEntry).where(AuditEntry.object_type == "rejection"))
        return [(row.action, row.object_id, row.facts) for row in rows]


async def test_what_is_hidden_is_listed_and_shown_again_on_record(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    one, note = await rejected(product, intake)
    assert await objects_seen(technician, one.StudyInstanceUID) == {note.SOPInstanceUID}
    (row,) = await listed(administrator)
    now = product.clock.now().isoformat().replace("+00:00", "Z")
    assert row == {
        "note_id": row["note_id"],
        "institution_id": product.places["township"],
        "institution_name": "石桥镇中心卫生院",
        "source_ae_title": "SQZX_PACS",
        "sop_instance_uid": note.SOPInstanceUID,
        "study_instance_uid": one.StudyInstanceUID,
        "title": PATIENT_SAFETY,
        "referenced": 1,
        "missing": 0,
        "noted_at": now,
        "withdrawn_at": None,
        "withdrawn_reason": None,
        "study_date": one.StudyDate,
        "accession_number": one.AccessionNumber,
        "modalities": ["CT"],
        "studies": 1,
        "series": 1,
        "instances": 1,
    }
    answer = await administrator.post(f"{LIST}/{row['note_id']}/withdraw", json=WHY)
    assert answer.status_code == 204
    both = {one.SOPInstanceUID, note.SOPInstanceUID}
    assert await objects_seen(technician, one.StudyInstanceUID) == both
    assert await audited(product) == [
        ("rejection.withdraw", row["note_id"], {"title": PATIENT_SAFETY, "objects": 1})
    ]
    assert await listed(administrator) == []
    (ended,) = await listed(administrator, withdrawn=True)
    assert (ended["withdrawn_at"], ended["withdrawn_reason"]) == (now, WHY["reason"])
    assert (ended["series"], ended["instances"]) == (1, 1)
    again = await administrator.post(f"{LIST}/{row['note_id']}/withdraw", json=WHY)
    assert (again.status_code, again.json()["code"]) == (409, "dicom.rejection_note_withdrawn")


async def test_each_hospital_sees_its_own_and_only_administrators_withdraw(
    product: Product, intake: Intake, administrator: httpx.AsyncClient, technician: httpx.AsyncClient
) -> None:
    await rejected(product, intake, "city")
    await rejected(product, intake)
    assert len(await listed(administrator)) == 2
    (row,) = await listed(technician)
    assert row["institution_id"] == product.places["township"]
    refused = await technician.post(f"{LIST}/{row['note_id']}/withdraw", json=WHY)
    assert refused.status_code == 403
    nobody = await administrator.post(f"{LIST}/nothing/withdraw", json=WHY)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "dicom.rejection_note_not_found")
    short = await administrator.post(f"{LIST}/{row['note_id']}/withdraw", json={"reason": " x "})
    assert short.status_code == 422
    assert await audited(product) == []
    doctor = await product.signed_in("applicant")
    assert (await doctor.get(LIST)).status_code == 403


async def test_a_note_says_how_much_it_hides_and_what_has_not_come(
    product: Product, intake: Intake, administrator: httpx.AsyncClient
) -> None:
    first = a_ct(Modality="CT", AccessionNumber="ACC-1")
    beside = a_ct(StudyInstanceUID=first.StudyInstanceUID, Modality="SR")
    elsewhere, missing = a_ct(StudyDate="20260303"), a_ct()
    same_series = a_ct(
        StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID, InstanceNumber="2"
    )
    for one in (first, beside, elsewhere, same_series):
        assert await intake.sent(dataset_bytes(one), one.SOPInstanceUID) == ""
    note = a_note(PATIENT_SAFETY, [first, same_series, beside, elsewhere, missing])
    assert await intake.sent(dataset_bytes(note), note.SOPInstanceUID, sop_class=KEY_OBJECTS) == ""
    await asyncio.to_thread(read_notes, product)
    (row,) = await listed(administrator)
    assert (row["studies"], row["series"], row["instances"]) == (2, 3, 4)
    assert (row["referenced"], row["missing"], row["modalities"]) == (5, 1, ["CT", "SR"])
    assert (row["study_date"], row["accession_number"]) == ("20260302", "ACC-1")
