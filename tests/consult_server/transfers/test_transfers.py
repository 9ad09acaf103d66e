"""The queue over the API: who may send what where, what is seen of it, and every order on record."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, strategies as st
from sqlalchemy import select

from consult_server.audit.tables import AuditEntry
from consult_server.transfers.domain import (
    DestinationNotAllowed,
    NotThePatientsArchive,
    check_archive,
    check_destination,
)
from dicom_node.forward.tables import Transfer
from tests.factories.cases import STUDY_UID, Desk, a_draft, an_assigned_case, desks, ok
from tests.fixtures.product import Product

PLACES = st.sampled_from(["township", "county", "city"])
SEND = {"study_instance_uid": STUDY_UID, "ae_title": "NEAR", "commitment": False}


@given(PLACES, PLACES, PLACES)
def test_an_owner_sends_anywhere_and_others_only_home(
    study_of: str, destination_of: str, caller_of: str
) -> None:
    allowed = caller_of in (study_of, destination_of)
    try:
        check_destination(study_of=study_of, destination_of=destination_of, caller_of=caller_of)
    except DestinationNotAllowed:
        assert not allowed
    else:
        assert allowed


@given(PLACES, PLACES)
def test_only_the_patients_own_archive_is_asked(patient_of: str, peer_of: str) -> None:
    try:
        check_archive(patient_of=patient_of, peer_of=peer_of)
    except NotThePatientsArchive:
        assert patient_of != peer_of
    else:
        assert patient_of == peer_of


@pytest.fixture
async def desk(product: Product) -> Desk:
    """Everybody's browser."""
    return await desks(product)


@pytest.fixture
async def administrator(product: Product) -> httpx.AsyncClient:
    """An administrator of the centre, with a peer of the township, of the county and of nobody to call."""
    client = await product.signed_in("administrator")
    for title, place, port in (
        ("NEAR", "township", 104),
        ("CENTRE", "county", 104),
        ("SILENT", "county", None),
    ):
        new = {"ae_title": title, "institution_id": product.places[place], "host": "127.0.0.1", "port": port}
        ok(await client.post("/api/peers", json=new))
    return client


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["code"]


async def changed(product: Product, transfer_id: str, **values: Any) -> None:
    """A job as the node would have left it."""
    async with product.platform.database.write() as tx:
        row = await tx.get(Transfer, transfer_id)
        assert row is not None
        for name, value in values.items():
            setattr(row, name, value)


async def audited(product: Product) -> list[tuple[str, str]]:
    """Action and object of the audit's entries about transfers and rules."""
    kinds = ["study", "transfer", "forward_rule"]
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry).where(AuditEntry.object_type.in_(kinds)).order_by(AuditEntry.position)
        )
        return [(row.action, row.object_id) for row in rows if row.action != "study.read"]


async def test_a_study_is_sent_by_hand_and_followed(
    product: Product, desk: Desk, administrator: httpx.AsyncClient
) -> None:
    await a_draft(product, desk.applicant)
    job = ok(await desk.applicant.post("/api/transfers", json=SEND | {"commitment": True}))
    assert (job["delivery"], job["acknowledgement"], job["by_hand"]) == ("waiting", "not_asked", True)
    assert (job["peer_ae_title"], job["institution_id"]) == ("NEAR", product.places["township"])
    assert job["total"] > 0
    assert (job["can_cancel"], job["can_try_again"]) == (True, False)
    assert not {"patient_id", "patient_name"} & job.keys(), "the queue names no patient"
    technician = await product.signed_in("technician")
    for client in (administrator, technician):
        queue = ok(await client.get("/api/transfers"))
        assert (queue["rows"], queue["under_way"], queue["failed"]) == ([job], 1, 0)
    again = await desk.applicant.post("/api/transfers", json=SEND)
    assert refused(again) == (409, "dicom.transfer_under_way")
    assert await audited(product) == [("study.send", STUDY_UID)]


async def test_a_job_is_cancelled_and_taken_up_again(
    product: Product, desk: Desk, administrator: httpx.AsyncClient
) -> None:
    await a_draft(product, desk.applicant)
    path = f"/api/transfers/{ok(await desk.applicant.post('/api/transfers', json=SEND))['transfer_id']}"
    assert ok(await administrator.post(f"{path}/cancel"))["delivery"] == "cancelled"
    assert refused(await administrator.post(f"{path}/cancel")) == (409, "dicom.transfer_moved_on")
    ended = ok(await administrator.get("/api/transfers", params={"tab": "done"}))["rows"]
    assert [row["can_try_again"] for row in ended] == [True]
    technician = await product.signed_in("technician")
    assert ok(await technician.post(f"{path}/again"))["delivery"] == "waiting"
    names = [action for action, _id in await audited(product)]
    assert names == ["study.send", "transfer.cancel", "transfer.again"]


@pytest.mark.parametrize(
    "values, tab, again",
    [
        ({"delivery": "waiting", "attempts": 2, "reason": "dicom.peer_unreachable"}, "open", True),
        ({"delivery": "sending", "attempts": 1}, "open", False),
        ({"delivery": "failed", "reason": "dicom.objects_refused"}, "failed", True),
        ({"delivery": "delivered", "acknowledgement": "asked", "commitment": True}, "open", False),
        ({"delivery": "delivered", "acknowledgement": "refused", "commitment": True}, "failed", True),
        ({"delivery": "delivered", "acknowledgement": "committed", "commitment": True}, "done", False),
        ({"delivery": "delivered", "acknowledgement": "not_asked"}, "done", False),
    ],
)
async def test_each_job_is_in_one_part_of_the_queue(
    product: Product,
    desk: Desk,
    administrator: httpx.AsyncClient,
    values: dict[str, Any],
    tab: str,
    again: bool,
) -> None:
    await a_draft(product, desk.applicant)
    job = ok(await desk.applicant.post("/api/transfers", json=SEND))
    await changed(product, job["transfer_id"], **values)
    for one in ("open", "failed", "done"):
        rows = ok(await administrator.get("/api/transfers", params={"tab": one}))["rows"]
        assert [row["transfer_id"] for row in rows] == ([job["transfer_id"]] if one == tab else [])
        assert [row["can_try_again"] for row in rows] == ([again] if one == tab else [])


