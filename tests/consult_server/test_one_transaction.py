"""One request, one transaction: row, audit and event are kept together or not at all, before the answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database
from consult_server.audit.tables import AuditEntry
from consult_server.consults.domain import Status
from consult_server.schema import metadata
from consult_server.tables import outbox
from dicom_node.archive.tables import Peer
from tests.factories.cases import REPORT, Case, desks, seen
from tests.factories.states import cases_in
from tests.fixtures.product import PASSWORD, Product

WORD = {"reason": "因为"}
PATIENT = {
    "identifier": "N7",
    "name": "单建国",
    "sex": "M",
    "birth_date": "1961-03-14",
    "id_no": "",
    "phone": "",
}


class CommitFails(Database):
    """A database on which every commit fails, as when its disk has gone."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction that cannot be committed."""
        async with super().write() as tx:
            event.listen(tx.sync_session, "before_commit", self._fail)
            yield tx

    @staticmethod
    def _fail(_session: object) -> None:
        raise RuntimeError("the disk has gone")


@dataclass(frozen=True, kw_only=True)
class Act:
    """One change: who asks for what, the row whose version is named, and what it leaves.

    `alone`: only tried where nothing lasts, because another act needs the case as it is.
    """

    who: str
    method: str = "POST"
    path: str
    body: Any = None
    seen: Case | None = None
    audit: list[str] = field(default_factory=list)
    events: int = 0
    alone: bool = False

    async def ask(self, client: httpx.AsyncClient) -> httpx.Response:
        """The request."""
        headers = seen(self.seen) if self.seen else {}
        return await client.request(self.method, self.path, json=self.body, headers=headers)


def case_acts(product: Product, cases: dict[Status, Case]) -> list[Act]:
    """Every step of a case."""

    def step(who: str, status: Status, verb: str, body: Any = None, *, alone: bool = False) -> Act:
        path = f"/api/consults/{cases[status]['consult_id']}/{verb}"
        audit = [f"consult.{verb}"]
        return Act(who=who, path=path, body=body, seen=cases[status], audit=audit, events=1, alone=alone)

    draft, chosen = cases[Status.DRAFT], {"specialist_id": product.accounts["specialist"]}
    root = f"/api/consults/{draft['consult_id']}"
    return [
        Act(who="applicant", path="/api/consults", body={"case_kind": "consult"}, audit=["consult.draft"]),
        Act(who="applicant", method="DELETE", path=root, seen=draft, alone=True),
        step("applicant", Status.DRAFT, "submit"),
        step("applicant", Status.SUBMITTED, "withdraw", WORD, alone=True),
        step("coordinator", Status.SUBMITTED, "accept"),
        step("coordinator", Status.SUBMITTED, "return", WORD, alone=True),
        step("coordinator", Status.SUBMITTED, "decline", WORD, alone=True),
        step("coordinator", Status.ACCEPTED, "assign", chosen),
        step("specialist", Status.ACCEPTED, "claim", alone=True),
        step("specialist", Status.ASSIGNED, "start"),
        step("specialist", Status.REPORTING, "abandon", WORD, alone=True),
        step("applicant", Status.SIGNED, "adopt", {"outcome": "adopted"}),
    ]


def report_acts(cases: dict[Status, Case]) -> list[Act]:
    """Saving and signing."""
    path, first = f"/api/consults/{cases[Status.REPORTING]['consult_id']}/report", {"version": 1}
    text = {"template_id": "ct_chest", "sections": REPORT, "positive": False}
    return [
        Act(who="specialist", method="PUT", path=path, body=text, seen=first, alone=True),
        Act(
            who="specialist",
            path=f"{path}/sign",
            body={"password": PASSWORD},
            seen=first,
            audit=["consult.sign", "report.sign"],
            events=2,
        ),
    ]


def house_acts(product: Product) -> list[Act]:
    """What administrators and everybody do outside cases."""
    place = product.places["county"]
    account = {
        "user": "new.person",
        "name": "新",
        "institution_id": place,
        "roles": ["specialist"],
        "title": "",
        "department": "",
        "service_lines": [],
        "password": "a long enough one",
    }
    institution = {
        "name": "白水镇卫生院",
        "level": "township",
        "runs_centre": False,
        "issuer_of_patient_id": "BSZX",
        "phone": "",
    }
    agreement = {
        "inviting_institution_id": product.places["city"],
        "invited_institution_id": place,
        "service_lines": ["ecg"],
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    }
    peer = {"ae_title": "NEW_PACS", "institution_id": place, "host": None, "port": None}
    new = [
        ("/api/accounts", account, "account.create"),
        ("/api/institutions", institution, "institution.register"),
        ("/api/agreements", agreement, "agreement.record"),
        ("/api/peers", peer, "peer.add"),
    ]
    active = f"/api/accounts/{product.accounts['auditor']}/active"
    shut = {"active": False}
    return [
        *(Act(who="administrator", path=path, body=body, audit=[action]) for path, body, action in new),
        Act(who="administrator", method="PUT", path=active, body=shut, audit=["account.disable"]),
        Act(who="applicant", path="/api/patients", body=PATIENT, audit=["patient.register"]),
        Act(who="technician", method="PUT", path="/api/me/locale", body={"locale": "en"}),
        Act(who="coordinator", method="DELETE", path="/api/sessions/current", audit=["session.close"]),
    ]


