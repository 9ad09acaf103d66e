"""The routes of what objects outline: fetched for one object when somebody wants to see it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from config.kernel.errors import AppError
from config.routing import Router
from dicom_node.archive.queries import find_instance
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.tables import Instance
from viewer.access import ViewerPorts
from viewer.attributes import Attributes, unpacked
from viewer.conditional import unchanged
from viewer.content_coding import json_answer
from viewer.decode_pool import DecodePool
from viewer.frame_jobs import FrameJob, fault_record
from viewer.frame_sources import job_of
from viewer.frame_types import BIG_ENDIAN, in_little_endian, word_bytes
from viewer.objects.classes import SEGMENTATIONS, STRUCTURE_SET
from viewer.objects.label_maps import label_records, labels_in, padding_of
from viewer.objects.masks import BYTE_BITS, PackedFrames, job_records, packed_place, packed_records
from viewer.objects.region_errors import NotASegmentation, NotAStructureSet
from viewer.objects.router import Uid, bulk_of
from viewer.objects.segmentation_read import labelled, mask_frames
from viewer.objects.structure_read import read_contours
from viewer.objects.told import Contours, MaskFrames
from viewer.pixels import Fault, PixelForm, form_of
from viewer.second_chance import made_in
from viewer.wado_parts import REVALIDATE, tag_of

EDITION = "regions-2"
"""Part of every ETag: a new form of the answers must not be mistaken for the old one."""
BLOCK_PIXELS = 16 * 1024 * 1024
Way = TypeVar("Way")
Made = TypeVar("Made")
JSON, OCTETS = "application/json", "application/octet-stream"


def regions_router(ports: ViewerPorts, pool: DecodePool) -> Router:
    """The routes of segmentations and structure sets; `pool` decodes, and somebody else closes it."""
    service = _RegionsService(ports, pool)
    router = Router(prefix="/api/studies/{study_instance_uid}", tags=["reading"])
    router.add_api_route(
        "/segmentations/{sop_instance_uid}", service.segmentation_frames, response_model=MaskFrames
    )
    router.add_api_route(
        "/segmentations/{sop_instance_uid}/masks",
        service.segmentation_masks,
        response_class=Response,
        responses={200: {"content": {OCTETS: {}}}},
    )
    router.add_api_route(
        "/structure-sets/{sop_instance_uid}", service.structure_contours, response_model=Contours
    )
    return router


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """A segmentation as it is kept; `files` remembers the last whole file that was read of it."""

    instance: Instance
    data: Attributes
    told: MaskFrames
    form: PixelForm | Fault
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def blocks(self) -> list[range]:
        """Numbers of frames, from 0, that are decoded at one time."""
        total, step = len(self.told.frames), max(1, BLOCK_PIXELS // (self.told.rows * self.told.columns))
        return [range(first, min(first + step, total)) for first in range(0, total, step)]


class _RegionsService:
    def __init__(self, ports: ViewerPorts, pool: DecodePool) -> None:
        self._ports, self._pool = ports, pool

    async def segmentation_frames(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Which segments each frame of a segmentation shows, and where it lies; `ETag` names the object."""
        instance = await self._segmentation(request, study_instance_uid, sop_instance_uid)
        return await self._told(request, instance, lambda: self._frames(instance))

    async def structure_contours(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """The contours of a structure set in the patient; `ETag` names the object."""
        instance = await self._instance(request, study_instance_uid, sop_instance_uid)
        if instance.sop_class_uid != STRUCTURE_SET:
            raise NotAStructureSet(sop_class_uid=instance.sop_class_uid)
        bulk = bulk_of(self._ports.objects, instance)
        return await self._told(
            request,
            instance,
            lambda: asyncio.to_thread(lambda: read_contours(unpacked(instance.metadata_json), bulk)),
        )

    async def segmentation_masks(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """The frames of a segmentation, all of them (layout in viewer/objects/masks.py)."""
        instance = await self._segmentation(request, study_instance_uid, sop_instance_uid)
        headers = REVALIDATE | {"ETag": tag_of(instance, EDITION, "masks", weak=False)}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        stored = await asyncio.to_thread(_stored, instance)
        return StreamingResponse(self._records(stored), media_type=OCTETS, headers=headers)

    async def _instance(self, request: Request, study: str, sop_instance_uid: str) -> Instance:
        async with self._ports.access.reading(request, study) as (view, scope):
            return await find_instance(view, scope, study, sop_instance_uid)

    async def _segmentation(self, request: Request, study: str, sop_instance_uid: str) -> Instance:
        instance = await self._instance(request, study, sop_instance_uid)
        if instance.sop_class_uid not in SEGMENTATIONS:
            raise NotASegmentation(sop_class_uid=instance.sop_class_uid)
        return instance

    async def _told(
        self, request: Request, instance: Instance, read: Callable[[], Awaitable[BaseModel]]
    ) -> Response:
        headers = REVALIDATE | {"ETag": tag_of(instance, EDITION, weak=True)}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        made = await read()
        body = await asyncio.to_thread(lambda: made.model_dump_json().encode())
        return await json_answer(request, body, JSON, headers)

    async def _frames(self, instance: Instance) -> MaskFrames:
        """The frames of a segmentation; of a label map, whose pixels tell, they are decoded for it."""
        stored = await asyncio.to_thread(_stored, instance)
        if not stored.told.label_map:
            return stored.told
        present: list[tuple[int, ...]] = []
        for numbers in stored.blocks:
            made = await self._decoded(stored, numbers, labels_in, padding_of(stored.data))
            present += [()] * len(numbers) if isinstance(made, Fault) else made
        return labelled(stored.told, present)

    async def _records(self, stored: _Stored) -> AsyncIterator[bytes]:
        """Blocks of records, one made while the one before leaves; what cannot be made says why."""
        for numbers in stored.blocks:
            made = await self._block(stored, numbers)
            yield faults(numbers, made) if isinstance(made, Fault) else made

    async def _block(self, stored: _Stored, numbers: range) -> bytes | Fault:
        """The records of these frames (from 0), or why there are none."""
        told = stored.told
        if told.label_map:
            return await self._decoded(stored, numbers, label_records, padding_of(stored.data))
        if not are_packed(stored.form):
            return await self._decoded(stored, numbers, job_records, told.fractional)
        pixels, word = told.rows * told.columns, word_of(stored.instance)
        try:
            packed = await asyncio.to_thread(self._packed, stored.instance, numbers, pixels, word)
        except AppError:
            return Fault.UNDECODABLE
        return await made_in(self._pool, packed_records, packed)

    async def _decoded(
        self, stored: _Stored, numbers: range, make: Callable[[tuple[list[FrameJob], Way]], Made], way: Way
    ) -> Made | Fault:
        """What `make` makes of these frames, decoded in the pool; `way` is what else it wants to know."""
        one, objects = stored, self._ports.objects

        def jobs() -> list[FrameJob]:
            return [
                job_of(objects, one.instance, one.form, n + 1, called=n, files=one.files) for n in numbers
            ]

        try:
            work = (await asyncio.to_thread(jobs), way)
        except AppError:
            return Fault.UNDECODABLE
        return await made_in(self._pool, make, work)

    def _packed(self, instance: Instance, numbers: range, pixels: int, word: int) -> PackedFrames:
        """These frames as they lie in the file, whole words of `word` bytes turned to little endian."""
        start, end, first_bit = packed_place(numbers.start, len(numbers), pixels)
        skipped, offset, size = start % word, instance.pixel_offset or 0, instance.pixel_bytes or 0
        place = offset + min(start - skipped, size), offset + min(end + -end % word, size)
        packed = value_bytes(self._ports.objects, instance, *place)
        return PackedFrames(
            first=numbers.start,
            count=len(numbers),
            pixels=pixels,
            packed=in_little_endian(packed[: len(packed) // word * word], word),
            first_bit=first_bit + skipped * BYTE_BITS,
        )


def _stored(instance: Instance) -> _Stored:
    data = unpacked(instance.metadata_json)
    form = form_of(data, instance.transfer_syntax_uid)
    return _Stored(instance=instance, data=data, told=mask_frames(data), form=form)


def faults(numbers: range, fault: Fault) -> bytes:
    """Records that say why these frames cannot be shown."""
    return b"".join(fault_record(number, fault).to_bytes() for number in numbers)


def are_packed(form: PixelForm | Fault) -> bool:
    """Whether frames are bits that can be read by their places: native ones."""
    return isinstance(form, PixelForm) and form.native and form.bits_allocated == 1


def word_of(instance: Instance) -> int:
    """Bytes of its Pixel Data that turn round together; only a big endian object has to be looked into."""
    if instance.transfer_syntax_uid != BIG_ENDIAN:
        return 1
    return word_bytes(instance, unpacked(instance.metadata_json))
