"""Previews: the beginning of a frame's codestream, which is the same image without its finest details. Pure.

Frames are coded with one tile-part for each resolution, the coarsest first (ITU-T T.800 A.4.2,
viewer/pixels.py): a whole number of parts decodes by itself. static/src/reading/prefix.ts cuts alike.
"""

import struct

from viewer.frame_records import Encoding, FrameRecord, records_in

LEVELS_LEFT_OUT = 2
"""Details of so many levels are left out: a quarter of the rows and columns remains."""
SEGMENT = struct.Struct(">HH")
TILE_PART = struct.Struct(">HHHIBB")
"""Start of tile-part: marker, length of the segment, tile, length of the part, its number, how many."""
START, CODING_STYLE, START_OF_TILE_PART, END = b"\xff\x4f", 0xFF52, 0xFF90, b"\xff\xd9"
FIRST_MARKER = 0xFF00
LEVELS_AT = 9
"""Where a coding style segment has its number of decomposition levels, from its marker (A.6.1)."""


def preview_of(record: FrameRecord) -> FrameRecord | None:
    """The preview of a frame; None where its record is no whole HTJ2K codestream in parts by resolution."""
    if record.encoding is not Encoding.HTJ2K:
        return None
    try:
        end = _beginning(record.payload)
    except (struct.error, IndexError):
        return None
    return FrameRecord(record.frame, Encoding.PREVIEW, record.payload[:end]) if end is not None else None


def previews_in(content: bytes, frames: range) -> bytes:
    """The preview records of those of `frames` in a block that have one. Raises RecordsDamaged."""
    made = (preview_of(record) for record in records_in(content) if record.frame in frames)
    return b"".join(preview.to_bytes() for preview in made if preview is not None)


def _beginning(stream: bytes) -> int | None:
    """Where all but the finest resolutions end. Every part has to be there: of the one tile, in order."""
    levels, at = _main_header(stream)
    if not stream.startswith(START) or levels < LEVELS_LEFT_OUT:
        return None
    ends = []
    for number in range(levels + 1):
        marker, _, tile, size, part, _ = TILE_PART.unpack_from(stream, at)
        if marker != START_OF_TILE_PART or tile or part != number or size < TILE_PART.size:
            return None
        at += size
        ends.append(at)
    return ends[levels - LEVELS_LEFT_OUT] if stream[at:] == END else None


def _main_header(stream: bytes) -> tuple[int, int]:
    """How many decomposition levels, none where the stream does not tell, and where its tile-parts begin."""
    levels, at = 0, len(START)
    while True:
        marker, size = SEGMENT.unpack_from(stream, at)
        if marker < FIRST_MARKER:
            return 0, at
        if marker == START_OF_TILE_PART:
            return levels, at
        if marker == CODING_STYLE:
            levels = stream[at + LEVELS_AT]
        at += 2 + size
