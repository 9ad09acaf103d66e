"""The query string of a search, read for any text a client may send (PS3.18 8.3.4)."""

import string

import pytest
from hypothesis import given, strategies as st
from pydicom.datadict import keyword_dict

from viewer.qido_query import (
    INSTANCE_KEYS,
    LIMIT_DEFAULT,
    LIMIT_MAX,
    OFFSET_MAX,
    SERIES_KEYS,
    STUDY_KEYS,
    Level,
    Query,
    QueryRefused,
    read_query,
    tag_of,
)

KEYWORDS = {f"{number:08X}": keyword for keyword, number in keyword_dict.items()}
VALUES = {
    "0020000D": "1.2.3",
    "0020000E": "1.2.3",
    "00080018": "1.2.3",
    "00080016": "1.2.3",
    "00100030": "19700101",
    "00080020": "20260101-20261231",
    "00400244": "20260101-",
    "00080030": "0930-1015",
    "00200011": "-3",
    "00200013": "7",
    "00080061": "CT,MR",
}
LEVELS = [(Level.STUDIES, STUDY_KEYS), (Level.SERIES, SERIES_KEYS), (Level.INSTANCES, INSTANCE_KEYS)]


def filters_of(query: Query, level: Level) -> object:
    """The filter of one level."""
    return {Level.STUDIES: query.studies, Level.SERIES: query.series, Level.INSTANCES: query.instances}[level]


@pytest.mark.parametrize("level, keys", LEVELS)
def test_every_key_works_by_tag_and_by_keyword(level: Level, keys: dict[str, tuple[str, object]]) -> None:
    nothing = filters_of(read_query([], Level.INSTANCES), level)
    for tag, (column, _) in keys.items():
        value = VALUES.get(tag, "text*")
        by_tag = read_query([(tag, value)], Level.INSTANCES)
        assert by_tag == read_query([(tag.lower(), value)], Level.INSTANCES)
        assert by_tag == read_query([(KEYWORDS[tag], value)], Level.INSTANCES)
        assert getattr(filters_of(by_tag, level), column) != getattr(nothing, column), tag
        assert read_query([(tag, "")], Level.INSTANCES) == read_query([], Level.INSTANCES)


@pytest.mark.parametrize("searched", list(Level))
def test_a_key_of_a_lower_level_is_refused(searched: Level) -> None:
    order = list(Level)
    for level, keys in LEVELS:
        for tag in keys:
            below = order.index(level) > order.index(searched)
            if below and not (searched is Level.STUDIES and tag == "00080060"):
                with pytest.raises(QueryRefused) as refusal:
                    read_query([(tag, VALUES.get(tag, "x"))], searched)
                assert refusal.value.params["parameter"] == tag
            else:
                read_query([(tag, VALUES.get(tag, "x"))], searched)


NAMES = st.one_of(
    st.sampled_from([*STUDY_KEYS, *SERIES_KEYS, *INSTANCE_KEYS, *map(KEYWORDS.get, STUDY_KEYS)]),
    st.sampled_from(["limit", "offset", "fuzzymatching", "includefield", "Limit", "charset"]),
    st.text(max_size=12),
)


@given(st.lists(st.tuples(NAMES, st.text(max_size=20)), max_size=6), st.sampled_from(Level))
def test_any_query_string_is_read_or_refused(pairs: list[tuple[str, str]], level: Level) -> None:
    try:
        query = read_query(pairs, level)
    except QueryRefused:
        return
    assert 0 <= query.limit <= LIMIT_MAX
    assert 0 <= query.offset <= OFFSET_MAX


@pytest.mark.parametrize(
    "pairs, limit, offset, capped",
    [
        ([], LIMIT_DEFAULT, 0, True),
        ([("limit", "5")], 5, 0, False),
        ([("limit", "999999999"), ("offset", "999999999")], LIMIT_MAX, OFFSET_MAX, True),
        ([("limit", "0"), ("offset", "7")], 0, 7, False),
        ([("LIMIT", "5"), ("Offset", "7")], 5, 7, False),
    ],
)
def test_the_page(pairs: list[tuple[str, str]], limit: int, offset: int, *, capped: bool) -> None:
    query = read_query(pairs, Level.STUDIES)
    assert (query.limit, query.offset, query.capped) == (limit, offset, capped)


@pytest.mark.parametrize("value", ["-1", "1.5", "", " 5", "٣", "1e3", "9" * 10, "five"])
def test_a_page_that_is_no_number(value: str) -> None:
    if value == "":
        assert read_query([("limit", value)], Level.STUDIES).limit == LIMIT_DEFAULT
        return
    with pytest.raises(QueryRefused) as refusal:
        read_query([("limit", value)], Level.STUDIES)
    assert refusal.value.params == {"parameter": "limit", "fault": "is no whole number"}


@given(st.text(string.hexdigits, min_size=8, max_size=8))
def test_eight_hexadecimal_digits_are_a_tag(text: str) -> None:
    assert tag_of(text) == text.upper()


@pytest.mark.parametrize(
    "text", ["", "0010001", "001000100", "0010,0010", "patientname", "PatientName ", "０0100010"]
)
def test_other_names_are_not(text: str) -> None:
    with pytest.raises(QueryRefused):
        tag_of(text)


def test_fields_are_gathered_from_all_parameters() -> None:
    query = read_query(
        [
            ("includefield", "PatientName,00080060"),
            ("IncludeField", "00400275.00400007"),
            ("includefield", ""),
        ],
        Level.STUDIES,
    )
    assert query.fields.tags == {"00100010", "00080060", "00400275"}
    assert not query.fields.everything
    assert read_query([("includefield", "all")], Level.STUDIES).fields.everything
    with pytest.raises(QueryRefused):
        read_query([("includefield", ",".join(["00100010"] * 65))], Level.STUDIES)
