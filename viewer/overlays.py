"""Overlay planes (PS3.3 C.9.2): graphics and regions drawn over an image, one bit for each pixel. Pure."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from viewer.attributes import Attributes, integer, numbers
from viewer.luts import BULK, BulkReader
from viewer.pixels import PixelForm, Samples

GROUPS = tuple(f"60{number:02X}" for number in range(0x00, 0x20, 2))
SIDE_MAX = 65_535
BYTE_BITS = 8
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Plane:
    """One overlay of one frame: its size, the row and column of its first pixel (from 1), where its bits are.

    `bit`: they are this bit of each stored sample. Else they are those from `first_bit` on of `inline`, or of
    the file's bytes [place).
    """

    rows: int
    columns: int
    top: int
    left: int
    bit: int | None = None
    first_bit: int = 0
    place: tuple[int, int] | None = None
    inline: bytes = b""

    def read(self, bulk: BulkReader) -> "Plane":
        """The same with its bits at hand: no more of them than it needs."""
        if self.place is None:
            return self
        start = self.place[0] + self.first_bit // BYTE_BITS
        end = start + -(-(self.first_bit % BYTE_BITS + self.rows * self.columns) // BYTE_BITS)
        content = bulk(start, min(end, self.place[1]))
        return Plane(
            rows=self.rows,
            columns=self.columns,
            top=self.top,
            left=self.left,
            first_bit=self.first_bit % BYTE_BITS,
            inline=content,
        )


def planes_of(data: Attributes, pixels: PixelForm, index: int) -> tuple[Plane, ...]:
    """The overlays of frame `index` (from 0); those that contradict themselves are left out."""
    found = (_plane(data, group, pixels, index) for group in GROUPS if f"{group}0010" in data)
    return tuple(one for one in found if one is not None)


def _plane(data: Attributes, group: str, pixels: PixelForm, index: int) -> Plane | None:
    rows, columns = integer(data, f"{group}0010"), integer(data, f"{group}0011")
    if not rows or not columns or not 0 < rows <= SIDE_MAX or not 0 < columns <= SIDE_MAX:
        return None
    origin = [int(one) for one in numbers(data, f"{group}0050")]
    top, left = (origin[0], origin[1]) if len(origin) > 1 else (1, 1)
    shape: dict[str, Any] = {"rows": rows, "columns": columns, "top": top, "left": left}
    element = data.get(f"{group}3000")
    if element is None:
        return _embedded(shape, integer(data, f"{group}0102"), pixels)
    nth = _nth(data, group, index)
    if nth is None:
        return None
    inline, place = element.get("InlineBinary"), BULK.fullmatch(str(element.get("BulkDataURI", "")))
    first_bit = nth * rows * columns
    if isinstance(inline, str):
        return Plane(**shape, first_bit=first_bit, inline=base64.b64decode(inline))
    return Plane(**shape, first_bit=first_bit, place=(int(place[1]), int(place[2]))) if place else None


def _nth(data: Attributes, group: str, index: int) -> int | None:
    """Which frame of a multi-frame overlay lies over frame `index`; None when none does (C.9.2.1.5)."""
    frames = integer(data, f"{group}0015")
    if frames is None or frames <= 1:
        return 0
    nth = index + 1 - (integer(data, f"{group}0051") or 1)
    return nth if 0 <= nth < frames else None


def _embedded(shape: dict[str, Any], bit: int | None, pixels: PixelForm) -> Plane | None:
    """In a bit of each sample that is no part of its value (retired, and still met)."""
    low = pixels.bit_shift
    unused = (
        bit is not None and 0 <= bit < pixels.bits_allocated and not low <= bit < low + pixels.bits_stored
    )
    whole = (shape["rows"], shape["columns"]) == (pixels.rows, pixels.columns)
    return Plane(**shape, bit=bit) if unused and whole and pixels.as_words else None


def drawn_over(planes: Sequence[Plane], pixels: PixelForm, samples: Samples) -> Bits | None:
    """Where any of the overlays is set, by row and column of the image; None when there is nothing."""
    drawn = np.zeros((pixels.rows, pixels.columns), np.bool_)
    for plane, bits in _with_bits(planes, samples):
        top, left = plane.top - 1, plane.left - 1
        height = min(plane.rows + top, pixels.rows) - max(top, 0)
        width = min(plane.columns + left, pixels.columns) - max(left, 0)
        if height > 0 and width > 0:
            from_row, from_column = max(-top, 0), max(-left, 0)
            drawn[max(top, 0) : max(top, 0) + height, max(left, 0) : max(left, 0) + width] |= bits[
                from_row : from_row + height, from_column : from_column + width
            ]
    return drawn if drawn.any() else None


def _with_bits(planes: Sequence[Plane], samples: Samples) -> Iterator[tuple[Plane, Bits]]:
    for plane in planes:
        size = plane.rows * plane.columns
        if plane.bit is not None:
            yield plane, np.asarray((samples >> plane.bit) & 1, np.bool_)
            continue
        start, offset = divmod(plane.first_bit, BYTE_BITS)
        packed = np.frombuffer(plane.inline, np.uint8)[start : start + -(-(offset + size) // BYTE_BITS)]
        bits = np.unpackbits(packed, bitorder="little")[offset : offset + size]
        if len(bits) == size:
            yield plane, bits.astype(np.bool_).reshape(plane.rows, plane.columns)
