"""Marks by the API: kept, changed, removed, brought back; seen by all who read the study, changed by one."""

import asyncio
import uuid
from typing import Any

import httpx
from sqlalchemy import select

from consult_server.annotations.domain import MARKS_PER_AUTHOR_MAX
from consult_server.annotations.tables import Annotation
from consult_server.audit.tables import AuditEntry
from tests.factories.cases import STUDY_UID, an_assigned_case, desks, ok
from tests.factories.studies import a_study, add_study
from tests.fixtures.product import Product

SERIES, INSTANCE = f"{STUDY_UID}.1", f"{STUDY_UID}.1.2"
MARKS = f"/api/studies/{STUDY_UID}/annotations"
LENGTH: dict[str, Any] = {
    "kind": "length",
    "series_instance_uid": SERIES,
    "sop_instance_uid": INSTANCE,
    "frame_number": 1,
    "points": [{"x": 10.5, "y": 20.25}, {"x": 60.0, "y": 20.25}],
    "text": "",
}


def at(version: int) -> dict[str, str]:
    """If-Match for this version."""
    return {"If-Match": f'"{version}"'}


async def put(client: httpx.AsyncClient, mark_id: str, version: int = 0, **changes: Any) -> httpx.Response:
    return await client.put(f"{MARKS}/{mark_id}", json=LENGTH | changes, headers=at(version))


async def a_study_that_is_read(product: Product) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    """The browsers of its specialist and of the doctor who asked."""
    desk = await desks(product)
    await an_assigned_case(product, desk)
    return desk.specialist, desk.applicant


async def traces(product: Product, mark_id: str) -> list[tuple[str, dict[str, Any]]]:
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry).where(AuditEntry.object_id == mark_id).order_by(AuditEntry.position)
        )
        return [(row.action, row.facts) for row in rows]


async def test_a_mark_is_kept_and_seen_by_all_who_read_the_study(product: Product) -> None:
    specialist, applicant = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    assert ok(await put(specialist, mark_id)) == {"version": 1}
    (seen,) = ok(await applicant.get(MARKS))
    assert seen == LENGTH | {
        "annotation_id": mark_id,
        "version": 1,
        "own": False,
        "author_id": product.accounts["specialist"],
        "author_name": "specialist某",
        "changed_at": seen["changed_at"],
    }
    (own,) = ok(await specialist.get(MARKS))
    assert own["own"] is True
    assert await traces(product, mark_id) == [("annotation.create", {"study": STUDY_UID, "version": 1})]


async def test_every_change_has_a_version_and_the_older_one_is_refused(product: Product) -> None:
    specialist, _ = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    ok(await put(specialist, mark_id))
    assert ok(await put(specialist, mark_id, 1, text="左肺下叶结节")) == {"version": 2}
    late = await put(specialist, mark_id, 1, text="late")
    assert (late.status_code, late.json()["code"]) == (412, "general.version_passed")
    again = await put(specialist, mark_id, 0)
    assert again.json()["code"] == "general.version_passed"
    (mark,) = ok(await specialist.get(MARKS))
    assert (mark["text"], mark["version"]) == ("左肺下叶结节", 2)
    missing = await specialist.put(f"{MARKS}/{mark_id}", json=LENGTH)
    assert missing.json()["code"] == "general.version_missing"


