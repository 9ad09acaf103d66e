"""Marks filed with their study: durable, by the archive's intake, each version once, by their author."""

import asyncio
import io
import uuid
from typing import Any

import httpx
import pydicom
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from dicom_node.archive.tables import Instance, Series, Study
from tests.consult_server.annotations.test_router import INSTANCE, MARKS, put
from tests.factories.cases import STUDY_UID, an_assigned_case, desks, ok
from tests.fixtures.product import Product
from viewer.objects.marked import uid_of_mark

FILINGS, OBJECTS = f"/api/studies/{STUDY_UID}/filings", f"/api/studies/{STUDY_UID}/objects"
MM = {"name": "length", "value": 49.5, "unit": "mm"}


async def readers(product: Product) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """The browsers of the specialist and of the doctor who asked."""
    desk = await desks(product)
    await an_assigned_case(product, desk)
    return desk.specialist, desk.applicant


def said(mark_id: str, version: int = 1, **changes: Any) -> dict[str, Any]:
    """A mark as its author sees it."""
    seen = {"annotation_id": mark_id, "version": version, "lines": ["① 49.5 mm"], "figures": [MM]}
    return seen | changes


def wanted(*marks: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"language": "zh", "marks": list(marks), "looks": []} | changes


async def a_length_and_a_key(specialist: httpx.AsyncClient) -> tuple[str, str]:
    length, key = str(uuid.uuid4()), str(uuid.uuid4())
    ok(await put(specialist, length))
    ok(await put(specialist, key, kind="key", points=[]))
    return length, key


async def stored(product: Product) -> list[pydicom.Dataset]:
    """The objects that the archive holds of the study besides its images, by institution."""
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(Instance)
            .join(Series, Series.series_key == Instance.series_key)
            .join(Study, Study.study_key == Series.study_key)
            .where(Study.study_instance_uid == STUDY_UID, Series.modality.in_(["KO", "PR", "SR"]))
            .order_by(Instance.received_at, Instance.instance_number)
        )
        instances = list(rows)
    assert {one.institution_id for one in instances} <= {product.places["township"]}
    return [pydicom.dcmread(io.BytesIO(product.platform.objects.read(one.object_key))) for one in instances]


async def test_marks_are_filed_as_objects_of_the_copy_that_is_read(product: Product) -> None:
    specialist, applicant = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    filed = ok(await specialist.post(FILINGS, json=wanted(said(length), said(key, lines=[], figures=[]))))
    assert (filed["number"], filed["own"], filed["changed"]) == (1, True, False)
    assert [one["kind"] for one in filed["objects"]] == ["key_objects", "presentation", "measurements"]
    kept = await stored(product)
    assert {one.SOPInstanceUID for one in kept} == {one["sop_instance_uid"] for one in filed["objects"]}
    report = next(one for one in kept if one.Modality == "SR")
    (group,) = report.ContentSequence[-1].ContentSequence
    assert uid_of_mark(length) == group.ContentSequence[1].UID
    (selection,) = [one for one in kept if one.Modality == "KO"]
    assert selection.ContentSequence[-1].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == INSTANCE
    told = ok(await applicant.get(OBJECTS))
    assert [len(told[part]) for part in ("key_objects", "presentations", "reports")] == [1, 1, 1]
    listed = ok(await applicant.get(FILINGS))
    assert (listed["may_file"], [one["author_name"] for one in listed["filings"]]) == (
        False,
        ["specialist某"],
    )


async def test_filing_again_changes_nothing_and_a_change_makes_the_next_version(product: Product) -> None:
    specialist, _ = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    body = wanted(said(length), said(key, lines=[], figures=[]))
    first = ok(await specialist.post(FILINGS, json=body))
    assert ok(await specialist.post(FILINGS, json=body)) == first
    assert len(await stored(product)) == 3
    ok(await put(specialist, length, 1, text="左肺下叶结节"))
    assert [one["changed"] for one in ok(await specialist.get(FILINGS))["filings"]] == [True]
    body["marks"][0]["version"] = 2
    second = ok(await specialist.post(FILINGS, json=body))
    assert second["number"] == 2
    reports = [one for one in await stored(product) if one.Modality == "SR"]
    assert len(reports) == 2
    later = next(one for one in reports if one.InstanceNumber == 2)
    named = later.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert named.ReferencedSOPInstanceUID == next(o.SOPInstanceUID for o in reports if o.InstanceNumber == 1)
    assert len({one.SeriesInstanceUID for one in reports}) == 1
    assert [one["number"] for one in ok(await specialist.get(FILINGS))["filings"]][:1] == [2]


async def test_the_same_filing_sent_twice_at_once_is_one(product: Product) -> None:
    specialist, _ = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    body = wanted(said(length), said(key, lines=[], figures=[]))
    answers = await asyncio.gather(*(specialist.post(FILINGS, json=body) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {200, 412}
    assert 200 in {answer.status_code for answer in answers}
    assert len(await stored(product)) == 3
    assert len(ok(await specialist.get(FILINGS))["filings"]) == 1


async def test_only_what_the_server_has_of_the_caller_is_filed(product: Product) -> None:
    specialist, applicant = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    for marks in (
        [said(length)],
        [said(length, 2), said(key)],
        [said(length), said(key), said(str(uuid.uuid4()))],
    ):
        refused = await specialist.post(FILINGS, json=wanted(*marks))
        assert (refused.status_code, refused.json()["code"]) == (409, "annotations.marks_moved")
    other = await applicant.post(FILINGS, json=wanted())
    assert (other.status_code, other.json()["code"]) == (403, "identity.role_missing")
    removed = await specialist.delete(f"{MARKS}/{length}", headers={"If-Match": '"1"'})
    ok(removed)
    ok(await specialist.delete(f"{MARKS}/{key}", headers={"If-Match": '"1"'}))
    nothing = await specialist.post(FILINGS, json=wanted())
    assert (nothing.status_code, nothing.json()["code"]) == (422, "objects.nothing_to_file")
    assert await stored(product) == []


async def test_what_breaks_a_rule_is_refused_before_anything_is_written(product: Product) -> None:
    specialist, _ = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    for broken in (
        [said(length, figures=[MM | {"name": "volume"}])],
        [said(length, figures=[MM | {"value": 1e13}])],
        [said(length, lines=["x"] * 13)],
        [said("not-an-id")],
    ):
        refused = await specialist.post(FILINGS, json=wanted(*broken, said(key)))
        assert refused.status_code == 422
    assert await stored(product) == []


async def test_a_filing_is_audited_once(product: Product) -> None:
    specialist, _ = await readers(product)
    length, key = await a_length_and_a_key(specialist)
    body = wanted(said(length), said(key, lines=[], figures=[]))
    for _ in range(2):
        ok(await specialist.post(FILINGS, json=body))
    async with product.platform.database.read() as view:
        rows = await view.scalars(select(AuditEntry).where(AuditEntry.action == "annotation.file"))
        entries = [(row.object_id, row.facts, row.account_id) for row in rows]
    assert entries == [(STUDY_UID, {"number": 1, "objects": 3}, product.accounts["specialist"])]
