"""WADO-RS: objects, metadata, frames and bulk values the caller may see (PS3.18 10.4).

Objects leave byte for byte as they were stored, in their stored transfer syntax: nothing is
transcoded here, and what a request accepts only in another syntax is answered 406.
"""

import gzip
import secrets
from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from config.kernel.errors import Invalid
from dicom_node.archive.errors import BulkDataNotFound, FrameNotAddressable
from dicom_node.archive.queries import find_instance, find_series, find_study, instances_of, series_of
from dicom_node.archive.reader import chunks, frame_pieces, read_frame, value_bytes
from dicom_node.archive.tables import Instance, Series, Study
from viewer.access import ViewerPorts
from viewer.bulk_values import BulkValue, bulk_value
from viewer.conditional import Unsatisfiable, byte_range, unchanged
from viewer.frame_types import frame_media_type, in_order
from viewer.media_types import DICOM, DICOM_JSON, OCTETS, MediaRange, accepted, choose, require_json
from viewer.metadata import MetadataCache, array, instance_document, version_tag
from viewer.web_address import root_of

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
FrameList = Annotated[str, Path(max_length=8_000, pattern=r"^[0-9]{1,7}(,[0-9]{1,7})*$")]
BulkPlace = Annotated[str, Path(max_length=64, pattern=r"^(pixels|[0-9]{1,15}-[0-9]{1,15})$")]
FRAMES_PER_REQUEST_MAX = 1_000
TAGGED_CHARACTERS_MAX = 64
REVALIDATE = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Encoding, Cookie, Authorization"}


class FrameListRefused(Invalid):
    """More frames are asked for than one answer may hold."""

    code = "dicomweb.frame_list_refused"


def wado_router(ports: ViewerPorts) -> APIRouter:
    """The retrieve routes of the DICOMweb root."""
    service = WadoService(ports)
    study = "/studies/{study_instance_uid}"
    series = f"{study}/series/{{series_instance_uid}}"
    instance = f"{series}/instances/{{sop_instance_uid}}"
    router = APIRouter(tags=["dicomweb"])
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
        router.add_api_route(path, endpoint, methods=["GET"], response_class=Response)
    return router


def _multipart(
    parts: Iterable[tuple[str, Iterable[bytes]]], inner: str, headers: dict[str, str]
) -> StreamingResponse:
    """Parts (content type, pieces) as multipart/related, streamed by worker threads (PS3.18 8.6.1.2)."""
    boundary = f"lianzhen-{secrets.token_hex(16)}"

    def body() -> Iterator[bytes]:
        for content_type, pieces in parts:
            yield f"--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()
            yield from pieces
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    media_type = f'multipart/related; type="{inner}"; boundary={boundary}'
    return StreamingResponse(body(), headers=headers | {"Content-Type": media_type})


def _with_syntax(media_type: str, instance: Instance) -> str:
    return f"{media_type}; transfer-syntax={instance.transfer_syntax_uid}"


