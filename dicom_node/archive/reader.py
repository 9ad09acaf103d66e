"""Bytes of stored objects through the object store. All calls block: use them from threads."""

from collections.abc import Iterator

from config.kernel.objects import ObjectStore, ReadsAtOnce
from dicom_node.archive.errors import FrameNotAddressable, FrameNotFound
from dicom_node.archive.inflate import DEFLATED, inflated_bytes_max, inflated_pieces
from dicom_node.archive.tables import Instance

CHUNK_BYTES = 1024 * 1024
AT_ONCE_BYTES_MAX = 4 * 1024 * 1024
"""What is copied faster than a thread is asked to."""


def read_file(objects: ObjectStore, instance: Instance) -> bytes:
    """The whole Part 10 file as stored."""
    return objects.read(instance.object_key)


def read_dataset(objects: ObjectStore, instance: Instance) -> bytes:
    """The data set as received, byte for byte, in the stored transfer syntax."""
    return objects.read(instance.object_key, instance.dataset_offset)


def chunks(
    objects: ObjectStore, instance: Instance, start: int = 0, end: int | None = None
) -> Iterator[bytes]:
    """The bytes [start, end) of the Part 10 file in pieces of CHUNK_BYTES."""
    stop = instance.object_bytes if end is None else min(end, instance.object_bytes)
    while start < stop:
        piece = objects.read(instance.object_key, start, min(start + CHUNK_BYTES, stop))
        if not piece:
            return
        yield piece
        start += len(piece)


def value_pieces(objects: ObjectStore, instance: Instance, start: int, end: int) -> Iterator[bytes]:
    """The bytes [start, end) as the facts of an object count them, in pieces; a deflated one is inflated."""
    if instance.transfer_syntax_uid not in DEFLATED:
        yield from chunks(objects, instance, start, end)
        return
    deflated = chunks(objects, instance, instance.dataset_offset)
    limit = inflated_bytes_max(instance.object_bytes - instance.dataset_offset)
    place = 0
    for piece in inflated_pieces(deflated, limit):
        part = piece[max(0, start - place) : max(0, end - place)]
        if part:
            yield part
        place += len(piece)
        if place >= end:
            return


def value_bytes(objects: ObjectStore, instance: Instance, start: int, end: int) -> bytes:
    """The same in one piece."""
    if instance.transfer_syntax_uid not in DEFLATED:
        return objects.read(instance.object_key, start, end)
    return b"".join(value_pieces(objects, instance, start, end))


def frame_pieces(instance: Instance, number: int) -> list[tuple[int, int]]:
    """Where frame `number` (from 1) lies in the file: one [start, end) pair for each fragment.

    Raises FrameNotFound, or FrameNotAddressable when the frames' places are not known.
    """
    if number < 1 or instance.pixel_offset is None or number > max(instance.number_of_frames, 1):
        raise FrameNotFound(frame=number)
    if number > len(instance.frame_offsets):
        raise FrameNotAddressable(frame=number)
    flat: list[int] = instance.frame_offsets[number - 1]
    return list(zip(flat[::2], flat[1::2], strict=True))


def read_frame(objects: ObjectStore, instance: Instance, number: int) -> bytes:
    """Frame `number` (from 1) in the stored transfer syntax: pixels, or one compressed stream.

    Raises FrameNotFound or FrameNotAddressable.
    """
    return b"".join(
        value_bytes(objects, instance, start, end) for start, end in frame_pieces(instance, number)
    )


def frame_now(
    objects: ObjectStore, instance: Instance, number: int, *, before: bytes = b"", after: bytes = b""
) -> memoryview | None:
    """The same between `before` and `after`, without waiting; None when it is not in memory, or is large.

    Raises FrameNotFound or FrameNotAddressable.
    """
    pieces = frame_pieces(instance, number)
    size = sum(end - start for start, end in pieces)
    deflated = instance.transfer_syntax_uid in DEFLATED
    if deflated or size > AT_ONCE_BYTES_MAX or not isinstance(objects, ReadsAtOnce):
        return None
    whole = memoryview(bytearray(len(before) + size + len(after)))
    whole[: len(before)], whole[len(before) + size :] = before, after
    places, place = list[tuple[int, memoryview]](), len(before)
    for start, end in pieces:
        places.append((start, whole[place : place + end - start]))
        place += end - start
    return whole if objects.read_now(instance.object_key, places) else None
