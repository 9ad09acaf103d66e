"""Routes of retention: rules, seals, what could be destroyed, and its approval.

Administrators of the centre see and decide for all, others for their own institution. A study that a
consult refers to is never destroyed: the node asks `studies_referred_to`.
"""

from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from config.routing import Router
from consult_server.administration.storage import CentreOnly, reach_of
from consult_server.audit.service import record
from consult_server.consults.queries import studies_referred_to
from consult_server.identity.current import Caller
from consult_server.institutions.queries import institution, named
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.schemas import Heard
from dicom_node.retention import orders, queries
from dicom_node.retention.domain import KEEP_MONTHS_MAX, Kept, Rule
from dicom_node.retention.queries import Preview

router = Router(prefix="/api/retention", tags=["administration"])

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=36)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=16)]
Called = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
KeepMonths = Annotated[int, Field(ge=1, le=KEEP_MONTHS_MAX)]


class RetentionRuleIn(Heard):
    """How long is kept; None is any institution, sender or modality."""

    institution_id: Id | None
    source_ae_title: Title | None
    modality: Title | None
    keep_months: KeepMonths


class RetentionRuleOut(BaseModel):
    """A rule; `institution_name` is '' for one that is for all."""

    rule_id: str
    institution_id: str | None
    institution_name: str
    source_ae_title: str | None
    modality: str | None
    keep_months: int
    may_remove: bool


class HoldIn(Heard):
    """What is sealed, by accession number or Study Instance UID, and why."""

    institution_id: Id
    study: Called
    reason: Reason


class RetentionReasonIn(Heard):
    """Why."""

    reason: Reason


class HoldOut(BaseModel):
    """A seal. Names no patient."""

    hold_id: str
    institution_name: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modalities: list[str]
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_reason: str | None


class CandidateOut(BaseModel):
    """A study past its time. Names no patient."""

    institution_name: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modalities: list[str]
    source_ae_title: str
    last_received_at: datetime
    keep_months: int
    instance_count: int
    byte_count: int


class RetentionPreviewOut(BaseModel):
    """What could be destroyed now; `kept` counts what rules speak of and is kept, by why.

    `digest` names exactly these studies. With `more` there are others besides: they come next time.
    """

    digest: str
    studies: int
    instances: int
    bytes: int
    more: bool
    kept: dict[Kept, int]
    rows: list[CandidateOut]


class ApprovalIn(Heard):
    """Which preview was looked through, how many studies that was, and why they may go."""

    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    reason: Reason


class DestructionOut(BaseModel):
    """An approval and how far it has come; what is neither destroyed nor kept is still to come."""

    destruction_id: str
    approved_by: str
    approved_at: datetime
    reason: str
    studies: int
    bytes: int
    destroyed: int
    kept: int


class RegisterOut(BaseModel):
    """One study of an approval. `kept_for` says why it was kept after all."""

    institution_name: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modalities: list[str]
    source_ae_title: str
    keep_months: int
    instance_count: int
    byte_count: int
    state: Literal["approved", "destroyed", "kept"]
    kept_for: Kept | Literal[""]
    decided_at: datetime | None


class RetentionOut(BaseModel):
    """Rules, seals in force and approvals, within the caller's reach."""

    rules: list[RetentionRuleOut]
    holds: list[HoldOut]
    destructions: list[DestructionOut]
    may_rule_all: bool


async def _names(view: AsyncSession, ids: set[str]) -> dict[str, str]:
    return {key: found.name for key, found in (await named(view, ids)).items()}


@router.get("")
async def show_retention(view: View, caller: Caller) -> RetentionOut:
    """Rules, seals and approvals; for administrators."""
    reach = await reach_of(view, caller)
    rules = await queries.rules(view, reach)
    names = await _names(view, {row.institution_id for row in rules if row.institution_id})
    return RetentionOut(
        rules=[
            RetentionRuleOut(
                rule_id=row.rule_id,
                institution_id=row.institution_id,
                institution_name=names.get(row.institution_id or "", ""),
                source_ae_title=row.source_ae_title,
                modality=row.modality,
                keep_months=row.keep_months,
                may_remove=reach in {None, row.institution_id},
            )
            for row in rules
        ],
        holds=await _holds(view, reach, lifted=False),
        destructions=[
            DestructionOut.model_validate(vars(row) | {"destroyed": done.destroyed, "kept": done.kept})
            for row, done in await queries.destructions(view, reach)
        ],
        may_rule_all=reach is None,
    )


async def _holds(view: AsyncSession, reach: str | None, *, lifted: bool) -> list[HoldOut]:
    rows = await queries.holds(view, reach, lifted=lifted)
    names = await _names(view, {row.institution_id for row in rows})
    return [
        HoldOut.model_validate(vars(row) | {"institution_name": names.get(row.institution_id, "")})
        for row in rows
    ]


