"""Where the frames of an object lie in its bytes, without decoding any of them."""

import struct
from dataclasses import dataclass

from dicom_node.intake.elements import Buffer, Element
from dicom_node.intake.errors import PixelDataInconsistent

SIDE_MAX = 65_535
FRAMES_MAX = 1_000_000
BITS, SAMPLES = range(1, 65), range(1, 5)
STREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")
"""JPEG and JPEG-LS start of image, JPEG 2000 codestream, JP2 signature box."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raster:
    """What the Image Pixel Module (PS3.3 C.7.6.3) says about one object.

    `video`: its frames are one stream, however many there are and into whatever fragments it is cut.
    """

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    frames: int
    photometric: str
    video: bool = False

    def frame_bits(self) -> int:
        """Bits of one native frame; YBR_FULL_422 keeps one chroma pair for two pixels (C.7.6.3.1.2)."""
        samples = 2.0 if self.photometric in {"YBR_FULL_422", "YBR_PARTIAL_422"} else float(self.samples)
        return int(self.rows * self.columns * samples * self.bits_allocated)


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelFacts:
    """`offset` and `length` of the Pixel Data value; for each frame flat [start, end, start, end …]."""

    offset: int
    length: int
    frames: list[list[int]]


def checked_raster(raster: Raster) -> Raster:
    """`raster`, if it describes an image at all. Raises PixelDataInconsistent."""
    sides = 1 <= raster.rows <= SIDE_MAX and 1 <= raster.columns <= SIDE_MAX
    if not sides or raster.bits_allocated not in BITS or raster.samples not in SAMPLES:
        raise PixelDataInconsistent(fault="Rows, Columns, Samples per Pixel or Bits Allocated is wrong")
    if not 1 <= raster.frames <= FRAMES_MAX:
        raise PixelDataInconsistent(fault="Number of Frames is impossible")
    return raster


def native_frames(pixels: Element, raster: Raster) -> PixelFacts:
    """Frames of native pixel data; none are named when a frame does not end on a whole byte.

    Raises PixelDataInconsistent when there are fewer bytes than the frames need.
    """
    bits = raster.frame_bits()
    if pixels.length * 8 < bits * raster.frames:
        raise PixelDataInconsistent(
            fault="pixel data is shorter than Rows × Columns × Samples × Frames",
            expected_bytes=(bits * raster.frames + 7) // 8,
            found_bytes=pixels.length,
        )
    size = bits // 8
    whole = bits % 8 == 0 or raster.frames == 1
    step = (bits + 7) // 8 if raster.frames == 1 else size
    frames = (
        [[pixels.start + n * size, pixels.start + n * size + step] for n in range(raster.frames)]
        if whole
        else []
    )
    return PixelFacts(offset=pixels.start, length=pixels.length, frames=frames)


def encapsulated_frames(
    buffer: Buffer, pixels: Element, items: list[tuple[int, int]], raster: Raster, extended: list[int]
) -> PixelFacts:
    """Frames of encapsulated pixel data (PS3.5 A.4): by count, offset table, extended table, or marks.

    `extended` is the Extended Offset Table (7FE0,0001) or empty. A video is found whole, as if it were its
    first frame. Raises PixelDataInconsistent when there are fewer fragments than frames, or no video at all.
    """
    table, parts = (items[0], items[1:]) if items else ((0, 0), [])
    fewest = 1 if raster.video else raster.frames
    if len(parts) < fewest:
        raise PixelDataInconsistent(fault="fewer fragments than frames", expected=fewest, found=len(parts))
    groups = [parts] if raster.video else _groups(buffer, table, parts, raster.frames, extended)
    end = parts[-1][1] + 8
    return PixelFacts(
        offset=pixels.start,
        length=end - pixels.start,
        frames=[[place for part in group for place in part] for group in groups],
    )


def _groups(
    buffer: Buffer, table: tuple[int, int], parts: list[tuple[int, int]], frames: int, extended: list[int]
) -> list[list[tuple[int, int]]]:
    """The fragments of each frame; [] when nothing tells them apart."""
    if frames == 1:
        return [parts]
    if len(parts) == frames:
        return [[part] for part in parts]
    offsets = extended or list(
        struct.unpack(
            f"<{(table[1] - table[0]) // 4}L", buffer[table[0] : table[0] + (table[1] - table[0]) // 4 * 4]
        )
    )
    first = parts[0][0] - 8
    starts = [part[0] - 8 - first for part in parts]
    if len(offsets) != frames:
        marked = [start for start, part in zip(starts, parts, strict=True) if _begins_stream(buffer, part)]
        offsets = marked if len(marked) == frames else []
    known = set(starts)
    if (
        not offsets
        or offsets[0] != 0
        or any(o not in known for o in offsets)
        or sorted(set(offsets)) != offsets
    ):
        return []
    return _cut(starts, parts, offsets)


def _cut(starts: list[int], parts: list[tuple[int, int]], offsets: list[int]) -> list[list[tuple[int, int]]]:
    begins = set(offsets)
    groups: list[list[tuple[int, int]]] = []
    for start, part in zip(starts, parts, strict=True):
        if start in begins:
            groups.append([])
        groups[-1].append(part)
    return groups


def _begins_stream(buffer: Buffer, part: tuple[int, int]) -> bool:
    return bytes(buffer[part[0] : min(part[1], part[0] + 8)]).startswith(STREAM_STARTS)
