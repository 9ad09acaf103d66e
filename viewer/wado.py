"""WADO-RS: objects, metadata, frames and bulk values the caller may see (PS3.18 10.4).

Objects leave byte for byte as they were stored unless a request names another transfer syntax
(`wado_objects`); frames may be asked for decoded or encoded anew (`wado_frames`), and everything that
has pixels as pictures (`wado_rendered`).
"""

import gzip
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.concurrency import run_in_threadpool

from config.routing import Router
from dicom_node.archive.errors import BulkDataNotFound
from dicom_node.archive.queries import (
    Documented,
    documents_of,
    find_instance,
    find_series,
    find_study,
    instances_of,
    middle_image,
    series_of,
)
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.keeping.errors import ObjectDamaged
from dicom_node.keeping.unsound import damaged
from viewer.access import ViewerPorts
from viewer.bulk_values import BulkValue, bulk_value
from viewer.cached_studies import METADATA, CachedStudies
from viewer.conditional import unchanged
from viewer.content_coding import coding_for
from viewer.decode_pool import DecodePool
from viewer.documents import XML_PARTS, answer_documents, document_type
from viewer.media_types import accepted, choose
from viewer.metadata import MetadataCache, array, instance_document, root_tag, version_tag
from viewer.routes import BulkPlace, FrameList, Readings, Uid
from viewer.wado_frames import FrameService, frame_numbers
from viewer.wado_objects import ObjectService
from viewer.wado_parts import REVALIDATE, multipart, tag_of, whole
from viewer.wado_rendered import PictureNotFound, RenderingService, asked
from viewer.web_address import PREFIX, root_of

DECODING_PROCESSES = 1
DAMAGED_NAMED_MAX = 20


def wado_router(ports: ViewerPorts, readings: Readings) -> Router:
    """The retrieve routes of the DICOMweb root."""
    service = WadoService(ports)
    study = "/studies/{study_instance_uid}"
    series = f"{study}/series/{{series_instance_uid}}"
    instance = f"{series}/instances/{{sop_instance_uid}}"
    router = Router(prefix=PREFIX, tags=["dicomweb"], lifespan=service.lifespan)
    for path, endpoint in (
        (study, service.retrieve_study),
        (f"{study}/metadata", service.retrieve_study_metadata),
        (series, service.retrieve_series),
        (f"{series}/metadata", service.retrieve_series_metadata),
        (instance, service.retrieve_instance),
        (f"{instance}/metadata", service.retrieve_instance_metadata),
        (f"{instance}/frames/{{frame_list}}", service.retrieve_frames),
        (f"{instance}/bulkdata/{{place}}", service.retrieve_bulk_value),
        (f"{instance}/pixeldata", service.retrieve_pixels),
        (f"{study}/rendered", service.render_study),
        (f"{series}/rendered", service.render_series),
        (f"{instance}/rendered", service.render_instance),
        (f"{instance}/frames/{{frame_list}}/rendered", service.render_frames),
        (f"{study}/thumbnail", service.retrieve_study_thumbnail),
        (f"{series}/thumbnail", service.retrieve_series_thumbnail),
        (f"{instance}/thumbnail", service.retrieve_instance_thumbnail),
        (f"{instance}/frames/{{frame_list}}/thumbnail", service.retrieve_frame_thumbnail),
    ):
        readings.add(router, path, endpoint)
    return router


