"""WADO-RS: objects, metadata, frames and bulk values the caller may see (PS3.18 10.4).

Objects leave byte for byte as they were stored, in their stored transfer syntax; what a request
accepts only in another syntax is answered 406. Frames may be asked for decoded (`wado_frames`).
"""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, FastAPI, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from dicom_node.archive.errors import BulkDataNotFound
from dicom_node.archive.queries import find_instance, find_series, find_study, instances_of, series_of
from dicom_node.archive.reader import chunks, value_bytes
from dicom_node.archive.tables import Instance, Series, Study
from viewer.access import ViewerPorts
from viewer.bulk_values import BulkValue, bulk_value
from viewer.conditional import Unsatisfiable, byte_range, unchanged
from viewer.content_coding import coding_for, json_answer
from viewer.decode_pool import DecodePool
from viewer.media_types import DICOM, OCTETS, Form, accepted, choose, json_type, stored_form
from viewer.metadata import MetadataCache, array, instance_document, root_tag, version_tag
from viewer.routes import add_reading
from viewer.wado_frames import FrameService, frame_numbers
from viewer.wado_parts import REVALIDATE, multipart, tag_of, with_syntax
from viewer.web_address import root_of

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
FrameList = Annotated[str, Path(max_length=8_000, pattern=r"^[0-9]{1,7}(,[0-9]{1,7})*$")]
BulkPlace = Annotated[str, Path(max_length=64, pattern=r"^(pixels|[0-9]{1,15}-[0-9]{1,15})$")]
BULK_FORM = Form(media_type=OCTETS, transfer_syntax_uid="", syntaxes=frozenset({"", "*"}))
DECODING_PROCESSES = 1


def wado_router(ports: ViewerPorts) -> APIRouter:
    """The retrieve routes of the DICOMweb root."""
    service = WadoService(ports)
    study = "/studies/{study_instance_uid}"
    series = f"{study}/series/{{series_instance_uid}}"
    instance = f"{series}/instances/{{sop_instance_uid}}"
    router = APIRouter(tags=["dicomweb"], lifespan=service.lifespan)
    for path, endpoint in (
        (study, service.retrieve_study),
        (f"{study}/metadata", service.retrieve_study_metadata),
        (series, service.retrieve_series),
        (f"{series}/metadata", service.retrieve_series_metadata),
        (instance, service.retrieve_instance),
        (f"{instance}/metadata", service.retrieve_instance_metadata),
        (f"{instance}/frames/{{frame_list}}", service.retrieve_frames),
        (f"{instance}/bulkdata/{{place}}", service.retrieve_bulk_value),
    ):
        add_reading(router, path, endpoint)
    return router