async def test_the_same_new_mark_sent_twice_at_once_is_one(product: Product) -> None:
    specialist, _ = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    answers = await asyncio.gather(*(put(specialist, mark_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert len(ok(await specialist.get(MARKS))) == 1


async def test_what_is_removed_leaves_the_images_not_the_record_and_can_come_back(product: Product) -> None:
    specialist, applicant = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    ok(await put(specialist, mark_id))
    removed = await specialist.delete(f"{MARKS}/{mark_id}", headers=at(1))
    assert ok(removed) == {"version": 2}
    assert ok(await specialist.get(MARKS)) == ok(await applicant.get(MARKS)) == []
    async with product.platform.database.read() as view:
        row = await view.get_one(Annotation, mark_id)
        assert (row.removed_at, row.points) == (product.clock.now(), [[10.5, 20.25], [60.0, 20.25]])
    assert ok(await put(specialist, mark_id, 2)) == {"version": 3}
    assert len(ok(await applicant.get(MARKS))) == 1
    verbs = [action for action, _facts in await traces(product, mark_id)]
    assert verbs == ["annotation.create", "annotation.remove", "annotation.change"]


async def test_only_its_author_changes_a_mark_and_strangers_learn_nothing(product: Product) -> None:
    specialist, applicant = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    ok(await put(specialist, mark_id))
    for answer in (
        await put(applicant, mark_id, 1),
        await applicant.delete(f"{MARKS}/{mark_id}", headers=at(1)),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "annotations.not_yours")
    product.clock.advance(seconds=1)
    ok(await put(applicant, str(uuid.uuid4()), kind="key", points=[]))
    assert [mark["kind"] for mark in ok(await specialist.get(MARKS))] == ["length", "key"]
    for user in ("foreign_specialist", "administrator"):
        stranger = await product.signed_in(user)
        for answer in (
            await stranger.get(MARKS),
            await put(stranger, mark_id, 1),
            await put(stranger, str(uuid.uuid4())),
            await stranger.delete(f"{MARKS}/{mark_id}", headers=at(1)),
        ):
            assert (user, answer.status_code) == (user, 404)
            assert answer.json()["code"] == "dicom.study_not_found"
    assert [mark["version"] for mark in ok(await specialist.get(MARKS))] == [1, 1]


async def test_an_equal_uid_of_another_hospital_is_another_study(product: Product) -> None:
    specialist, applicant = await a_study_that_is_read(product)
    mark_id = str(uuid.uuid4())
    ok(await put(specialist, mark_id))
    now = product.clock.now()
    async with product.platform.database.write() as tx:
        copy = a_study(institution_id=product.places["city"], study_instance_uid=STUDY_UID, now=now)
        await add_study(tx, copy, now)
    stranger = await product.signed_in("foreign_applicant")
    assert ok(await stranger.get(MARKS)) == []
    assert (await put(stranger, mark_id, 1)).json()["code"] == "annotations.not_found"
    assert len(ok(await applicant.get(MARKS))) == 1


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"points": LENGTH["points"][:1]}, "annotations.misshapen"),
    ({"points": [{"x": 1e9, "y": 0}, {"x": 0, "y": 0}]}, "annotations.misshapen"),
    ({"kind": "key"}, "annotations.misshapen"),
    ({"frame_number": 2}, "annotations.frame_unknown"),
    ({"sop_instance_uid": f"{STUDY_UID}.1.99"}, "dicom.instance_not_found"),
    ({"series_instance_uid": f"{STUDY_UID}.2"}, "dicom.instance_not_found"),
    ({"kind": "circle"}, "general.fields_refused"),
    ({"text": "x" * 401}, "general.fields_refused"),
    ({"colour": "red"}, "general.fields_refused"),
]


async def test_a_mark_that_fits_nowhere_is_refused(product: Product) -> None:
    specialist, _ = await a_study_that_is_read(product)
    for changes, code in REFUSED:
        answer = await put(specialist, str(uuid.uuid4()), **changes)
        assert (changes, answer.json()["code"]) == (changes, code)
    for wrong in ("1", "x" * 36, str(uuid.uuid4()).upper()):
        assert (await put(specialist, wrong)).status_code == 422
    gone = await specialist.delete(f"{MARKS}/{uuid.uuid4()}", headers=at(0))
    assert gone.json()["code"] == "annotations.not_found"
    assert ok(await specialist.get(MARKS)) == []


async def test_there_is_an_end_to_marks(product: Product) -> None:
    specialist, _ = await a_study_that_is_read(product)
    now = product.clock.now()
    async with product.platform.database.write() as tx:
        for _ in range(MARKS_PER_AUTHOR_MAX):
            tx.add(
                Annotation(
                    annotation_id=str(uuid.uuid4()),
                    institution_id=product.places["township"],
                    study_instance_uid=STUDY_UID,
                    series_instance_uid=SERIES,
                    sop_instance_uid=INSTANCE,
                    frame_number=1,
                    author_id=product.accounts["specialist"],
                    version=1,
                    kind="key",
                    points=[],
                    text="",
                    created_at=now,
                    changed_at=now,
                    removed_at=now,
                )
            )
    full = await put(specialist, str(uuid.uuid4()))
    assert (full.status_code, full.json()["code"]) == (409, "annotations.too_many")
