"""Signing when two people, or one impatient one, do things at the same time."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from config.kernel.objects import ObjectStore
from consult_server.audit.tables import AuditEntry
from consult_server.reports.document import read_document
from consult_server.reports.tables import Report, ReportVersion
from consult_server.tables import outbox
from tests.factories.cases import (
    REPORT,
    Case,
    Desk,
    a_written_report,
    an_assigned_case,
    desks,
    ok,
    seen,
    step,
)
from tests.fixtures.product import PASSWORD, Product
from tests.fixtures.waiting import eventually

SIGNING = {"password": PASSWORD}
TEXT = {"template_id": "ct_chest", "sections": REPORT, "positive": True}


class SlowStore:
    """An object store whose `put` waits until it is told to go on."""

    def __init__(self, inner: ObjectStore) -> None:
        self.inner, self.waiting, self.go_on = inner, threading.Event(), threading.Event()

    def put(self, key: str, content: bytes) -> None:
        """Store, later."""
        self.waiting.set()
        assert self.go_on.wait(30)
        self.inner.put(key, content)

    def adopt(self, key: str, path: Path) -> None:
        """As the inner store."""
        self.inner.adopt(key, path)

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """As the inner store."""
        return self.inner.read(key, start, end)

    def delete(self, key: str) -> None:
        """As the inner store."""
        self.inner.delete(key)


@asynccontextmanager
async def signing_in_progress(
    product: Product, client: httpx.AsyncClient, path: str, report: Case
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """Somebody has pressed the button; the page is printed and about to be stored."""
    store = SlowStore(product.platform.objects)
    product.app.state.platform = replace(product.platform, objects=store)
    signing = asyncio.create_task(client.post(f"{path}/sign", json=SIGNING, headers=seen(report)))
    await eventually(lambda: store.waiting.is_set() or signing.done())
    assert not signing.done()
    try:
        yield signing
    finally:
        store.go_on.set()
        await signing


async def kept(product: Product) -> tuple[int, int, int]:
    """Signed versions, audit entries of signatures, events of signatures."""
    async with product.platform.database.read() as view:
        versions = await view.scalar(select(func.count()).select_from(ReportVersion))
        audit = await view.scalar(
            select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "report.sign")
        )
        name = outbox.table.c.name
        events = await view.scalar(
            select(func.count()).select_from(outbox.table).where(name == "consult.report_signed")
        )
    return versions or 0, audit or 0, events or 0


async def test_two_signatures_at_once_make_one(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report/sign"
    second = await product.signed_in("specialist")
    answers = await asyncio.gather(
        *(client.post(path, json=SIGNING, headers=seen(report)) for client in (desk.specialist, second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert await kept(product) == (1, 1, 1)


async def test_a_draft_saved_while_the_page_is_printed_stops_the_signature(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    second = await product.signed_in("specialist")
    async with signing_in_progress(product, desk.specialist, path, report) as signing:
        later = TEXT | {"sections": REPORT | {"impression": "改为：未见明显变化。"}}
        saved = ok(await second.put(path, json=later, headers=seen(report)))
    assert signing.result().status_code == 412
    assert signing.result().json()["params"] == {"version": saved["version"]}
    assert await kept(product) == (0, 0, 0)
    ok(await desk.specialist.post(f"{path}/sign", json=SIGNING, headers=seen(saved)))
    signed = ok(await desk.applicant.get(path))["signed"]
    assert signed["impression"] == "改为：未见明显变化。"


async def test_a_case_given_back_while_the_page_is_printed_is_not_signed(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}"
    async with signing_in_progress(product, desk.specialist, f"{path}/report", report) as signing:
        await step(desk.specialist, case, "abandon", reason="急诊")
    assert signing.result().status_code in {404, 403, 409}
    assert await kept(product) == (0, 0, 0)
    assert ok(await desk.coordinator.get(path))["status"] == "accepted"


async def test_of_writers_with_the_same_version_one_wins(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.specialist, await an_assigned_case(product, desk), "start")
    path = f"/api/consults/{case['consult_id']}/report"
    for version in (0, 1, 2):
        answers = await asyncio.gather(
            *(
                desk.specialist.put(
                    path,
                    json=TEXT | {"sections": {"findings": f"{version} {n}"}},
                    headers={"If-Match": f'"{version}"'},
                )
                for n in range(4)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
        won = next(answer.json() for answer in answers if answer.is_success)
        assert ok(await desk.specialist.get(path))["sections"] == won["sections"]


async def taken_over(product: Product, desk: Desk) -> tuple[Case, httpx.AsyncClient]:
    """A complete draft of the specialist, given back and claimed by the auditor."""
    case, _report = await a_written_report(product, desk)
    case = await step(desk.specialist, case, "abandon", reason="值班结束")
    auditor = await product.signed_in("auditor")
    case = await step(auditor, case, "claim")
    return await step(auditor, case, "start"), auditor


async def test_whoever_signs_is_named_also_over_a_colleagues_draft(product: Product) -> None:
    desk = await desks(product)
    case, auditor = await taken_over(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    draft = ok(await auditor.get(path))
    assert draft["sections"] == REPORT, "the colleague's words are not lost"
    ok(await auditor.post(f"{path}/sign", json=SIGNING, headers=seen(draft)))
    signed = ok(await desk.applicant.get(path))["signed"]
    assert signed["signer_name"] == "auditor某"
    async with product.platform.database.read() as view:
        version = (await view.scalars(select(ReportVersion))).one()
        report = (await view.scalars(select(Report))).one()
    document = read_document(version.canonical.encode())
    assert document.signer is not None
    assert (document.signer.name, document.reporter.name) == ("auditor某", "auditor某")
    assert version.signed_by == report.author_id == product.accounts["auditor"]


async def test_who_gave_a_case_back_writes_no_more(product: Product) -> None:
    desk = await desks(product)
    case, _auditor = await taken_over(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    for answer in (
        await desk.specialist.get(path),
        await desk.specialist.put(path, json=TEXT, headers={"If-Match": '"1"'}),
        await desk.specialist.post(f"{path}/sign", json=SIGNING, headers={"If-Match": '"1"'}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "consults.not_found")


async def test_wrong_passwords_at_signing_lock_the_account(product: Product) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report/sign"
    limits = product.platform.settings.session
    for _ in range(limits.failures_max):
        wrong = await desk.specialist.post(path, json={"password": "not this one"}, headers=seen(report))
        assert (wrong.status_code, wrong.json()["code"]) == (401, "identity.wrong_password")
    locked = await desk.specialist.post(path, json=SIGNING, headers=seen(report))
    assert (locked.status_code, locked.json()["code"]) == (403, "identity.account_locked")
    assert await kept(product) == (0, 0, 0)
    product.clock.advance(minutes=limits.lock_minutes, seconds=1)
    ok(await desk.specialist.post(path, json=SIGNING, headers=seen(report)))


@pytest.mark.parametrize("damage", ["one bit", "cut", "gone"])
async def test_a_page_that_is_not_the_signed_one_is_not_handed_out(product: Product, damage: str) -> None:
    desk = await desks(product)
    case, report = await a_written_report(product, desk)
    path = f"/api/consults/{case['consult_id']}/report"
    ok(await desk.specialist.post(f"{path}/sign", json=SIGNING, headers=seen(report)))
    whole = (await desk.applicant.get(f"{path}.pdf")).content
    async with product.platform.database.read() as view:
        key = (await view.scalars(select(ReportVersion.pdf_key))).one()
    assert key == f"reports/{sha256(whole).hexdigest()[:2]}/{sha256(whole).hexdigest()}.pdf"
    product.platform.objects.delete(key)
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    if damage != "gone":
        product.platform.objects.put(key, bytes(changed) if damage == "one bit" else whole[:-1])
    answer = await desk.applicant.get(f"{path}.pdf")
    expected = (404, "objects.missing") if damage == "gone" else (503, "reports.page_damaged")
    assert (answer.status_code, answer.json()["code"]) == expected


async def test_parts_the_form_does_not_have_are_not_kept(product: Product) -> None:
    desk = await desks(product)
    case = await step(desk.specialist, await an_assigned_case(product, desk), "start")
    path = f"/api/consults/{case['consult_id']}/report"
    more = TEXT | {"sections": REPORT | {"surplus": "x"}}
    saved = ok(await desk.specialist.put(path, json=more, headers={"If-Match": '"0"'}))
    assert saved["sections"] == REPORT
    assert (saved["version"], saved["saved_at"]) == (
        1,
        product.clock.now().isoformat().replace("+00:00", "Z"),
    )
