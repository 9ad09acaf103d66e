"""Random walks of everybody through the table, against the real database and a model of who may what."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import AppError, VersionPassed
from config.kernel.principal import Principal
from consult_server.audit.tables import AuditEntry
from consult_server.consults import steps
from consult_server.consults.access import get_consult_version
from consult_server.consults.domain import (
    TRANSITIONS,
    Adoption,
    ConsultNotFound,
    ReasonMissing,
    Side,
    Status,
    StepNotPossible,
    StepNotYours,
    Verb,
)
from consult_server.consults.tables import Consult, ConsultStep
from consult_server.tables import outbox
from tests.factories.cases import a_draft, desks
from tests.fixtures.product import PEOPLE, Product

ACTORS = (
    "applicant",
    "technician",
    "coordinator",
    "specialist",
    "auditor",
    "administrator",
    "foreign_specialist",
)
ATTEMPTS = 70
LAST = {Verb.WITHDRAW, Verb.DECLINE, Verb.ADOPT}


@dataclass
class Model:
    """What we believe of the consult."""

    status: Status = Status.DRAFT
    reader: str | None = None
    sent: bool = False
    taken: list[tuple[str, str, str]] = field(default_factory=list)

    def knows(self, actor: str) -> bool:
        """Whether this person may know of the case."""
        if actor in {"applicant", "technician"}:
            return True
        if actor == "coordinator":
            return self.sent
        at_hand = self.status is Status.ACCEPTED or self.reader == actor
        return actor in {"specialist", "auditor"} and self.sent and at_hand

    def refusal(self, actor: str, verb: Verb, reason: str) -> type[AppError] | None:
        """Why this step fails; None when it succeeds."""
        rule = TRANSITIONS.get((verb, self.status))
        if not self.knows(actor):
            return ConsultNotFound
        if rule is None:
            return StepNotPossible
        place, role = PEOPLE[actor]
        standing = {
            Side.INVITING: place == "township",
            Side.INVITED: place == "county",
            Side.ASSIGNEE: self.reader == actor,
        }
        if role not in rule.roles or not standing[rule.side]:
            return StepNotYours
        return ReasonMissing if rule.reason and not reason.strip() else None

    def take(self, actor: str, verb: Verb, chosen: str) -> None:
        """The step was taken."""
        self.status = TRANSITIONS[verb, self.status].target
        self.sent = self.sent or verb is Verb.SUBMIT
        if verb in {Verb.ABANDON, Verb.RETURN}:
            self.reader = None
        elif verb is Verb.CLAIM:
            self.reader = actor
        elif verb is Verb.ASSIGN:
            self.reader = chosen
        self.taken.append((actor, verb.value, self.status.value))


@dataclass
class Walk:
    """One consult, the people around it, and the model."""

    product: Product
    consult_id: str
    version: int
    people: Mapping[str, Principal]
    model: Model = field(default_factory=Model)

    async def attempt(self, actor: str, verb: Verb, chosen: str, reason: str) -> None:
        """One person tries one step; the answer is the one the model gives."""
        expected = self.model.refusal(actor, verb, reason)
        if expected is not None:
            with pytest.raises(expected):
                await self._take(self.people[actor], verb, chosen, reason)
            return
        row = await self._take(self.people[actor], verb, chosen, reason)
        self.model.take(actor, verb, chosen)
        assert (row.status, row.version) == (self.model.status.value, self.version + 1)
        assert row.specialist_id == (self.product.accounts[self.model.reader] if self.model.reader else None)
        self.version = row.version

    async def _take(self, who: Principal, verb: Verb, chosen: str, reason: str) -> Consult:
        now, place = self.product.clock.now(), (self.consult_id, self.version)
        self.product.clock.advance(seconds=1)
        async with self.product.platform.database.write() as tx:
            match verb:
                case Verb.SUBMIT:
                    return await steps.submit(tx, who, *place, now)
                case Verb.ASSIGN:
                    return await steps.assign(tx, who, *place, self.product.accounts[chosen], now)
                case Verb.CLAIM:
                    return await steps.claim(tx, who, *place, now)
                case Verb.ADOPT:
                    return await steps.adopt(tx, who, *place, Adoption.ADOPTED, reason, now)
                case Verb.SIGN:
                    row = await get_consult_version(tx, who, *place)
                    await steps.sign(tx, who, row, now)
                    return row
                case _:
                    return await steps.take_step(tx, who, *place, verb, now, reason=reason)


async def _told(view: AsyncSession, walk: Walk) -> tuple[list[Any], list[Any], list[Any]]:
    timeline = await view.scalars(
        select(ConsultStep).where(ConsultStep.consult_id == walk.consult_id).order_by(ConsultStep.step_id)
    )
    audit = await view.scalars(
        select(AuditEntry).where(AuditEntry.object_id == walk.consult_id).order_by(AuditEntry.position)
    )
    table = outbox.table.c
    events = await view.scalars(
        select(table.payload).where(table.name == "consult.changed").order_by(table.position)
    )
    verbs = {f"consult.{verb.value}" for verb in Verb}
    return (
        [(s.actor_id, s.verb, s.status, s.at) for s in timeline],
        [(a.account_id, a.action.removeprefix("consult."), a.at) for a in audit if a.action in verbs],
        [(e["verb"], e["status"], e["version"]) for e in events],
    )


@pytest.mark.parametrize("seed", range(4))
async def test_nobody_leaves_the_table_and_each_step_is_told_thrice(product: Product, seed: int) -> None:
    chance = random.Random(seed)
    desk = await desks(product)
    draft = await a_draft(product, desk.applicant)
    people = {actor: await product.principal(actor) for actor in ACTORS}
    walk = Walk(product, draft["consult_id"], draft["version"], people)
    for _ in range(ATTEMPTS):
        onward = [verb for verb, status in TRANSITIONS if status is walk.model.status and verb not in LAST]
        verb = chance.choice(onward if onward and chance.random() < 0.8 else list(Verb))
        actor, chosen = chance.choice(ACTORS), chance.choice(["specialist", "auditor"])
        await walk.attempt(actor, verb, chosen, chance.choice(["因为", "  "]))
    taken = walk.model.taken
    assert len(taken) >= 3
    async with product.platform.database.read() as view:
        timeline, audit, events = await _told(view, walk)
    names = {account_id: actor for actor, account_id in product.accounts.items()}
    assert [(names[who], verb, status) for who, verb, status, _at in timeline] == taken
    assert audit == [(who, verb, at) for who, verb, _status, at in timeline]
    first = draft["version"] + 1
    assert events == [(verb, status, first + n) for n, (_who, verb, status) in enumerate(taken)]


@pytest.mark.parametrize("verb", [Verb.SUBMIT, Verb.WITHDRAW, Verb.ACCEPT, Verb.CLAIM])
async def test_a_step_from_an_older_version_is_refused_first(product: Product, verb: Verb) -> None:
    desk = await desks(product)
    draft = await a_draft(product, desk.applicant)
    people = {"applicant": await product.principal("applicant")}
    walk = Walk(product, draft["consult_id"], draft["version"] - 1, people)
    with pytest.raises(VersionPassed) as refused:
        await walk._take(people["applicant"], verb, "specialist", "因为")
    assert refused.value.params == {"version": draft["version"]}
