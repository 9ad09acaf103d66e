"""The head of a file: ours the same for the same object, theirs read with care (PS3.10 7.1)."""

import io
import struct

import pydicom
import pytest
from hypothesis import given, strategies as st

from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.intake.errors import NotDicom
from dicom_node.intake.part10 import (
    HEAD_BYTES_MAX,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    Announced,
    head_of,
    read_head,
)
from tests.dicom_node.objects import CT, a_ct, dataset_bytes, file_bytes
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT

uids = st.lists(st.integers(0, 10**9), min_size=1, max_size=6).map(lambda parts: ".".join(map(str, parts)))


def announced(instance: str = "1.2.3", syntax: str = EXPLICIT, sop_class: str = CT) -> Announced:
    """What a sender says."""
    return Announced(sop_class_uid=sop_class, sop_instance_uid=instance, transfer_syntax_uid=syntax)


def meta(*elements: tuple[int, bytes, bytes]) -> bytes:
    """Preamble and file meta elements as given: (number, VR, value)."""
    parts = [bytes(128), b"DICM"]
    for number, vr, value in elements:
        form = "<HH2s2xL" if vr == b"OB" else "<HH2sH"
        parts.append(struct.pack(form, 2, number, vr, len(value)) + value)
    return b"".join(parts)


@given(uids, uids, uids)
def test_what_is_written_is_read_back_and_by_pydicom_too(sop_class: str, instance: str, syntax: str) -> None:
    head = head_of(announced(instance, syntax, sop_class))
    assert read_head(head + b"\x08\0") == (announced(instance, syntax, sop_class), len(head))
    theirs = pydicom.dcmread(io.BytesIO(head), stop_before_pixels=True).file_meta
    assert (theirs.MediaStorageSOPClassUID, theirs.MediaStorageSOPInstanceUID, theirs.TransferSyntaxUID) == (
        sop_class,
        instance,
        syntax,
    )
    assert theirs.FileMetaInformationGroupLength == len(head) - 132 - 12
    assert theirs.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert theirs.ImplementationVersionName == IMPLEMENTATION_VERSION_NAME


def test_the_head_tells_nothing_of_who_sent_it_or_when() -> None:
    assert head_of(announced()) == head_of(announced())
    assert head_of(announced("1.2.4")) != head_of(announced("1.2.3")) != head_of(announced(syntax=IMPLICIT))


def test_a_head_is_whole_and_even() -> None:
    for instance in ("1.2", "1.23", "9" * 64, "9" * 63):
        assert len(head_of(announced(instance))) % 2 == 0


def test_a_file_of_pydicom_is_read() -> None:
    dataset = a_ct()
    content = file_bytes(dataset, pydicom.uid.ImplicitVRLittleEndian)
    found, place = read_head(content[:HEAD_BYTES_MAX])
    assert found == announced(dataset.SOPInstanceUID, IMPLICIT)
    assert content[place:] == dataset_bytes(dataset, implicit=True)


SYNTAX = (0x0010, b"UI", b"1.2.840.10008.1.2.1\0")


@pytest.mark.parametrize("group_length", [0, 1, 0xFFFFFFF0])
def test_the_group_length_is_not_believed(group_length: int) -> None:
    start = meta((0, b"UL", struct.pack("<L", group_length)), SYNTAX)
    assert read_head(start + b"\x08\0\x05\0")[1] == len(start)


def test_what_the_file_does_not_say_is_empty_and_the_rest_is_read_past() -> None:
    start = meta((1, b"OB", b"\0\1"), SYNTAX, (0x16, b"AE", b"SOMEBODY"), (0x102, b"OB", bytes(500)))
    assert read_head(start + b"\x08\0") == (announced("", EXPLICIT, ""), len(start))


@pytest.mark.parametrize(
    "start, error, words",
    [
        (b"", NotDicom, "no DICM"),
        (bytes(400), NotDicom, "no DICM"),
        (b"DICM" + bytes(400), NotDicom, "no DICM"),
        (meta(), DatasetTruncated, "meta information"),
        (meta() + b"\x08\0\x05\0", NotDicom, "no Transfer Syntax UID"),
        (meta((2, b"UI", b"1.2\0")) + b"\x08\0", NotDicom, "no Transfer Syntax UID"),
        (meta((0x10, b"UI", b"")) + b"\x08\0", NotDicom, "no Transfer Syntax UID"),
        (meta(SYNTAX), DatasetTruncated, "meta information"),
        (meta(SYNTAX)[:-4], DatasetTruncated, "ends inside"),
        (meta((3, b"UI", b"../../etc/passwd")), DatasetUnreadable, "UID"),
        (meta((3, b"UI", b"1" * 65)), DatasetUnreadable, "UID"),
        (meta((0x10, b"UI", b"1.2\r\n4")), DatasetUnreadable, "UID"),
        (meta((2, b"??", b"")), DatasetUnreadable, "value representation"),
        (meta() + struct.pack("<HH2s2xL", 2, 0x102, b"UN", 0xFFFFFFFF), DatasetUnreadable, "undefined"),
        (meta() + struct.pack("<HH2s2xL", 2, 0x102, b"OB", 0xFFFFFFF0), DatasetTruncated, "ends inside"),
    ],
    ids=range(15),
)
def test_a_head_that_is_none_is_refused_by_name(start: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as refusal:
        read_head(start)
    assert words in str(refusal.value)
