"""Matching keys without a column: in sequences, in stored metadata, page by page."""

import re

import httpx
import pytest
from hypothesis import given, strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.dicom_node.objects import a_ct, file_bytes
from tests.viewer.dicomweb.conftest import Archive
from viewer.attributes import Attributes
from viewer.qido_further import Further, ValueKind, matches_all
from viewer.qido_query import FURTHER, Level, QueryRefused, path_of, read_query

SERIES, SOP = "0020000E", "00080018"


def request(procedure: str, step: str) -> Dataset:
    """An item of Request Attributes Sequence."""
    item = Dataset()
    item.RequestedProcedureID, item.ScheduledProcedureStepID = procedure, step
    return item


@pytest.fixture
def three(archived: Archive) -> list[Dataset]:
    """Three series; the second has two requests, the third none."""
    made = [
        a_ct(
            PerformedProcedureStepStartTime="081500",
            RequestAttributesSequence=Sequence([request("RP1", "SPS1")]),
            StationName="CT1",
            ContentDate="20260301",
            ImageType=["ORIGINAL", "PRIMARY"],
        ),
        a_ct(
            PerformedProcedureStepStartTime="0930",
            RequestAttributesSequence=Sequence([request("RP1", "SPS2"), request("RP[2]", "SPS3")]),
            StationName="CT2",
            ContentDate="20260302",
        ),
        a_ct(StationName="MR1", Modality="MR"),
    ]
    for dataset in made:
        archived(file_bytes(dataset))
    return made


MATCHES: list[tuple[str, list[int]]] = [
    ("RequestAttributesSequence.RequestedProcedureID=RP1", [0, 1]),
    ("00400275.00401001=RP1", [0, 1]),
    ("00400275.RequestedProcedureID=RP[2]", [1]),
    ("RequestAttributesSequence.00400009=SPS?", [0, 1]),
    ("RequestAttributesSequence.ScheduledProcedureStepID=SPS2", [1]),
    ("RequestAttributesSequence.ScheduledProcedureStepID=NONE", []),
    ("RequestAttributesSequence.ScheduledProcedureStepID=", [0, 1, 2]),
    ("PerformedProcedureStepStartTime=0800-0900", [0]),
    ("PerformedProcedureStepStartTime=-093000", [0, 1]),
    ("PerformedProcedureStepStartTime=093000-", [1]),
    ("StationName=CT*", [0, 1]),
    ("StationName=CT*&00400275.00400009=SPS3", [1]),
    ("StationName=CT*&Modality=MR", []),
    ("Modality=CT,MR&StationName=MR1", [2]),
    ("Modality=M*", [2]),
]


