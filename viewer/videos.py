"""Videos as browsers play them: made when first looked at, each once at a time, and kept in the cache.

They are made in processes of their own, so that pictures never wait for a conversion. A process writes to a
draft in the cache and hands nothing over but what it made: videos are larger than what a process may hold.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict

from config.kernel.limits import GIB
from config.kernel.objects import ObjectStore, StoreFull
from config.kernel.stopping import end
from dicom_node.archive.errors import FrameNotAddressable, FrameNotFound
from dicom_node.archive.reader import frame_pieces, value_pieces
from viewer.block_cache import BlockCache
from viewer.decode_pool import DecodePool, DecoderDied
from viewer.series_images import PackFrame
from viewer.video_rendition import FULL, Rendition, VideoFault, VideoJob, make_rendition

SOURCE_BYTES_MAX = 2 * GIB
CPU_SECONDS_MAX = 1_800
SPARE_CPU_SECONDS = 60
"""A conversion sees by itself that it takes too long; the limit of the process ends what no longer looks."""
CONTENT, TOLD, FAULT, SOURCE, PROGRESS = "video", "video.told", "video.fault", "source", "progress"
PERCENT = 100


class VideoState(BaseModel):
    """How far a video is. `progress` is a share from 0 to 1; `rendition` is there once it is ready."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["preparing", "ready", "refused"]
    progress: float = 0.0
    reason: VideoFault | None = None
    rendition: Rendition | None = None


def one_at_a_time() -> DecodePool:
    """Conversions of this process: one, and as long as a long video takes."""
    return DecodePool(processes=1, cpu_seconds_max=CPU_SECONDS_MAX + SPARE_CPU_SECONDS)


class Videos:
    """Renditions in a cache, under the names of their videos."""

    def __init__(
        self,
        objects: ObjectStore,
        cache: BlockCache,
        *,
        pool: DecodePool | None = None,
        source_bytes_max: int = SOURCE_BYTES_MAX,
        cpu_seconds_max: float = CPU_SECONDS_MAX,
    ) -> None:
        self._objects, self._cache = objects, cache
        self._pool = pool or one_at_a_time()
        self._source_bytes_max, self._cpu_seconds_max = source_bytes_max, cpu_seconds_max
        self._making: dict[str, asyncio.Task[None]] = {}
        self._progress: dict[str, Path] = {}
        self._one = asyncio.Lock()

    async def close(self) -> None:
        """End what is being made, and the processes."""
        for task in list(self._making.values()):
            await end(task)
        await self._pool.__aexit__(None, None, None)

    async def state(self, video_id: str, frame: PackFrame) -> VideoState:
        """How far the rendition of a video is; it is begun where there is none.

        Raises what kept the archive from giving its stream, once; then it is tried again.
        """
        known = await asyncio.to_thread(self._known, video_id)
        if known is not None:
            return known
        before = self._making.get(video_id)
        if before is not None and before.done():
            del self._making[video_id]
            before.result()
        if video_id not in self._making:
            task = asyncio.create_task(self._make(video_id, frame), name=f"video {video_id}")
            self._making[video_id] = task
            task.add_done_callback(lambda done: self._ended(video_id, done))
        return VideoState(state="preparing", progress=await asyncio.to_thread(self._share, video_id))

    def _ended(self, video_id: str, task: asyncio.Task[None]) -> None:
        """What went wrong stays for whoever asks next."""
        if task.cancelled() or task.exception() is None:
            self._making.pop(video_id, None)

    async def made(self, video_id: str) -> None:
        """Wait until nothing is being made of this video."""
        task = self._making.get(video_id)
        if task is not None:
            await asyncio.wait([task])

    def open(self, video_id: str) -> BinaryIO | None:
        """The rendition, if it is there. Blocks."""
        return self._cache.open(video_id, CONTENT)

    def _known(self, video_id: str) -> VideoState | None:
        fault, told = self._cache.read(video_id, FAULT), self._cache.read(video_id, TOLD)
        if fault is not None:
            return VideoState(state="refused", reason=VideoFault(fault.decode("ascii")))
        if told is None or not self._cache.has(video_id, CONTENT):
            return None
        return VideoState(state="ready", progress=1.0, rendition=Rendition.model_validate_json(told))

    def _share(self, video_id: str) -> float:
        progress = self._progress.get(video_id)
        try:
            return int(progress.read_text("ascii") or 0) / PERCENT if progress is not None else 0.0
        except FileNotFoundError:
            return 0.0

    async def _make(self, video_id: str, frame: PackFrame) -> None:
        """One after the other, for copies of streams take room. Raises StoreFull.

        Nothing comes of it when the cache is emptied meanwhile: whoever asks next begins anew.
        """
        with suppress(FileNotFoundError), _told_of_full_disks(video_id):
            async with self._one:
                await self._make_now(video_id, frame)

    async def _make_now(self, video_id: str, frame: PackFrame) -> None:
        source, target, progress = await asyncio.to_thread(self._begin, video_id)
        self._progress[video_id] = progress
        try:
            fault = await asyncio.to_thread(self._spool, frame, source)
            made = fault or await self._run(frame, source, target, progress)
            await asyncio.to_thread(self._keep, video_id, target, progress, made)
        finally:
            del self._progress[video_id]
            for path in (progress, source, target):
                path.unlink(missing_ok=True)

    def _begin(self, video_id: str) -> tuple[Path, Path, Path]:
        source, target, progress = (self._cache.draft(video_id, name) for name in (SOURCE, CONTENT, PROGRESS))
        progress.write_text("0", "ascii")
        return source, target, progress

    def _spool(self, frame: PackFrame, source: Path) -> VideoFault | None:
        """Lay the stream into a file, without the borders of its fragments."""
        try:
            pieces = frame_pieces(frame.instance, 1)
        except (FrameNotFound, FrameNotAddressable):
            return VideoFault.NONE
        if sum(last - first for first, last in pieces) > self._source_bytes_max:
            return VideoFault.TOO_LARGE
        with source.open("wb") as into:
            for first, last in pieces:
                into.writelines(value_pieces(self._objects, frame.instance, first, last))
        return None

    async def _run(
        self, frame: PackFrame, source: Path, target: Path, progress: Path
    ) -> Rendition | VideoFault | None:
        facts = frame.facts.video
        if facts is None:
            return VideoFault.NONE
        job = VideoJob(
            source=source,
            target=target,
            progress=progress,
            codec=facts.codec,
            frame_time_ms=facts.frame_time_ms,
            cpu_seconds_max=self._cpu_seconds_max,
        )
        try:
            return await self._pool.run(make_rendition, job)
        except DecoderDied:
            return VideoFault.DECODER_DIED

    def _keep(self, video_id: str, target: Path, progress: Path, made: Rendition | VideoFault | None) -> None:
        """Keep what was made, unless its study has gone meanwhile, and the folder with it."""
        if made is None or not progress.exists():
            return
        told, name = (made.value, FAULT) if isinstance(made, VideoFault) else (made.model_dump_json(), TOLD)
        if name == TOLD:
            self._cache.keep(video_id, CONTENT, target)
        if not self._cache.write(video_id, name, told.encode()):
            raise StoreFull(key=video_id)


@contextmanager
def _told_of_full_disks(video_id: str) -> Iterator[None]:
    """Within the block a disk without room is StoreFull."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull(key=video_id) from error
        raise
