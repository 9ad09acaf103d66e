"""Packs: the frames of a series as the browser reads them, made once and kept in the cache."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from weakref import WeakValueDictionary

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database
from config.kernel.errors import NotFound
from config.kernel.objects import ObjectStore
from dicom_node.archive.queries import find_study, instances_of, series_of
from dicom_node.archive.reader import value_bytes
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Instance, Study
from viewer.block_cache import BlockCache
from viewer.cached_studies import FRAMES, CachedStudies
from viewer.decode_pool import DecodePool, DecoderDied
from viewer.frame_jobs import FrameJob, encode_block, encode_records, fault_record
from viewer.frame_records import BESIDE_FRAMES, Encoding, RecordsDamaged, records_in
from viewer.frame_sources import job_of
from viewer.frame_types import BIG_ENDIAN
from viewer.luts import BulkReader
from viewer.pixels import Fault
from viewer.previews import previews_in
from viewer.series_images import Pack, PackFrame, SeriesImages, StudyImages, study_images
from viewer.thumbnails import ThumbnailJob, thumbnail
from viewer.videos import Videos

STUDIES_REMEMBERED = 32
THUMBNAIL = "thumbnail"


class PackNotFound(NotFound):
    """The images of this series have changed; open the study again."""

    code = "viewer.pack_not_found"


class ImagePorts(Protocol):
    """What packs are made from and where they are kept."""

    @property
    def database(self) -> Database:
        """Where the archive's rows are."""
        ...

    @property
    def objects(self) -> ObjectStore:
        """Where the archive's bytes are."""
        ...

    @property
    def cache_folder(self) -> Path:
        """A folder that may be emptied at any time."""
        ...


