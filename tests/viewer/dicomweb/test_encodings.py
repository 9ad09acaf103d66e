"""Every encoding times every kind of pixel, made by encoders that are not ours: frames exact, pictures as the
standard says. What is expected is what went in; nothing here is read with our own code.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import imagecodecs
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.pixels.utils import pack_bits
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive

pytestmark = pytest.mark.filterwarnings("ignore")
ROWS, COLUMNS, FRAMES = 12, 16, 2
DEFLATED_FRAME = UID("1.2.840.10008.1.2.8.1")
UNCOMPRESSED = UID("1.2.840.10008.1.2.1.98")
NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
Samples = npt.NDArray[Any]


@dataclass(frozen=True)
class Kind:
    """A kind of pixel: photometric interpretation, bits allocated and stored, sign, planes."""

    photometric: str
    allocated: int
    stored: int
    signed: bool = False
    planar: int = 0

    @property
    def colour(self) -> bool:
        """Three samples a pixel."""
        return self.photometric in {"RGB", "YBR_FULL"}

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of one sample."""
        return np.dtype(f"<{'i' if self.signed else 'u'}{max(1, self.allocated // 8)}")


GREYS = [
    *(Kind("MONOCHROME2", 8, bits) for bits in (1, 7, 8)),
    *(Kind("MONOCHROME2", 16, bits) for bits in (9, 10, 12, 14, 16)),
    *(Kind("MONOCHROME1", *bits) for bits in ((8, 8), (16, 12))),
    *(Kind("MONOCHROME2", *bits, signed=True) for bits in ((8, 8), (16, 12), (16, 16))),
    *(Kind("PALETTE COLOR", *bits) for bits in ((8, 8), (16, 8))),
]
COLOURS = [Kind("RGB", 8, 8), Kind("RGB", 8, 8, planar=1), Kind("RGB", 16, 16)]
ONLY_NATIVE = [
    Kind("MONOCHROME2", 1, 1),
    Kind("MONOCHROME2", 32, 32),
    Kind("MONOCHROME2", 32, 20, signed=True),
    Kind("YBR_FULL", 8, 8),
]


def made(kind: Kind) -> Samples:
    """Frames of random samples of this kind, the smallest and the largest value among them."""
    low = -(1 << kind.stored - 1) if kind.signed else 0
    high = low + (1 << kind.stored) - 1
    shape = (FRAMES, ROWS, COLUMNS, 3) if kind.colour else (FRAMES, ROWS, COLUMNS)
    samples = np.random.default_rng(kind.stored).integers(low, high, shape, np.int64, endpoint=True)
    samples.reshape(FRAMES, -1)[:, :2] = low, high
    return samples.astype(kind.dtype)


def cut(frame: Samples, kind: Kind) -> Samples:
    """Signed samples as the unsigned words of Bits Stored that codecs without a sign take (PS3.5 8.2.3)."""
    if not kind.signed:
        return frame
    words = frame.view(f"<u{frame.dtype.itemsize}")
    return np.asarray(words & ((1 << kind.stored) - 1), words.dtype)


def by_rle(frame: Samples, kind: Kind) -> bytes:
    """Byte planes, most significant first (PS3.5 G)."""
    planes = np.moveaxis(frame.reshape(ROWS * COLUMNS, -1), -1, 0).astype(frame.dtype.newbyteorder(">"))
    segments = [
        imagecodecs.packbits_encode(np.ascontiguousarray(plane.view(np.uint8)[at :: frame.dtype.itemsize]))
        for plane in map(np.ascontiguousarray, planes)
        for at in range(frame.dtype.itemsize)
    ]
    even = [bytes(segment) + bytes(len(segment) % 2) for segment in segments]
    places = np.cumsum([64, *map(len, even)])[:-1]
    head = np.zeros(16, "<u4")
    head[0], head[1 : 1 + len(even)] = len(even), places
    return head.tobytes() + b"".join(even)


def by_jpeg_ls(frame: Samples, kind: Kind) -> bytes:
    return bytes(imagecodecs.jpegls_encode(cut(frame, kind)))


def by_jpeg_2000(frame: Samples, kind: Kind) -> bytes:
    return bytes(
        imagecodecs.jpeg2k_encode(
            frame, level=0, codecformat="j2k", reversible=True, bitspersample=kind.stored, mct=kind.colour
        )
    )


