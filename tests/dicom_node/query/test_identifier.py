"""Identifiers as bytes: read as pydicom wrote them, or refused with a reason; hostile ones cost nothing."""

import time
from typing import Any

import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset

from dicom_node.archive.matching import InstanceFilter, SeriesFilter, StudyFilter
from dicom_node.intake.elements import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Syntax
from dicom_node.line import Context
from dicom_node.query.identifier import (
    IDENTIFIER_BYTES_MAX,
    KEYS_MAX,
    VALUES_MAX,
    Collector,
    Identifier,
    Query,
    read_query,
)
from dicom_node.query.model import KEYS, IdentifierFault, Kind, Level
from tests.dicom_node.asking import PATIENT_FIND, STUDY_FIND, identifier
from tests.dicom_node.objects import dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, IMPLICIT

SOON_SECONDS = 2.0
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def context(model: str = STUDY_FIND, syntax: str = EXPLICIT, **agreed: bool) -> Context:
    """A context of a query."""
    return Context(context_id=1, abstract_syntax=model, transfer_syntax=syntax, **agreed)


def read(asked: Dataset | bytes, *, implicit: bool = False, **agreed: Any) -> Query | IdentifierFault:
    """What is made of an identifier."""
    raw = asked if isinstance(asked, bytes) else dataset_bytes(asked, implicit=implicit)
    syntax = IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE
    try:
        return read_query(Identifier(raw, syntax), context(**agreed))
    except IdentifierFault as fault:
        return fault


def query(asked: Dataset | bytes, **how: Any) -> Query:
    """The same where a query is expected."""
    found = read(asked, **how)
    assert isinstance(found, Query), found
    return found


def refusal(asked: Dataset | bytes, **how: Any) -> str:
    """The comment of a refusal."""
    found = read(asked, **how)
    assert isinstance(found, IdentifierFault)
    return found.answer.comment


texts = st.text("ABC xyz*?-_0189王小东曾一", min_size=1, max_size=20).map(str.strip)
latin = st.text("ABCXYZ0189*?", min_size=1, max_size=12).filter(lambda text: set(text) != {"*"})
days = st.dates().map(lambda day: day.strftime("%Y%m%d").zfill(8))


@given(
    name=texts.filter(lambda text: bool(text.strip("*"))),
    patient_id=latin,
    first=days,
    last=days,
    implicit=st.booleans(),
    charset=st.sampled_from(["ISO_IR 192", "GB18030"]),
)
def test_what_pydicom_writes_is_read_as_it_was_meant(
    name: str, patient_id: str, first: str, last: str, implicit: bool, charset: str
) -> None:
    asked = identifier(
        "STUDY",
        SpecificCharacterSet=charset,
        PatientName=name,
        PatientID=patient_id,
        StudyDate=f"{first}-{last}",
        StudyInstanceUID="",
    )
    found = query(asked, implicit=implicit, syntax=IMPLICIT if implicit else EXPLICIT)
    assert found.filters.studies == StudyFilter(
        patient_name=name, patient_id=patient_id, study_date=f"{first}-{last}", by_reading=True
    )
    assert (found.filters.series, found.filters.instances) == (SeriesFilter(), InstanceFilter())
    assert found.character_set == charset
    assert found.complete


@pytest.mark.parametrize(
    "charset, answered",
    [
        (None, "ISO_IR 192"),
        ("ISO_IR 100", "ISO_IR 192"),
        ("ISO_IR 192", "ISO_IR 192"),
        ("GB18030", "GB18030"),
        ("GBK", "GBK"),
        (["", "GB18030"], "GB18030"),
        (["", "ISO 2022 IR 58"], "ISO 2022 IR 58"),
        (["ISO 2022 IR 6", "ISO 2022 IR 58"], "ISO 2022 IR 58"),
    ],
)
def test_the_character_set_of_the_answers(charset: Any, answered: str) -> None:
    keys = {} if charset is None else {"SpecificCharacterSet": charset}
    assert query(identifier("STUDY", PatientID="1", **keys)).character_set == answered


@given(
    st.sampled_from([tag for tag, key in KEYS.items() if key.kind is Kind.UIDS]),
    st.lists(st.text("0123456789.", min_size=1, max_size=64), min_size=1, max_size=8),
)
def test_lists_of_uids_are_read_at_every_level(tag: int, uids: list[str]) -> None:
    asked = Dataset()
    asked.QueryRetrieveLevel = KEYS[tag].level.name
    asked.add_new(tag, "UI", [])
    asked[tag]._value = uids if len(uids) > 1 else uids[0]
    found = query(asked, relational=True)
    filters = {Level.STUDY: found.filters.studies, Level.SERIES: found.filters.series}
    assert getattr(filters.get(KEYS[tag].level, found.filters.instances), KEYS[tag].field) == uids


@pytest.mark.parametrize("value", ["", "*", "**"])
def test_a_key_that_matches_everything_narrows_nothing(value: str) -> None:
    found = query(identifier("STUDY", PatientName=value, PatientID=value, StudyDescription=value))
    assert found.filters.studies == StudyFilter(by_reading=True)


def test_a_range_without_ends_and_a_list_with_a_star_narrow_nothing() -> None:
    asked = identifier("STUDY", StudyDate="-", StudyTime=" - ", StudyInstanceUID=["1.2.3", "*"])
    asked.ModalitiesInStudy = ["CT", "*"]
    assert query(asked).filters.studies == StudyFilter(by_reading=True)


def test_keys_below_the_level_are_not_matched_and_make_the_answer_incomplete() -> None:
    found = query(identifier("STUDY", SeriesDescription="a", InstanceNumber="3", PatientID="1"))
    assert (found.filters.series, found.filters.instances) == (SeriesFilter(), InstanceFilter())
    assert not found.complete


