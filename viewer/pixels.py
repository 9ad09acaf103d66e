"""From one stored frame to exact samples, and from samples to a verified record.

This is the code that meets hostile bytes: it runs only in the processes of `decode_pool`, under
limits of memory and time. Sizes are checked against the header before anything is allocated.
"""

import io
import zlib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

import imagecodecs
import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.encaps import encapsulate, generate_frames
from pydicom.errors import InvalidDicomError
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    RLELossless,
)

from config.kernel.limits import KIB, MIB
from viewer.attributes import Attributes, integer, text
from viewer.codestream import declared_size
from viewer.frame_records import Encoding, FrameRecord
from viewer.video_syntaxes import VIDEO_CODECS

FRAME_BYTES_MAX = 512 * MIB
DEFLATED_IMAGE_FRAME = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 A.4.12): each frame is a raw deflate stream."""
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
"""Native frames in fragments (PS3.5 A.4.11), for objects longer than a native element can be."""
NATIVE = frozenset(
    {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
)
JPEG_LOSSY = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit})
JPEG_RETIRED = frozenset({"1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55"})
"""Progressive JPEG, by spectral selection and full progression: retired, and still met in archives."""
JPEG_LOSSLESS = frozenset({JPEGLossless, JPEGLosslessSV1})
WORDS_IN_FRAGMENTS = frozenset({RLELossless, DEFLATED_IMAGE_FRAME, ENCAPSULATED_UNCOMPRESSED})
DECODABLE = frozenset(
    WORDS_IN_FRAGMENTS
    | JPEG_RETIRED
    | {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)}
)
"""Encapsulated transfer syntaxes whose frames can be decoded here."""
WHOLE_WORDS: dict[str, Any] = {"correct_unused_bits": False}
"""Native samples are wanted as they are stored; `values_of` looks after bits that are no value."""
BYTE_BITS = 8
RUST = "pyo3_runtime"
STREAM_STARTS = (b"\xff\xd8", b"\xff\x4f")
STREAM_END, STREAM_TAIL_BYTES = b"\xff\xd9", 1024
"""JPEG, JPEG-LS and JPEG 2000 streams end alike; padding, and with some senders rubbish, may follow."""
PARTS_FROM_BYTES = 32 * KIB
"""Frames of this size travel in one tile-part for each resolution: their beginning is a useful picture."""
BY_RESOLUTION = 1
HTJ2K_DTYPES = frozenset({"|u1", "<u2", "<i2"})
"""What every decoder gives back exactly; the one in browsers makes 8-bit samples unsigned."""
FLOAT_DTYPES = {"FloatPixelData": "<f4", "DoubleFloatPixelData": "<f8"}
DECODE_FAULTS = (
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    NotImplementedError,
    EOFError,
    OSError,
    ArithmeticError,
    zlib.error,
    InvalidDicomError,
    AssertionError,
)
"""What third-party decoders raise on damaged input."""

Samples: TypeAlias = npt.NDArray[Any]


class Fault(StrEnum):
    """Why a frame cannot be shown; people read the text of this code."""

    NO_PIXEL_DATA = "pixels.none"
    HEADER_INCOMPLETE = "pixels.header_incomplete"
    TOO_LARGE = "pixels.too_large"
    SYNTAX_UNKNOWN = "pixels.transfer_syntax_unknown"
    VIDEO = "pixels.video"
    SIZE_DIFFERS = "pixels.size_differs"
    TRUNCATED = "pixels.truncated"
    UNDECODABLE = "pixels.undecodable"
    DECODER_DIED = "pixels.decoder_died"


class FrameFault(Exception):
    """A frame that cannot be shown, with the reason; it never leaves the decoding process."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault)


