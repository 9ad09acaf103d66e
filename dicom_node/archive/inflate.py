"""Deflated data sets (PS3.5 A.5), inflated with a bound: a small stream can hold an enormous one."""

import zlib
from collections.abc import Iterator
from typing import Final

from config.kernel.errors import TooLarge
from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable

DEFLATED: Final = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
"""Deflated Explicit VR Little Endian and the JPIP syntaxes built on it."""
FACTOR_MAX: Final = 20
EXTRA_BYTES: Final = 64 * 1024 * 1024
BYTES_MAX: Final = 2 * 1024 * 1024 * 1024
CHUNK_BYTES: Final = 256 * 1024


class InflatesTooLarge(TooLarge):
    """The deflated data set grows beyond what is accepted."""

    code = "dicom.inflates_too_large"


def inflated_bytes_max(deflated_bytes: int) -> int:
    """How far a deflated data set may grow."""
    return min(BYTES_MAX, deflated_bytes * FACTOR_MAX + EXTRA_BYTES)


def inflated_pieces(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """`pieces` of a raw deflate stream inflated, never more than `limit` bytes in all."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    try:
        for piece in pieces:
            rest = piece
            while rest and not stream.eof:
                out = stream.decompress(rest, CHUNK_BYTES)
                total += len(out)
                if total > limit:
                    raise InflatesTooLarge(limit_bytes=limit)
                yield out
                rest = stream.unconsumed_tail
        yield stream.flush()
    except zlib.error as error:
        raise DatasetUnreadable(fault="the deflated stream is damaged") from error
    if not stream.eof:
        raise DatasetTruncated(fault="the deflated stream ends early")
