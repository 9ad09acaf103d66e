"""Videos as a browser meets them: told in the manifest, made when asked for, sent whole or in ranges."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydicom.dataset import FileDataset

from tests.factories.videos import (
    FRAMES,
    H264_BD,
    H264_HIGH,
    MPEG2_HIGH,
    MPEG2_MAIN,
    RATE,
    STUDY,
    a_stream,
    a_video,
    decoded,
    kept,
)
from tests.viewer.reading.archive import archived
from viewer.access import ViewerPorts
from viewer.packs import Packs
from viewer.pixels import Fault
from viewer.video_rendition import VideoFault
from viewer.videos import CONTENT, FAULT, TOLD, VideoState

ELSEWHERE = {"x-institution": "inst-elsewhere"}
UNKNOWN = "0" * 64


async def addresses(
    client: httpx.AsyncClient, ports: ViewerPorts, folder: Path, *made: FileDataset
) -> list[str]:
    """The objects in the archive; the address of each that is a video."""
    await archived(ports.database, ports.objects, [kept(one, folder / "files") for one in made])
    found = (await client.get(f"/api/studies/{STUDY}/manifest")).json()
    return [one["url"] for series in found["series"] for one in series["videos"]]


async def ended(client: httpx.AsyncClient, packs: Packs, address: str) -> dict[str, Any]:
    """The state of a video once nothing is being made of it."""
    await client.get(f"{address}state")
    await packs.videos.made(address.split("/")[3])
    found = await client.get(f"{address}state")
    assert found.status_code == 200
    assert found.headers["cache-control"] == "no-store"
    VideoState.model_validate(found.json())
    told: dict[str, Any] = found.json()
    return told


async def test_a_video_is_one_frame_that_the_manifest_tells_of(
    client: httpx.AsyncClient, ports: ViewerPorts, tmp_path: Path
) -> None:
    made = [a_video(a_stream("mpegts", "libx264"), H264_HIGH), a_video(b"\0\0\1\xb3", MPEG2_MAIN, frames=9)]
    await addresses(client, ports, tmp_path, *made)
    (series,) = (await client.get(f"/api/studies/{STUDY}/manifest")).json()["series"]
    assert [frame["problem"] for frame in series["frames"]] == [Fault.VIDEO] * 2
    told = {one["frames"]: (one["frame"], one["frame_time_ms"]) for one in series["videos"]}
    assert sorted(place for place, _ in told.values()) == [0, 1]
    assert {frames: time_ms for frames, (_, time_ms) in told.items()} == {FRAMES: 40.0, 9: 40.0}


async def test_h264_is_prepared_and_then_played_without_loss(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    stream = a_stream("mpegts", "libx264")
    (address,) = await addresses(client, ports, tmp_path, a_video(stream, H264_HIGH, fragments=5))
    early = await client.get(f"{address}content")
    assert (early.status_code, early.json()["code"]) == (409, "viewer.video_not_ready")
    assert (await client.get(f"{address}state")).json()["state"] == "preparing"
    state = await ended(client, packs, address)
    assert (state["state"], state["rendition"]["converted"]) == ("ready", False)
    found = await client.get(f"{address}content")
    assert (found.status_code, found.headers["content-type"]) == (200, "video/mp4")
    assert "immutable" in found.headers["cache-control"]
    assert found.headers["accept-ranges"] == "bytes"
    before, after = decoded(stream, "mpegts"), decoded(found.content, "mov")
    assert len(after) == FRAMES
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


async def test_mpeg2_is_converted_and_says_so(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    stream = a_stream("mpeg2video", "mpeg2video")
    (address,) = await addresses(client, ports, tmp_path, a_video(stream, MPEG2_HIGH))
    rendition = (await ended(client, packs, address))["rendition"]
    assert (rendition["converted"], rendition["frames"]) == (True, FRAMES)
    assert rendition["duration_seconds"] == pytest.approx(FRAMES / RATE)
    found = await client.get(f"{address}content")
    assert found.headers["content-type"] == "video/webm"
    assert len(decoded(found.content, "webm")) == FRAMES


async def test_ranges(client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_BD))
    await ended(client, packs, address)
    whole = await client.get(f"{address}content")
    total = len(whole.content)

    async def asked(text: str, **more: str) -> httpx.Response:
        return await client.get(f"{address}content", headers={"range": text} | more)

    for text, first, last in [
        ("bytes=0-", 0, total - 1),
        ("bytes=10-19", 10, 19),
        ("bytes=-5", total - 5, total - 1),
        (f"bytes=7-{total * 2}", 7, total - 1),
    ]:
        part = await asked(text)
        assert (part.status_code, part.content) == (206, whole.content[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{total}"
        assert part.headers["etag"] == whole.headers["etag"]
    beyond = await asked(f"bytes={total}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{total}")
    assert (await asked("bytes=1-2", **{"if-range": '"other"'})).status_code == 200
    again = await client.get(f"{address}content", headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_whoever_may_not_see_the_study_learns_nothing(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_HIGH))
    await ended(client, packs, address)
    for part in ("state", "content"):
        refused = await client.get(f"{address}{part}", headers=ELSEWHERE)
        assert (refused.status_code, refused.json()["code"]) == (404, "dicom.study_not_found")
        unknown = await client.get(f"/api/videos/{UNKNOWN}/{STUDY}/{part}")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "viewer.video_not_found")
    assert (await client.get(f"/api/videos/{'x' * 64}/{STUDY}/state")).status_code == 422


@pytest.mark.parametrize(
    "stream, syntax, reason",
    [
        (b"", MPEG2_MAIN, VideoFault.NONE),
        (b"GIF89a not a video at all", MPEG2_MAIN, VideoFault.CONTAINER_UNKNOWN),
        (a_stream("mp4", "libx264")[:-1200], H264_HIGH, VideoFault.DAMAGED),
        (a_stream("mpegts", "libx264"), MPEG2_MAIN, VideoFault.CODEC_DIFFERS),
    ],
)
async def test_what_cannot_be_played_says_why_and_is_not_tried_again(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path,
    stream: bytes, syntax: str, reason: VideoFault,
) -> None:  # fmt: skip
    (address,) = await addresses(client, ports, tmp_path, a_video(stream, syntax))
    state = await ended(client, packs, address)
    assert (state["state"], state["reason"], state["rendition"]) == ("refused", reason, None)
    refused = await client.get(f"{address}content")
    assert (refused.status_code, refused.json()["params"]["state"]) == (409, "refused")


async def test_a_video_is_made_again_when_the_cache_was_emptied(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_HIGH))
    await ended(client, packs, address)
    first = (await client.get(f"{address}content")).content
    packs.cache.forget(address.split("/")[3], CONTENT)
    assert (await client.get(f"{address}content")).status_code == 409
    await packs.videos.made(address.split("/")[3])
    again = (await client.get(f"{address}content")).content
    assert hashlib.sha256(again).digest() == hashlib.sha256(first).digest()


async def test_several_who_ask_at_once_have_it_made_once(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_HIGH))
    await asyncio.gather(*(client.get(f"{address}state") for _ in range(6)))
    folder = ports.cache_folder / "frames" / address.split("/")[3]
    assert len(list(folder.glob(".progress.*"))) <= 1
    await packs.videos.made(address.split("/")[3])
    assert sorted(path.name for path in folder.iterdir()) == [CONTENT, TOLD]


async def test_what_was_made_goes_with_its_study(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_HIGH))
    await ended(client, packs, address)
    folder = ports.cache_folder / "frames" / address.split("/")[3]
    assert folder.is_dir()
    await packs.forget("inst-county", STUDY)
    assert not folder.exists()


async def test_the_object_without_its_file_is_an_error_of_the_archive_and_tried_again(
    client: httpx.AsyncClient, ports: ViewerPorts, packs: Packs, tmp_path: Path
) -> None:
    (address,) = await addresses(client, ports, tmp_path, a_video(a_stream("mp4", "libx264"), H264_HIGH))
    for path in (tmp_path / "objects").rglob("*"):
        if path.is_file():
            path.rename(path.with_suffix(".away"))
    await client.get(f"{address}state")
    await packs.videos.made(address.split("/")[3])
    told = await client.get(f"{address}state")
    assert 400 <= told.status_code < 500
    for path in (tmp_path / "objects").rglob("*.away"):
        path.rename(path.with_suffix(""))
    assert (await ended(client, packs, address))["state"] == "ready"
    assert not packs.cache.has(address.split("/")[3], FAULT)
