"""Routes of consults."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.audit.service import record
from consult_server.consults import drafts, present, queries, steps
from consult_server.consults.access import get_consult
from consult_server.consults.domain import ServiceLine, Verb
from consult_server.consults.schemas import (
    AdoptIn,
    ArrivalOut,
    AssignIn,
    ConsultChangesIn,
    ConsultOut,
    ConsultPage,
    NewConsultIn,
    StepIn,
)
from consult_server.consults.tables import Consult
from consult_server.identity.current import Caller
from consult_server.repeats.service import IdempotencyKey, claim
from consult_server.web.deps import SeenVersion, ThePlatform, Tx, View
from consult_server.web.platform import Platform

router = Router(prefix="/api", tags=["consults"])


async def _answer(here: Platform, tx: AsyncSession, caller: Principal, row: Consult) -> ConsultOut:
    await tx.flush()
    return await present.consult_out(tx, row, caller, here.clock.now())


@router.get("/worklist")
async def list_consults(
    here: ThePlatform,
    view: View,
    caller: Caller,
    show: Annotated[queries.View, Query(alias="view")] = queries.View.MINE,
    service_line: ServiceLine | None = None,
    q: Annotated[str, Query(max_length=64)] = "",
    after: Annotated[str | None, Query(max_length=36)] = None,
) -> ConsultPage:
    """What waits for the caller, what is done, or all they may know of."""
    wanted = queries.WorklistFilter(view=show, service_line=service_line, text=q, after=after)
    rows = await queries.worklist(view, caller, wanted)
    return await present.page_out(view, rows, caller, here.clock.now())


@router.get("/arrivals")
async def list_arrivals(
    view: View,
    caller: Caller,
    q: Annotated[str, Query(max_length=64)] = "",
    shared: Annotated[bool, Query()] = False,  # noqa: FBT002  # a parameter of the address
) -> list[ArrivalOut]:
    """Studies that the caller's institution has sent, newest first; with `shared` also those of other
    institutions that a consult lets the caller see.
    """
    return await present.arrivals_out(view, caller, q, shared=shared)


@router.post("/consults", status_code=201)
async def start_consult(
    here: ThePlatform, tx: Tx, caller: Caller, new: NewConsultIn, idempotency_key: IdempotencyKey = None
) -> ConsultOut:
    """Begin a request. Sent again with the same Idempotency-Key within a day it makes no second one."""
    now = here.clock.now()
    claimed = await claim(tx, caller, idempotency_key, "start_consult", new.model_dump(mode="json"), now)
    if claimed.answer is not None:
        return ConsultOut.model_validate(claimed.answer)
    row = await drafts.start_draft(tx, caller, new.case_kind, ZoneInfo(here.settings.time_zone), now)
    answer = await _answer(here, tx, caller, row)
    claimed.keep(answer.model_dump(mode="json"))
    return answer


@router.get("/consults/{consult_id}")
async def get_one_consult(here: ThePlatform, tx: Tx, caller: Caller, consult_id: str) -> ConsultOut:
    """Open a consult; opening is audited."""
    row = await get_consult(tx, caller, consult_id)
    record(tx, caller, "consult.open", "consult", consult_id, here.clock.now())
    return await _answer(here, tx, caller, row)


@router.patch("/consults/{consult_id}")
async def change_consult(
    here: ThePlatform,
    tx: Tx,
    caller: Caller,
    consult_id: str,
    version: SeenVersion,
    changes: ConsultChangesIn,
) -> ConsultOut:
    """Change a request that is still with its author."""
    row = await drafts.change_draft(
        tx, caller, consult_id, version, drafts.Changes(**dict(changes)), here.clock.now()
    )
    return await _answer(here, tx, caller, row)


@router.delete("/consults/{consult_id}", status_code=204)
async def discard_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion
) -> Response:
    """Discard a request that was never sent."""
    await drafts.discard_draft(tx, caller, consult_id, version, here.clock.now())
    return Response(status_code=204)


@router.post("/consults/{consult_id}/submit")
async def submit_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion
) -> ConsultOut:
    """Send a request on its way."""
    return await _answer(
        here, tx, caller, await steps.submit(tx, caller, consult_id, version, here.clock.now())
    )


async def _step(
    here: Platform,
    tx: AsyncSession,
    caller: Principal,
    consult_id: str,
    version: int,
    verb: Verb,
    reason: str,
) -> ConsultOut:
    row = await steps.take_step(tx, caller, consult_id, version, verb, here.clock.now(), reason=reason)
    return await _answer(here, tx, caller, row)


@router.post("/consults/{consult_id}/withdraw")
async def withdraw_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, step: StepIn
) -> ConsultOut:
    """Take a request back while nobody reads it."""
    return await _step(here, tx, caller, consult_id, version, Verb.WITHDRAW, step.reason)


@router.post("/consults/{consult_id}/accept")
async def accept_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion
) -> ConsultOut:
    """Accept a request at the centre."""
    return await _step(here, tx, caller, consult_id, version, Verb.ACCEPT, "")


@router.post("/consults/{consult_id}/return")
async def return_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, step: StepIn
) -> ConsultOut:
    """Send a request back to be completed."""
    return await _step(here, tx, caller, consult_id, version, Verb.RETURN, step.reason)


@router.post("/consults/{consult_id}/decline")
async def decline_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, step: StepIn
) -> ConsultOut:
    """Refuse a request for good."""
    return await _step(here, tx, caller, consult_id, version, Verb.DECLINE, step.reason)


@router.post("/consults/{consult_id}/assign")
async def assign_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, choice: AssignIn
) -> ConsultOut:
    """Give a consult to a reader, or to another one."""
    row = await steps.assign(tx, caller, consult_id, version, choice.specialist_id, here.clock.now())
    return await _answer(here, tx, caller, row)


@router.post("/consults/{consult_id}/claim")
async def claim_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion
) -> ConsultOut:
    """Take an accepted consult for oneself."""
    return await _answer(
        here, tx, caller, await steps.claim(tx, caller, consult_id, version, here.clock.now())
    )


@router.post("/consults/{consult_id}/start")
async def start_reading(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion
) -> ConsultOut:
    """Begin to read."""
    return await _step(here, tx, caller, consult_id, version, Verb.START, "")


@router.post("/consults/{consult_id}/abandon")
async def abandon_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, step: StepIn
) -> ConsultOut:
    """Give a consult back to the centre."""
    return await _step(here, tx, caller, consult_id, version, Verb.ABANDON, step.reason)


@router.post("/consults/{consult_id}/adopt")
async def adopt_consult(
    here: ThePlatform, tx: Tx, caller: Caller, consult_id: str, version: SeenVersion, choice: AdoptIn
) -> ConsultOut:
    """Record what became of the opinion."""
    row = await steps.adopt(tx, caller, consult_id, version, choice.outcome, choice.note, here.clock.now())
    return await _answer(here, tx, caller, row)
