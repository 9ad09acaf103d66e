"""Identifiers that we write, read back by pydicom."""

import io

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.query.encoding import SHORT_BYTES_MAX, Value, encoded

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SYNTAXES = [EXPLICIT_LITTLE, IMPLICIT_LITTLE]


def decoded(raw: bytes, syntax: Syntax) -> Dataset:
    """A data set as pydicom reads it."""
    found = read_dataset(io.BytesIO(raw), is_implicit_VR=not syntax.explicit, is_little_endian=True)
    found.decode()
    return found


words = st.text("abcXYZ 019-王小东曾一李娜", max_size=40).map(str.strip)
numbers = st.integers(0, 65_535)


@given(words, words, numbers, st.sampled_from(SYNTAXES), st.sampled_from(["ISO_IR 192", "GB18030", "GBK"]))
def test_what_is_written_is_what_pydicom_reads(
    name: str, description: str, rows: int, syntax: Syntax, charset: str
) -> None:
    elements: dict[int, tuple[str, Value]] = {
        0x00280010: ("US", rows),
        0x00100010: ("PN", name),
        0x00081030: ("LO", description),
        0x00080061: ("CS", ["CT", "MR"]),
        0x00201208: ("IS", rows),
        0x0020000D: ("UI", "1.2.3"),
        0x00400275: ("SQ", ""),
        0x00180015: ("CS", ""),
        0x00880140: ("UI", ""),
    }
    raw = encoded(elements, syntax, charset)
    found = decoded(raw, syntax)
    assert (str(found.PatientName), found.StudyDescription) == (name, description)
    assert (found.Rows, found.NumberOfStudyRelatedInstances) == (rows, rows)
    assert (list(found.ModalitiesInStudy), found.StudyInstanceUID) == (["CT", "MR"], "1.2.3")
    assert (len(found.RequestAttributesSequence), found.BodyPartExamined) == (0, "")
    assert list(found.keys()) == sorted(found.keys())
    assert len(raw) % 2 == 0
    assert ("SpecificCharacterSet" in found) is not (name + description).isascii()
    if "SpecificCharacterSet" in found:
        assert found.SpecificCharacterSet == charset


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_a_representation_cannot_hold_is_left_empty(syntax: Syntax) -> None:
    elements: dict[int, tuple[str, Value]] = {
        0x00280010: ("US", 70_000),
        0x00280011: ("US", ""),
        0x00081030: ("LO", "x" * (SHORT_BYTES_MAX + 1)),
        0x00321060: ("LO", "x" * SHORT_BYTES_MAX),
        0x7FE00010: ("OW", ""),
        0x00189999: ("UN", ""),
        0x00189998: ("??", ""),
    }
    found = decoded(encoded(elements, syntax, "ISO_IR 192"), syntax)
    assert (found.Rows, found.Columns, found.StudyDescription) == (None, None, "")
    assert len(found.RequestedProcedureDescription) == SHORT_BYTES_MAX
    assert 0x00189998 in found


def test_a_character_that_the_askers_set_lacks_becomes_a_question_mark() -> None:
    raw = encoded({0x00100010: ("PN", "王^𠮷")}, EXPLICIT_LITTLE, "GBK")
    assert str(decoded(raw, EXPLICIT_LITTLE).PatientName) == "王^?"
    whole = encoded({0x00100010: ("PN", "王^𠮷")}, EXPLICIT_LITTLE, "GB18030")
    assert str(decoded(whole, EXPLICIT_LITTLE).PatientName) == "王^𠮷"
