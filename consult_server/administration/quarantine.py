"""Routes of what was set aside at the door: seen, downloaded, tried again, discarded.

The centre's administrators see all of it, other administrators and technicians what their own
institution sent. No transaction is open while bytes are read or an object is tried again.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.objects import ObjectStore
from config.kernel.principal import Principal
from config.routing import Router
from consult_server.audit.service import Outcome, record
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import institution, named
from consult_server.web.deps import ThePlatform, View
from consult_server.web.platform import Platform
from consult_server.web.schemas import Heard
from dicom_node.quarantine import queries
from dicom_node.quarantine.queries import Decision, QuarantineFileNotKept
from dicom_node.quarantine.readmission import Aside, Store, readmit

router = Router(prefix="/api/quarantine", tags=["administration"])

PIECE_BYTES = 1024 * 1024
FILE_NAME = re.compile(r"[^0-9A-Za-z.]")


class SenderOut(BaseModel):
    """How many objects of one sender wait for a decision."""

    ae_title: str
    count: int


class AsideOut(BaseModel):
    """One object that was set aside. `reason` is the broken rule in English, never a value."""

    quarantine_id: str
    institution_id: str
    institution_name: str
    source_ae_title: str
    sop_instance_uid: str
    kind: str
    reason_code: str
    reason: str
    object_bytes: int | None
    dataset_sha256: str | None
    kept_sha256: str | None
    times: int
    received_at: datetime
    has_file: bool
    decision: Decision | None
    decided_at: datetime | None
    decision_reason: str | None


class QuarantineOut(BaseModel):
    """What was set aside, newest first, and who sent what waits."""

    rows: list[AsideOut]
    senders: list[SenderOut]
    waiting: int


class WaitingOut(BaseModel):
    """How many objects wait for a decision."""

    waiting: int


class TriedOut(BaseModel):
    """What came of trying again. `reason_code` is '' when the object is stored now."""

    admitted: bool
    reason_code: str


class DiscardIn(Heard):
    """Why an object is let go for good."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


async def reach_of(view: AsyncSession, caller: Principal) -> str | None:
    """The institution whose objects the caller sees, None for all. Raises RoleMissing."""
    require_role(caller, Role.ADMINISTRATOR, Role.TECHNICIAN)
    home = await institution(view, caller.institution_id)
    everything = caller.has_role(Role.ADMINISTRATOR) and home.runs_centre
    return None if everything else caller.institution_id


@router.get("")
async def list_set_aside(
    view: View, caller: Caller, ae_title: Annotated[str, Query(max_length=16)] = "", *, decided: bool = False
) -> QuarantineOut:
    """What was set aside and waits, or with `decided` what was decided, within the caller's reach."""
    reach = await reach_of(view, caller)
    found = await queries.entries(view, reach, ae_title=ae_title, decided=decided)
    names = await named(view, {row.institution_id for row in found})
    rows = [
        {
            "institution_name": names[row.institution_id].name if row.institution_id in names else "",
            "has_file": row.object_key is not None,
        }
        | {name: getattr(row, name) for name in AsideOut.model_fields if hasattr(row, name)}
        for row in found
    ]
    return QuarantineOut(
        rows=[AsideOut.model_validate(row) for row in rows],
        senders=[
            SenderOut.model_validate(sender, from_attributes=True)
            for sender in await queries.senders(view, reach)
        ],
        waiting=await queries.waiting_count(view, reach),
    )


@router.get("/waiting")
async def count_set_aside(view: View, caller: Caller) -> WaitingOut:
    """How many objects wait for a decision, within the caller's reach."""
    return WaitingOut(waiting=await queries.waiting_count(view, await reach_of(view, caller)))


