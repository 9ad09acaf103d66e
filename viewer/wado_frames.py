"""Frames and Pixel Data of WADO-RS: as they are stored, or decoded where the request asks for that."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from config.kernel.errors import Conflict, Invalid
from config.kernel.limits import MIB
from dicom_node.archive.errors import FrameNotAddressable, FrameNotFound
from dicom_node.archive.reader import frame_now, frame_pieces, read_frame, value_pieces
from dicom_node.archive.tables import Instance
from viewer.access import ViewerPorts
from viewer.attributes import Attributes, unpacked
from viewer.conditional import unchanged
from viewer.decode_pool import DecodePool
from viewer.frame_sources import job_of
from viewer.frame_types import BIG_ENDIAN, frame_forms, in_little_endian, word_bytes
from viewer.media_types import (
    EXPLICIT_LITTLE_ENDIAN,
    OCTETS,
    Form,
    MediaRange,
    accepted,
    choose,
    not_acceptable,
    stored_form,
)
from viewer.pixels import NATIVE, Fault, PixelForm, form_of
from viewer.second_chance import made_in
from viewer.transcoding import FrameTranscoding, transcoded_frame
from viewer.wado_parts import REVALIDATE, Part, alone, multipart, tag_of, whole, with_syntax

FRAMES_PER_REQUEST_MAX = 1_000
DECODED_BYTES_MAX = 64 * MIB
"""Several decoded frames are all made before the first leaves, so that a fault can still be said."""
TAGGED_CHARACTERS_MAX = 64


class FrameListRefused(Invalid):
    """More frames are asked for than one answer may hold."""

    code = "dicomweb.frame_list_refused"


class FrameUndecodable(Conflict):
    """The frame cannot be decoded; it can be had in its stored transfer syntax."""

    code = "dicomweb.frame_undecodable"


class FrameService:
    """Answers with frames of an object that the caller may see."""

    def __init__(self, ports: ViewerPorts, pool: DecodePool) -> None:
        self._objects, self._pool = ports.objects, pool

    async def frames(self, request: Request, instance: Instance, numbers: Sequence[int]) -> Response:
        """The frames of these numbers (from 1) in their order; one alone if so accepted."""
        for number in numbers:
            _require(instance, number)
        wanted, form = choose(accepted(request), frame_forms(instance.transfer_syntax_uid))
        single = wanted.alone and len(numbers) == 1
        listed = ".".join(map(str, numbers))
        headers, tag = dict(REVALIDATE), ""
        if len(listed) <= TAGGED_CHARACTERS_MAX:
            tag = tag_of(instance, listed, form.media_type, form.transfer_syntax_uid, weak=not single)
            headers["ETag"] = tag
            if unchanged(request, tag):
                return Response(status_code=304, headers=headers)
        content_type = with_syntax(form.media_type, form.transfer_syntax_uid)
        if single:
            content = await self._frame(instance, numbers[0], form)
            return whole(request, tag, content, headers | {"Content-Type": content_type})
        if len(numbers) == 1:
            part = Part(content_type, form.media_type)
            return part.answer(await self._frame(instance, numbers[0], form, part), headers)
        found = await self._found(instance, numbers, form)
        return multipart(((content_type, [frame]) for frame in found), form.media_type, headers)

    async def _frame(
        self, instance: Instance, number: int, form: Form, part: Part | None = None
    ) -> bytes | memoryview:
        """One frame, between what stands around it in its part."""
        before, after = (part.before, part.after) if part else (b"", b"")
        if not form.decoded and await self._stored_as_sent(instance, [number]):
            at_hand = frame_now(self._objects, instance, number, before=before, after=after)
            if at_hand is not None:
                return at_hand
        frame = await run_in_threadpool(next, iter(await self._found(instance, [number], form)))
        return b"".join((before, frame, after)) if part else frame

    async def _stored_as_sent(self, instance: Instance, numbers: Sequence[int]) -> bool:
        """Whether the frames leave as they lie in the file."""
        size = await self._word_bytes(instance)
        return size == 1 and (
            instance.transfer_syntax_uid not in NATIVE or _can_be_cut(instance, numbers, size)
        )

    async def pixels(self, request: Request, instance: Instance) -> Response:
        """Pixel Data as a bulk value (8.7.3.3): native or a video whole, others frame by frame."""
        if instance.pixel_offset is None:
            raise FrameNotFound(frame=1)
        wanted, form = choose(accepted(request), frame_forms(instance.transfer_syntax_uid))
        if instance.transfer_syntax_uid in NATIVE and not form.decoded:
            return await self._native_value(request, instance, wanted, form)
        if not instance.frame_offsets and not form.decoded:
            raise FrameNotAddressable(frame=1)
        found = max(instance.number_of_frames, 1) if form.decoded else len(instance.frame_offsets)
        return await self.frames(request, instance, range(1, found + 1))

    async def _native_value(
        self, request: Request, instance: Instance, wanted: MediaRange, form: Form
    ) -> Response:
        if instance.pixel_offset is None or instance.pixel_bytes is None:
            raise FrameNotAddressable(frame=1)
        tag = tag_of(instance, "pixels", weak=not wanted.alone)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        size = await self._word_bytes(instance)
        first, total = instance.pixel_offset, instance.pixel_bytes
        content_type = with_syntax(form.media_type, form.transfer_syntax_uid)

        def pieces(start: int, end: int) -> Iterator[bytes]:
            low, high = start - start % size, min(total, end + -end % size)
            place = low
            for piece in value_pieces(self._objects, instance, first + low, first + high):
                turned = in_little_endian(piece, size)
                yield turned[max(0, start - place) : max(0, end - place)]
                place += len(piece)

        if wanted.alone:
            return alone(request, tag, total, pieces, headers | {"Content-Type": content_type})
        return multipart([(content_type, pieces(0, total))], form.media_type, headers)

    async def _word_bytes(self, instance: Instance) -> int:
        """Bytes that turn round together; only a big endian object has to be looked into for them."""
        if instance.transfer_syntax_uid != BIG_ENDIAN:
            return 1
        return word_bytes(instance, await run_in_threadpool(unpacked, instance.metadata_json))

    async def _found(self, instance: Instance, numbers: Sequence[int], form: Form) -> Iterable[bytes]:
        native, size = instance.transfer_syntax_uid in NATIVE, await self._word_bytes(instance)
        if form.decoded or (native and not _can_be_cut(instance, numbers, size)):
            data = await run_in_threadpool(unpacked, instance.metadata_json)
            return await self._decoded(instance, numbers, data, form.transfer_syntax_uid)
        for number in numbers:
            frame_pieces(instance, number)
        return self._stored(instance, numbers, size)

    def _stored(self, instance: Instance, numbers: Sequence[int], size: int) -> Iterator[bytes]:
        for number in numbers:
            yield in_little_endian(read_frame(self._objects, instance, number), size)

    async def _decoded(
        self, instance: Instance, numbers: Sequence[int], data: Attributes, syntax: str
    ) -> list[bytes]:
        """The frames made in the pool. Raises FrameUndecodable, FrameListRefused, NotAcceptable."""
        pixels = form_of(data, instance.transfer_syntax_uid)
        if isinstance(pixels, Fault):
            raise FrameUndecodable(fault=pixels.value)
        if len(numbers) > 1 and pixels.frame_bytes * len(numbers) > DECODED_BYTES_MAX:
            raise FrameListRefused(frames_max=max(1, DECODED_BYTES_MAX // pixels.frame_bytes))
        files: dict[str, bytes] = {}
        return [await self._decode(instance, pixels, number, files, syntax) for number in numbers]

    async def _decode(
        self, instance: Instance, pixels: PixelForm, number: int, files: dict[str, bytes], syntax: str
    ) -> bytes:
        def work() -> FrameTranscoding:
            job = job_of(self._objects, instance, pixels, number, called=number, files=files)
            return FrameTranscoding(job=job, transfer_syntax_uid=syntax)

        found = await made_in(self._pool, transcoded_frame, await run_in_threadpool(work))
        if isinstance(found, Fault):
            raise FrameUndecodable(frame=number, fault=found.value)
        if found is None:
            raise not_acceptable([stored_form(OCTETS, EXPLICIT_LITTLE_ENDIAN)])
        return found


def frame_numbers(frame_list: str) -> list[int]:
    """The numbers of a frame list, "1,3,5". Raises FrameListRefused."""
    numbers = [int(number) for number in frame_list.split(",")]
    if len(numbers) > FRAMES_PER_REQUEST_MAX:
        raise FrameListRefused(frames_max=FRAMES_PER_REQUEST_MAX)
    return numbers


def _require(instance: Instance, number: int) -> None:
    """Raises FrameNotFound when the object has no such frame."""
    with suppress(FrameNotAddressable):
        frame_pieces(instance, number)


def _can_be_cut(instance: Instance, numbers: Sequence[int], size: int) -> bool:
    """Whether the frames' bytes can be cut from native pixel data: whole bytes, and whole words of `size`."""
    try:
        pieces = [piece for number in numbers for piece in frame_pieces(instance, number)]
    except FrameNotAddressable:
        return False
    first = instance.pixel_offset or 0
    return all((start - first) % size == 0 and (end - start) % size == 0 for start, end in pieces)
