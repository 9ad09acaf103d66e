"""From the stored stream of a video to what browsers play. Runs only in the processes of a decode pool.

H.264 as browsers know it is laid into MP4 as it is. Everything else becomes VP9 in WebM, which loses detail.
Streams are hostile until shown otherwise: only containers that DICOM knows are opened, by name, so that
nothing in a stream can name another file or address; sizes are checked before anything is decoded.
"""

import errno
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from pydantic import BaseModel, ConfigDict

from config.kernel.limits import GIB
from viewer.video_syntaxes import H264, HEVC, MPEG2

SIDE_MAX = 4_096
RENDITION_BYTES_MAX = 4 * GIB
HEAD_BYTES = 256
SYNC, PACKET_BYTES, STAMPED_PACKET_BYTES = 0x47, 188, 192
"""MPEG transport streams: packets begin alike; some systems put a time stamp before each."""
MP4, TRANSPORT, PROGRAM = "mov", "mpegts", "mpeg"
BARE: Mapping[str, str] = {MPEG2: "mpegvideo", H264: "h264", HEVC: "hevc"}
"""Streams without a container. In those of H.264 and HEVC nothing says when a picture is shown."""
UNTIMED = frozenset({H264, HEVC})
SAME_CODING: Mapping[str, str] = {"mpeg1video": MPEG2}
PLAYED = frozenset({"yuv420p", "yuvj420p"})
"""Browsers play H.264 of 8 bits with halved chroma, and no other."""
SOUNDS = frozenset({"aac", "mp3"})
RATE_MIN, RATE_MAX, RATE_USUAL = Fraction(1, 2), Fraction(240), Fraction(25)
VP9 = {"crf": "14", "deadline": "realtime", "cpu-used": "6", "row-mt": "0", "threads": "1"}
WEBM_TYPE = 'video/webm; codecs="vp9"'
COLOUR = ("color_range", "colorspace", "color_primaries", "color_trc")
MS_PER_SECOND = 1000.0
STEPS = 100
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
Stamps: TypeAlias = Mapping[int, int]


class VideoFault(StrEnum):
    """Why a video cannot be played; people read the text of this code."""

    NONE = "video.none"
    CONTAINER_UNKNOWN = "video.container_unknown"
    CODEC_DIFFERS = "video.codec_differs"
    DAMAGED = "video.damaged"
    TOO_LARGE = "video.too_large"
    TOO_LONG = "video.too_long"
    DECODER_DIED = "video.decoder_died"


class Refused(Exception):
    """A video that cannot be played, with the reason; it never leaves the decoding process."""

    def __init__(self, fault: VideoFault) -> None:
        self.fault = fault
        super().__init__(fault)


class Abandoned(Exception):
    """Nobody waits for this rendition any more."""


class Rendition(BaseModel):
    """What was made: `converted` has lost detail and is no longer the stored stream.

    `frames` are those that were found. `sound_left_out`: the stored stream has sound, and this has none.
    """

    model_config = ConfigDict(frozen=True)

    media_type: str
    converted: bool
    width: int
    height: int
    frames: int
    frame_time_ms: float
    duration_seconds: float
    sound_left_out: bool


@dataclass(frozen=True, kw_only=True)
class VideoJob:
    """A stream in `source`, to be made into `target`.

    `progress` is a file of the caller's that is told how many percent are done; work ends when it is gone.
    `codec` is what the transfer syntax names, `frame_time_ms` what the object says.
    """

    source: Path
    target: Path
    progress: Path
    codec: str
    frame_time_ms: float | None
    cpu_seconds_max: float


def make_rendition(job: VideoJob) -> Rendition | VideoFault | None:
    """Make it, or say why not. None when it was given up. Raises OSError when the disk takes no more."""
    try:
        with job.source.open("rb") as raw:
            return _Making(job, raw).run()
    except Refused as refused:
        return refused.fault
    except Abandoned:
        return None
    except av.FFmpegError as error:
        if error.errno in FULL:
            raise OSError(error.errno, "the disk is full") from None
        return VideoFault.DAMAGED
    except (ArithmeticError, LookupError, ValueError, TypeError, MemoryError):
        return VideoFault.DAMAGED


def container_of(head: bytes, codec: str) -> str | None:
    """The name of the demuxer for a stream that begins so; None for what DICOM does not know."""
    if head[4:8] == b"ftyp":
        return MP4
    for start, step in ((0, PACKET_BYTES), (STAMPED_PACKET_BYTES - PACKET_BYTES, STAMPED_PACKET_BYTES)):
        if [*head[start : start + 1], *head[start + step : start + step + 1]] == [SYNC, SYNC]:
            return TRANSPORT
    if head.startswith(b"\0\0\1\xba"):
        return PROGRAM
    return BARE[codec] if head.startswith((b"\0\0\1", b"\0\0\0\1")) else None


