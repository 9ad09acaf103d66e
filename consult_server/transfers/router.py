"""Routes of the queue: its jobs, orders by hand, the rules that fill it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.administration.quarantine import reach_of
from consult_server.audit.service import record
from consult_server.consults.access import study_scope
from consult_server.identity.current import Caller
from consult_server.identity.domain import CLINICAL, Role, require_role
from consult_server.institutions.queries import institution, named
from consult_server.transfers.domain import check_destination
from consult_server.transfers.schemas import (
    DestinationOut,
    QueueOut,
    RuleChangeIn,
    RuleIn,
    RuleOut,
    SendIn,
    TransferOut,
)
from consult_server.web.deps import ThePlatform, Tx, View
from dicom_node import peers
from dicom_node.archive.queries import find_study
from dicom_node.forward import orders, queries
from dicom_node.forward.queries import Tab
from dicom_node.forward.tables import ForwardRule, Transfer
from dicom_node.scu.calling import remote_of

router = Router(prefix="/api", tags=["transfers"])


async def transfers_out(view: AsyncSession, rows: Sequence[Transfer]) -> list[TransferOut]:
    """Jobs with the names of their institutions."""
    names = await named(view, {row.institution_id for row in rows})
    facts = [name for name in TransferOut.model_fields if hasattr(Transfer, name)]
    return [
        TransferOut.model_validate(
            {name: getattr(row, name) for name in facts}
            | {
                "institution_name": names[row.institution_id].name if row.institution_id in names else "",
                "by_hand": row.rule_id is None,
                "can_cancel": orders.can_cancel(row),
                "can_try_again": orders.can_try_again(row),
            }
        )
        for row in rows
    ]


async def rules_out(view: AsyncSession, rows: Sequence[ForwardRule]) -> list[RuleOut]:
    """Rules with the names of their institutions."""
    names = await named(view, {row.institution_id for row in rows})
    facts = [name for name in RuleOut.model_fields if hasattr(ForwardRule, name)]
    return [
        RuleOut.model_validate(
            {name: getattr(row, name) for name in facts}
            | {"institution_name": names[row.institution_id].name if row.institution_id in names else ""}
        )
        for row in rows
    ]


@router.get("/transfers")
async def list_transfers(view: View, caller: Caller, tab: Annotated[Tab, Query()] = Tab.OPEN) -> QueueOut:
    """One part of the queue, within the reach of administrators and technicians."""
    reach = await reach_of(view, caller)
    numbers = await queries.counts(view, reach)
    return QueueOut(
        rows=await transfers_out(view, await queries.transfers(view, reach, tab)),
        under_way=numbers[Tab.OPEN],
        failed=numbers[Tab.FAILED],
    )


@router.post("/transfers", status_code=201)
async def send_study(here: ThePlatform, tx: Tx, caller: Caller, order: SendIn) -> TransferOut:
    """Send a study that the caller may read to a peer."""
    require_role(caller, *CLINICAL)
    scope = await study_scope(tx, caller, order.study_instance_uid)
    study = await find_study(tx, scope, order.study_instance_uid)
    peer = await orders.callable_peer(tx, order.ae_title)
    check_destination(
        study_of=study.institution_id, destination_of=peer.institution_id, caller_of=caller.institution_id
    )
    now = here.clock.now()
    job = await orders.send(
        tx, study, peer, commitment=order.commitment, requested_by=caller.account_id, now=now
    )
    record(tx, caller, "study.send", "study", study.study_instance_uid, now, destination=peer.ae_title)
    return (await transfers_out(tx, [job]))[0]


@router.post("/transfers/{transfer_id}/cancel")
async def cancel_transfer(here: ThePlatform, tx: Tx, caller: Caller, transfer_id: str) -> TransferOut:
    """Send no more of a job; what the peer has stays there."""
    now = here.clock.now()
    job = await orders.cancel(tx, await reach_of(tx, caller), transfer_id, now)
    record(tx, caller, "transfer.cancel", "transfer", transfer_id, now)
    return (await transfers_out(tx, [job]))[0]


@router.post("/transfers/{transfer_id}/again")
async def try_transfer_again(here: ThePlatform, tx: Tx, caller: Caller, transfer_id: str) -> TransferOut:
    """Take a job up again from where the peer's confirmations end."""
    now = here.clock.now()
    job = await orders.again(tx, await reach_of(tx, caller), transfer_id, now)
    record(tx, caller, "transfer.again", "transfer", transfer_id, now)
    return (await transfers_out(tx, [job]))[0]


@router.get("/destinations")
async def list_destinations(view: View, caller: Caller) -> list[DestinationOut]:
    """The peers that can be called, for whoever may send or rule."""
    require_role(caller, *CLINICAL, Role.ADMINISTRATOR)
    return [
        DestinationOut.model_validate(row, from_attributes=True)
        for row in await peers.list_peers(view)
        if row.enabled and remote_of(row) is not None
    ]


async def _rule_reach(view: AsyncSession, caller: Principal) -> str | None:
    require_role(caller, Role.ADMINISTRATOR)
    return await reach_of(view, caller)


@router.get("/forward-rules")
async def list_forward_rules(view: View, caller: Caller) -> list[RuleOut]:
    """The rules, for administrators: the centre's see all, others those of their own institution."""
    return await rules_out(view, await queries.rules(view, await _rule_reach(view, caller)))


@router.post("/forward-rules", status_code=201)
async def add_forward_rule(here: ThePlatform, tx: Tx, caller: Caller, new: RuleIn) -> RuleOut:
    """Send on what settles from now on, for administrators within their reach."""
    reach = await _rule_reach(tx, caller)
    home = await institution(tx, new.institution_id)
    if reach is not None:
        check_destination(study_of=home.institution_id, destination_of=home.institution_id, caller_of=reach)
    peer = await orders.callable_peer(tx, new.destination)
    now = here.clock.now()
    row = await orders.add_rule(
        tx,
        peer,
        institution_id=home.institution_id,
        source_ae_title=new.source_ae_title,
        modality=new.modality,
        commitment=new.commitment,
        now=now,
    )
    record(tx, caller, "forward_rule.add", "forward_rule", row.rule_id, now, **_facts(row))
    return (await rules_out(tx, [row]))[0]


def _facts(row: ForwardRule) -> dict[str, Any]:
    names = ("institution_id", "source_ae_title", "modality", "destination", "commitment", "enabled")
    return {name: getattr(row, name) for name in names}


@router.put("/forward-rules/{rule_id}")
async def change_forward_rule(
    here: ThePlatform, tx: Tx, caller: Caller, rule_id: str, change: RuleChangeIn
) -> RuleOut:
    """Let a rule rest or put it in force again, for administrators within their reach."""
    row = await queries.rule(tx, await _rule_reach(tx, caller), rule_id)
    row.enabled, row.commitment = change.enabled, change.commitment
    record(tx, caller, "forward_rule.change", "forward_rule", rule_id, here.clock.now(), **_facts(row))
    return (await rules_out(tx, [row]))[0]


@router.delete("/forward-rules/{rule_id}", status_code=204)
async def remove_forward_rule(here: ThePlatform, tx: Tx, caller: Caller, rule_id: str) -> Response:
    """Forget a rule, for administrators within their reach; its jobs go on."""
    row = await queries.rule(tx, await _rule_reach(tx, caller), rule_id)
    record(tx, caller, "forward_rule.remove", "forward_rule", rule_id, here.clock.now(), **_facts(row))
    await tx.delete(row)
    return Response(status_code=204)