class WadoService:
    """Answers retrievals. Access is asked before anything else on each request."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports
        self._cache = MetadataCache(ports.cache_folder / "metadata")
        self._pool = DecodePool(processes=DECODING_PROCESSES)
        self._frames = FrameService(ports, self._pool)

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """End decoding processes, if any were needed, with the application."""
        async with self._pool:
            yield

    async def _all_of(
        self, request: Request, study_uid: str, series_uid: str | None = None
    ) -> tuple[Study, list[tuple[Series, list[Instance]]]]:
        scope = await self._ports.access.scope(request, study_uid)
        async with self._ports.database.read() as view:
            if series_uid is not None:
                study, one = await find_series(view, scope, study_uid, series_uid)
                return study, [(one, await instances_of(view, one.series_key))]
            study = await find_study(view, scope, study_uid)
            return study, [
                (s, await instances_of(view, s.series_key)) for s in await series_of(view, study.study_key)
            ]

    async def _one(self, request: Request, study_uid: str, series_uid: str, sop_uid: str) -> Instance:
        scope = await self._ports.access.scope(request, study_uid)
        async with self._ports.database.read() as view:
            return await find_instance(view, scope, study_uid, sop_uid, series_uid)

    async def retrieve_study(self, request: Request, study_instance_uid: Uid) -> Response:
        """All objects of a study as multipart/related."""
        _study, found = await self._all_of(request, study_instance_uid)
        return self._objects(request, [i for _series, instances in found for i in instances])

    async def retrieve_series(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """All objects of a series as multipart/related."""
        _study, found = await self._all_of(request, study_instance_uid, series_instance_uid)
        return self._objects(request, found[0][1])

    def _objects(self, request: Request, instances: list[Instance]) -> Response:
        ranges = accepted(request)
        for instance in instances:
            choose(ranges, [stored_form(DICOM, instance.transfer_syntax_uid)])
        parts = (
            (with_syntax(DICOM, i.transfer_syntax_uid), chunks(self._ports.objects, i)) for i in instances
        )
        return multipart(parts, DICOM, REVALIDATE)

    async def retrieve_instance(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """One object: alone as application/dicom when that is accepted, else as multipart/related."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        syntax = instance.transfer_syntax_uid
        wanted, _form = choose(accepted(request), [stored_form(DICOM, syntax)])
        tag = tag_of(instance, weak=not wanted.alone)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        if not wanted.alone:
            parts = [(with_syntax(DICOM, syntax), chunks(self._ports.objects, instance))]
            return multipart(parts, DICOM, headers)
        return self._single_object(request, instance, tag, headers)

    def _single_object(
        self, request: Request, instance: Instance, tag: str, headers: dict[str, str]
    ) -> Response:
        total = instance.object_bytes
        headers = headers | {"Content-Type": DICOM, "Accept-Ranges": "bytes"}
        try:
            part = byte_range(request, tag, total)
        except Unsatisfiable:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{total}"})
        if part is None:
            pieces = chunks(self._ports.objects, instance)
            return StreamingResponse(pieces, headers=headers | {"Content-Length": str(total)})
        pieces = chunks(self._ports.objects, instance, part.start, part.end)
        headers |= {"Content-Range": part.header, "Content-Length": str(part.end - part.start)}
        return StreamingResponse(pieces, status_code=206, headers=headers)

    async def retrieve_study_metadata(self, request: Request, study_instance_uid: Uid) -> Response:
        """Metadata of all instances of a study, in one answer."""
        study, found = await self._all_of(request, study_instance_uid)
        media_type = json_type(request)
        root = root_of(request)
        tag = version_tag([series for series, _ in found], root)
        if unchanged(request, tag):
            return Response(status_code=304, headers=REVALIDATE | {"ETag": tag})

        def body() -> bytes:
            return array(
                instance_document(study.study_instance_uid, series.series_instance_uid, instance, root)
                for series, instances in found
                for instance in instances
            )

        headers = REVALIDATE | {"ETag": tag}
        return await json_answer(request, await run_in_threadpool(body), media_type, headers)

    async def retrieve_series_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """Metadata of all instances of a series, sent compressed as kept when the client takes gzip."""
        scope = await self._ports.access.scope(request, study_instance_uid)
        media_type = json_type(request)
        root = root_of(request)
        async with self._ports.database.read() as view:
            study, series = await find_series(view, scope, study_instance_uid, series_instance_uid)
            tag = version_tag([series], root)
            headers = REVALIDATE | {"ETag": tag}
            if unchanged(request, tag):
                return Response(status_code=304, headers=headers)
            answer = await run_in_threadpool(self._cache.find, series, root)
            if answer is None:
                instances = await instances_of(view, series.series_key)
                answer = await run_in_threadpool(self._cache.make, study, series, instances, root)
        if coding_for(request, ["gzip"]) == "gzip":
            return Response(answer, media_type=media_type, headers=headers | {"Content-Encoding": "gzip"})
        plain = await run_in_threadpool(gzip.decompress, answer)
        return Response(plain, media_type=media_type, headers=headers)

    async def retrieve_instance_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Metadata of one instance."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        media_type, root = json_type(request), root_of(request)
        tag = tag_of(instance, "metadata", root_tag(root), weak=True)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        document = instance_document(study_instance_uid, series_instance_uid, instance, root)
        return await json_answer(request, array([document]), media_type, headers)

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
        value = bulk_value(instance, place)
        if value is None:
            raise BulkDataNotFound(place=place)
        if value.vr == "pixels":
            return await self._frames.pixels(request, instance)
        wanted, _form = choose(accepted(request), [BULK_FORM])
        tag = tag_of(instance, place, weak=not wanted.alone)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        content = await run_in_threadpool(self._value, instance, value)
        if wanted.alone:
            return Response(content, media_type=OCTETS, headers=headers)
        return multipart([(OCTETS, [content])], OCTETS, headers)

    def _value(self, instance: Instance, value: BulkValue) -> bytes:
        return value.in_little_endian(value_bytes(self._ports.objects, instance, value.start, value.end))