class _Making:
    """One video on its way."""

    def __init__(self, job: VideoJob, raw: BinaryIO) -> None:
        self._job, self._raw = job, raw
        self._bytes = job.source.stat().st_size
        self._began, self._told, self._tells = time.process_time(), 0, False
        container = container_of(raw.read(HEAD_BYTES), job.codec)
        if container is None:
            raise Refused(VideoFault.CONTAINER_UNKNOWN if self._bytes else VideoFault.NONE)
        self._container = container

    def run(self) -> Rendition:
        with self._opened() as (source, stream):
            frame = next((frame for frame in self._decoded(source, stream)), None)
            if frame is None:
                raise Refused(VideoFault.DAMAGED)
            sounds = source.streams.audio
            kept = [one for one in sounds if one.codec_context.name in SOUNDS]
            as_it_is = stream.codec_context.name == H264 and frame.format.name in PLAYED
        self._tells = True
        if as_it_is:
            self._lay_into_mp4()
        else:
            self._convert()
        silent = bool(sounds) and not (as_it_is and kept)
        return _read_back(self._job.target, converted=not as_it_is, sound_left_out=silent)

    @contextmanager
    def _opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        """The stream from its beginning. Raises Refused for what is no such stream, or too large."""
        self._raw.seek(0)
        bare = self._container in UNTIMED and self._job.frame_time_ms
        options = {"framerate": str(_rate(None, self._job.frame_time_ms))} if bare else {}
        with av.open(self._raw, "r", format=self._container, options=options) as source:
            stream = next(iter(source.streams.video), None)
            if stream is None or stream.codec_context is None:
                raise Refused(VideoFault.NONE)
            name = stream.codec_context.name
            if SAME_CODING.get(name, name) != self._job.codec:
                raise Refused(VideoFault.CODEC_DIFFERS)
            if max(stream.width, stream.height) > SIDE_MAX:
                raise Refused(VideoFault.TOO_LARGE)
            stream.thread_count = 1
            stream.codec_context.options = {"max_pixels": str(SIDE_MAX * SIDE_MAX)}
            yield source, stream

    def _decoded(self, source: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """The frames that can be decoded; what is damaged between them is passed over."""
        for packet in source.demux(stream):
            self._go_on(packet.pos)
            with suppress(av.FFmpegError):
                for frame in stream.decode(packet):
                    if max(frame.width, frame.height) > SIDE_MAX:
                        raise Refused(VideoFault.TOO_LARGE)
                    yield frame

    def _go_on(self, place: int | None) -> None:
        """Tell how much is done. Raises Abandoned when nobody waits, Refused when it takes too long."""
        done = STEPS * (place or 0) // max(self._bytes, 1) if self._tells else 0
        if time.process_time() - self._began > self._job.cpu_seconds_max:
            raise Refused(VideoFault.TOO_LONG)
        try:
            with self._job.progress.open("r+") as told:
                if done > self._told:
                    told.write(str(min(done, STEPS)))
                    self._told = done
        except FileNotFoundError:
            raise Abandoned from None

    def _lay_into_mp4(self) -> None:
        """The very packets of the stored stream, each with the time at which it is shown."""
        shown = self._order_shown() if self._container == H264 else None
        with (
            self._opened() as (source, stream),
            av.open(str(self._job.target), "w", format="mp4", options={"movflags": "faststart"}) as out,
        ):
            rate = _rate(stream, self._job.frame_time_ms)
            taken = [stream, *(one for one in source.streams.audio if one.codec_context.name in SOUNDS)][:2]
            tracks = {one.index: out.add_stream_from_template(one) for one in taken}
            late = max((at - rank for at, rank in shown.items()), default=0) if shown else 0
            at = 0
            for packet in source.demux(taken):
                self._go_on(packet.pos)
                if not packet.size:
                    continue
                if shown is not None:
                    packet.time_base = 1 / rate
                    packet.dts, packet.pts, packet.duration = at - late, shown.get(at, at), 1
                elif packet.dts is not None and packet.pts is not None:
                    began = _began(source, packet.time_base)
                    packet.dts, packet.pts = packet.dts - began, packet.pts - began
                at += 1
                packet.stream = tracks[packet.stream.index]
                out.mux(packet)

    def _order_shown(self) -> Stamps:
        """For each packet of a bare stream, by its place, the place at which its picture is shown."""
        with self._opened() as (source, stream):
            order: list[int] = []
            for at, packet in enumerate(source.demux(stream)):
                self._go_on(packet.pos)
                if packet.size:
                    packet.pts = packet.dts = at
                with suppress(av.FFmpegError):
                    order += [frame.pts for frame in stream.decode(packet) if frame.pts is not None]
        return {at: place for place, at in enumerate(order)}

    def _convert(self) -> None:
        """Every frame encoded anew, at even distances, so that the number of a frame is its time."""
        with self._opened() as (source, stream), av.open(str(self._job.target), "w", format="webm") as out:
            rate = _rate(stream, self._job.frame_time_ms)
            made: VideoStream = out.add_stream("libvpx-vp9", rate=rate, options=VP9 | {"g": str(round(rate))})
            made.width, made.height, made.pix_fmt, made.bit_rate = stream.width, stream.height, "yuv420p", 0
            made.codec_context.sample_aspect_ratio = stream.sample_aspect_ratio or Fraction(1)
            for name in COLOUR:
                setattr(made.codec_context, name, getattr(stream.codec_context, name))
            size = 0
            for at, frame in enumerate(self._flat(source, stream)):
                frame.pts, frame.time_base = at, 1 / rate
                packets = made.encode(frame)
                size += sum(packet.size for packet in packets)
                if size > RENDITION_BYTES_MAX:
                    raise Refused(VideoFault.TOO_LARGE)
                out.mux(packets)
            out.mux(made.encode(None))

    def _flat(self, source: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
        """Whole frames, where two fields of different moments were one; in the form that is encoded."""
        graph: Graph | None = None
        for frame in self._decoded(source, stream):
            if graph is None:
                graph = _flattening(stream, frame)
            graph.vpush(frame)
            yield from _pulled(graph)
        if graph is not None:
            graph.vpush(None)
            yield from _pulled(graph)


def _flattening(stream: VideoStream, frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=stream.time_base
    )
    fields = graph.add("yadif", "mode=send_frame:deint=interlaced")
    graph.link_nodes(source, fields, graph.add("format", "pix_fmts=yuv420p"), graph.add("buffersink"))
    graph.configure()
    return graph


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            yield graph.vpull()


def _began(source: InputContainer, time_base: Fraction) -> int:
    """When a container's first picture is shown, in units of `time_base`."""
    return int(Fraction(source.start_time or 0, av.time_base) / time_base)


def _rate(stream: VideoStream | None, frame_time_ms: float | None) -> Fraction:
    """Frames per second: as the stream says, else as the object does."""
    said = stream.average_rate or stream.guessed_rate if stream is not None else None
    named = Fraction(MS_PER_SECOND / frame_time_ms).limit_denominator(1001) if frame_time_ms else None
    return next((one for one in (said, named) if one and RATE_MIN <= one <= RATE_MAX), RATE_USUAL)


def _read_back(made: Path, *, converted: bool, sound_left_out: bool) -> Rendition:
    """What a browser will find. Raises Refused when there is nothing to be seen."""
    with av.open(str(made), format="webm" if converted else "mp4") as found:
        stream = found.streams.video[0]
        moments = [one.pts for one in found.demux(stream) if one.pts is not None]
        if not moments:
            raise Refused(VideoFault.DAMAGED)
        frame_time = 1 / _rate(stream, None)
        seconds = (max(moments) - min(moments)) * (stream.time_base or frame_time) + frame_time
        return Rendition(
            media_type=WEBM_TYPE if converted else _mp4_type(stream, found.streams.audio),
            converted=converted,
            width=stream.width,
            height=stream.height,
            frames=len(moments),
            frame_time_ms=float(frame_time) * MS_PER_SECOND,
            duration_seconds=float(seconds),
            sound_left_out=sound_left_out,
        )


def _mp4_type(stream: VideoStream, sounds: tuple[AudioStream, ...]) -> str:
    """With profile and level of the stream (RFC 6381), by which a browser knows whether it can play it."""
    _, profile, constraints, level = (stream.codec_context.extradata or bytes(4))[:4]
    codecs = [f"avc1.{profile:02x}{constraints:02x}{level:02x}"]
    codecs += ["mp4a.40.2" if one.codec_context.name == "aac" else "mp3" for one in sounds]
    return f'video/mp4; codecs="{", ".join(codecs)}"'
