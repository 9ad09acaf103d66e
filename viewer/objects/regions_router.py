"""The routes of what objects outline: fetched for one object when somebody wants to see it."""

import asyncio
from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from config.kernel.errors import AppError
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
from viewer.objects.classes import SEGMENTATION, STRUCTURE_SET
from viewer.objects.masks import BYTE_BITS, PackedFrames, job_records, packed_place, packed_records
from viewer.objects.region_errors import NotASegmentation, NotAStructureSet
from viewer.objects.router import Uid, bulk_of
from viewer.objects.segmentation_read import mask_frames
from viewer.objects.structure_read import read_contours
from viewer.objects.told import Contours, MaskFrames
from viewer.pixels import Fault, PixelForm, form_of
from viewer.second_chance import made_in
from viewer.wado_parts import REVALIDATE, tag_of

EDITION = "regions-1"
"""Part of every ETag: a new form of the answers must not be mistaken for the old one."""
BLOCK_PIXELS = 16 * 1024 * 1024
JSON, OCTETS = "application/json", "application/octet-stream"


def regions_router(ports: ViewerPorts, pool: DecodePool) -> APIRouter:
    """The routes of segmentations and structure sets; `pool` decodes, and somebody else closes it."""
    service = _RegionsService(ports, pool)
    router = APIRouter(prefix="/api/studies/{study_instance_uid}", tags=["reading"])
    router.add_api_route(
        "/segmentations/{sop_instance_uid}",
        service.segmentation_frames,
        response_model=MaskFrames,
        operation_id="segmentation_frames",
    )
    router.add_api_route(
        "/segmentations/{sop_instance_uid}/masks",
        service.segmentation_masks,
        operation_id="segmentation_masks",
        response_class=Response,
        responses={200: {"content": {OCTETS: {}}}},
    )
    router.add_api_route(
        "/structure-sets/{sop_instance_uid}",
        service.structure_contours,
        response_model=Contours,
        operation_id="structure_contours",
    )
    return router


class _RegionsService:
    def __init__(self, ports: ViewerPorts, pool: DecodePool) -> None:
        self._ports, self._pool = ports, pool

    async def segmentation_frames(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """Which segment each frame of a segmentation shows, and where it lies; `ETag` names the object."""
        instance = await self._segmentation(request, study_instance_uid, sop_instance_uid)
        return await self._told(request, instance, lambda: mask_frames(unpacked(instance.metadata_json)))

    async def structure_contours(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """The contours of a structure set in the patient; `ETag` names the object."""
        instance = await self._instance(request, study_instance_uid, sop_instance_uid)
        if instance.sop_class_uid != STRUCTURE_SET:
            raise NotAStructureSet(sop_class_uid=instance.sop_class_uid)
        bulk = bulk_of(self._ports.objects, instance)
        return await self._told(
            request, instance, lambda: read_contours(unpacked(instance.metadata_json), bulk)
        )

    async def segmentation_masks(
        self, request: Request, study_instance_uid: Uid, sop_instance_uid: Uid
    ) -> Response:
        """The frames of a segmentation, all of them (layout in viewer/objects/masks.py)."""
        instance = await self._segmentation(request, study_instance_uid, sop_instance_uid)
        headers = REVALIDATE | {"ETag": tag_of(instance, EDITION, "masks", weak=False)}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        data = await asyncio.to_thread(unpacked, instance.metadata_json)
        frames = await asyncio.to_thread(mask_frames, data)
        return StreamingResponse(self._records(instance, data, frames), media_type=OCTETS, headers=headers)

    async def _instance(self, request: Request, study: str, sop_instance_uid: str) -> Instance:
        async with self._ports.access.reading(request, study) as (view, scope):
            return await find_instance(view, scope, study, sop_instance_uid)

    async def _segmentation(self, request: Request, study: str, sop_instance_uid: str) -> Instance:
        instance = await self._instance(request, study, sop_instance_uid)
        if instance.sop_class_uid != SEGMENTATION:
            raise NotASegmentation(sop_class_uid=instance.sop_class_uid)
        return instance

    async def _told(self, request: Request, instance: Instance, read: Callable[[], BaseModel]) -> Response:
        headers = REVALIDATE | {"ETag": tag_of(instance, EDITION, weak=True)}
        if unchanged(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        body = await asyncio.to_thread(lambda: read().model_dump_json().encode())
        return await json_answer(request, body, JSON, headers)

    async def _records(self, instance: Instance, data: Attributes, told: MaskFrames) -> AsyncIterator[bytes]:
        """Blocks of records, one made while the one before leaves."""
        form, total = form_of(data, instance.transfer_syntax_uid), len(told.frames)
        files: dict[str, bytes] = {}
        step = max(1, BLOCK_PIXELS // (told.rows * told.columns))
        for first in range(0, total, step):
            numbers = range(first, min(first + step, total))
            yield await self._block(instance, form, numbers, files, told)

    async def _block(
        self,
        instance: Instance,
        form: PixelForm | Fault,
        numbers: range,
        files: dict[str, bytes],
        told: MaskFrames,
    ) -> bytes:
        """The records of these frames (from 0); when they cannot be made, each says why."""

        def jobs() -> list[FrameJob]:
            objects = self._ports.objects
            return [job_of(objects, instance, form, n + 1, called=n, files=files) for n in numbers]

        try:
            if are_packed(form):
                pixels, word = told.rows * told.columns, word_of(instance)
                packed = await asyncio.to_thread(self._packed, instance, numbers, pixels, word)
                made = await made_in(self._pool, packed_records, packed)
            else:
                work = (await asyncio.to_thread(jobs), told.fractional)
                made = await made_in(self._pool, job_records, work)
        except AppError:
            made = Fault.UNDECODABLE
        if isinstance(made, Fault):
            return b"".join(fault_record(number, made).to_bytes() for number in numbers)
        return made

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


def are_packed(form: PixelForm | Fault) -> bool:
    """Whether frames are bits that can be read by their places: native ones."""
    return isinstance(form, PixelForm) and form.native and form.bits_allocated == 1


def word_of(instance: Instance) -> int:
    """Bytes of its Pixel Data that turn round together; only a big endian object has to be looked into."""
    if instance.transfer_syntax_uid != BIG_ENDIAN:
        return 1
    return word_bytes(instance, unpacked(instance.metadata_json))
