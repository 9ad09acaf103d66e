"""Identifiers that we write, read back by pydicom."""

import io

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from dicom_node.intake.charset import charset_of
from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.query.encoding import GB2312, SHORT_BYTES_MAX, Elements, Value, encoded

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
SYNTAXES = [EXPLICIT_LITTLE, IMPLICIT_LITTLE]


def decoded(raw: bytes, syntax: Syntax) -> Dataset:
    """A data set as pydicom reads it."""
    found = read_dataset(io.BytesIO(raw), is_implicit_VR=not syntax.explicit, is_little_endian=True)
    found.decode()
    return found


def read(text: object) -> str:
    """A text as pydicom reads it: GB 2312 rightly, but it leaves the switch to it in (charset.py)."""
    return str(text).replace("\x1b$)A", "")


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


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030", "GBK", GB2312])
def test_sequences_nest_and_their_texts_count_for_the_character_set(syntax: Syntax, charset: str) -> None:
    inner: Elements = {0x00400031: ("UT", "县医院")}
    step: Elements = {
        0x00400007: ("LO", "胸部 CT"),
        0x00400008: ("SQ", ()),
        0x00080051: ("SQ", (inner, inner)),
    }
    found = decoded(encoded({0x00100020: ("LO", "P1"), 0x00400100: ("SQ", (step,))}, syntax, charset), syntax)
    (item,) = found.ScheduledProcedureStepSequence
    assert (read(item.ScheduledProcedureStepDescription), len(item.ScheduledProtocolCodeSequence)) == (
        "胸部 CT",
        0,
    )
    issuers = [read(issuer.LocalNamespaceEntityID) for issuer in item.IssuerOfAccessionNumberSequence]
    assert issuers == ["县医院"] * 2
    assert found.SpecificCharacterSet == (["", GB2312] if charset == GB2312 else charset)
    assert list(item.keys()) == sorted(item.keys())


hanzi = st.text("王小东曾一李娜医院", min_size=1, max_size=8)


@given(hanzi, hanzi, st.text("ab ", max_size=5).map(str.strip))
def test_gb2312_is_switched_to_anew_after_each_delimiter(family: str, given_name: str, latin: str) -> None:
    """PS3.5 6.1.2.5.3, as in the example of K.2."""
    name = f"{latin}^X={family}^{given_name}"
    raw = encoded({0x00100010: ("PN", name), 0x00081030: ("LO", given_name)}, EXPLICIT_LITTLE, GB2312)
    found = decoded(raw, EXPLICIT_LITTLE)
    assert (read(found.PatientName), read(found.StudyDescription)) == (name, given_name)
    assert charset_of(["", GB2312]).decode(raw).count(given_name) >= 2
    assert raw.count(b"\x1b$)A") == 3


def test_a_character_that_gb2312_lacks_makes_the_answer_gb18030() -> None:
    raw = encoded({0x00100010: ("PN", "王^喆")}, EXPLICIT_LITTLE, GB2312)
    found = decoded(raw, EXPLICIT_LITTLE)
    assert (str(found.PatientName), found.SpecificCharacterSet) == ("王^喆", "GB18030")
