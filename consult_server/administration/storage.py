"""Routes of the store: what lies where, what is not whole, what each institution uses and may use.

The centre's administrators see all of it and set quotas; other administrators see their own institution.
"""

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Forbidden
from config.kernel.limits import GIB
from config.kernel.principal import Principal
from config.routing import Router
from config.spooled_objects import SpooledObjects
from config.stores import folder_of
from consult_server.audit.service import record
from consult_server.identity.current import Caller
from consult_server.identity.domain import Role, require_role
from consult_server.institutions.queries import all_institutions, institution, named
from consult_server.web.deps import ThePlatform, Tx, View
from consult_server.web.platform import Platform
from consult_server.web.schemas import Heard
from dicom_node.keeping import queries
from dicom_node.keeping.queries import Figures, InUse
from dicom_node.keeping.room import disk_of
from dicom_node.quotas.use import set_quota

router = Router(prefix="/api/storage", tags=["administration"])

NEAR_SHARE = 0.9
QUOTA_BYTES_MAX = 1_000_000 * GIB


class CentreOnly(Forbidden):
    """Only administrators of the institution that runs the centre may do this."""

    code = "administration.centre_only"


class DiskOut(BaseModel):
    """The disk of the objects: what is free, and how much of that intake leaves to the index."""

    size_bytes: int
    free_bytes: int
    reserve_bytes: int


class BucketOut(BaseModel):
    """What the bucket does not have yet; `failed` of it at least once."""

    unsent: int
    unsent_bytes: int
    failed: int
    oldest_unsent: datetime | None


class CheckOut(BaseModel):
    """The round in which everything is read again: what it has read, of so many bytes in all."""

    began_at: datetime
    ended_at: datetime | None
    objects: int
    bytes: int
    stored_bytes: int


class UseOut(BaseModel):
    """What one institution stores, and may store; a quota of 0 is none."""

    institution_id: str
    institution_name: str
    used_bytes: int
    quota_bytes: int
    state: Literal["free", "near", "full"]


class StorageOut(BaseModel):
    """How the store is. Disk, bucket and check are told to the centre alone."""

    disk: DiskOut | None
    bucket: BucketOut | None
    check: CheckOut | None
    missing: int
    damaged: int
    institutions: list[UseOut]
    may_set_quotas: bool


class FaultOut(BaseModel):
    """An object that is not whole, or was not, and where it belongs. Names no patient."""

    object_key: str
    integrity: Literal["missing", "damaged"]
    found_at: datetime
    checked_at: datetime
    mended_at: datetime | None
    mended_by: Literal["", "other_copy", "sent_again"]
    institution_name: str
    source_ae_title: str
    study_instance_uid: str
    study_date: str
    accession_number: str
    modality: str
    series_number: int | None
    instance_number: int | None
    sop_instance_uid: str


class QuotaIn(Heard):
    """How many bytes an institution may store; 0 is any number."""

    quota_bytes: Annotated[int, Field(ge=0, le=QUOTA_BYTES_MAX)]


async def reach_of(view: AsyncSession, caller: Principal) -> str | None:
    """The institution an administrator sees, None for all. Raises RoleMissing."""
    require_role(caller, Role.ADMINISTRATOR)
    home = await institution(view, caller.institution_id)
    return None if home.runs_centre else caller.institution_id


async def require_centre(view: AsyncSession, caller: Principal) -> None:
    """Raises RoleMissing or CentreOnly."""
    if await reach_of(view, caller) is not None:
        raise CentreOnly


def state_of(use: InUse) -> Literal["free", "near", "full"]:
    """How near an institution is to its quota."""
    if not use.quota or use.used < use.quota * NEAR_SHARE:
        return "free"
    return "near" if use.used < use.quota else "full"


@router.get("")
async def show_storage(here: ThePlatform, view: View, caller: Caller) -> StorageOut:
    """How the store is, within the caller's reach; for administrators."""
    reach = await reach_of(view, caller)
    figures, uses = await queries.figures(view), await queries.uses(view)
    places = [one for one in await all_institutions(view) if reach in {None, one.institution_id}]
    nothing = InUse(used=0, quota=0)
    rows = [(place, uses.get(place.institution_id, nothing)) for place in places]
    counts = await queries.fault_counts(view, reach)
    return StorageOut(
        disk=await _disk(here) if reach is None else None,
        bucket=_bucket(here, figures) if reach is None else None,
        check=await _check(view, sum(use.used for use in uses.values())) if reach is None else None,
        missing=counts.get("missing", 0),
        damaged=counts.get("damaged", 0),
        institutions=[
            UseOut(
                institution_id=place.institution_id,
                institution_name=place.name,
                used_bytes=use.used,
                quota_bytes=use.quota,
                state=state_of(use),
            )
            for place, use in rows
        ],
        may_set_quotas=reach is None,
    )


async def _disk(here: Platform) -> DiskOut | None:
    folder = folder_of(here.objects)
    if folder is None:
        return None
    disk = await asyncio.to_thread(disk_of, folder)
    reserve = disk.keeps_free(here.settings.objects.reserve_bytes)
    return DiskOut(size_bytes=disk.size, free_bytes=disk.free, reserve_bytes=reserve)


def _bucket(here: Platform, found: Figures) -> BucketOut | None:
    if not isinstance(here.objects, SpooledObjects):
        return None
    return BucketOut.model_validate(found, from_attributes=True)


async def _check(view: AsyncSession, stored_bytes: int) -> CheckOut | None:
    found = await queries.the_check(view)
    if found is None:
        return None
    return CheckOut(
        began_at=found.began_at,
        ended_at=found.ended_at,
        objects=found.objects,
        bytes=found.bytes,
        stored_bytes=stored_bytes,
    )


@router.get("/faults")
async def list_faults(view: View, caller: Caller, *, mended: bool = False) -> list[FaultOut]:
    """Objects that are not whole, or with `mended` those that are again, newest first."""
    found = await queries.faults(view, await reach_of(view, caller), mended=mended)
    names = await named(view, {fault.institution_id for fault in found})
    return [
        FaultOut.model_validate(
            vars(fault)
            | {"institution_name": names[fault.institution_id].name if fault.institution_id in names else ""}
        )
        for fault in found
    ]


@router.put("/quotas/{institution_id}", status_code=204)
async def change_quota(here: ThePlatform, tx: Tx, caller: Caller, institution_id: str, new: QuotaIn) -> None:
    """Say how much an institution may store; for administrators of the centre."""
    await require_centre(tx, caller)
    place = await institution(tx, institution_id)
    now = here.clock.now()
    await tx.run_sync(
        lambda session: set_quota(session.connection(), place.institution_id, new.quota_bytes, now)
    )
    record(
        tx, caller, "quota.set", "institution", place.institution_id, now, quota_bytes=str(new.quota_bytes)
    )
