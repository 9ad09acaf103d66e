"""Routes of filing: a reader's marks kept with the study, and what was kept."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fastapi import Request

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.annotations import access, filing
from consult_server.annotations.domain import NotFiled
from consult_server.annotations.router import Uid
from consult_server.annotations.schemas import FiledObject, FilingIn, FilingOut, FilingsOut, ObjectKind
from consult_server.annotations.tables import Filed
from consult_server.identity.access import account_by_id
from consult_server.identity.current import Caller
from consult_server.identity.domain import READERS
from consult_server.web.deps import ThePlatform, View
from dicom_node.stow import Stow
from viewer.objects.classes import KEY_OBJECTS, PRESENTATIONS
from viewer.objects.filing import objects_of, reference_to
from viewer.objects.header import file_bytes
from viewer.objects.images import marked_images
from viewer.objects.marked import Reference

router = Router(prefix="/api", tags=["annotations"])


def kind_of(sop_class_uid: str) -> ObjectKind:
    """What an object of a filing is."""
    if sop_class_uid == KEY_OBJECTS:
        return "key_objects"
    return "presentation" if sop_class_uid in PRESENTATIONS else "measurements"


def _out(row: Filed, author_name: str, caller: Principal, *, changed: bool) -> FilingOut:
    return FilingOut(
        number=row.number,
        filed_at=row.filed_at,
        own=row.author_id == caller.account_id,
        author_name=author_name,
        changed=changed,
        objects=[
            FiledObject(
                kind=kind_of(sop_class),
                series_instance_uid=series,
                sop_class_uid=sop_class,
                sop_instance_uid=instance,
            )
            for series, sop_class, instance in row.objects
        ],
    )


@router.get("/studies/{study_instance_uid}/filings")
async def list_filings(view: View, caller: Caller, study_instance_uid: Uid) -> FilingsOut:
    """What readers filed with a study, the last filings first."""
    study = await access.readable_study(view, caller, study_instance_uid)
    marks = await access.marks_of(view, study)
    found = []
    for row in await access.filings_of(view, study):
        now = {mark.annotation_id: mark.version for mark, _ in marks if mark.author_id == row.author_id}
        author = await account_by_id(view, row.author_id)
        found.append(_out(row, author.name, caller, changed=now != row.marks))
    return FilingsOut(may_file=caller.has_role(*READERS), filings=found)


@router.post("/studies/{study_instance_uid}/filings")
async def file_marks(
    here: ThePlatform, request: Request, caller: Caller, study_instance_uid: Uid, wanted: FilingIn
) -> FilingOut:
    """Keep all of the caller's marks with the study as DICOM objects; durable when answered.

    Filing what was filed last changes nothing and answers that filing.
    """
    async with here.database.read() as view:
        prepared = await filing.prepare(view, caller, study_instance_uid, wanted)
    if prepared.already is not None:
        return _out(prepared.already, prepared.author_name, caller, changed=False)
    zone = ZoneInfo(here.settings.time_zone)
    objects = await asyncio.to_thread(_stored, request.app.state.stow, prepared, zone)
    async with here.database.write() as tx:
        row = await filing.seal(tx, caller, prepared, objects, here.clock.now())
        return _out(row, prepared.author_name, caller, changed=False)


def _stored(stow: Stow, prepared: filing.Prepared, zone: ZoneInfo) -> Sequence[Reference]:
    """Write the objects and have the archive take them in. Raises NothingToFile, NotFiled."""
    uid, institution_id = prepared.study.study_instance_uid, prepared.study.institution_id
    written = objects_of(filing.composed(prepared, marked_images(uid, prepared.images), zone))
    for made in written:
        upload = stow.upload(institution_id, uid)
        upload.write(file_bytes(made))
        stored = upload.finish()
        if not stored.is_stored:
            raise NotFiled(status=f"{stored.status:04X}")
    return [reference_to(made) for made in written]