async def test_only_what_the_caller_may_read_is_sent_and_only_home(
    product: Product, desk: Desk, administrator: httpx.AsyncClient
) -> None:
    """The centre's specialist has the study by a consult: to the centre's own systems, not to others."""
    await an_assigned_case(product, desk)
    reader = desk.specialist
    assert refused(await reader.post("/api/transfers", json=SEND)) == (
        403,
        "transfers.destination_not_allowed",
    )
    assert ok(await reader.post("/api/transfers", json=SEND | {"ae_title": "CENTRE"}))["total"] > 0
    stranger = await product.signed_in("foreign_applicant")
    unseen = await stranger.post("/api/transfers", json=SEND)
    assert refused(unseen) == (404, "dicom.study_not_found")
    unknown = SEND | {"study_instance_uid": "1.2.3.4"}
    assert refused(await reader.post("/api/transfers", json=unknown)) == refused(unseen)


@pytest.mark.parametrize(
    "title, expected",
    [
        ("NOBODY", (404, "dicom.peer_not_found")),
        ("SILENT", (409, "dicom.destination_not_callable")),
        ("x" * 17, (422, "general.fields_refused")),
    ],
)
async def test_a_destination_must_be_known_and_callable(
    product: Product, desk: Desk, administrator: httpx.AsyncClient, title: str, expected: tuple[int, str]
) -> None:
    await a_draft(product, desk.applicant)
    answer = await desk.applicant.post("/api/transfers", json=SEND | {"ae_title": title})
    assert refused(answer) == expected
    offered = [row["ae_title"] for row in ok(await desk.applicant.get("/api/destinations"))]
    assert offered == ["CENTRE", "NEAR"]
    assert ok(await administrator.get("/api/transfers"))["rows"] == []


async def test_others_do_not_see_the_queue_of_an_institution(
    product: Product, desk: Desk, administrator: httpx.AsyncClient
) -> None:
    await a_draft(product, desk.applicant)
    job = ok(await desk.applicant.post("/api/transfers", json=SEND))["transfer_id"]
    await changed(product, job, institution_id=product.places["city"])
    technician = await product.signed_in("technician")
    assert ok(await technician.get("/api/transfers")) == {"rows": [], "under_way": 0, "failed": 0}
    unknown = (404, "dicom.transfer_not_found")
    for path in (f"/api/transfers/{job}/cancel", f"/api/transfers/{job}/again", "/api/transfers/none/again"):
        assert refused(await technician.post(path)) == unknown
    assert len(ok(await administrator.get("/api/transfers"))["rows"]) == 1


@pytest.fixture
def rule(product: Product) -> Callable[..., dict[str, Any]]:
    """What is asked for in a rule."""

    def made(**changes: Any) -> dict[str, Any]:
        return {
            "institution_id": product.places["township"],
            "source_ae_title": None,
            "modality": None,
            "destination": "CENTRE",
            "commitment": False,
        } | changes

    return made


async def test_rules_are_made_rest_and_are_removed(
    product: Product, administrator: httpx.AsyncClient, rule: Callable[..., dict[str, Any]]
) -> None:
    made = ok(
        await administrator.post("/api/forward-rules", json=rule(modality="CT", source_ae_title="NEAR"))
    )
    assert (made["destination"], made["modality"], made["enabled"]) == ("CENTRE", "CT", True)
    assert made["institution_name"] != ""
    assert ok(await administrator.get("/api/forward-rules")) == [made]
    twice = await administrator.post("/api/forward-rules", json=rule(modality="CT", source_ae_title="NEAR"))
    assert refused(twice) == (409, "dicom.forward_rule_exists")
    path = f"/api/forward-rules/{made['rule_id']}"
    rests = ok(await administrator.put(path, json={"enabled": False, "commitment": True}))
    assert (rests["enabled"], rests["commitment"]) == (False, True)
    assert (await administrator.delete(path)).status_code == 204
    assert ok(await administrator.get("/api/forward-rules")) == []
    assert refused(await administrator.delete(path)) == (404, "dicom.forward_rule_not_found")
    assert [action for action, _id in await audited(product)] == [
        "forward_rule.add",
        "forward_rule.change",
        "forward_rule.remove",
    ]


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"destination": "SILENT"}, (409, "dicom.destination_not_callable")),
        ({"destination": "NOBODY"}, (404, "dicom.peer_not_found")),
        ({"modality": "ct scan!"}, (422, "general.fields_refused")),
        ({"source_ae_title": ""}, (422, "general.fields_refused")),
        ({"institution_id": "nowhere"}, (404, "institutions.not_found")),
    ],
)
async def test_a_rule_that_cannot_work_is_not_made(
    administrator: httpx.AsyncClient,
    rule: Callable[..., dict[str, Any]],
    change: dict[str, Any],
    expected: tuple[int, str],
) -> None:
    assert refused(await administrator.post("/api/forward-rules", json=rule(**change))) == expected
    assert ok(await administrator.get("/api/forward-rules")) == []