@dataclass(frozen=True, kw_only=True)
class PixelForm:
    """The Image Pixel module (PS3.3 C.7.6.3) of an object: how its stored samples are laid out."""

    transfer_syntax_uid: str
    rows: int
    columns: int
    samples_per_pixel: int
    photometric_interpretation: str
    bits_allocated: int
    bits_stored: int
    signed: bool
    planar_configuration: int
    pixel_keyword: str = "PixelData"
    high_bit: int | None = None

    @property
    def frame_bytes(self) -> int:
        """Size of one decoded frame; single-bit pixels become a byte each."""
        return self.rows * self.columns * self.samples_per_pixel * max(1, self.bits_allocated // BYTE_BITS)

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The little-endian type of one decoded sample."""
        if self.pixel_keyword in FLOAT_DTYPES:
            return np.dtype(FLOAT_DTYPES[self.pixel_keyword])
        kind = "i" if self.signed else "u"
        return np.dtype(f"<{kind}{max(1, self.bits_allocated // BYTE_BITS)}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns, and components when there are several."""
        return (self.rows, self.columns, *((self.samples_per_pixel,) if self.samples_per_pixel > 1 else ()))

    @property
    def bit_shift(self) -> int:
        """Bits below the lowest one of a value (PS3.5 8.1.1); 0 where the header contradicts itself."""
        high = self.bits_stored - 1 if self.high_bit is None else self.high_bit
        shift = high + 1 - self.bits_stored
        return shift if 0 <= shift <= self.bits_allocated - self.bits_stored else 0

    @property
    def as_words(self) -> bool:
        """True when the samples are whole stored words, whatever their bits are used for."""
        return self.native or self.transfer_syntax_uid in WORDS_IN_FRAGMENTS

    @property
    def as_they_lie(self) -> bool:
        """True when the stored bytes of a frame are its samples one after the other, lowest byte first."""
        words = self.samples_per_pixel == 1 and self.bits_allocated >= BYTE_BITS
        return self.native and words and self.transfer_syntax_uid != ExplicitVRBigEndian

    @property
    def native(self) -> bool:
        """True when the samples are stored uncompressed (the whole file may be deflated)."""
        return self.transfer_syntax_uid in NATIVE


def form_of(data: Attributes, transfer_syntax_uid: str) -> PixelForm | Fault:
    """The pixel form that a data set describes, or why it describes none that can be shown."""
    rows, columns, bits = (integer(data, tag) for tag in ("00280010", "00280011", "00280100"))
    if not rows or not columns or rows < 0 or columns < 0:
        return Fault.HEADER_INCOMPLETE if "00280004" in data else Fault.NO_PIXEL_DATA
    samples = integer(data, "00280002") or 1
    keyword = _pixel_keyword(data, bits)
    if bits not in {1, 8, 16, 32, 64} or samples not in {1, 3} or keyword is None:
        return Fault.HEADER_INCOMPLETE
    if transfer_syntax_uid not in NATIVE | DECODABLE:
        return Fault.VIDEO if transfer_syntax_uid in VIDEO_CODECS else Fault.SYNTAX_UNKNOWN
    form = PixelForm(
        transfer_syntax_uid=transfer_syntax_uid,
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        photometric_interpretation=text(data, "00280004") or "MONOCHROME2",
        bits_allocated=bits,
        bits_stored=min(integer(data, "00280101") or bits, bits),
        high_bit=integer(data, "00280102"),
        signed=integer(data, "00280103") == 1,
        planar_configuration=integer(data, "00280006") or 0,
        pixel_keyword=keyword,
    )
    return Fault.TOO_LARGE if form.frame_bytes > FRAME_BYTES_MAX else form


def _pixel_keyword(data: Attributes, bits: int | None) -> str | None:
    """Which of the three pixel elements holds the samples; 64 bits are only ever floating point."""
    if "7FE00009" in data or bits == 64:  # noqa: PLR2004 - the size of a double
        return "DoubleFloatPixelData"
    return "FloatPixelData" if "7FE00008" in data else "PixelData"


def decode_frame(form: PixelForm, frame: bytes) -> Samples:
    """The exact stored samples of one frame given by itself, in the object's own colour space.

    `frame` holds native samples, or one compressed stream. No conversion of colour, palette or
    rescale is applied. Raises FrameFault.
    """
    if form.frame_bytes > FRAME_BYTES_MAX:
        raise FrameFault(Fault.TOO_LARGE)
    if form.transfer_syntax_uid == ENCAPSULATED_UNCOMPRESSED:
        return decode_frame(replace(form, transfer_syntax_uid=ExplicitVRLittleEndian), frame)
    if form.native and len(frame) < _native_bytes(form):
        raise FrameFault(Fault.TRUNCATED)
    if not form.native:
        _check_codestream(form, frame)
    try:
        return shaped(form, _decoded(form, frame))
    except MemoryError:
        raise FrameFault(Fault.TOO_LARGE) from None
    except DECODE_FAULTS:
        raise FrameFault(Fault.UNDECODABLE) from None


def decode_from_file(form: PixelForm, content: bytes, index: int) -> Samples:
    """The exact stored samples of frame `index` (from 0) of a whole Part 10 file. Raises FrameFault.

    Used where frames cannot be addressed by themselves: a deflated data set, single-bit frames that
    share bytes, fragments without an offset table.
    """
    try:
        dataset = pydicom.dcmread(io.BytesIO(content), force=True)
        if not dataset.get(form.pixel_keyword):
            raise FrameFault(Fault.NO_PIXEL_DATA)
        count = int(dataset.get("NumberOfFrames") or 1)
        if not form.native:
            frames = generate_frames(dataset.PixelData, number_of_frames=count)
            return decode_frame(form, next(frame for i, frame in enumerate(frames) if i == index))
        if len(dataset[form.pixel_keyword].value) < _native_bytes(form) * count:
            raise FrameFault(Fault.TRUNCATED)
        decoder = get_decoder(UID(form.transfer_syntax_uid))
        samples, _ = decoder.as_array(dataset, index=index, raw=True, **WHOLE_WORDS)
        return shaped(form, samples)
    except MemoryError:
        raise FrameFault(Fault.TOO_LARGE) from None
    except StopIteration:
        raise FrameFault(Fault.TRUNCATED) from None
    except DECODE_FAULTS:
        raise FrameFault(Fault.UNDECODABLE) from None


def values_of(form: PixelForm, samples: Samples) -> Samples:
    """The pixel values in stored samples: what else shares their words, as overlays may, is taken out.

    Streams of a codec hold values already; where their depth differs from the header's, the codec is right.
    """
    unused = form.bits_allocated - form.bits_stored
    if not form.as_words or unused == 0 or samples.dtype.kind == "f":
        return samples
    above = unused - form.bit_shift
    return np.asarray(np.right_shift(np.left_shift(samples, above), unused))


def record_of(form: PixelForm, samples: Samples, frame: int) -> FrameRecord:
    """The lossless record of a frame, decoded again and compared before it counts.

    Raises FrameFault when the round trip is not exact.
    """
    if form.dtype.str in HTJ2K_DTYPES:
        payload = htj2k_of(form, samples)
        if np.array_equal(imagecodecs.htj2k_decode(payload), samples):
            return FrameRecord(frame, Encoding.HTJ2K, payload)
    raw = np.ascontiguousarray(samples).tobytes()
    payload = zlib.compress(raw, 1)
    if zlib.decompress(payload) != raw:
        raise FrameFault(Fault.UNDECODABLE)
    return FrameRecord(frame, Encoding.ZLIB, payload)


def htj2k_of(form: PixelForm, samples: Samples) -> bytes:
    """A frame in reversible HTJ2K, in tile-parts by resolution where it is worth cutting."""
    parts = BY_RESOLUTION if samples.nbytes >= PARTS_FROM_BYTES else None
    colour = form.samples_per_pixel > 1
    return bytes(imagecodecs.htj2k_encode(samples, reversible=True, rgb=colour or None, tilepart=parts))


def native_bytes(form: PixelForm, samples: Samples) -> bytes:
    """Samples as native pixel data: packed bits, by pixel or by plane as the header says (PS3.5 8)."""
    if form.bits_allocated == 1:
        return np.packbits(samples.ravel(), bitorder="little").tobytes()
    if form.samples_per_pixel > 1 and form.planar_configuration == 1:
        samples = np.moveaxis(samples, -1, 0)
    return np.ascontiguousarray(samples).tobytes()


def _native_bytes(form: PixelForm) -> int:
    """Whole stored bytes of a native frame; 4:2:2 keeps two of three components (C.7.6.3.1.2)."""
    if form.bits_allocated == 1:
        return form.rows * form.columns // BYTE_BITS
    if form.photometric_interpretation in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
        return form.frame_bytes // 3 * 2
    return form.frame_bytes


def _check_codestream(form: PixelForm, frame: bytes) -> None:
    """Refuse what decoders would fill up silently: another size than announced, a stream without its end."""
    if frame.startswith(STREAM_STARTS) and STREAM_END not in frame[-STREAM_TAIL_BYTES:]:
        raise FrameFault(Fault.TRUNCATED)
    declared = declared_size(frame)
    if declared is None:
        return
    if (declared.rows, declared.columns) != (form.rows, form.columns):
        raise FrameFault(Fault.SIZE_DIFFERS)
    if declared.components != form.samples_per_pixel:
        raise FrameFault(Fault.SIZE_DIFFERS)


class _PanicIsDamage:
    """A decoder written in Rust that runs over its end panics, which arrives as what is no Exception."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and kind.__module__ == RUST:
            raise FrameFault(Fault.UNDECODABLE) from None


def _decoded(form: PixelForm, frame: bytes) -> Samples:
    syntax = form.transfer_syntax_uid
    if form.as_they_lie:
        return np.frombuffer(frame, form.dtype, form.rows * form.columns)
    if syntax == DEFLATED_IMAGE_FRAME:
        return _inflated(form, frame)
    if form.bits_allocated == 1 and syntax == RLELossless:
        return _unpacked_bits(form, _unpacked_rle(frame))
    if syntax in JPEG_RETIRED or _is_jpeg_of_other_bits(form, frame):
        kept = "YCBCR" if form.photometric_interpretation.startswith("YBR") else None
        return np.asarray(imagecodecs.jpeg_decode(frame, outcolorspace=kept))
    source = frame if form.native else encapsulate([frame])
    with _PanicIsDamage():
        samples, _ = get_decoder(UID(syntax)).as_array(source, index=0, raw=True, **_options(form))
    return samples


def _options(form: PixelForm) -> dict[str, Any]:
    """What pydicom's decoders ask about a frame that comes without its data set."""
    return {
        "rows": form.rows,
        "columns": form.columns,
        "number_of_frames": 1,
        "samples_per_pixel": form.samples_per_pixel,
        "bits_allocated": form.bits_allocated,
        "bits_stored": form.bits_stored,
        "pixel_representation": int(form.signed),
        "photometric_interpretation": form.photometric_interpretation,
        "planar_configuration": form.planar_configuration,
        "pixel_keyword": form.pixel_keyword,
        "correct_unused_bits": not form.as_words,
        "pixel_vr": "OW" if form.bits_allocated > BYTE_BITS else "OB",
    }


def _is_jpeg_of_other_bits(form: PixelForm, frame: bytes) -> bool:
    """True for a JPEG that pydicom's decoders do not take: a lossy one of more than 8 bits, and a grey one of
    fewer, at which GDCM ends its whole process.
    """
    if form.transfer_syntax_uid not in JPEG_LOSSY | JPEG_LOSSLESS:
        return False
    if form.bits_allocated == BYTE_BITS and form.samples_per_pixel == 1:
        return form.bits_stored < BYTE_BITS
    declared = declared_size(frame) if form.transfer_syntax_uid in JPEG_LOSSY else None
    return declared is not None and declared.bits > BYTE_BITS


def _inflated(form: PixelForm, frame: bytes) -> Samples:
    unzip = zlib.decompressobj(-zlib.MAX_WBITS)
    raw = unzip.decompress(frame, form.frame_bytes + 1)
    if form.bits_allocated == 1:
        return _unpacked_bits(form, raw)
    samples = np.frombuffer(raw[: form.frame_bytes], form.dtype)
    if form.samples_per_pixel > 1 and form.planar_configuration == 1:
        return np.moveaxis(samples.reshape(form.samples_per_pixel, form.rows, form.columns), 0, -1)
    return samples


def _unpacked_bits(form: PixelForm, raw: bytes) -> Samples:
    """Pixels of one bit, least significant bit first (PS3.5 8.1.1)."""
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
    return bits[: form.rows * form.columns]


def _unpacked_rle(frame: bytes) -> bytes:
    """The one segment of an RLE frame (PS3.5 G)."""
    start = int.from_bytes(frame[4:8], "little")
    return bytes(imagecodecs.packbits_decode(frame[start:]))


def shaped(form: PixelForm, samples: Samples) -> Samples:
    """Samples by row and column in the form's own type, colour by pixel; raises ValueError."""
    flat = samples.reshape(form.shape)
    exact = np.ascontiguousarray(flat.astype(form.dtype, copy=False))
    if exact.dtype != flat.dtype and not np.array_equal(exact, flat):
        raise FrameFault(Fault.UNDECODABLE)
    return exact if form.native else _signed(form, exact)


def _signed(form: PixelForm, samples: Samples) -> Samples:
    """Samples with the sign that is the highest of Bits Stored: codecs without a sign leave zeros above it
    (PS3.5 8.1.1, 8.2.3).
    """
    unused = form.bits_allocated - form.bits_stored
    return samples << unused >> unused if form.signed and unused and samples.dtype.kind == "i" else samples
