"""The routes of videos: how far one is, and its rendition, of which browsers ask for ranges."""

import asyncio
import os
from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import Path, Request, Response

from config.kernel.errors import Conflict, NotFound
from config.kernel.limits import KIB
from config.routing import Router
from viewer.access import ViewerPorts
from viewer.conditional import unchanged
from viewer.packs import Packs
from viewer.reading import IMMUTABLE, NOT_KEPT, Uid
from viewer.series_images import PackFrame
from viewer.video_rendition import Rendition
from viewer.videos import VideoState
from viewer.wado_parts import alone

PIECE_BYTES = 256 * KIB
NO_RANGE = 416
VideoId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class VideoNotFound(NotFound):
    """This study has no such video; open the study again."""

    code = "viewer.video_not_found"


class VideoNotReady(Conflict):
    """This video is not ready to be played; its state says why."""

    code = "viewer.video_not_ready"


def videos_router(ports: ViewerPorts, packs: Packs) -> Router:
    """The routes of videos; whoever owns the packs ends what is being made."""
    service = _VideosService(ports, packs)
    router = Router(prefix="/api/videos/{video_id}/{study_instance_uid}", tags=["reading"])
    router.add_api_route("/state", service.video_state, response_model=VideoState)
    router.add_api_route(
        "/content",
        service.video_content,
        response_class=Response,
        responses={200: {"content": {"video/mp4": {}, "video/webm": {}}}},
    )
    return router


class _VideosService:
    def __init__(self, ports: ViewerPorts, packs: Packs) -> None:
        self._ports, self._packs = ports, packs

    async def video_state(self, request: Request, video_id: VideoId, study_instance_uid: Uid) -> Response:
        """How far the rendition of a video is; to ask begins it."""
        frame = await self._video(request, video_id, study_instance_uid)
        state = await self._packs.videos.state(video_id, frame)
        body = state.model_dump_json()
        return Response(body, media_type="application/json", headers={"Cache-Control": NOT_KEPT})

    async def video_content(self, request: Request, video_id: VideoId, study_instance_uid: Uid) -> Response:
        """What browsers play, or a range of it. Raises VideoNotReady until it is made."""
        frame = await self._video(request, video_id, study_instance_uid)
        state = await self._packs.videos.state(video_id, frame)
        tag = f'"{video_id}"'
        headers = {"Cache-Control": IMMUTABLE, "ETag": tag}
        if state.rendition is not None and unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        opened = await asyncio.to_thread(self._packs.videos.open, video_id)
        if state.rendition is None or opened is None:
            raise VideoNotReady(state=state.state)
        headers["Content-Type"] = _type_of(state.rendition)
        answer = alone(
            request, tag, os.fstat(opened.fileno()).st_size, lambda a, b: _pieces(opened, a, b), headers
        )
        if answer.status_code == NO_RANGE:
            opened.close()
        return answer

    async def _video(self, request: Request, video_id: str, study_instance_uid: str) -> PackFrame:
        async with self._ports.access.reading(request, study_instance_uid) as (view, scope):
            images = await self._packs.study_in(view, scope, study_instance_uid)
        frame = images.video(video_id)
        if frame is None:
            raise VideoNotFound
        return frame


def _type_of(rendition: Rendition) -> str:
    return rendition.media_type.partition(";")[0]


def _pieces(opened: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with opened:
        opened.seek(start)
        while start < end and (piece := opened.read(min(PIECE_BYTES, end - start))):
            start += len(piece)
            yield piece