class WadoService:
    """Answers retrievals. Access is asked before anything else on each request."""

    def __init__(self, ports: ViewerPorts) -> None:
        self._ports = ports
        self._cache = MetadataCache(ports.cache_folder / "metadata")

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
            choose(ranges, DICOM, instance.transfer_syntax_uid)
        parts = ((_with_syntax(DICOM, i), chunks(self._ports.objects, i)) for i in instances)
        return _multipart(parts, DICOM, REVALIDATE)

    async def retrieve_instance(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """One object: alone as application/dicom when that is accepted, else as multipart/related."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        wanted = choose(accepted(request), DICOM, instance.transfer_syntax_uid)
        tag = f'"{instance.dataset_sha256}"'
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        if wanted.is_multipart or wanted.media_type == "*/*":
            parts = [(_with_syntax(DICOM, instance), chunks(self._ports.objects, instance))]
            return _multipart(parts, DICOM, headers)
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
        require_json(request)
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

        return Response(
            await run_in_threadpool(body), media_type=DICOM_JSON, headers=REVALIDATE | {"ETag": tag}
        )

    async def retrieve_series_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """Metadata of all instances of a series, sent compressed as kept when the client takes gzip."""
        scope = await self._ports.access.scope(request, study_instance_uid)
        require_json(request)
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
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(answer, media_type=DICOM_JSON, headers=headers | {"Content-Encoding": "gzip"})
        return Response(
            await run_in_threadpool(gzip.decompress, answer), media_type=DICOM_JSON, headers=headers
        )

    async def retrieve_instance_metadata(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Metadata of one instance."""
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        require_json(request)
        document = instance_document(study_instance_uid, series_instance_uid, instance, root_of(request))
        return Response(array([document]), media_type=DICOM_JSON, headers=REVALIDATE)

    async def retrieve_frames(
        self,
        request: Request,
        study_instance_uid: Uid,
        series_instance_uid: Uid,
        sop_instance_uid: Uid,
        frame_list: FrameList,
    ) -> Response:
        """Frames by number (from 1), in their stored transfer syntax; one frame alone if so accepted."""
        numbers = [int(number) for number in frame_list.split(",")]
        if len(numbers) > FRAMES_PER_REQUEST_MAX:
            raise FrameListRefused(frames_max=FRAMES_PER_REQUEST_MAX)
        instance = await self._one(request, study_instance_uid, series_instance_uid, sop_instance_uid)
        for number in numbers:
            frame_pieces(instance, number)
        media_type = frame_media_type(instance.transfer_syntax_uid)
        wanted = choose(accepted(request), media_type, instance.transfer_syntax_uid)
        tag = f'"{instance.dataset_sha256}-{frame_list}"'
        headers = REVALIDATE | ({"ETag": tag} if len(frame_list) <= TAGGED_CHARACTERS_MAX else {})
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        if len(numbers) == 1 and self._alone(wanted):
            content = await run_in_threadpool(self._frame, instance, numbers[0])
            return Response(content, headers=headers | {"Content-Type": _with_syntax(media_type, instance)})
        parts = ((_with_syntax(media_type, instance), iter([self._frame(instance, n)])) for n in numbers)
        return _multipart(parts, media_type, headers)

    @staticmethod
    def _alone(wanted: MediaRange) -> bool:
        return not wanted.is_multipart and wanted.media_type != "*/*"

    def _frame(self, instance: Instance, number: int) -> bytes:
        return in_order(instance, read_frame(self._ports.objects, instance, number))

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
        ranges = accepted(request)
        if value.vr == "pixels":
            return await run_in_threadpool(self._pixels, ranges, instance)
        wanted = choose(ranges, OCTETS, instance.transfer_syntax_uid)
        content = await run_in_threadpool(self._value, instance, value)
        if self._alone(wanted):
            return Response(content, media_type=OCTETS, headers=REVALIDATE)
        return _multipart([(OCTETS, [content])], OCTETS, REVALIDATE)

    def _value(self, instance: Instance, value: BulkValue) -> bytes:
        return value.in_little_endian(value_bytes(self._ports.objects, instance, value.start, value.end))

    def _pixels(self, ranges: list[MediaRange], instance: Instance) -> Response:
        """Pixel Data as a bulk value: all frames, each a part."""
        media_type = frame_media_type(instance.transfer_syntax_uid)
        choose(ranges, media_type, instance.transfer_syntax_uid)
        if instance.frame_offsets:
            frames: Iterable[bytes] = (
                self._frame(instance, n + 1) for n in range(len(instance.frame_offsets))
            )
        elif media_type == OCTETS and instance.pixel_offset is not None and instance.pixel_bytes is not None:
            end = instance.pixel_offset + instance.pixel_bytes
            frames = [value_bytes(self._ports.objects, instance, instance.pixel_offset, end)]
        else:
            raise FrameNotAddressable(frame=1)
        return _multipart(((_with_syntax(media_type, instance), [f]) for f in frames), media_type, REVALIDATE)
