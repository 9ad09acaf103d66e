"""Lists of studies made from forms: the same studies in the same order as without them, on both databases."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from sqlalchemy import Engine, insert

from config.kernel.database import Database, open_sync_engine
from config.prepared import Text
from dicom_node.archive.matching import StudyFilter
from dicom_node.archive.queries import listed_studies, search_studies
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.archive.study_lists import ListedStudy, form_of, listed, question_of
from dicom_node.archive.tables import Study
from tests.dicom_node.archive.test_matching import study
from tests.dicom_node.archive.test_plans import plan

NAMES = ("Wang^Xiaodong=王^小东", "Li^Si=李^四", "100%^Sure", "under_score^A", "back\\slash^B", "")
DATES = ("20250101", "20250107", "20250108", "2024", "", "20251231")
texts = st.text(alphabet="aW*?%_\\/=^1", max_size=6)
days = st.sampled_from(["", "2025", "20250101", "20250101-", "-20250107", "20250101-20250107"])
filters = st.builds(
    StudyFilter,
    study_keys=st.lists(texts, max_size=3),
    patient_name=texts,
    patient_id=texts,
    study_date=days,
    accession_number=texts,
)


@given(filters, st.booleans())
def test_the_values_of_a_form_are_those_of_its_text(wanted: StudyFilter, later_page: bool) -> None:
    asked = form_of(wanted, later_page=later_page)
    assert asked is not None
    form, values = asked
    text = Text(question_of(form, wanted).statement, {})
    assert [value for _name, value in text.places] == ["", *values, 0, 0]


@given(filters, filters)
def test_questions_of_one_form_have_one_text(one: StudyFilter, other: StudyFilter) -> None:
    (form, _), (its_form, _) = (form_of(each, later_page=False) or (None, None) for each in (one, other))
    assert form is not None
    assert its_form is not None
    same = (
        Text(question_of(form, one).statement, {}).sql == Text(question_of(its_form, other).statement, {}).sql
    )
    assert same or form != its_form


@pytest.mark.parametrize(
    "wanted",
    [
        StudyFilter(patient_name="Wang*", fuzzy=True),
        StudyFilter(patient_name="Wang*", by_reading=True),
        StudyFilter(patient_sex="M"),
        StudyFilter(modalities_in_study=["CT"]),
        StudyFilter(study_instance_uids=["1.2"]),
    ],
    ids=str,
)
def test_other_keys_have_no_form(wanted: StudyFilter) -> None:
    assert form_of(wanted, later_page=False) is None


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Writes the studies."""
    opened = open_sync_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def stored(engine: Engine) -> int:
    """Studies of two institutions, by every name and date; how many each has."""
    rows = [
        study(
            patient_name=name,
            patient_id=f"P{number % 4}",
            accession_number=f"A{number % 5}",
            study_date=date,
            study_time=f"{number % 3:02}3000",
            institution_id=owner,
            modalities=["CT", "SR"][: number % 3],
        )
        for owner in ("county", "city")
        for number, (name, date) in enumerate(itertools.product(NAMES, DATES))
    ]
    with engine.begin() as connection:
        connection.execute(insert(Study), rows)
    return len(rows) // 2


@pytest.mark.parametrize(
    "wanted",
    [
        StudyFilter(),
        StudyFilter(patient_name="wang*"),
        StudyFilter(patient_name="*%*"),
        StudyFilter(patient_name="?nder_*"),
        StudyFilter(patient_name="*\\*"),
        StudyFilter(patient_name="李^四"),
        StudyFilter(patient_id="P1"),
        StudyFilter(patient_id="P?", study_date="20250101-20250107"),
        StudyFilter(accession_number="A1", study_date="-20250107"),
        StudyFilter(study_date="2025"),
        StudyFilter(study_date="20250108-"),
        StudyFilter(patient_sex="M"),
    ],
    ids=str,
)
async def test_a_list_is_what_the_search_finds(stored: int, database: Database, wanted: StudyFilter) -> None:
    lent = frozenset({("city", "1.2.999999")})
    reaches = [
        StudyScope(institution_ids=frozenset({"county"}), shared=shared) for shared in (frozenset(), lent)
    ]
    async with database.read() as view:
        for scope in reaches:
            everything = await search_studies(view, scope, wanted, limit=1_000)
            assert 0 < len(everything) <= stored
            for limit, offset in ((5, 0), (5, 3), (1_000, 1)):
                page = await listed_studies(view, scope, wanted, limit=limit, offset=offset)
                expected = [listed(one) for one in everything[offset : offset + limit]]
                assert [bare(one) for one in page] == [bare(one) for one in expected]
        assert await listed_studies(view, NOTHING, wanted, limit=10, offset=0) == []


def bare(row: ListedStudy) -> ListedStudy:
    """Without the spaces that a database may put between modalities."""
    return row._replace(modalities=row.modalities.replace(" ", ""))


@pytest.mark.parametrize("date", ["20250101-20250107", "2025", "-20250107"])
def test_a_range_of_dates_is_read_between_its_ends(sqlite_template: Path, date: str) -> None:
    wanted = StudyFilter(study_date=date)
    asked = form_of(wanted, later_page=False)
    assert asked is not None
    found = plan(sqlite_template, question_of(asked[0], wanted).statement)
    assert "ix_dicom_study_institution_newest (institution_id=? AND study_date" in found
    assert "study_date<?" in found
    assert "TEMP B-TREE" not in found


@pytest.mark.parametrize("later_page", [False, True])
def test_studies_named_by_their_keys_are_looked_up(sqlite_template: Path, later_page: bool) -> None:
    wanted = StudyFilter(study_keys=["a", "b"], patient_name="Wang*")
    asked = form_of(wanted, later_page=later_page)
    assert asked is not None
    found = plan(sqlite_template, question_of(asked[0], wanted).statement)
    assert "(study_key=?)" in found
    assert "institution_id=?" not in found


async def test_studies_named_by_their_keys_are_those_only(stored: int, database: Database) -> None:
    scope = StudyScope(institution_ids=frozenset({"county"}), shared=frozenset())
    async with database.read() as view:
        everything = await search_studies(view, scope, limit=stored)
        keys = [one.study_key for one in everything[::2]]
        foreign = ["no such key", '"]', "'"]
        wanted = StudyFilter(study_keys=[*reversed(keys), *foreign])
        page = await listed_studies(view, scope, wanted, limit=stored, offset=1)
    assert [bare(one) for one in page] == [bare(listed(one)) for one in everything[::2][1:]]
