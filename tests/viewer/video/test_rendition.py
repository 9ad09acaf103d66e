"""From stored streams to what browsers play: nothing lost where nothing need be, and no trust in a stream."""

import errno
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from tests.factories.videos import FRAMES, RATE, a_stream, decoded, pictures
from viewer.video_rendition import Rendition, VideoFault, VideoJob, container_of, make_rendition
from viewer.video_syntaxes import H264, HEVC, MPEG2, VIDEO_CODECS

FRAME_MS = 1000 / RATE
CLOSE_DB = 32.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "progress").write_text("0")
    return tmp_path


def job(folder: Path, stream: bytes, codec: str, *, cpu_seconds_max: float = 60) -> VideoJob:
    (folder / "source").write_bytes(stream)
    return VideoJob(
        source=folder / "source",
        target=folder / "made",
        progress=folder / "progress",
        codec=codec,
        frame_time_ms=FRAME_MS,
        cpu_seconds_max=cpu_seconds_max,
    )


def made(folder: Path, stream: bytes, codec: str) -> Rendition:
    found = make_rendition(job(folder, stream, codec))
    assert isinstance(found, Rendition), found
    return found


def likeness(ours: list[npt.NDArray[Any]], theirs: list[npt.NDArray[Any]]) -> float:
    """Peak signal to noise, in decibels."""
    error = np.mean([(a.astype(float) - b) ** 2 for a, b in zip(ours, theirs, strict=True)])
    return float(10 * np.log10(255**2 / error))


@pytest.mark.parametrize("container", ["mp4", "mpegts", "h264"])
def test_h264_keeps_every_pixel(folder: Path, container: str) -> None:
    stream = a_stream(container, "libx264")
    found = made(folder, stream, H264)
    assert (found.converted, found.frames, found.width, found.height) == (False, FRAMES, 96, 64)
    assert found.media_type.startswith('video/mp4; codecs="avc1.64')
    assert found.frame_time_ms == pytest.approx(FRAME_MS)
    assert found.duration_seconds == pytest.approx(FRAMES / RATE)
    result = (folder / "made").read_bytes()
    before = decoded(stream, "mov" if container == "mp4" else container)
    after = decoded(result, "mov")
    assert len(after) == FRAMES
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("container", ["mp4", "mpegts", "h264"])
def test_pictures_are_shown_in_their_order_at_even_distances(folder: Path, container: str) -> None:
    made(folder, a_stream(container, "libx264"), H264)
    with av.open(str(folder / "made")) as source:
        times = [frame.time for frame in source.decode(video=0)]
    assert times == pytest.approx([at / RATE for at in range(FRAMES)], abs=0.002)


def test_what_is_played_can_begin_before_all_of_it_is_there(folder: Path) -> None:
    made(folder, a_stream("mpegts", "libx264"), H264)
    result = (folder / "made").read_bytes()
    assert result.index(b"moov") < result.index(b"mdat")


@pytest.mark.parametrize(
    "container, encoder, codec",
    [
        ("mpeg2video", "mpeg2video", MPEG2),
        ("mpeg", "mpeg2video", MPEG2),
        ("mpegts", "mpeg2video", MPEG2),
        ("mpeg", "mpeg1video", MPEG2),
        ("hevc", "libx265", HEVC),
        ("mp4", "libx265", HEVC),
    ],
)
def test_what_browsers_do_not_play_is_converted(
    folder: Path, container: str, encoder: str, codec: str
) -> None:
    stream = a_stream(container, encoder)
    found = made(folder, stream, codec)
    assert (found.converted, found.media_type) == (True, 'video/webm; codecs="vp9"')
    assert found.frames == FRAMES
    assert found.frame_time_ms == pytest.approx(FRAME_MS)
    reader = {"mpeg2video": "mpegvideo", "mp4": "mov"}.get(container, container)
    after = decoded((folder / "made").read_bytes(), "webm")
    assert likeness(after, decoded(stream, reader)) > CLOSE_DB
    assert int((folder / "progress").read_text()) > 0


def test_h264_that_browsers_do_not_play_is_converted(folder: Path) -> None:
    into = io.BytesIO()
    with av.open(into, "w", format="mpegts") as out:
        stream = out.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv444p"
        for frame in pictures():
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert made(folder, into.getvalue(), H264).converted


def test_fields_of_two_moments_become_whole_pictures(folder: Path) -> None:
    into = io.BytesIO()
    with av.open(into, "w", format="mpeg2video") as out:
        stream = out.add_stream("mpeg2video", rate=RATE, options={"flags": "+ilme+ildct"})
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 96, 64, "yuv420p", 4_000_000
        for at in range(12):
            rows = np.zeros((64, 96, 3), np.uint8)
            rows[0::2, at * 4 : at * 4 + 20] = 255
            rows[1::2, at * 4 + 30 : at * 4 + 50] = 255
            frame = av.VideoFrame.from_ndarray(rows, format="rgb24")
            frame.pts = at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    combed = decoded(into.getvalue(), "mpegvideo")[6].astype(int)
    assert made(folder, into.getvalue(), MPEG2).frames == 12
    flat = decoded((folder / "made").read_bytes(), "webm")[6].astype(int)
    assert np.abs(np.diff(flat, axis=0)).mean() < np.abs(np.diff(combed, axis=0)).mean() / 2