def test_fuzzy_names_need_an_agreement() -> None:
    asked = identifier("STUDY", PatientName="wang")
    assert query(asked).filters.studies == StudyFilter(patient_name="wang", by_reading=True)
    assert query(asked, fuzzy=True).filters.studies == StudyFilter(patient_name="wang", fuzzy=True)


def test_a_private_key_is_neither_matched_nor_answered() -> None:
    asked = identifier("STUDY", PatientID="1")
    asked.private_block(0x0009, "ME", create=True).add_new(1, "LO", "x")
    assert all(not tag >> 16 & 1 for tag in query(asked).wanted)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_refused(raw: bytes, implicit: bool) -> None:
    found = read(raw, implicit=implicit)
    if isinstance(found, IdentifierFault):
        assert found.answer.status in {0xA900, 0xC000}
        assert 0 < len(found.answer.comment) <= 64


@given(
    st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=4)), min_size=1, max_size=5),
    st.integers(0, 60),
    st.booleans(),
)
def test_mutated_identifiers_are_read_or_refused(
    edits: list[tuple[int, bytes]], cut: int, implicit: bool
) -> None:
    asked = identifier(
        "IMAGE",
        SpecificCharacterSet="GB18030",
        PatientName="王^小东",
        StudyInstanceUID="1.2",
        SeriesInstanceUID="1.3",
        SOPInstanceUID=["1.4", "1.5"],
        StudyDate="20260101-",
        InstanceNumber="7",
        Rows=None,
        RequestAttributesSequence=[identifier("STUDY", PatientID="1")],
    )
    raw = bytearray(dataset_bytes(asked, implicit=implicit))
    for place, content in edits:
        raw[place % len(raw) : place % len(raw) + len(content)] = content
    found = read(bytes(raw[: len(raw) - cut]), implicit=implicit)
    if isinstance(found, IdentifierFault):
        assert found.answer.status in {0xA900, 0xC000}
        assert 0 < len(found.answer.comment) <= 64


def nested(depth: int) -> bytes:
    """An identifier whose sequences hold sequences, all of undefined length (PS3.5 7.5)."""
    opened = b"\x40\0\x75\2SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\xff\xff\xff\xff"
    closed = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return dataset_bytes(identifier("STUDY")) + opened * depth + closed * depth


def many_keys(count: int) -> bytes:
    """An identifier of so many keys."""
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    for number in range(count):
        asked.add_new(0x30000000 + number * 2 + 2, "LO", "x")
    return dataset_bytes(asked)


@pytest.mark.parametrize(
    "raw, words",
    [
        (nested(40), "nested too deep"),
        (many_keys(KEYS_MAX), "too many elements"),
        (many_keys(10_000), "too many elements"),
        (dataset_bytes(identifier("STUDY", RequestAttributesSequence=[Dataset()] * 200)), "sequence items"),
        (dataset_bytes(identifier("STUDY", AccessionNumber="x")) * 2, "occurs twice"),
        (b"GET / HTTP/1.1\r\n", ""),
        (b"\xff" * 1_000, ""),
    ],
    ids=["deep", "keys", "10k keys", "items", "twice", "http", "ones"],
)
def test_hostile_identifiers_are_refused_soon(raw: bytes, words: str) -> None:
    began = time.monotonic()
    assert words in refusal(raw)
    assert time.monotonic() - began < SOON_SECONDS


def test_a_shallow_sequence_is_no_fault() -> None:
    assert not query(nested(5)).complete


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_an_identifier_beyond_the_bound_is_read_past_and_refused(syntax: Syntax) -> None:
    collector = Collector()
    for _ in range(IDENTIFIER_BYTES_MAX // 1000 + 2):
        collector.take(memoryview(bytes(1000)))
    assert len(collector._bytes) <= IDENTIFIER_BYTES_MAX
    with pytest.raises(IdentifierFault) as refused:
        collector.identifier(syntax)
    assert refused.value.answer.status == 0xC000
    assert str(IDENTIFIER_BYTES_MAX) in refused.value.answer.comment


def test_too_many_values_are_refused_by_name() -> None:
    asked = identifier("STUDY", StudyInstanceUID=["1.2"] * VALUES_MAX)
    assert len(query(asked).filters.studies.study_instance_uids) == VALUES_MAX
    asked.StudyInstanceUID = ["1.2"] * (VALUES_MAX + 1)
    assert refusal(asked) == f"StudyInstanceUID has more than {VALUES_MAX} values"


def test_a_value_beyond_what_is_read_inline_is_refused_by_name() -> None:
    asked = identifier("STUDY")
    asked.add_new(0x00081030, "UT", "x" * 70_000)
    assert refusal(asked) == "StudyDescription cannot be read"


@pytest.mark.parametrize(
    "keys, top, comment",
    [
        ({"StudyInstanceUID": "1.2"}, PATIENT_FIND, "PatientID is needed at this level"),
        ({"PatientID": "?"}, PATIENT_FIND, "PatientID must be one value at this level"),
        ({"PatientID": "1"}, PATIENT_FIND, "StudyInstanceUID is needed at this level"),
        ({}, STUDY_FIND, "StudyInstanceUID is needed at this level"),
    ],
)
def test_each_level_needs_those_above_unless_it_is_relational(
    keys: dict[str, str], top: str, comment: str
) -> None:
    asked = identifier("SERIES", **keys)
    assert refusal(asked, model=top) == comment
    assert query(asked, model=top, relational=True).level is Level.SERIES
