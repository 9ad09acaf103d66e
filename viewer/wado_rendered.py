"""Rendered pictures and thumbnails of WADO-RS (PS3.18 10.4.1.1.3 and 10.4.1.1.4)."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np
from fastapi import Request, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from config.kernel.errors import NotFound
from dicom_node.archive.errors import FrameNotFound
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.tables import Instance
from viewer.access import ViewerPorts
from viewer.attributes import Attributes, integer, unpacked
from viewer.conditional import unchanged
from viewer.decode_pool import DecodePool
from viewer.frame_sources import job_of
from viewer.frame_types import BIG_ENDIAN
from viewer.image_form import FrameFacts, frames_of
from viewer.luts import BulkReader
from viewer.media_types import Form, MediaRange, accepted, choose
from viewer.pixels import Fault
from viewer.render_query import RenderingRefused, Wish, read_wish
from viewer.rendering import JPEG, PNG, PictureJob, picture
from viewer.second_chance import made_in
from viewer.wado_frames import FrameListRefused, FrameUndecodable
from viewer.wado_parts import REVALIDATE, multipart, multipart_from, tag_of

PICTURES_MAX = 1_000
FORMS = [
    Form(media_type=media_type, transfer_syntax_uid="", syntaxes=frozenset({"", "*"}))
    for media_type in (JPEG, PNG)
]


class PictureNotFound(NotFound):
    """There is nothing here of which a picture could be made."""

    code = "dicomweb.picture_not_found"


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """What is asked for: in which form, and how it is to look."""

    request: Request
    wanted: MediaRange
    media_type: str
    wish: Wish

    def name(self, numbers: Sequence[int]) -> str:
        """A short name of the form, the look, and the frames."""
        return hashlib.sha256(f"{self.media_type} {self.wish} {list(numbers)}".encode()).hexdigest()[:16]


def asked(request: Request, *, thumbnail: bool = False) -> Pictures:
    """What the request asks for. Raises NotAcceptable, RenderingRefused."""
    wanted, form = choose(accepted(request), FORMS)
    wish = read_wish(request.query_params, thumbnail=thumbnail)
    return Pictures(request=request, wanted=wanted, media_type=form.media_type, wish=wish)


class RenderingService:
    """Answers with pictures of objects that the caller may see."""

    def __init__(self, ports: ViewerPorts, pool: DecodePool) -> None:
        self._objects, self._pool = ports.objects, pool

    async def one(self, pictures: Pictures, instance: Instance, numbers: Sequence[int] = ()) -> Response:
        """Frames of these numbers, or the one that stands for the object; one comes without parts."""
        headers = dict(REVALIDATE)
        single = len(numbers) <= 1 and not pictures.wanted.is_multipart
        tag = tag_of(instance, pictures.name(numbers), weak=not single)
        headers["ETag"] = tag
        if unchanged(pictures.request, tag):
            return Response(status_code=304, headers=headers)
        data = await run_in_threadpool(unpacked, instance.metadata_json)
        facts = await run_in_threadpool(self._facts, instance, data)
        chosen = [_frame(facts, n) for n in numbers or [_representative(data, facts)]]
        first = await self._picture(pictures, instance, chosen[0])
        if single:
            return Response(first, media_type=pictures.media_type, headers=headers)
        rest = [await self._picture(pictures, instance, frame) for frame in chosen[1:]]
        return multipart(
            [(pictures.media_type, [one]) for one in (first, *rest)], pictures.media_type, headers
        )

    async def several(
        self, pictures: Pictures, instances: Sequence[Instance], said: dict[str, str]
    ) -> Response:
        """One picture of each object that has images, as parts; what cannot be shown is left out.

        `said`: further headers. Raises PictureNotFound when no object has an image.
        """
        images = [one for one in instances if one.rows is not None]
        if not images:
            raise PictureNotFound
        if len(images) > PICTURES_MAX:
            raise FrameListRefused(frames_max=PICTURES_MAX)
        return multipart_from(self._parts(pictures, images), pictures.media_type, REVALIDATE | said)

    async def _parts(
        self, pictures: Pictures, images: Sequence[Instance]
    ) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        for instance in images:
            data = await run_in_threadpool(unpacked, instance.metadata_json)
            facts = await run_in_threadpool(self._facts, instance, data)
            try:
                shown = await self._picture(pictures, instance, _frame(facts, _representative(data, facts)))
            except (FrameUndecodable, FrameNotFound, RenderingRefused):
                continue
            yield pictures.media_type, iterate_in_threadpool([shown])

    def _facts(self, instance: Instance, data: Attributes) -> list[FrameFacts]:
        if instance.rows is None:
            return []
        return frames_of(
            data, instance.transfer_syntax_uid, instance.number_of_frames, self._bulk_of(instance)
        )

    def _bulk_of(self, instance: Instance) -> BulkReader:
        """Reads large tables of an object."""

        def read(start: int, end: int) -> bytes:
            raw = value_bytes(self._objects, instance, start, end)
            if instance.transfer_syntax_uid != BIG_ENDIAN or len(raw) % 2:
                return raw
            return np.frombuffer(raw, ">u2").astype("<u2").tobytes()

        return read

    async def _picture(self, pictures: Pictures, instance: Instance, frame: FrameFacts) -> bytes:
        if frame.form is None or isinstance(frame.pixels, Fault):
            fault = frame.pixels.value if isinstance(frame.pixels, Fault) else Fault.HEADER_INCOMPLETE.value
            raise FrameUndecodable(frame=frame.number, fault=fault)
        region = pictures.wish.region(frame.form.columns, frame.form.rows)
        job = await run_in_threadpool(
            job_of, self._objects, instance, frame.pixels, frame.number, called=frame.number, files={}
        )
        made = await made_in(
            self._pool,
            picture,
            PictureJob(
                frame=job, form=frame.form, region=region, wish=pictures.wish, media_type=pictures.media_type
            ),
        )
        if isinstance(made, Fault):
            raise FrameUndecodable(frame=frame.number, fault=made.value)
        return made


def _representative(data: Attributes, facts: Sequence[FrameFacts]) -> int:
    """The frame that stands for the object: the named one (0028,6010), else the one in the middle."""
    named = integer(data, "00286010")
    return named if named is not None and 1 <= named <= len(facts) else len(facts) // 2 + 1


def _frame(facts: Sequence[FrameFacts], number: int) -> FrameFacts:
    if not 1 <= number <= len(facts):
        raise FrameNotFound(frame=number)
    return facts[number - 1]