def test_sound_that_browsers_know_is_kept_and_other_sound_is_told_of(folder: Path) -> None:
    with_aac = made(folder, a_stream("mp4", "libx264", sound="aac"), H264)
    assert ("mp4a" in with_aac.media_type, with_aac.sound_left_out) == (True, False)
    with av.open(str(folder / "made")) as source:
        assert [one.codec_context.name for one in source.streams.audio] == ["aac"]
    with_mp2 = made(folder, a_stream("mpeg", "mpeg2video", sound="mp2"), MPEG2)
    assert (with_mp2.converted, with_mp2.sound_left_out) == (True, True)


def test_a_stream_that_ends_early_tells_how_much_was_found(folder: Path) -> None:
    stream = a_stream("mpeg2video", "mpeg2video")
    found = made(folder, stream[: len(stream) // 2], MPEG2)
    assert 0 < found.frames < FRAMES


@pytest.mark.parametrize(
    "stream, codec, fault",
    [
        (b"", MPEG2, VideoFault.NONE),
        (b"%PDF-1.7", MPEG2, VideoFault.CONTAINER_UNKNOWN),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", H264, VideoFault.CONTAINER_UNKNOWN),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", H264, VideoFault.CONTAINER_UNKNOWN),
        (b"\0\0\1\xb3" + bytes(400), MPEG2, VideoFault.DAMAGED),
        (b"\0\0\0\1" + bytes(range(256)) * 8, H264, VideoFault.DAMAGED),
        (b"\0\0\0\x18ftypmp42" + bytes(64), H264, VideoFault.DAMAGED),
    ],
)
def test_what_is_no_video_is_refused_by_name(
    folder: Path, stream: bytes, codec: str, fault: VideoFault
) -> None:
    assert make_rendition(job(folder, stream, codec)) is fault


def test_an_mp4_without_its_end_is_damaged(folder: Path) -> None:
    stream = a_stream("mp4", "libx264")
    assert make_rendition(job(folder, stream[:-1200], H264)) is VideoFault.DAMAGED


@pytest.mark.parametrize("container", ["mpegts", "mp4"])
def test_another_coding_than_the_transfer_syntax_names_is_refused(folder: Path, container: str) -> None:
    found = make_rendition(job(folder, a_stream(container, "libx264"), MPEG2))
    assert found is VideoFault.CODEC_DIFFERS


def test_noise_within_a_stream_ends_in_a_word_or_in_a_video(folder: Path) -> None:
    noise = np.random.default_rng(5)
    stream = bytearray(a_stream("mpeg2video", "mpeg2video"))
    for _ in range(20):
        at = int(noise.integers(0, len(stream)))
        stream[at : at + 8] = noise.bytes(8)
        found = make_rendition(job(folder, bytes(stream), MPEG2))
        assert isinstance(found, Rendition | VideoFault)


def test_pictures_that_are_too_large_are_refused(folder: Path) -> None:
    wide = [av.VideoFrame(4_112, 32, "rgb24")]
    assert make_rendition(job(folder, a_stream("mpegts", "libx264", wide), H264)) is VideoFault.TOO_LARGE


def test_what_takes_too_long_is_given_up(folder: Path) -> None:
    stream = a_stream("mpeg2video", "mpeg2video")
    assert make_rendition(job(folder, stream, MPEG2, cpu_seconds_max=0)) is VideoFault.TOO_LONG


def test_nothing_more_is_made_when_nobody_waits(folder: Path) -> None:
    work = job(folder, a_stream("mpeg2video", "mpeg2video"), MPEG2)
    work.progress.unlink()
    assert make_rendition(work) is None
    assert not work.progress.exists()


def test_containers_are_known_by_how_they_begin() -> None:
    packet = b"\x47" + bytes(187)
    assert container_of(packet * 2, H264) == "mpegts"
    assert container_of((b"\0\0\0\0" + packet) * 2, H264) == "mpegts"
    assert container_of(packet, H264) is None
    assert container_of(b"\0\0\1\xba", MPEG2) == "mpeg"
    assert [container_of(b"\0\0\0\1", codec) for codec in (MPEG2, H264, HEVC)] == [
        "mpegvideo",
        "h264",
        "hevc",
    ]
    assert container_of(b"", HEVC) is None


def test_every_video_syntax_has_its_coding() -> None:
    assert {VIDEO_CODECS[f"1.2.840.10008.1.2.4.{n}"] for n in ("100", "101.1")} == {MPEG2}
    assert {VIDEO_CODECS[f"1.2.840.10008.1.2.4.{n}"] for n in ("102", "106.1")} == {H264}
    assert {VIDEO_CODECS[f"1.2.840.10008.1.2.4.{n}"] for n in ("107", "108")} == {HEVC}
    assert len(VIDEO_CODECS) == 16


@pytest.mark.parametrize("container, codec", [("mp4", H264), ("mpeg2video", MPEG2)])
def test_a_full_disk_is_no_fault_of_the_stream(folder: Path, container: str, codec: str) -> None:
    """/dev/full takes nothing (full(4))."""
    stream = a_stream(container, "libx264" if codec == H264 else "mpeg2video")
    with pytest.raises(OSError, match=rf"\[Errno {errno.ENOSPC}\]"):
        make_rendition(replace(job(folder, stream, codec), target=Path("/dev/full")))