def by_htj2k(frame: Samples, kind: Kind) -> bytes:
    return bytes(imagecodecs.htj2k_encode(frame, reversible=True, rgb=kind.colour or None))


def by_jpeg_lossless(frame: Samples, kind: Kind) -> bytes:
    return bytes(imagecodecs.ljpeg_encode(cut(frame, kind), bitspersample=max(kind.stored, 2)))


def by_deflate(frame: Samples, kind: Kind) -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = press.compress(by_nothing(frame, kind)) + press.flush()
    return raw + bytes(len(raw) % 2)


def by_nothing(frame: Samples, kind: Kind) -> bytes:
    planes = np.moveaxis(frame, -1, 0) if kind.planar else frame
    return np.ascontiguousarray(planes).tobytes()


Encoder = Callable[[Samples, Kind], bytes]
ENCODED: dict[UID, tuple[Encoder, list[Kind]]] = {
    RLELossless: (by_rle, [*GREYS, *COLOURS]),
    JPEGLSLossless: (by_jpeg_ls, [*(kind for kind in GREYS if kind.stored > 1), COLOURS[0]]),
    JPEG2000Lossless: (by_jpeg_2000, [*GREYS, COLOURS[0]]),
    HTJ2KLossless: (by_htj2k, [kind for kind in GREYS if kind.stored in {8, 16}] + [COLOURS[0]]),
    JPEGLosslessSV1: (by_jpeg_lossless, [kind for kind in GREYS if not kind.signed and kind.stored > 1]),
    DEFLATED_FRAME: (by_deflate, [*GREYS, *COLOURS]),
    UNCOMPRESSED: (by_nothing, [*GREYS, *COLOURS]),
}


def described(kind: Kind, samples: Samples) -> Dataset:
    """An object of this kind without its pixel data; windows are as wide as the samples go."""
    dataset = a_ct(
        Rows=ROWS,
        Columns=COLUMNS,
        NumberOfFrames=str(FRAMES),
        SamplesPerPixel=3 if kind.colour else 1,
        PhotometricInterpretation=kind.photometric,
        PlanarConfiguration=kind.planar if kind.colour else None,
        BitsAllocated=kind.allocated,
        BitsStored=kind.stored,
        HighBit=kind.stored - 1,
        PixelRepresentation=int(kind.signed),
        PixelData=None,
    )
    if kind.photometric.startswith("MONO"):
        low = int(samples.min())
        dataset.WindowWidth = str(max(int(samples.max()) - low, 1) + 1)
        dataset.WindowCenter = str(low + (int(samples.max()) - low + 1) / 2)
    if kind.photometric == "PALETTE COLOR":
        for name, table in zip(("Red", "Green", "Blue"), PALETTE, strict=True):
            setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())
    return dataset


PALETTE = np.random.default_rng(1).integers(0, 65_536, (3, 256), "<u2")


def native_frame(frame: Samples, kind: Kind) -> bytes:
    """One frame as Explicit VR Little Endian has it."""
    planes = np.moveaxis(frame, -1, 0) if kind.colour and kind.planar else frame
    if kind.allocated == 1:
        return pack_bits(frame.ravel(), pad=False)
    return np.ascontiguousarray(planes).tobytes()


def natively(kind: Kind, samples: Samples, syntax: UID) -> Dataset:
    """The object with its samples uncompressed; words of big endian are turned round."""
    dataset = described(kind, samples)
    raw = b"".join(native_frame(frame, kind) for frame in samples)
    if syntax == ExplicitVRBigEndian and kind.allocated > 8:
        raw = np.frombuffer(raw, kind.dtype).byteswap().tobytes()
    dataset.PixelData = raw + bytes(len(raw) % 2)
    dataset["PixelData"].VR = "OB" if kind.allocated == 8 else "OW"
    if syntax == ExplicitVRBigEndian and kind.photometric == "PALETTE COLOR":
        for name, table in zip(("Red", "Green", "Blue"), PALETTE, strict=True):
            setattr(dataset, f"{name}PaletteColorLookupTableData", table.byteswap().tobytes())
    return dataset


