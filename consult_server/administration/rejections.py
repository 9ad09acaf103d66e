"""Routes of rejection notes: what a hospital's own notes have hidden, and showing it again.

The reach is that of what was set aside (`quarantine.reach_of`); only administrators withdraw.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from config.routing import Router
from consult_server.administration.quarantine import reach_of
from consult_server.audit.service import record
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import named
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.schemas import Heard
from dicom_node.rejection import queries
from dicom_node.rejection.filing import withdraw

router = Router(prefix="/api/rejections", tags=["administration"])


class RejectionOut(BaseModel):
    """One rejection note. `title` is its code of DCM; `missing` of the `referenced` objects have not come.

    What it names and is stored: `instances` in `series` of `studies`, the first of which is described.
    """

    note_id: str
    institution_id: str
    institution_name: str
    source_ae_title: str
    sop_instance_uid: str
    study_instance_uid: str
    title: str
    referenced: int
    missing: int
    noted_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    study_date: str
    accession_number: str
    modalities: list[str]
    studies: int
    series: int
    instances: int


class WithdrawIn(Heard):
    """Why what was rejected is shown again."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


@router.get("")
async def list_rejections(view: View, caller: Caller, *, withdrawn: bool = False) -> list[RejectionOut]:
    """The rejections in force, or with `withdrawn` those that were ended, newest first."""
    found = await queries.rejections(view, await reach_of(view, caller), withdrawn=withdrawn)
    names = await named(view, {row.institution_id for row in found})
    about = await queries.named_by(view, [row.note_id for row in found])
    return [
        RejectionOut.model_validate(
            {"institution_name": names[row.institution_id].name if row.institution_id in names else ""}
            | {name: getattr(row, name) for name in RejectionOut.model_fields if hasattr(row, name)}
            | asdict(about.get(row.note_id, queries.NOTHING_NAMED))
        )
        for row in found
    ]


@router.post("/{note_id}/withdraw", status_code=204)
async def withdraw_rejection(
    tx: Tx, here: ThePlatform, caller: Caller, note_id: str, why: WithdrawIn
) -> None:
    """Show again what a note has hidden, unless another note rejects it too; the note itself stays."""
    require_role(caller, Role.ADMINISTRATOR)
    row = await queries.rejection(tx, await reach_of(tx, caller), note_id)
    now = here.clock.now()
    title, objects = row.title, row.referenced
    await tx.run_sync(lambda session: withdraw(session.connection(), note_id, why.reason, now))
    record(tx, caller, "rejection.withdraw", "rejection", note_id, now, title=title, objects=objects)
