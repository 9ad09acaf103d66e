"""The media type of a frame in its stored transfer syntax (PS3.18 8.7.3.3), and native byte order."""

import json
import zlib
from collections.abc import Mapping

from dicom_node.archive.tables import Instance
from viewer.media_types import OCTETS

NATIVE = frozenset(
    {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}
)
BIG_ENDIAN = "1.2.840.10008.1.2.2"
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": (
        "50",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "59",
        "60",
        "61",
        "62",
        "63",
        "64",
        "65",
        "66",
        "70",
    ),
    "image/jls": ("80", "81"),
    "image/jp2": ("90", "91"),
    "image/jpx": ("92", "93"),
    "image/jphc": ("201", "202", "203"),
    "video/mpeg": ("100", "101", "100.1", "101.1"),
    "video/mp4": (
        "102",
        "103",
        "104",
        "105",
        "106",
        "102.1",
        "103.1",
        "104.1",
        "105.1",
        "106.1",
        "107",
        "108",
    ),
}
COMPRESSED: Mapping[str, str] = {
    f"1.2.840.10008.1.2.4.{number}": media_type
    for media_type, numbers in FAMILIES.items()
    for number in numbers
} | {"1.2.840.10008.1.2.5": "image/dicom-rle"}


def frame_media_type(transfer_syntax_uid: str) -> str:
    """`application/octet-stream` for native pixels and private syntaxes, else the stream's own type."""
    return COMPRESSED.get(transfer_syntax_uid, OCTETS)


def in_order(instance: Instance, frame: bytes) -> bytes:
    """`frame` in little endian: 16-bit pixels of a big endian object have their bytes turned round."""
    if instance.transfer_syntax_uid != BIG_ENDIAN or len(frame) % 2:
        return frame
    document = json.loads(zlib.decompress(instance.metadata_json))
    if document.get("00280100", {}).get("Value") != [16]:
        return frame
    turned = bytearray(frame)
    turned[::2], turned[1::2] = frame[1::2], frame[::2]
    return bytes(turned)