class Packs:
    """Makes blocks of frames on demand or ahead, each at most once at a time in this process."""

    def __init__(self, ports: ImagePorts, *, pool: DecodePool | None = None) -> None:
        self._ports = ports
        self.pool = pool or DecodePool()
        self.cache = BlockCache(ports.cache_folder / FRAMES)
        self.videos = Videos(ports.objects, self.cache)
        self._cached = CachedStudies(ports.cache_folder)
        self._studies: OrderedDict[tuple[str, int, int], StudyImages] = OrderedDict()
        self._making: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.videos.close()
        await self.pool.__aexit__(kind, error, trace)

    async def study(self, scope: StudyScope, study_instance_uid: str) -> StudyImages:
        """The images of the caller's copy of a study. Raises StudyNotFound."""
        async with self._ports.database.read() as view:
            return await self.study_in(view, scope, study_instance_uid)

    async def study_in(self, view: AsyncSession, scope: StudyScope, study_instance_uid: str) -> StudyImages:
        """The same, read in a view that is open already."""
        study = await find_study(view, scope, study_instance_uid)
        key = (study.study_key, study.version, study.instance_count)
        known = self._studies.get(key)
        if known is not None:
            self._studies.move_to_end(key)
            return known
        return await self._read_study(view, study)

    async def _read_study(self, view: AsyncSession, study: Study) -> StudyImages:
        rows = [
            (one, await instances_of(view, one.series_key)) for one in await series_of(view, study.study_key)
        ]
        images = await asyncio.to_thread(study_images, study, rows, self._bulk_of)
        packs = [one.pack for one in images.series if one.pack is not None]
        groups = [name for pack in packs for name in (pack.pack_id, *pack.videos)]
        if not await asyncio.to_thread(self._cached.note, study, FRAMES, groups):
            return images  # and note it with the next request
        self._studies[study.study_key, study.version, study.instance_count] = images
        if len(self._studies) > STUDIES_REMEMBERED:
            self._studies.popitem(last=False)
        return images

    async def forget(self, institution_id: str, study_instance_uid: str) -> None:
        """Remove what the cache holds of one institution's copy of a study, metadata too."""
        await asyncio.to_thread(self._cached.forget, institution_id, study_instance_uid)

    def _bulk_of(self, instance: Instance) -> BulkReader:
        """Reads large values of an object."""

        def read(start: int, end: int) -> bytes:
            raw = value_bytes(self._ports.objects, instance, start, end)
            if instance.transfer_syntax_uid != BIG_ENDIAN or len(raw) % 2:
                return raw
            return np.frombuffer(raw, ">u2").astype("<u2").tobytes()

        return read

    async def frames(self, pack: Pack, first: int, last: int) -> bytes:
        """The records of frames [first, last] of a pack, made now where they are missing.

        A part of a block that is not there yet is made by itself: whoever asks for one frame is
        looking at it and does not wait for its neighbours.
        """
        wanted: list[bytes] = []
        for number in range(first // pack.block_frames, last // pack.block_frames + 1):
            low = number * pack.block_frames
            here = range(max(first, low), min(last, low + len(pack.block(number)) - 1) + 1)
            if len(here) == len(pack.block(number)):
                wanted.append(await self.block(pack, number))
            else:
                wanted.append(await self._part(pack, number, here))
        return b"".join(wanted)

    async def _part(self, pack: Pack, number: int, frames: range) -> bytes:
        content = await asyncio.to_thread(self._sound, pack, number)
        if content is None:
            jobs = await asyncio.to_thread(self._jobs, pack.frames[frames.start : frames.stop], frames.start)
            return await self._encoded(jobs)
        return b"".join(one.to_bytes() for one in records_in(content) if one.frame in frames)

    async def previews(self, pack: Pack, first: int, last: int) -> bytes:
        """The previews of those of frames [first, last] of a pack that have one, in order."""
        found: list[bytes] = []
        for number in range(first // pack.block_frames, last // pack.block_frames + 1):
            content = await self.block(pack, number)
            found.append(await asyncio.to_thread(previews_in, content, range(first, last + 1)))
        return b"".join(found)

    async def block(self, pack: Pack, number: int) -> bytes:
        """The records of one whole block, from the cache or made now."""
        lock = self._making.setdefault((pack.pack_id, number), asyncio.Lock())
        async with lock:
            content = await asyncio.to_thread(self._sound, pack, number)
            return content if content is not None else await self._make(pack, number)

    async def picture(self, pack: Pack) -> bytes | None:
        """The thumbnail of a pack (WebP), made from its middle frame; None when that cannot be shown."""
        kept = await asyncio.to_thread(self.cache.read, pack.pack_id, THUMBNAIL)
        if kept is not None:
            return kept
        middle = len(pack.frames) // 2
        facts = pack.frames[middle].facts
        if facts.form is None or isinstance(facts.pixels, Fault):
            return None
        record = list(records_in(await self.frames(pack, middle, middle)))[-1]
        try:
            made = await self.pool.run(
                thumbnail, ThumbnailJob(record=record, pixels=facts.pixels, form=facts.form)
            )
        except DecoderDied:
            return None
        if made is not None:
            await asyncio.to_thread(self.cache.write, pack.pack_id, THUMBNAIL, made)
        return made

    async def build(self, series: SeriesImages) -> None:
        """Make every missing block of a series, one after the other, and its thumbnail."""
        if series.pack is None:
            return
        for number in range(series.pack.blocks):
            if not await asyncio.to_thread(self.cache.has, series.pack.pack_id, str(number)):
                await self.block(series.pack, number)
        await self.picture(series.pack)

    def faults(self, pack: Pack) -> dict[int, Fault]:
        """Frames known not to be showable: by their header, or by an attempt to decode them."""
        found = {i: f.facts.pixels for i, f in enumerate(pack.frames) if isinstance(f.facts.pixels, Fault)}
        for number in range(pack.blocks):
            content = self.cache.read(pack.pack_id, f"{number}.faults")
            for line in (content or b"").decode("ascii").splitlines():
                frame, code = line.split(" ", 1)
                found[int(frame)] = Fault(code)
        return found

    def _sound(self, pack: Pack, number: int) -> bytes | None:
        content = self.cache.read(pack.pack_id, str(number))
        if content is None:
            return None
        low = number * pack.block_frames
        try:
            frames = [r.frame for r in records_in(content) if r.encoding not in BESIDE_FRAMES]
        except RecordsDamaged:
            frames = []
        if frames == list(range(low, low + len(pack.block(number)))):
            return content
        self.cache.forget(pack.pack_id, str(number))
        return None

    async def _make(self, pack: Pack, number: int) -> bytes:
        jobs = await asyncio.to_thread(self._jobs, pack.block(number), number * pack.block_frames)
        content = await self._encoded(jobs)
        await asyncio.to_thread(self._keep, pack, number, content)
        return content

    async def _encoded(self, jobs: Sequence[FrameJob]) -> bytes:
        try:
            return await self.pool.run(encode_block, jobs)
        except DecoderDied:
            return b"".join([await self._one_by_one(job) for job in jobs])

    async def _one_by_one(self, job: FrameJob) -> bytes:
        """Find the frame that ends decoders: only that one is given up."""
        try:
            return await self.pool.run_alone(encode_records, job)
        except DecoderDied:
            return fault_record(job.frame, Fault.DECODER_DIED).to_bytes()

    def _keep(self, pack: Pack, number: int, content: bytes) -> None:
        faults = [r for r in records_in(content) if r.encoding is Encoding.UNREADABLE]
        lines = "".join(f"{record.frame} {record.payload.decode('ascii')}\n" for record in faults)
        if lines:
            self.cache.write(pack.pack_id, f"{number}.faults", lines.encode("ascii"))
        self.cache.write(pack.pack_id, str(number), content)

    def _jobs(self, frames: Sequence[PackFrame], first: int) -> list[FrameJob]:
        files: dict[str, bytes] = {}
        return [
            job_of(
                self._ports.objects,
                frame.instance,
                frame.facts.pixels,
                frame.facts.number,
                called=first + i,
                files=files,
                overlays=[plane.read(self._bulk_of(frame.instance)) for plane in frame.facts.overlays],
            )
            for i, frame in enumerate(frames)
        ]


async def build_packs(packs: Packs, institution_id: str, study_instance_uid: str) -> None:
    """Make all packs of one institution's copy of a study ahead of its first reading.

    For the reaction to `StudySettled`. Doing it again makes only what is missing. Raises
    StudyNotFound.
    """
    own = StudyScope(institution_ids=frozenset({institution_id}))
    images = await packs.study(own, study_instance_uid)
    for series in images.series:
        await packs.build(series)
