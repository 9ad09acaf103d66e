"""What a compressed frame says about itself, read from its first bytes before anything is decoded.

A frame whose own size differs from the data set's Rows and Columns is refused before a decoder
allocates for it.
"""

import struct
from dataclasses import dataclass

JPEG_START = b"\xff\xd8"
J2K_START = b"\xff\x4f\xff\x51"
JP2_START = b"\x00\x00\x00\x0cjP  "
SOF_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7})
"""Start of frame of JPEG (ITU-T T.81 B.1.1.3) and of JPEG-LS (T.87, 0xF7)."""
MARKER = 0xFF
STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
SEARCH_BYTES_MAX = 1024 * 1024


@dataclass(frozen=True)
class CodestreamSize:
    """Rows, columns, components and bits for each component as the codestream declares them."""

    rows: int
    columns: int
    components: int
    bits: int


def declared_size(frame: bytes) -> CodestreamSize | None:
    """The size of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K frame; None when it cannot be found."""
    try:
        if frame.startswith(JPEG_START):
            return _jpeg_size(frame)
        start = frame.find(J2K_START, 0, 4096) if frame.startswith(JP2_START) else 0
        if start >= 0 and frame.startswith(J2K_START, start):
            return _j2k_size(frame, start + 4)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg_size(frame: bytes) -> CodestreamSize | None:
    at = 2
    while at < min(len(frame), SEARCH_BYTES_MAX):
        if frame[at] != MARKER:
            return None
        marker = frame[at + 1]
        if marker == MARKER:
            at += 1
            continue
        if marker in SOF_MARKERS:
            bits, rows, columns, components = struct.unpack_from(">BHHB", frame, at + 4)
            return CodestreamSize(rows, columns, components, bits)
        at += 2 if marker in STANDALONE else 2 + struct.unpack_from(">H", frame, at + 2)[0]
    return None


def _j2k_size(frame: bytes, at: int) -> CodestreamSize:
    """The SIZ segment (ITU-T T.800 A.5.1) that begins at `at` with its length."""
    x, y, x0, y0 = struct.unpack_from(">4I", frame, at + 4)
    components, depth = struct.unpack_from(">HB", frame, at + 36)
    return CodestreamSize(y - y0, x - x0, components, (depth & 0x7F) + 1)