def acts(product: Product, cases: dict[Status, Case]) -> list[Act]:
    """Every kind of change."""
    return [*case_acts(product, cases), *report_acts(cases), *house_acts(product)]


async def everything(product: Product) -> dict[str, list[Any]]:
    """Every row of ours, as the database has it, without what reading a case leaves."""
    async with product.platform.database.read() as view:
        tables = [*metadata.sorted_tables, Peer.metadata.tables[Peer.__tablename__]]
        return {table.name: sorted(map(repr, (await view.execute(select(table))).all())) for table in tables}


STATES = (Status.DRAFT, Status.SUBMITTED, Status.ACCEPTED, Status.ASSIGNED, Status.REPORTING, Status.SIGNED)


async def test_a_commit_that_fails_is_no_success_and_leaves_nothing(product: Product) -> None:
    desk = await desks(product)
    cases = await cases_in(product, desk, *STATES)
    todo = acts(product, cases)
    clients = {who: await product.signed_in(who) for who in {act.who for act in todo}}
    before = await everything(product)
    working = product.platform
    failing = CommitFails(working.database.url)
    product.stack.push_async_callback(failing.close)
    product.app.state.platform = replace(working, database=failing)
    for act in todo:
        answer = await act.ask(clients[act.who])
        assert (answer.status_code, answer.json()["code"]) == (500, "general.unexpected"), act
        assert answer.json()["detail"] == "This step was not done."
        assert "disk" not in answer.text
    product.app.state.platform = working
    assert await everything(product) == before


async def audit_since(product: Product, position: int) -> list[AuditEntry]:
    async with product.platform.database.read() as view:
        rows = await view.scalars(
            select(AuditEntry).where(AuditEntry.position > position).order_by(AuditEntry.position)
        )
        return list(rows)


async def newest(product: Product) -> tuple[int, int]:
    """The last audit position, and how many events there are."""
    async with product.platform.database.read() as view:
        position = await view.scalar(select(func.max(AuditEntry.position)))
        events = await view.scalar(select(func.count()).select_from(outbox.table))
    return position or 0, events or 0


async def test_each_change_leaves_the_audit_entries_of_its_own_and_no_others(product: Product) -> None:
    desk = await desks(product)
    todo = [act for act in acts(product, await cases_in(product, desk, *STATES)) if not act.alone]
    clients = {who: await product.signed_in(who) for who in {act.who for act in todo}}
    for act in todo:
        position, events = await newest(product)
        answer = await act.ask(clients[act.who])
        assert answer.is_success, (act, answer.text)
        entries = await audit_since(product, position)
        assert [entry.action for entry in entries] == act.audit, act
        for entry in entries:
            assert entry.account_id == product.accounts[act.who]
            assert (entry.outcome, entry.proof, entry.address) == ("done", "session", "127.0.0.1")
            assert entry.at == product.clock.now()
        assert (await newest(product))[1] - events == act.events, act


@pytest.mark.parametrize(
    "path,user,action",
    [
        ("/api/consults/{id}", "applicant", ["consult.open"]),
        ("/api/consults/{id}/report", "applicant", ["report.read"]),
        ("/api/consults/{id}/report.pdf", "applicant", ["report.download"]),
        ("/api/worklist", "applicant", []),
        ("/api/patients", "applicant", []),
        ("/api/me", "applicant", []),
        ("/api/consults/{id}", "foreign_applicant", []),
    ],
)
async def test_opening_somebodys_record_is_audited(
    product: Product, path: str, user: str, action: list[str]
) -> None:
    desk = await desks(product)
    cases = await cases_in(product, desk, Status.SIGNED)
    client = await product.signed_in(user)
    position, _events = await newest(product)
    await client.get(path.format(id=cases[Status.SIGNED]["consult_id"]))
    assert [entry.action for entry in await audit_since(product, position)] == action
