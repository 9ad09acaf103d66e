"""The making of videos: bounded, ended with the process, and no trouble of anybody else's."""

import asyncio
import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from config.kernel.objects import StoreFull
from dicom_node.archive.scope import StudyScope
from tests.factories.videos import H264_HIGH, MPEG2_MAIN, STUDY, a_stream, a_video, kept, pictures
from tests.viewer.reading.archive import INSTITUTION, archived
from tests.viewer.reading.hostile import crash
from viewer.access import ViewerPorts
from viewer.decode_pool import DecodePool, DecoderDied
from viewer.packs import Packs
from viewer.series_images import PackFrame
from viewer.video_rendition import VideoFault
from viewer.videos import Videos

OWN = StudyScope(institution_ids=frozenset({INSTITUTION}))


async def a_frame(ports: ViewerPorts, packs: Packs, folder: Path, stream: bytes, syntax: str) -> PackFrame:
    await archived(ports.database, ports.objects, [kept(a_video(stream, syntax), folder / "files")])
    (series,) = (await packs.study(OWN, STUDY)).series
    assert series.pack is not None
    return series.pack.frames[0]


async def outcome(videos: Videos, frame: PackFrame) -> VideoFault | None:
    assert frame.video_id is not None
    await videos.state(frame.video_id, frame)
    await videos.made(frame.video_id)
    state = await videos.state(frame.video_id, frame)
    assert state.state != "preparing"
    return state.reason


async def half_made(videos: Videos, frame: PackFrame) -> str:
    """Begin a video and wait until a part of it is made; its name."""
    assert frame.video_id is not None
    state = await videos.state(frame.video_id, frame)
    while state.state == "preparing" and state.progress == 0:
        state = await videos.state(frame.video_id, frame)
    assert state.state == "preparing"
    assert 0 < state.progress < 1
    return frame.video_id


async def test_a_stream_that_is_too_large_is_refused_before_it_is_copied(
    ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    frame = await a_frame(ports, packs, tmp_path, a_stream("mp4", "libx264"), H264_HIGH)
    videos = Videos(ports.objects, packs.cache, source_bytes_max=100)
    assert await outcome(videos, frame) is VideoFault.TOO_LARGE
    await videos.close()


async def test_a_conversion_that_takes_too_long_is_given_up(
    ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    frame = await a_frame(ports, packs, tmp_path, a_stream("mpeg2video", "mpeg2video"), MPEG2_MAIN)
    videos = Videos(ports.objects, packs.cache, cpu_seconds_max=0)
    assert await outcome(videos, frame) is VideoFault.TOO_LONG
    await videos.close()


class Dying(DecodePool):
    """A pool whose processes end whatever they are asked."""

    async def run(self, function: Callable[..., object], argument: object) -> None:  # type: ignore[override]
        await super().run(crash, 0)


async def test_a_stream_that_ends_its_process_ends_nothing_else(
    ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    frame = await a_frame(ports, packs, tmp_path, a_stream("mp4", "libx264"), H264_HIGH)
    async with Dying(processes=1) as dying:
        with pytest.raises(DecoderDied):
            await dying.run(crash, 0)
        videos = Videos(ports.objects, packs.cache, pool=dying)
        assert await outcome(videos, frame) is VideoFault.DECODER_DIED


async def test_what_is_being_made_ends_with_the_server(
    ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    long = a_stream("mpeg2video", "mpeg2video", pictures(150, 480, 320))
    frame = await a_frame(ports, packs, tmp_path, long, MPEG2_MAIN)
    video_id = await half_made(packs.videos, frame)
    async with asyncio.timeout(20):
        await packs.videos.close()
    folder = ports.cache_folder / "frames" / video_id
    assert list(folder.iterdir()) == []


async def test_the_cache_may_be_emptied_while_a_video_is_made(
    ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    long = a_stream("mpeg2video", "mpeg2video", pictures(60, 480, 320))
    frame = await a_frame(ports, packs, tmp_path, long, MPEG2_MAIN)
    video_id = await half_made(packs.videos, frame)
    shutil.rmtree(ports.cache_folder)
    async with asyncio.timeout(20):
        await packs.videos.made(video_id)
    assert (await packs.videos.state(video_id, frame)).state == "preparing"
    assert await outcome(packs.videos, frame) is None
    await packs.videos.close()


class Full(DecodePool):
    """A pool whose processes find no room; counts those that are at work at once."""

    def __init__(self) -> None:
        super().__init__(processes=1)
        self.at_once, self.most = 0, 0

    async def run(self, function: Callable[..., object], argument: object) -> None:  # type: ignore[override]
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.to_thread(lambda: None)
        self.at_once -= 1
        raise OSError(errno.ENOSPC, "full")


async def test_a_full_disk_is_said_and_tried_again(ports: ViewerPorts, packs: Packs, tmp_path: Path) -> None:
    frame = await a_frame(ports, packs, tmp_path, a_stream("mp4", "libx264"), H264_HIGH)
    assert frame.video_id is not None
    async with Full() as full:
        videos = Videos(ports.objects, packs.cache, pool=full)
        await videos.state(frame.video_id, frame)
        await videos.made(frame.video_id)
        with pytest.raises(StoreFull):
            await videos.state(frame.video_id, frame)
    assert await outcome(packs.videos, frame) is None
    await packs.videos.close()


async def test_videos_are_made_one_after_the_other(ports: ViewerPorts, packs: Packs, tmp_path: Path) -> None:
    """Each is copied first: many at once would fill the disk."""
    frame = await a_frame(ports, packs, tmp_path, a_stream("mp4", "libx264"), H264_HIGH)
    async with Full() as full:
        videos = Videos(ports.objects, packs.cache, pool=full)
        names = [f"{number:064x}" for number in range(6)]
        for name in names:
            await videos.state(name, frame)
        for name in names:
            await videos.made(name)
    assert full.most == 1
