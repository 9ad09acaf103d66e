"""The route of what objects say about a study's images: fetched with the tools, after the first image."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Request
from pydantic import BaseModel

from config.kernel.errors import AppError
from config.kernel.objects import ObjectStore
from config.routing import Router
from dicom_node.archive.queries import find_study, of_classes
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.tables import Instance, Series
from viewer.access import ViewerPorts
from viewer.attributes import Attributes, unpacked
from viewer.luts import BULK_BYTES_MAX, BulkReader
from viewer.objects.classes import (
    DOCUMENTS,
    KEY_OBJECTS,
    PRESENTATIONS,
    REPORTS,
    SEGMENTATIONS,
    STRUCTURE_SET,
)
from viewer.objects.documents_read import read_document
from viewer.objects.key_objects_read import read_key_objects
from viewer.objects.presentation_read import read_presentation
from viewer.objects.report_read import read_report
from viewer.objects.segmentation_read import read_segmentation
from viewer.objects.structure_read import read_structure_set
from viewer.objects.told import (
    Document,
    KeyObjects,
    Presentation,
    Report,
    Segmentation,
    StructureSet,
    StudyObjects,
    Unreadable,
)

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
OBJECTS_MAX = 200
SHOWN = frozenset({KEY_OBJECTS, STRUCTURE_SET}) | SEGMENTATIONS | PRESENTATIONS | REPORTS | DOCUMENTS


def objects_router(ports: ViewerPorts) -> Router:
    """The route of the objects panel."""
    service = _ObjectsService(ports)
    router = Router(prefix="/api", tags=["reading"])
    router.add_api_route(
        "/studies/{study_instance_uid}/objects", service.study_objects, response_model=StudyObjects
    )
    return router


class _ObjectsService:
    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports

    async def study_objects(self, request: Request, study_instance_uid: Uid) -> StudyObjects:
        """What objects of a study say about its images, the last ones to come first."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            study = await find_study(view, scope, study_instance_uid)
            rows = await of_classes(view, study.study_key, SHOWN, OBJECTS_MAX + 1)
        return await asyncio.to_thread(told, rows, self._ports.objects)


def told(rows: Sequence[tuple[Series, Instance]], objects: ObjectStore) -> StudyObjects:
    """What these objects say; one that cannot be read does not keep the others from being shown."""
    found: list[BaseModel] = [read(series, one, objects) for series, one in rows[:OBJECTS_MAX]]
    return StudyObjects(
        key_objects=tuple(one for one in found if isinstance(one, KeyObjects)),
        presentations=tuple(one for one in found if isinstance(one, Presentation)),
        reports=tuple(one for one in found if isinstance(one, Report)),
        segmentations=tuple(one for one in found if isinstance(one, Segmentation)),
        structure_sets=tuple(one for one in found if isinstance(one, StructureSet)),
        documents=tuple(one for one in found if isinstance(one, Document)),
        unreadable=tuple(one for one in found if isinstance(one, Unreadable)),
        more=len(rows) > OBJECTS_MAX,
    )


def read(
    series: Series, instance: Instance, objects: ObjectStore
) -> KeyObjects | Presentation | Report | Segmentation | StructureSet | Document | Unreadable:
    """One object, or why it cannot be read."""
    uid = series.series_instance_uid
    try:
        return _told_by(instance, unpacked(instance.metadata_json), uid, bulk_of(objects, instance))
    except AppError as refusal:
        return Unreadable(
            sop_instance_uid=instance.sop_instance_uid, series_instance_uid=uid, code=refusal.code
        )


def _told_by(
    instance: Instance, data: Attributes, series_instance_uid: str, bulk: BulkReader
) -> KeyObjects | Presentation | Report | Segmentation | StructureSet | Document:
    """What an object of one of the classes SHOWN says. Raises what their readers raise."""
    uid = instance.sop_class_uid
    if uid in PRESENTATIONS:
        return read_presentation(data, series_instance_uid, bulk)
    if uid in SEGMENTATIONS:
        return read_segmentation(data, series_instance_uid, bulk)
    if uid == STRUCTURE_SET:
        return read_structure_set(data, series_instance_uid, bulk)
    if uid == KEY_OBJECTS:
        return read_key_objects(data, series_instance_uid)
    if uid in DOCUMENTS:
        return read_document(data, series_instance_uid)
    return read_report(data, series_instance_uid)


def bulk_of(objects: ObjectStore, instance: Instance) -> BulkReader:
    """Reads large tables of an object from where it is kept; nothing where they cannot be had."""

    def bulk(start: int, end: int) -> bytes:
        if not 0 <= end - start <= BULK_BYTES_MAX:
            return b""
        try:
            return value_bytes(objects, instance, start, end)
        except AppError:
            return b""

    return bulk
