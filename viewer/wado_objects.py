"""Objects of WADO-RS: byte for byte as they are stored, or in a transfer syntax that was named."""

from collections.abc import AsyncIterator
from functools import partial

from fastapi import Request, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from config.kernel.limits import MIB
from dicom_node.archive.reader import chunks, read_file
from dicom_node.archive.tables import Instance
from viewer.access import ViewerPorts
from viewer.attributes import unpacked
from viewer.conditional import unchanged
from viewer.decode_pool import DecodePool
from viewer.frame_types import object_forms
from viewer.media_types import DICOM, Form, MediaRange, accepted, choose, not_acceptable
from viewer.pixels import Fault, PixelForm, form_of
from viewer.second_chance import made_in
from viewer.transcoding import ObjectTranscoding, transcoded_object
from viewer.wado_frames import FrameUndecodable
from viewer.wado_parts import REVALIDATE, alone, multipart, multipart_from, tag_of, whole, with_syntax

TRANSCODED_BYTES_MAX = 512 * MIB
"""Of a file, and of its decoded pixels: an object is made anew in memory."""


class ObjectService:
    """Answers with objects that the caller may see."""

    def __init__(self, ports: ViewerPorts, pool: DecodePool) -> None:
        self._objects, self._pool = ports.objects, pool

    def several(self, request: Request, instances: list[Instance], said: dict[str, str]) -> Response:
        """Objects as multipart/related; each part says its transfer syntax. Raises NotAcceptable.

        `said`: further headers.
        One that cannot be made in the syntax asked for leaves as it is stored: the others matter more.
        """
        ranges = accepted(request)
        forms = [choose(ranges, object_forms(instance))[1] for instance in instances]
        if not any(form.decoded for form in forms):
            parts = ((with_syntax(DICOM, i.transfer_syntax_uid), chunks(self._objects, i)) for i in instances)
            return multipart(parts, DICOM, REVALIDATE | said)
        return multipart_from(self._parts(list(zip(instances, forms, strict=True))), DICOM, REVALIDATE | said)

    async def _parts(
        self, wanted: list[tuple[Instance, Form]]
    ) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        for instance, form in wanted:
            made = await self._made(instance, form) if form.decoded else None
            if isinstance(made, bytes):
                yield with_syntax(DICOM, form.transfer_syntax_uid), iterate_in_threadpool([made])
            else:
                stored = iterate_in_threadpool(chunks(self._objects, instance))
                yield with_syntax(DICOM, instance.transfer_syntax_uid), stored

    async def one(self, request: Request, instance: Instance) -> Response:
        """One object: alone as application/dicom when that is accepted, else as multipart/related."""
        wanted, form = choose(accepted(request), object_forms(instance))
        said = (form.transfer_syntax_uid,) if form.decoded else ()
        tag = tag_of(instance, *said, weak=not wanted.alone)
        headers = REVALIDATE | {"ETag": tag}
        if unchanged(request, tag):
            return Response(status_code=304, headers=headers)
        if form.decoded:
            return await self._transcoded(request, instance, wanted, form, headers)
        pieces = partial(chunks, self._objects, instance)
        if wanted.alone:
            return alone(request, tag, instance.object_bytes, pieces, headers | {"Content-Type": DICOM})
        return multipart([(with_syntax(DICOM, form.transfer_syntax_uid), pieces())], DICOM, headers)

    async def _transcoded(
        self, request: Request, instance: Instance, wanted: MediaRange, form: Form, headers: dict[str, str]
    ) -> Response:
        made = await self._made(instance, form)
        if isinstance(made, Fault):
            raise FrameUndecodable(fault=made.value)
        if made is None:
            raise not_acceptable(one for one in object_forms(instance) if one != form)
        if wanted.alone:
            return whole(request, headers["ETag"], made, headers | {"Content-Type": DICOM})
        return multipart([(with_syntax(DICOM, form.transfer_syntax_uid), [made])], DICOM, headers)

    async def _made(self, instance: Instance, form: Form) -> bytes | Fault | None:
        """The object in that form; why its pixels cannot be read, None when they cannot be so encoded."""
        work = await run_in_threadpool(self._work, instance, form)
        return work if isinstance(work, Fault) else await made_in(self._pool, transcoded_object, work)

    def _work(self, instance: Instance, form: Form) -> ObjectTranscoding | Fault:
        frames, pixels = max(instance.number_of_frames, 1), _pixels(instance)
        if isinstance(pixels, Fault):
            return pixels
        decoded_bytes = pixels.frame_bytes * frames if pixels is not None else 0
        if max(decoded_bytes, instance.object_bytes) > TRANSCODED_BYTES_MAX:
            return Fault.TOO_LARGE
        return ObjectTranscoding(
            source=read_file(self._objects, instance),
            form=pixels,
            number_of_frames=frames,
            transfer_syntax_uid=form.transfer_syntax_uid,
        )


def _pixels(instance: Instance) -> PixelForm | Fault | None:
    """The form of the pixels, None where there are none."""
    if instance.rows is None or instance.pixel_offset is None:
        return None
    return form_of(unpacked(instance.metadata_json), instance.transfer_syntax_uid)
