"""Videos made for tests: real streams of moving bars, and the objects that carry them."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, generate_uid

VIDEO_ENDOSCOPIC = "1.2.840.10008.5.1.4.1.1.77.1.1.1"
MPEG2_MAIN, MPEG2_HIGH, H264_HIGH, H264_BD, HEVC_MAIN = (
    f"1.2.840.10008.1.2.4.{number}" for number in (100, 101, 102, 103, 107)
)
WIDTH, HEIGHT, FRAMES, RATE = 96, 64, 30, 25
STUDY = "1.2.77"
ITEM = b"\xfe\xff\x00\xe0"


def pictures(frames: int = FRAMES, width: int = WIDTH, height: int = HEIGHT) -> list[av.VideoFrame]:
    """A ramp over which a white bar moves from frame to frame."""
    down, across = np.mgrid[0:height, 0:width]
    made = []
    for at in range(frames):
        rgb = np.stack([across * 2 % 256, down * 3 % 256, (across + down) % 256], -1).astype(np.uint8)
        left = (at * 3) % (width - 12)
        rgb[height // 4 : height // 2, left : left + 12] = 255
        made.append(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
    return made


def a_stream(
    container: str, codec: str, frames: Sequence[av.VideoFrame] | None = None, *, sound: str = ""
) -> bytes:
    """These frames in a container, with `sound` by the codec of that name."""
    shown = pictures() if frames is None else frames
    into = io.BytesIO()
    with av.open(into, "w", format=container) as out:
        stream = cast("VideoStream", out.add_stream(codec, rate=RATE))
        stream.width, stream.height, stream.pix_fmt = shown[0].width, shown[0].height, "yuv420p"
        track = cast("AudioStream", out.add_stream(sound, rate=48_000)) if sound else None
        for at, frame in enumerate(shown):
            frame.pts = at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if track is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4_608), np.int16), format="s16", layout="mono")
            silence.sample_rate = 48_000
            out.mux([*track.encode(silence), *track.encode(None)])
    return into.getvalue()


def decoded(stream: bytes, container: str) -> list[npt.NDArray[Any]]:
    """The brightness of every frame."""
    with av.open(io.BytesIO(stream), "r", format=container) as source:
        return [frame.to_ndarray(format="gray") for frame in source.decode(video=0)]


def a_video(
    stream: bytes, transfer_syntax_uid: str, *, fragments: int = 1, frames: int = FRAMES, study: str = STUDY
) -> FileDataset:
    """An object that holds a stream, cut into so many fragments."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128, is_implicit_VR=False)
    made.SOPClassUID = meta.MediaStorageSOPClassUID = UID(VIDEO_ENDOSCOPIC)
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = generate_uid()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.StudyInstanceUID, made.SeriesInstanceUID = study, f"{study}.1"
    made.Modality, made.PatientName, made.PatientID = "ES", "Test^Video", "1"
    made.Rows, made.Columns, made.NumberOfFrames = HEIGHT, WIDTH, frames
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    made.PlanarConfiguration, made.PixelRepresentation = 0, 0
    made.BitsAllocated, made.BitsStored, made.HighBit = 8, 8, 7
    made.CineRate, made.FrameTime = RATE, 1000 / RATE
    made.LossyImageCompression = "01"
    size = -(-max(len(stream), 1) // fragments)
    size += size % 2
    parts = [b"", *([stream[at : at + size] for at in range(0, len(stream), size)] or [b""])]
    even = [one + bytes(len(one) % 2) for one in parts]
    items = b"".join(ITEM + struct.pack("<L", len(one)) + one for one in even)
    made.add_new("PixelData", "OB", items)
    made["PixelData"].is_undefined_length = True
    return made


def kept(made: FileDataset, folder: Path) -> Path:
    """The object as a file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{made.SOPInstanceUID}.dcm"
    made.save_as(path, enforce_file_format=True)
    return path