class WadoService:
    """Answers retrievals. Access is asked before anything else on each request."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports
        self._cached = CachedStudies(ports.cache_folder)
        self._cache = MetadataCache(ports.cache_folder / METADATA)
        self._pool = DecodePool(processes=DECODING_PROCESSES)
        self._frames = FrameService(ports, self._pool)
        self._objects = ObjectService(ports, self._pool)
        self._rendering = RenderingService(ports, self._pool)

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """End decoding processes, if any were needed, with the application."""
        async with self._pool:
            yield

    async def _all_of(
        self, request: Request, study_uid: str, series_uid: str | None = None
    ) -> tuple[Study, list[tuple[Series, list[Instance]]]]:
        async with self._ports.access.reading(request, study_uid) as (view, scope):
            if series_uid is not None:
                study, one = await find_series(view, scope, study_uid, series_uid)
                return study, [(one, await instances_of(view, one.series_key))]
            study = await find_study(view, scope, study_uid)
            return study, [
                (s, await instances_of(view, s.series_key)) for s in await series_of(view, study.study_key)
            ]

    async def _one(self, request: Request, study_uid: str, series_uid: str, sop_uid: str) -> Instance:
        """The object of these UIDs. Raises ObjectDamaged when its bytes are known to be others now."""
        async with self._ports.access.reading(request, study_uid) as (view, scope):
            instance = await find_instance(view, scope, study_uid, sop_uid, series_uid)
            if await damaged(view, [instance.object_key]):
                raise ObjectDamaged(sop_instance_uid=sop_uid)
            return instance

    async def _several(
        self, request: Request, study_uid: str, series_uid: str | None = None
    ) -> tuple[list[Instance], dict[str, str]]:
        """The whole objects of a study or series, and a warning that names those that are damaged.

        Raises ObjectDamaged when there is none.
        """
        _study, found = await self._all_of(request, study_uid, series_uid)
        instances = [one for _series, some in found for one in some]
        async with self._ports.database.read() as view:
            broken = await damaged(view, [one.object_key for one in instances])
        left_out = [one.sop_instance_uid for one in instances if one.object_key in broken]
        if left_out and len(left_out) == len(instances):
            raise ObjectDamaged(sop_instance_uid=left_out[0])
        whole = [one for one in instances if one.object_key not in broken]
        named = ", ".join(left_out[:DAMAGED_NAMED_MAX])
        warning = {"Warning": f'299 lianzhen "{len(left_out)} damaged objects are left out: {named}"'}
        return whole, warning if left_out else {}

    async def retrieve_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """All objects of a study as multipart/related."""
        instances, headers = await self._several(request, study_instance_uid)
        return self._objects.several(request, instances, headers)

    async def retrieve_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """All objects of a series as multipart/related."""
        instances, headers = await self._several(request, study_instance_uid, series_instance_uid)
        return self._objects.several(request, instances, headers)

    async def retrieve_instance(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """One object: alone as application/dicom when that is accepted, else as multipart/related."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._objects.one(request, instance)

    async def retrieve_study_metadata(self, request: Request, study_instance_uid: Uid) -> Response:
        """Metadata of all instances of a study, in one answer."""
        study, found = await self._all_of(request, study_instance_uid)
        media_type, root = document_type(request), root_of(request)
        tag = version_tag([series for series, _ in found], root, media_type)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)

        def body() -> bytes:
            return array(
                instance_document(study.study_instance_uid, series.series_instance_uid, instance, root)
                for series, instances in found
                for instance in instances
            )

        return await answer_documents(request, await run_in_threadpool(body), media_type, headers)

    async def retrieve_series_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """Metadata of all instances of a series, sent compressed as kept when the client takes gzip."""
        media_type, root = document_type(request), root_of(request)
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            study, series = await find_series(view, scope, study_instance_uid, series_instance_uid)
            tag = version_tag([series], root, media_type)
            headers = REVALIDATE | {"ETag": tag}
            if unchanged(request, tag):
                return Response(status_code=304, headers=headers)
            answer = await self._kept(view, study, series, root)
        if media_type != XML_PARTS and coding_for(request, ["gzip"]) == "gzip":
            return Response(answer, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
        plain = await run_in_threadpool(gzip.decompress, answer)
        if media_type == XML_PARTS:
            return await answer_documents(request, plain, media_type, headers)
        return Response(plain, media_type=media_type, headers=headers)

    async def _kept(self, view: AsyncSession, study: Study, series: Series, root: str) -> bytes:
        """The compressed metadata of a series from memory, from its file, or made now."""
        answer = self._cache.remembered(series, root)
        if answer is None:
            answer = await run_in_threadpool(self._cache.find, series, root)
        if answer is None:
            instances = await documents_of(view, series.series_key)
            answer = await run_in_threadpool(self._made, study, series, instances, root)
        return answer

    def _made(self, study: Study, series: Series, instances: Sequence[Documented], root: str) -> bytes:
        noted = self._cached.note(study, METADATA, [series.series_key])
        return self._cache.make(study, series, instances, root, keep=noted)

    async def retrieve_instance_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Metadata of one instance."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            instance = await find_instance(
                view, scope, study_instance_uid, sop_instance_uid, series_instance_uid
            )
        media_type, root = document_type(request), root_of(request)
        kind = "xml" if media_type == XML_PARTS else "json"
        tag = tag_of(instance, "metadata", root_tag(root), kind, weak=True)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        document = await run_in_threadpool(
            instance_document, study_instance_uid, series_instance_uid, instance, root
        )
        return await answer_documents(request, array([document]), media_type, headers)

    async def retrieve_frames(
        self,
        request: Request,
        study_instance_uid: Uid,
        series_instance_uid: Uid,
        sop_instance_uid: Uid,
        frame_list: FrameList,
    ) -> Response:
        """Frames by number (from 1): as stored, or decoded if asked for; one frame alone if so accepted."""
        numbers = frame_numbers(frame_list)
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._frames.frames(request, instance, numbers)

    async def retrieve_bulk_value(
        self,
        request: Request,
        study_instance_uid: Uid,
        series_instance_uid: Uid,
        sop_instance_uid: Uid,
        place: BulkPlace,
    ) -> Response:
        """One large value that the metadata names by its address, in little endian."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        value = await run_in_threadpool(bulk_value, instance, place)
        if value is None:
            raise BulkDataNotFound(place=place)
        if value.vr == "pixels":
            return await self._frames.pixels(request, instance)
        wanted, form = choose(accepted(request), value.forms)
        tag = tag_of(instance, place, weak=not wanted.alone)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        content = await run_in_threadpool(self._value, instance, value)
        if wanted.alone:
            return whole(request, tag, content, headers | {"Content-Type": form.media_type})
        return multipart([(form.media_type, [content])], form.media_type, headers)

    def _value(self, instance: Instance, value: BulkValue) -> bytes:
        return value.in_little_endian(value_bytes(self._ports.objects, instance, value.start, value.end))

    async def retrieve_pixels(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Pixel Data of one object (10.4.1.1.6), as its bulk value."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._frames.pixels(request, instance)

    async def render_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """A picture of each object of a study that has images."""
        instances, headers = await self._several(request, study_instance_uid)
        return await self._rendering.several(asked(request), instances, headers)

    async def render_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """A picture of each object of a series."""
        instances, headers = await self._several(request, study_instance_uid, series_instance_uid)
        return await self._rendering.several(asked(request), instances, headers)

    async def render_instance(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """A picture of one object: of the frame that stands for it."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._rendering.one(asked(request), instance)

    async def render_frames(
        self,
        request: Request,
        study_instance_uid: Uid,
        series_instance_uid: Uid,
        sop_instance_uid: Uid,
        frame_list: FrameList,
    ) -> Response:
        """Pictures of frames."""
        numbers = frame_numbers(frame_list)
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._rendering.one(asked(request), instance, numbers)

    async def retrieve_study_thumbnail(self, request: Request, study_instance_uid: Uid) -> Response:
        """A small picture of the first series of a study that has images."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            study = await find_study(view, scope, study_instance_uid)
            for series in await series_of(view, study.study_key):
                middle = await middle_image(view, series.series_key)
                if middle is not None and not await damaged(view, [middle.object_key]):
                    return await self._thumbnail(request, middle)
        raise PictureNotFound

    async def retrieve_series_thumbnail(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """A small picture of the image in the middle of a series."""
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            _study, series = await find_series(view, scope, study_instance_uid, series_instance_uid)
            middle = await middle_image(view, series.series_key)
            if middle is not None and await damaged(view, [middle.object_key]):
                raise ObjectDamaged(sop_instance_uid=middle.sop_instance_uid)
        return await self._thumbnail(request, middle)

    async def retrieve_instance_thumbnail(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """A small picture of one object."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._thumbnail(request, instance)

    async def retrieve_frame_thumbnail(
        self,
        request: Request,
        study_instance_uid: Uid,
        series_instance_uid: Uid,
        sop_instance_uid: Uid,
        frame_list: FrameList,
    ) -> Response:
        """A small picture of the first of some frames."""
        numbers = frame_numbers(frame_list)[:1]
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        return await self._rendering.one(asked(request, thumbnail=True), instance, numbers)

    async def _thumbnail(self, request: Request, instance: Instance | None) -> Response:
        if instance is None or instance.rows is None:
            raise PictureNotFound
        return await self._rendering.one(asked(request, thumbnail=True), instance)
