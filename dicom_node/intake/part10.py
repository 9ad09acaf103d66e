"""The head of a DICOM file (PS3.10 7): ours, always the same for the same object; theirs, read with care.

What is stored is `head + data set as received`. The head depends on SOP class, SOP instance and
transfer syntax alone, never on who sent it or when, so that equal objects are equal files.
"""

import re
import struct
from contextlib import suppress
from dataclasses import dataclass

from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.intake.elements import EXPLICIT_LITTLE, Element, Syntax, read_element
from dicom_node.intake.errors import NotDicom

PREAMBLE_BYTES = 128
MAGIC = b"DICM"
GROUP_BYTES = 2
HEAD_BYTES_MAX = 64 * 1024
IMPLEMENTATION_CLASS_UID = "2.25.214385927104829461730455862901374620891"
IMPLEMENTATION_VERSION_NAME = "LIANZHEN_1"
UID_SHAPE = re.compile(r"[0-9A-Za-z.]{1,64}", re.ASCII)
SOP_CLASS, SOP_INSTANCE, TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010
DATASET_SOP_CLASS, DATASET_SOP_INSTANCE = 0x00080016, 0x00080018


@dataclass(frozen=True, kw_only=True, slots=True)
class Announced:
    """What a sender says an object is, before its data set comes. UIDs as sent, without padding."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


def _element(number: int, vr: bytes, value: bytes, pad: bytes = b"\0") -> bytes:
    value += pad * (len(value) % 2)
    if vr == b"OB":
        return struct.pack("<HH2s2xL", 2, number, vr, len(value)) + value
    return struct.pack("<HH2sH", 2, number, vr, len(value)) + value


def head_of(announced: Announced) -> bytes:
    """Preamble, DICM and File Meta Information for the stored file."""
    meta = b"".join(
        (
            _element(0x0001, b"OB", b"\0\1"),
            _element(0x0002, b"UI", announced.sop_class_uid.encode("ascii", "replace")),
            _element(0x0003, b"UI", announced.sop_instance_uid.encode("ascii", "replace")),
            _element(0x0010, b"UI", announced.transfer_syntax_uid.encode("ascii", "replace")),
            _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID.encode()),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode(), b" "),
        )
    )
    return bytes(PREAMBLE_BYTES) + MAGIC + _element(0x0000, b"UL", struct.pack("<L", len(meta))) + meta


def read_head(start: bytes) -> tuple[Announced, int]:
    """What the file that begins with `start` says it holds, and where its data set begins.

    `start` must hold the whole head or HEAD_BYTES_MAX bytes. The group length is not needed and
    not believed. Raises NotDicom or DatasetUnreadable.
    """
    if start[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] != MAGIC:
        raise NotDicom(fault="no DICM after 128 bytes")
    found: dict[int, str] = {}
    place = PREAMBLE_BYTES + 4
    while start[place : place + 2] == b"\2\0":
        element = read_element(start, place, len(start), EXPLICIT_LITTLE)
        if element.undefined:
            raise DatasetUnreadable(fault="undefined length in the file meta information")
        found[element.tag] = (
            _uid(start, element) if element.tag in {SOP_CLASS, SOP_INSTANCE, TRANSFER_SYNTAX} else ""
        )
        place = element.start + element.length
    if len(start) - place < GROUP_BYTES:
        raise DatasetTruncated(fault="the file ends with its meta information")
    if not found.get(TRANSFER_SYNTAX):
        raise NotDicom(fault="no Transfer Syntax UID in the file meta information")
    return Announced(
        sop_class_uid=found.get(SOP_CLASS, ""),
        sop_instance_uid=found.get(SOP_INSTANCE, ""),
        transfer_syntax_uid=found[TRANSFER_SYNTAX],
    ), place


def completed(announced: Announced, start: bytes, place: int, syntax: Syntax) -> Announced:
    """The same, with what the data set at `place` of `start` says of itself where its head says nothing.

    Both UIDs belong into a head (7.1), and some writers leave them out.
    """
    if announced.sop_class_uid and announced.sop_instance_uid:
        return announced
    found: dict[int, str] = {}
    with suppress(DatasetUnreadable):
        while not {DATASET_SOP_CLASS, DATASET_SOP_INSTANCE} <= found.keys():
            element = read_element(start, place, len(start), syntax)
            if element.undefined or element.tag > DATASET_SOP_INSTANCE:
                break
            known = element.tag in {DATASET_SOP_CLASS, DATASET_SOP_INSTANCE}
            found[element.tag] = _uid(start, element) if known else ""
            place = element.start + element.length
    return Announced(
        sop_class_uid=announced.sop_class_uid or found.get(DATASET_SOP_CLASS, ""),
        sop_instance_uid=announced.sop_instance_uid or found.get(DATASET_SOP_INSTANCE, ""),
        transfer_syntax_uid=announced.transfer_syntax_uid,
    )


def _uid(start: bytes, element: Element) -> str:
    text = start[element.start : element.start + element.length].decode("latin_1").strip("\0 ")
    if text and not UID_SHAPE.fullmatch(text):
        raise DatasetUnreadable(fault="a UID in the file meta information is none")
    return text