@router.post("/rules", status_code=201)
async def add_retention_rule(here: ThePlatform, tx: Tx, caller: Caller, new: RetentionRuleIn) -> None:
    """Say how long something is kept; for all institutions only from the centre."""
    reach = await reach_of(tx, caller)
    if reach not in {None, new.institution_id}:
        raise CentreOnly
    if new.institution_id is not None:
        await institution(tx, new.institution_id)
    now = here.clock.now()
    row = await orders.add_rule(tx, Rule(**new.model_dump()), now)
    record(
        tx,
        caller,
        "retention.rule_add",
        "retention_rule",
        row.rule_id,
        now,
        of_institution=new.institution_id,
        source_ae_title=new.source_ae_title,
        modality=new.modality,
        keep_months=new.keep_months,
    )


@router.delete("/rules/{rule_id}", status_code=204)
async def remove_retention_rule(here: ThePlatform, tx: Tx, caller: Caller, rule_id: str) -> None:
    """End a rule: what it alone spoke of is kept for good from now on."""
    row = await queries.rule(tx, await reach_of(tx, caller), rule_id)
    now = here.clock.now()
    await tx.delete(row)
    record(tx, caller, "retention.rule_remove", "retention_rule", rule_id, now, keep_months=row.keep_months)


@router.get("/holds")
async def list_holds(view: View, caller: Caller, *, lifted: bool = False) -> list[HoldOut]:
    """The seals in force, or with `lifted` those that are not any more."""
    return await _holds(view, await reach_of(view, caller), lifted=lifted)


@router.post("/holds", status_code=201)
async def place_hold(here: ThePlatform, tx: Tx, caller: Caller, new: HoldIn) -> None:
    """Seal studies: nothing destroys them until the seal is lifted."""
    reach = await reach_of(tx, caller)
    if reach not in {None, new.institution_id}:
        raise CentreOnly
    now = here.clock.now()
    rows = await orders.hold(
        tx, new.institution_id, new.study, reason=new.reason, placed_by=caller.name, now=now
    )
    for row in rows:
        record(tx, caller, "retention.hold", "study", row.study_instance_uid, now, reason=new.reason)


@router.post("/holds/{hold_id}/lift", status_code=204)
async def lift_hold(here: ThePlatform, tx: Tx, caller: Caller, hold_id: str, why: RetentionReasonIn) -> None:
    """Lift a seal; that it was there, and who lifted it, stays."""
    now = here.clock.now()
    row = await orders.lift(
        tx, await reach_of(tx, caller), hold_id, reason=why.reason, lifted_by=caller.name, now=now
    )
    record(tx, caller, "retention.lift", "study", row.study_instance_uid, now, reason=why.reason)


def _looked_at(session: Session, reach: str | None, now: datetime) -> Preview:
    return queries.preview(session.connection(), reach, studies_referred_to, now)


@router.get("/preview")
async def preview_destruction(here: ThePlatform, view: View, caller: Caller) -> RetentionPreviewOut:
    """What could be destroyed now; nothing is."""
    reach = await reach_of(view, caller)
    found = await view.run_sync(partial(_looked_at, reach=reach, now=here.clock.now()))
    names = await _names(view, {one.institution_id for one in found.candidates})
    rows = [
        {name: getattr(one, name) for name in CandidateOut.model_fields if hasattr(one, name)}
        | {"institution_name": names.get(one.institution_id, "")}
        for one in found.candidates
    ]
    return RetentionPreviewOut(
        digest=found.digest,
        studies=len(found.candidates),
        instances=sum(one.instance_count for one in found.candidates),
        bytes=sum(one.byte_count for one in found.candidates),
        more=found.more,
        kept={Kept(why): count for why, count in found.kept.items()},
        rows=[CandidateOut.model_validate(row) for row in rows],
    )


@router.post("/destructions", status_code=201)
async def approve_destruction(here: ThePlatform, tx: Tx, caller: Caller, given: ApprovalIn) -> None:
    """Let what was shown be destroyed, for good; each study is judged once more before it goes."""
    now = here.clock.now()
    row = await orders.approve(
        tx,
        await reach_of(tx, caller),
        given.digest,
        needed=studies_referred_to,
        reason=given.reason,
        approved_by=caller.name,
        now=now,
    )
    record(
        tx,
        caller,
        "retention.approve",
        "destruction",
        row.destruction_id,
        now,
        studies=row.studies,
        bytes=str(row.bytes),
        reason=given.reason,
    )


@router.get("/destructions/{destruction_id}")
async def destruction_register(view: View, caller: Caller, destruction_id: str) -> list[RegisterOut]:
    """The register of one approval: every study and what became of it."""
    rows = await queries.register(view, await reach_of(view, caller), destruction_id)
    names = await _names(view, {row.institution_id for row in rows})
    return [
        RegisterOut.model_validate(vars(row) | {"institution_name": names.get(row.institution_id, "")})
        for row in rows
    ]
