"""Routes of marks."""

from typing import Annotated

from fastapi import Path

from config.kernel.principal import Principal
from config.routing import Router
from consult_server.annotations import access, service
from consult_server.annotations.domain import MarkKind
from consult_server.annotations.schemas import MarkIn, MarkKept, MarkOut, MarkPoint
from consult_server.annotations.tables import Annotation
from consult_server.identity.current import Caller
from consult_server.web.deps import SeenVersion, ThePlatform, Tx, View

router = Router(prefix="/api", tags=["annotations"])

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
MarkId = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


def _out(row: Annotation, author_name: str, caller: Principal) -> MarkOut:
    return MarkOut(
        annotation_id=row.annotation_id,
        version=row.version,
        kind=MarkKind(row.kind),
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        frame_number=row.frame_number,
        points=[MarkPoint(x=x, y=y) for x, y in row.points],
        text=row.text,
        own=row.author_id == caller.account_id,
        author_id=row.author_id,
        author_name=author_name,
        changed_at=row.changed_at,
    )


@router.get("/studies/{study_instance_uid}/annotations")
async def list_annotations(view: View, caller: Caller, study_instance_uid: Uid) -> list[MarkOut]:
    """The marks of all readers of a study, in order of making."""
    study = await access.readable_study(view, caller, study_instance_uid)
    return [_out(row, name, caller) for row, name in await access.marks_of(view, study)]


@router.put("/studies/{study_instance_uid}/annotations/{annotation_id}")
async def keep_annotation(
    here: ThePlatform,
    tx: Tx,
    caller: Caller,
    study_instance_uid: Uid,
    annotation_id: MarkId,
    version: SeenVersion,
    wanted: MarkIn,
) -> MarkKept:
    """Keep a mark; If-Match names the version it was made from, "0" for a new one."""
    marking = service.Marking(
        kind=wanted.kind,
        series_instance_uid=wanted.series_instance_uid,
        sop_instance_uid=wanted.sop_instance_uid,
        frame_number=wanted.frame_number,
        points=[(one.x, one.y) for one in wanted.points],
        text=wanted.text,
    )
    now = here.clock.now()
    row = await service.keep(tx, caller, study_instance_uid, annotation_id, version, marking, now)
    return MarkKept(version=row.version)


@router.delete("/studies/{study_instance_uid}/annotations/{annotation_id}")
async def remove_annotation(
    here: ThePlatform,
    tx: Tx,
    caller: Caller,
    study_instance_uid: Uid,
    annotation_id: MarkId,
    version: SeenVersion,
) -> MarkKept:
    """Take a mark off the images; a keep with the answered version brings it back."""
    row = await service.remove(tx, caller, study_instance_uid, annotation_id, version, here.clock.now())
    return MarkKept(version=row.version)