async def test_series_by_what_is_inside(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    numbers = {dataset.SeriesInstanceUID: number for number, dataset in enumerate(three)}
    for query, expected in MATCHES:
        answer = await web.get(f"/series?{query}")
        assert answer.status_code == 200, answer.text
        assert sorted(numbers[one[SERIES]["Value"][0]] for one in answer.json()) == expected, query


async def test_instances_by_what_is_inside(web: httpx.AsyncClient, three: list[Dataset]) -> None:
    for query, number in (
        ("ContentDate=20260301", 0),
        ("ContentDate=20260302-20260303", 1),
        ("ImageType=PRIMARY", 0),
        ("StationName=MR1", 2),
    ):
        (found,) = (await web.get(f"/instances?{query}")).json()
        assert found[SOP]["Value"] == [three[number].SOPInstanceUID], query
    within = f"/studies/{three[0].StudyInstanceUID}/instances"
    assert len((await web.get(f"{within}?StationName=CT1")).json()) == 1
    assert (await web.get(f"{within}?StationName=MR1")).json() == []


async def test_pages_count_what_matches(web: httpx.AsyncClient, archived: Archive) -> None:
    for number in range(12):
        archived(file_bytes(a_ct(StationName=f"S{number % 3}", InstanceNumber=str(number))))
    everything = [one[SERIES] for one in (await web.get("/series?StationName=S1")).json()]
    assert len(everything) == 4
    pages = [
        [one[SERIES] for one in (await web.get(f"/series?StationName=S1&limit=2&offset={offset}")).json()]
        for offset in (0, 2, 4)
    ]
    assert pages == [everything[:2], everything[2:], []]
    with_field = (await web.get("/series?StationName=S1&includefield=StationName&limit=1")).json()
    assert with_field[0]["00081010"]["Value"] == ["S1"]


@pytest.mark.parametrize(
    "name",
    [
        "RequestAttributesSequence",
        "RequestAttributesSequence.",
        ".PatientID",
        "00400275.Nothing",
        "a.b.c.d.e",
    ],
)
async def test_paths_that_lead_nowhere_are_refused(web: httpx.AsyncClient, name: str) -> None:
    answer = await web.get(f"/series?{name}=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "dicomweb.query_refused")
    assert "parameter" in answer.json()["params"]


@pytest.mark.parametrize(
    "query",
    [
        "PerformedProcedureStepStartTime=noon",
        "StationName=A&StationName=B",
        "emptyvaluematching=true",
        "multiplevaluematching=true",
        "fuzzymatching=perhaps",
    ],
)
async def test_what_is_not_supported_is_named(web: httpx.AsyncClient, query: str) -> None:
    answer = await web.get(f"/series?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "dicomweb.query_refused")
    assert answer.json()["params"]["parameter"] == query.partition("=")[0]


def test_studies_have_no_keys_but_columns() -> None:
    for path in FURTHER[Level.SERIES]:
        with pytest.raises(QueryRefused):
            read_query([(path, "1200")], Level.STUDIES)
        assert read_query([(path, "1200")], Level.SERIES).further[0].path == path


def test_a_path_is_the_same_by_tags_and_keywords() -> None:
    assert path_of("RequestAttributesSequence.RequestedProcedureID") == "00400275.00401001"
    assert path_of("00400275.00401001") == "00400275.00401001"
    with pytest.raises(QueryRefused):
        path_of(".".join(["00400275"] * 5))


def holding(*values: str) -> Attributes:
    """A data set with these values inside of a sequence."""
    inner = [{"00400009": {"vr": "SH", "Value": [value]}} for value in values]
    return {"00400275": {"vr": "SQ", "Value": inner}, "00081010": {"vr": "SH", "Value": list(values)}}


def by_the_book(wanted: str, value: str) -> bool:
    """Wild card matching (PS3.4 C.2.2.2.4) by recursion over the text."""
    if not wanted:
        return not value
    if wanted[0] == "*":
        return by_the_book(wanted[1:], value) or (bool(value) and by_the_book(wanted, value[1:]))
    return bool(value) and wanted[0] in {"?", value[0]} and by_the_book(wanted[1:], value[1:])


@given(st.text("ab*?[!]\n", min_size=1, max_size=6), st.lists(st.text("ab[!]\n", max_size=6), max_size=3))
def test_wild_cards_match_as_the_book_says(wanted: str, values: list[str]) -> None:
    expected = any(by_the_book(wanted, value) for value in values)
    for path in ("00400275.00400009", "00081010"):
        assert matches_all((Further(path, ValueKind.TEXT, wanted),), holding(*values)) is expected


def test_many_stars_take_no_time() -> None:
    """A pattern with backtracking would take longer than the universe has."""
    key = Further("00081010", ValueKind.TEXT, "*a" * 200 + "b")
    assert not key.matches(holding("a" * 20_000))


HHMMSS = st.builds("{:02}{:02}{:02}".format, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))


@given(HHMMSS, HHMMSS, HHMMSS, st.sampled_from([2, 4, 6]))
def test_times_in_a_range(low: str, high: str, value: str, digits: int) -> None:
    """A value without seconds begins with its first second."""
    short = value[:digits]
    beginning = short.ljust(6, "0")
    key = Further("00081010", ValueKind.TIME, f"{low}-{high}")
    if low <= beginning <= high:
        assert key.matches(holding(short))
    if beginning < low or beginning > high:
        assert not key.matches(holding(short)) or (short <= high[: len(short)] and beginning >= low)
    assert Further("00081010", ValueKind.TIME, short).matches(holding(value))
    assert bool(re.fullmatch(r"\d+", short))


@given(st.dates(), st.dates(), st.dates())
def test_dates_in_a_range(low: object, high: object, value: object) -> None:
    said = [str(one).replace("-", "") for one in (low, high, value)]
    key = Further("00400275.00400009", ValueKind.DATE, f"{said[0]}-{said[1]}")
    assert key.matches(holding(said[2])) is (said[0] <= said[2] <= said[1])
    assert Further("00400275.00400009", ValueKind.DATE, f"-{said[1]}").matches(holding(said[2])) is (
        said[2] <= said[1]
    )
    assert not key.matches({})