@router.get("/{quarantine_id}/file", response_class=StreamingResponse)
async def download_set_aside(here: ThePlatform, caller: Caller, quarantine_id: str) -> StreamingResponse:
    """The bytes as they came, for administrators; on record before the first byte leaves."""
    require_role(caller, Role.ADMINISTRATOR)
    async with here.database.read() as view:
        row = await queries.entry(view, await reach_of(view, caller), quarantine_id)
        key, size = row.object_key, row.object_bytes
    if key is None:
        raise QuarantineFileNotKept
    first = await asyncio.to_thread(_piece, here.objects, key, 0, size)
    async with here.database.write() as tx:
        record(tx, caller, "quarantine.download", "quarantine", quarantine_id, here.clock.now())
    name = FILE_NAME.sub("_", row.sop_instance_uid)[:64] or "object"
    headers = {"Content-Disposition": f'attachment; filename="{name}.dcm"'}
    if size is not None:
        headers["Content-Length"] = str(size)
    return StreamingResponse(
        _pieces(here.objects, key, first, size), media_type="application/dicom", headers=headers
    )


def _piece(objects: ObjectStore, key: str, start: int, size: int | None) -> bytes:
    end = start + PIECE_BYTES
    return objects.read(key, start, end if size is None else min(end, size))


async def _pieces(objects: ObjectStore, key: str, first: bytes, size: int | None) -> AsyncIterator[bytes]:
    piece, start = first, 0
    while piece:
        yield piece
        start += len(piece)
        ended = start == size or (size is None and len(piece) < PIECE_BYTES)
        piece = b"" if ended else await asyncio.to_thread(_piece, objects, key, start, size)


@router.post("/{quarantine_id}/retry")
async def retry_set_aside(here: ThePlatform, caller: Caller, quarantine_id: str) -> TriedOut:
    """Try an object again by the rules of now."""
    async with here.database.read() as view:
        reach = await reach_of(view, caller)
        row = await queries.waiting_entry(view, reach, quarantine_id)
        if row.object_key is None:
            raise QuarantineFileNotKept
        aside = Aside(
            object_key=row.object_key,
            object_bytes=row.object_bytes,
            institution_id=row.institution_id,
            ae_title=row.source_ae_title,
            issuer_of_patient_id=await queries.issuer_of(view, row.source_ae_title),
        )
    refusal = await asyncio.to_thread(readmit, _store(here), aside)
    left = None
    async with here.database.write() as tx:
        now, row = here.clock.now(), await queries.entry(tx, reach, quarantine_id, lock=True)
        if refusal is not None:
            row.reason_code, row.reason = refusal.code, str(refusal)[:400]
        elif row.decision is None:
            left = queries.decide(row, Decision.ADMITTED, "", now)
        ended = Outcome.DONE if refusal is None else Outcome.REFUSED
        code = "" if refusal is None else refusal.code
        record(tx, caller, "quarantine.retry", "quarantine", quarantine_id, now, ended, reason_code=code)
    await _let_go(here, left)
    return TriedOut(admitted=refusal is None, reason_code=code)


def _store(here: Platform) -> Store:
    return Store(
        database_url=here.settings.database_url,
        objects=here.objects,
        elsewhere=here.settings.home_path / "spool",
        object_bytes_max=here.settings.dicom.object_bytes_max,
        clock=here.clock,
    )


@router.post("/{quarantine_id}/discard", status_code=204)
async def discard_set_aside(here: ThePlatform, caller: Caller, quarantine_id: str, why: DiscardIn) -> None:
    """Let an object go for good; the entry stays with the reason."""
    async with here.database.write() as tx:
        row = await queries.waiting_entry(tx, await reach_of(tx, caller), quarantine_id, lock=True)
        left = queries.decide(row, Decision.DISCARDED, why.reason, here.clock.now())
        record(
            tx,
            caller,
            "quarantine.discard",
            "quarantine",
            quarantine_id,
            here.clock.now(),
            reason_code=row.reason_code,
            source_ae_title=row.source_ae_title,
        )
    await _let_go(here, left)


async def _let_go(here: Platform, key: str | None) -> None:
    """Delete bytes that nothing names any more, after the decision is committed."""
    if key is None:
        return
    async with here.database.read() as view:
        if await queries.is_wanted(view, key):
            return
    await asyncio.to_thread(here.objects.delete, key)