def cells() -> Iterator[tuple[str, UID, Kind, Samples, Dataset]]:
    """Every object."""
    for syntax in NATIVE:
        for kind in (*GREYS, *COLOURS, *ONLY_NATIVE):
            if syntax == ExplicitVRBigEndian and kind.allocated == 1:
                continue
            samples = made(kind)
            yield f"{syntax.keyword} {kind}", syntax, kind, samples, natively(kind, samples, syntax)
    for syntax, (encode, kinds) in ENCODED.items():
        for kind in kinds:
            samples = made(kind)
            dataset = described(kind, samples)
            dataset.PixelData = encapsulate([encode(frame, kind) for frame in samples])
            dataset["PixelData"].VR = "OB"
            if kind.colour and syntax in {JPEG2000Lossless, HTJ2KLossless}:
                dataset.PhotometricInterpretation = "YBR_RCT"
            yield f"{syntax.keyword or syntax} {kind}", syntax, kind, samples, dataset


def shown(kind: Kind, frame: Samples) -> Samples:
    """What PS3.3 C.7.6.3.1.2, C.7.6.3.1.5 and C.11.2.1.2.1 make of a frame."""
    if kind.photometric == "PALETTE COLOR":
        return np.stack([table[frame] >> 8 for table in PALETTE], -1)
    if kind.photometric == "YBR_FULL":
        return np.asarray(convert_color_space(frame, "YBR_FULL", "RGB"))
    if kind.colour:
        return frame >> (kind.stored - 8)
    low, high = int(frame.min()), int(frame.max())
    width = max(high - low, 1) + 1
    grey = ((frame.astype(float) - (low + (high - low + 1) / 2 - 0.5)) / (width - 1) + 0.5).clip(0, 1) * 255
    return 255 - grey if kind.photometric == "MONOCHROME1" else grey


async def faults(web: httpx.AsyncClient, kind: Kind, samples: Samples, dataset: Dataset) -> list[str]:
    """What is wrong with the answers about the second frame of one object."""
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    address = f"{series}/instances/{dataset.SOPInstanceUID}/frames/2"
    raw = await web.get(address, headers={"Accept": "application/octet-stream"})
    if raw.status_code != 200:
        return [f"frame: {raw.status_code} {raw.text}"]
    found = (
        [] if raw.content.rstrip(b"\0") == native_frame(samples[1], kind).rstrip(b"\0") else ["other samples"]
    )
    picture = await web.get(f"{address}/rendered", headers={"Accept": "image/png"})
    if picture.status_code != 200:
        return [*found, f"picture: {picture.status_code} {picture.text}"]
    pixels = np.asarray(Image.open(io.BytesIO(picture.content)), float)
    expected = shown(kind, samples[1]).astype(float)
    if pixels.ndim > expected.ndim:
        pixels = pixels[..., 0]
    away = float(abs(pixels - expected).max()) if pixels.shape == expected.shape else -1.0
    return found if 0 <= away <= 1 else [*found, f"picture differs by {away}"]


async def test_frames_and_pictures_of_every_encoding(web: httpx.AsyncClient, archived: Archive) -> None:
    wrong, count = [], 0
    for name, syntax, kind, samples, dataset in cells():
        archived(file_bytes(dataset, syntax))
        wrong += [f"{name}: {fault}" for fault in await faults(web, kind, samples, dataset)]
        count += 1
    assert wrong == []
    assert count > 150


async def test_what_lost_detail_comes_back_near_to_what_it_was(
    web: httpx.AsyncClient, archived: Archive
) -> None:
    """JPEG baseline of a smooth grey frame, by an encoder that is not ours."""
    kind = Kind("MONOCHROME2", 8, 8)
    ramp = np.add.outer(np.arange(ROWS) * 8, np.arange(COLUMNS) * 8).astype(np.uint8)
    samples = np.stack([ramp, 255 - ramp])
    dataset = described(kind, samples)
    dataset.PixelData = encapsulate([bytes(imagecodecs.jpeg8_encode(frame, level=95)) for frame in samples])
    dataset["PixelData"].VR = "OB"
    archived(file_bytes(dataset, JPEGBaseline8Bit))
    series = f"/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
    address = f"{series}/instances/{dataset.SOPInstanceUID}/frames/2"
    raw = await web.get(address, headers={"Accept": "application/octet-stream"})
    decoded = np.frombuffer(raw.content, np.uint8).reshape(ROWS, COLUMNS).astype(int)
    assert abs(decoded - samples[1]).max() <= 4
