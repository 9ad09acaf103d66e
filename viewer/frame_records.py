"""Frame records: how frames travel to the browser and lie in the cache.

A record is a header of 16 bytes, little-endian, and its payload:

    u32 frame        number of the frame in its pack, from 0
    u8  encoding     0 unreadable · 1 HTJ2K reversible · 2 zlib of little-endian samples · 3 overlay
                     · 4 preview: the beginning of an HTJ2K codestream, all but its finest two resolutions
    u8  version      1
    u16 reserved     0
    u32 bytes        length of the payload
    u32 crc32        of the payload

HTJ2K (ITU-T T.814, reversible 5/3) carries unsigned 8 bit and all 16 bit samples; three components
use the reversible colour transform. Samples it cannot carry everywhere (signed 8 bit, 32 bit,
floating point) are zlib-compressed as they are, colour by pixel. The payload of an unreadable frame
is its reason code in ASCII. An overlay comes before the frame that it lies over: zlib of one bit for
each pixel, row by row, the least significant first, set where the object draws over its image.
A preview stands for its frame until that comes; it is cut when asked for and kept nowhere.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from config.kernel.errors import Unavailable

HEADER = struct.Struct("<IBBHII")
VERSION = 1


class Encoding(IntEnum):
    """What the payload of a record is."""

    UNREADABLE = 0
    HTJ2K = 1
    ZLIB = 2
    OVERLAY = 3
    PREVIEW = 4


BESIDE_FRAMES = frozenset({Encoding.OVERLAY, Encoding.PREVIEW})
"""Records that are not the frame itself."""


class RecordsDamaged(Unavailable):
    """A cached block of frames is damaged and has to be made again."""

    code = "viewer.records_damaged"


@dataclass(frozen=True)
class FrameRecord:
    """One frame of a pack as it travels."""

    frame: int
    encoding: Encoding
    payload: bytes

    def to_bytes(self) -> bytes:
        """Header and payload."""
        check = zlib.crc32(self.payload)
        return HEADER.pack(self.frame, self.encoding, VERSION, 0, len(self.payload), check) + self.payload


def records_in(content: bytes) -> Iterator[FrameRecord]:
    """The records of a block. Raises RecordsDamaged at the first byte that does not fit."""
    at = 0
    while at < len(content):
        if at + HEADER.size > len(content):
            raise RecordsDamaged
        frame, encoding, version, reserved, size, check = HEADER.unpack_from(content, at)
        at += HEADER.size
        payload = content[at : at + size]
        at += size
        if version != VERSION or reserved or len(payload) != size or zlib.crc32(payload) != check:
            raise RecordsDamaged
        if encoding not in set(Encoding):
            raise RecordsDamaged
        yield FrameRecord(frame, Encoding(encoding), payload)
