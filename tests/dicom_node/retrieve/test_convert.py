"""Data sets in another encoding, held against pydicom: the same attributes, each value byte for byte."""

import io
import struct
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from config.kernel.errors import AppError
from dicom_node.archive.errors import DatasetTruncated, DatasetUnreadable
from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.retrieve.convert import COPY_BYTES, converted
from tests.dicom_node.objects import a_ct, dataset_bytes
from tests.dicom_node.refusals import outcome_of

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
PAIRS = [(a, b) for a in (EXPLICIT_LITTLE, IMPLICIT_LITTLE) for b in (EXPLICIT_LITTLE, IMPLICIT_LITTLE)]
IDS = ["explicit", "explicit to implicit", "implicit to explicit", "implicit"]


def read(raw: bytes, syntax: Syntax) -> Dataset:
    """A data set as pydicom reads it."""
    return read_dataset(io.BytesIO(raw), is_implicit_VR=not syntax.explicit, is_little_endian=True)


def turned(dataset: Dataset | bytes, source: Syntax, target: Syntax) -> bytes:
    """A data set written by pydicom in `source`, converted."""
    raw = dataset if isinstance(dataset, bytes) else dataset_bytes(dataset, implicit=not source.explicit)
    return b"".join(converted(raw, 0, source, target))


def rich() -> Dataset:
    """A CT with nested sequences, private elements and every kind of value."""
    dataset = a_ct(SmallestImagePixelValue=3)
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = "1.2.3"
    purpose = Dataset()
    purpose.CodeValue, purpose.CodeMeaning = "121324", "源图像"
    reference.PurposeOfReferenceCodeSequence = [purpose]
    dataset.SourceImageSequence = [reference, Dataset()]
    dataset.ProcedureCodeSequence = []
    block = dataset.private_block(0x0009, "LIANZHEN TEST", create=True)
    block.add_new(1, "LO", "private words")
    block.add_new(2, "FD", 2.5)
    block.add_new(3, "OB", b"\1\2\3\4")
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.FrameIncrementPointer = 0x00181063
    dataset.TagAngleSecondAxis = -3
    dataset.FalsePositivesEstimateFlag = "YES"
    return dataset


@pytest.mark.parametrize("source, target", PAIRS, ids=IDS)
def test_a_converted_data_set_is_the_same_data_set(source: Syntax, target: Syntax) -> None:
    dataset = rich()
    found = read(turned(dataset, source, target), target)
    expected = read(dataset_bytes(dataset, implicit=not target.explicit), target)
    if target.explicit and not source.explicit:
        number = found[0x0009, 0x1002]
        assert (number.VR, number.value) == ("UN", struct.pack("<d", 2.5)), "nobody knows what it was"
        found.remove_private_tags()
        expected.remove_private_tags()
    assert found == expected


def test_a_conversion_into_the_same_encoding_settles_at_once() -> None:
    for source in (EXPLICIT_LITTLE, IMPLICIT_LITTLE):
        once = turned(rich(), source, source)
        assert turned(once, source, source) == once


words = st.text("abc XYZ019王小东", max_size=40).map(str.strip)
trees = st.recursive(
    st.dictionaries(st.sampled_from(["CodeValue", "CodeMeaning", "TextValue"]), words, max_size=3),
    lambda inner: st.dictionaries(
        st.sampled_from(["ConceptCodeSequence", "ContentSequence"]), st.lists(inner, max_size=3), max_size=2
    ),
    max_leaves=12,
)


def planted(tree: dict[str, Any]) -> Dataset:
    """A data set of this shape."""
    made = Dataset()
    for keyword, value in tree.items():
        setattr(made, keyword, [planted(one) for one in value] if isinstance(value, list) else value)
    return made


@given(trees, st.sampled_from(PAIRS), st.binary(max_size=64))
def test_any_tree_of_sequences_keeps_its_shape(
    tree: dict[str, Any], pair: tuple[Syntax, Syntax], pixels: bytes
) -> None:
    dataset = planted(tree)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.BitsAllocated = 16
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OW"
    found = read(turned(dataset, *pair), pair[1])
    assert found == read(dataset_bytes(dataset, implicit=not pair[1].explicit), pair[1])


@pytest.mark.parametrize("signed", [0, 1])
def test_values_that_follow_the_pixel_representation_get_their_sign(signed: int) -> None:
    dataset = a_ct(PixelRepresentation=signed)
    dataset.add_new("SmallestImagePixelValue", "SS" if signed else "US", -5 if signed else 5)
    found = read(turned(dataset, IMPLICIT_LITTLE, EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    element = found["SmallestImagePixelValue"]
    assert (element.VR, element.value) == (("SS", -5) if signed else ("US", 5))


def test_a_value_too_long_for_its_representation_goes_as_unknown() -> None:
    """PS3.5 6.2.2 note 2: more than 65,534 bytes of a short VR are encoded as UN."""
    dataset = Dataset()
    dataset.StudyDescription = "x" * 70_000
    raw = turned(dataset, IMPLICIT_LITTLE, EXPLICIT_LITTLE)
    assert raw[4:6] == b"UN"
    assert raw[12:] == b"x" * 70_000


def test_group_lengths_go_and_trailing_zeros_end_the_data_set() -> None:
    raw = dataset_bytes(a_ct())
    group_length = b"\x08\0\0\0UL\4\0\x10\0\0\0"
    assert turned(group_length + raw + bytes(40), EXPLICIT_LITTLE, EXPLICIT_LITTLE) == raw


def test_large_values_come_in_pieces() -> None:
    raw = dataset_bytes(a_ct(Rows=1200, Columns=1200, PixelData=bytes(1200 * 1200 * 2)))
    pieces = list(converted(raw, 0, EXPLICIT_LITTLE, IMPLICIT_LITTLE))
    assert max(map(len, pieces)) == COPY_BYTES
    assert b"".join(pieces).endswith(bytes(1200 * 1200 * 2))


def test_encapsulated_pixel_data_is_refused() -> None:
    raw = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    with pytest.raises(DatasetUnreadable):
        turned(raw, EXPLICIT_LITTLE, IMPLICIT_LITTLE)


def test_an_item_without_its_end_is_refused() -> None:
    raw = b"\x08\0\x12\x21SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
    with pytest.raises((DatasetUnreadable, DatasetTruncated)):
        turned(raw, EXPLICIT_LITTLE, IMPLICIT_LITTLE)


@given(
    st.lists(st.tuples(st.integers(0, 900), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.sampled_from(PAIRS),
)
def test_mutated_data_sets_are_converted_or_refused(
    edits: list[tuple[int, bytes]], cut: int, pair: tuple[Syntax, Syntax]
) -> None:
    raw = bytearray(dataset_bytes(rich(), implicit=not pair[0].explicit))
    for place, content in edits:
        raw[place % len(raw) : place % len(raw) + len(content)] = content
    found = outcome_of(lambda: turned(bytes(raw[: len(raw) - cut]), *pair))
    assert isinstance(found, bytes | AppError)
