"""Rows as columns: every cell begins below its heading, whatever script it is written in."""

import unicodedata

import pytest
from hypothesis import given, strategies as st

from consult_server.columns import table

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=8)
LATIN = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=8)
CELL = HAN | LATIN | st.builds(str.__add__, LATIN, HAN)


def columns_taken(text: str) -> int:
    """As a terminal counts: East Asian wide and full-width letters take two (UAX #11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


@pytest.mark.parametrize(
    "rows,shown",
    [
        ([], "none"),
        ([{"a": 1}], "a\n1"),
        ([{"ae": "PACS", "port": 104}, {"ae": "X", "port": None}], "ae    port\nPACS  104\nX     —"),
        ([{"name": "周丽", "role": "applicant"}], "name  role\n周丽  applicant"),
        ([{"name": "许诺", "n": ""}, {"name": "a", "n": "b"}], "name  n\n许诺\na     b"),
        ([{"enabled": True, "tags": ["x"]}], "enabled  tags\nTrue     ['x']"),
    ],
)
def test_a_table(rows: list[dict[str, object]], shown: str) -> None:
    assert table(rows) == shown


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6))
def test_every_column_begins_at_one_place(cells: list[tuple[str, str, str]]) -> None:
    lines = table([dict(zip(("one", "two", "three"), row, strict=True)) for row in cells]).split("\n")
    assert len(lines) == len(cells) + 1
    widths = [max(map(columns_taken, column)) for column in zip(("one", "two", "three"), *cells, strict=True)]
    second, third = widths[0] + 2, widths[0] + widths[1] + 4
    for line, (one, two, three) in zip(lines[1:], cells, strict=True):
        room = one + " " * (second - columns_taken(one)) + two
        assert line == (room + " " * (third - columns_taken(room)) + three).rstrip()


@given(st.lists(st.fixed_dictionaries({"a": CELL, "b": CELL}), min_size=1, max_size=5))
def test_no_line_ends_in_blanks(rows: list[dict[str, str]]) -> None:
    assert all(line == line.rstrip() for line in table(rows).split("\n"))
