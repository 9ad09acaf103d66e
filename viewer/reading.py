"""What the reading station fetches: manifest, frames, thumbnails. Access is asked on each request."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import brotli
from fastapi import FastAPI, Path, Request, Response

from config.kernel.errors import NotFound, TooLarge
from config.routing import Router
from dicom_node.archive.errors import SeriesNotFound
from viewer.access import ViewerPorts
from viewer.manifest import Manifest, manifest_of
from viewer.packs import PackNotFound, Packs
from viewer.series_images import Pack, StudyImages
from viewer.thumbnails import MEDIA_TYPE

BLOCKS_PER_REQUEST_MAX = 2
PREVIEW_BLOCKS_PER_REQUEST_MAX = 4
FRAME_NUMBER_MAX = 10_000_000
RECORDS_MEDIA_TYPE = "application/octet-stream"
IMMUTABLE = "private, max-age=31536000, immutable"
NOT_KEPT = "no-store"
SHORTLY = "private, max-age=300"
BROTLI_QUALITY = 5
COMPRESSED_FROM_BYTES = 1024

Uid = Annotated[str, Path(max_length=64, pattern=r"^[0-9.]+$")]
PackId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
FrameNumber = Annotated[int, Path(ge=0, le=FRAME_NUMBER_MAX)]


class FramesNotFound(NotFound):
    """This series has no such frames."""

    code = "viewer.frames_not_found"


class FramesTooMany(TooLarge):
    """These are more frames than one request may ask for."""

    code = "viewer.frames_too_many"


class ThumbnailNotFound(NotFound):
    """There is no picture of this series."""

    code = "viewer.thumbnail_not_found"


def reading_router(ports: ViewerPorts, packs: Packs | None = None) -> Router:
    """The routes of the reading station. The router's lifespan owns the decoding processes."""
    service = ReadingService(ports, packs or Packs(ports))
    router = Router(prefix="/api", tags=["reading"], lifespan=service.lifespan)
    router.add_api_route(
        "/studies/{study_instance_uid}/manifest", service.study_manifest, response_model=Manifest
    )
    for records, answer in (("frames", service.pack_frames), ("previews", service.pack_previews)):
        router.add_api_route(
            f"/packs/{{pack_id}}/{{study_instance_uid}}/{records}/{{first}}-{{last}}",
            answer,
            response_class=Response,
            responses={200: {"content": {RECORDS_MEDIA_TYPE: {}}}},
        )
    router.add_api_route(
        "/studies/{study_instance_uid}/series/{series_instance_uid}/thumbnail",
        service.series_thumbnail,
        response_class=Response,
        responses={200: {"content": {MEDIA_TYPE: {}}}},
    )
    return router


class ReadingService:
    """The handlers, with what they stand on."""

    def __init__(self, ports: ViewerPorts, packs: Packs) -> None:
        self._ports, self._packs = ports, packs

    @asynccontextmanager
    async def lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        """Start decoding processes with the server and end them with it."""
        async with self._packs:
            self._packs.pool.warm()
            yield

    async def study_manifest(self, request: Request, study_instance_uid: Uid) -> Response:
        """Everything about a study except its pixels; `ETag` names the content."""
        images = await self._images(request, study_instance_uid)
        body = await asyncio.to_thread(self._manifest_json, images)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": NOT_KEPT, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if len(body) >= COMPRESSED_FROM_BYTES and "br" in request.headers.get("accept-encoding", ""):
            body = await asyncio.to_thread(brotli.compress, body, quality=BROTLI_QUALITY)
            headers["Content-Encoding"] = "br"
        return Response(body, media_type="application/json", headers=headers)

    async def pack_frames(
        self,
        request: Request,
        pack_id: PackId,
        study_instance_uid: Uid,
        first: FrameNumber,
        last: FrameNumber,
    ) -> Response:
        """Frame records `first` to `last` of a pack (layout in viewer/frame_records.py)."""
        images = await self._images(request, study_instance_uid)
        pack = _pack_asked(images, pack_id, first, last, BLOCKS_PER_REQUEST_MAX)
        return _records(await self._packs.frames(pack, first, last))

    async def pack_previews(
        self,
        request: Request,
        pack_id: PackId,
        study_instance_uid: Uid,
        first: FrameNumber,
        last: FrameNumber,
    ) -> Response:
        """Preview records of those of frames `first` to `last` of a pack that have one."""
        images = await self._images(request, study_instance_uid)
        pack = _pack_asked(images, pack_id, first, last, PREVIEW_BLOCKS_PER_REQUEST_MAX)
        return _records(await self._packs.previews(pack, first, last))

    async def series_thumbnail(
        self, request: Request, study_instance_uid: Uid, series_instance_uid: Uid
    ) -> Response:
        """A small picture of the middle frame of a series."""
        images = await self._images(request, study_instance_uid)
        series = next((s for s in images.series if s.series.series_instance_uid == series_instance_uid), None)
        if series is None:
            raise SeriesNotFound(series_instance_uid=series_instance_uid)
        if series.pack is None:
            raise ThumbnailNotFound
        picture = await self._packs.picture(series.pack)
        if picture is None:
            raise ThumbnailNotFound
        return Response(picture, media_type=MEDIA_TYPE, headers={"Cache-Control": SHORTLY})

    async def _images(self, request: Request, study_instance_uid: str) -> StudyImages:
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            return await self._packs.study_in(view, scope, study_instance_uid)

    def _manifest_json(self, images: StudyImages) -> bytes:
        faults = {s.pack.pack_id: self._packs.faults(s.pack) for s in images.series if s.pack is not None}
        return manifest_of(images, faults).model_dump_json().encode()


def _pack_asked(images: StudyImages, pack_id: str, first: int, last: int, blocks_max: int) -> Pack:
    """The pack, when it has these frames and they lie in so few blocks."""
    pack = images.pack(pack_id)
    if pack is None:
        raise PackNotFound
    if first > last or last >= len(pack.frames):
        raise FramesNotFound(first=first, last=last, frames=len(pack.frames))
    if last // pack.block_frames - first // pack.block_frames >= blocks_max:
        raise FramesTooMany(frames_max=pack.block_frames * blocks_max)
    return pack


def _records(content: bytes) -> Response:
    return Response(content, media_type=RECORDS_MEDIA_TYPE, headers={"Cache-Control": IMMUTABLE})
