"""Attribute matching (PS3.4 C.2.2.2) on both databases, held against plain Python."""

import fnmatch
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Engine, delete, insert, select

from config.kernel.database import open_sync_engine
from dicom_node.archive.matching import StudyFilter, study_conditions, visible
from dicom_node.archive.names import fold, name_key
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.tables import Series, Study

MOMENT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
NUMBERS = count(1)


def study(**facts: Any) -> dict[str, Any]:
    """A row of a study; keywords replace facts."""
    number = next(NUMBERS)
    name = facts.get("patient_name", "Wang^Xiaodong=王^小东")
    return {
        "study_key": f"k{number:06}",
        "institution_id": "county",
        "study_instance_uid": f"1.2.{number}",
        "patient_id": "P1",
        "issuer_of_patient_id": "",
        "patient_name": name,
        "patient_name_key": name_key(name),
        "patient_birth_date": "19700101",
        "patient_sex": "M",
        "study_date": "20260302",
        "study_time": "093000",
        "study_id": "S1",
        "accession_number": "A1",
        "study_description": "头颅平扫",
        "referring_physician_name": "Li^Si=李^四",
        "modalities": ["CT"],
        "series_count": 1,
        "instance_count": 1,
        "byte_count": 1,
        "source_ae_title": "COUNTY",
        "first_received_at": MOMENT,
        "last_received_at": MOMENT,
        "settled_at": MOMENT + timedelta(seconds=2),
        "version": 1,
    } | facts


class Rows:
    """Studies in a database, and which of them a filter finds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        """These studies and no others."""
        with self._engine.begin() as connection:
            connection.execute(delete(Series))
            connection.execute(delete(Study))
            connection.execute(insert(Study), list(rows))

    def add_series(self, study_key: str, modality: str) -> None:
        """A series of a study."""
        number = next(NUMBERS)
        values = {
            "series_key": f"s{number}",
            "study_key": study_key,
            "series_instance_uid": f"1.3.{number}",
            "modality": modality,
            "series_number": 1,
            "series_description": "",
            "body_part_examined": "",
            "performed_procedure_step_start_date": "",
            "instance_count": 1,
            "version": 1,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(Series).values(**values))

    def found(self, wanted: StudyFilter, column: str = "study_key") -> set[str]:
        """A column of the studies that match."""
        with self._engine.connect() as connection:
            statement = select(getattr(Study, column)).where(*study_conditions(wanted))
            return set(connection.scalars(statement))

    def visible(self, scope: StudyScope) -> set[tuple[str, str]]:
        """(institution, UID) of the studies in a scope."""
        with self._engine.connect() as connection:
            statement = select(Study.institution_id, Study.study_instance_uid).where(visible(scope))
            return {(row[0], row[1]) for row in connection.execute(statement)}


@pytest.fixture
def rows(database_url: str) -> Any:
    """An archive without objects, on SQLite and PostgreSQL."""
    engine = open_sync_engine(database_url)
    yield Rows(engine)
    engine.dispose()


NAMES = (
    "Wang^Xiaodong=王^小东",
    "Wang^Xiao=王^晓",
    "WANG^XIAODONG",
    "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "Wang",
    "100%_sure",
    "back\\slash",
    "",
)


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ("wang^xiaodong", {0, 2}),
        ("Wang^Xiaodong=王^小东", {0}),
        ("王^小东", {0}),
        ("やまだ^たろう", {3, 4}),
        ("山田^太郎", {3, 4}),
        ("山田*", {3, 4}),
        ("wang", {5}),
        ("wang*", {0, 1, 2, 5}),
        ("*xiao", {1}),
        ("wang^xiaod???", {0, 2}),
        ("?ang", {5}),
        ("*", set(range(9))),
        ("", set(range(9))),
        ("100%_sure", {6}),
        ("100%*", {6}),
        ("1%", set()),
        ("100__sure", set()),
        ("back\\slash", {7}),
        ("back*slash", {7}),
        ("nobody", set()),
    ],
)
def test_person_names(rows: Rows, wanted: str, expected: set[int]) -> None:
    made = [study(patient_name=name) for name in NAMES]
    rows.put(made)
    assert rows.found(StudyFilter(patient_name=wanted)) == {made[n]["study_key"] for n in expected}


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ("wangxiaodong", {0, 2}),
        ("xiaodong wang", {0, 2}),
        ("wxd", {0}),
        ("小东", {0}),
        ("山田", {3, 4}),
        ("shantian", {3, 4}),
        ("ＷＡＮＧ", {0, 1, 2, 5}),
        ("%", {6}),
        ("王 晓", {1}),
    ],
)
def test_fuzzy_names(rows: Rows, wanted: str, expected: set[int]) -> None:
    made = [study(patient_name=name) for name in NAMES]
    rows.put(made)
    assert rows.found(StudyFilter(patient_name=wanted, fuzzy=True)) == {
        made[n]["study_key"] for n in expected
    }


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ("wang^xiaodong", {0, 2}),
        ("Wang Xiaodong", {0, 2}),
        ("ＷＡＮＧ＊", {0, 1, 2, 5}),
        ("WANG*", {0, 1, 2, 5}),
        ("Wang", {5}),
        ("王*", {0, 1}),
        ("王小东", {0}),
        ("王?东", {0}),
        ("wxd", {0}),
        ("xiaodong", set()),
        ("*xiaodong", {0, 2}),
        ("shantian*", {3, 4}),
        ("やまだ*", {3, 4}),
        ("100%*", {6}),
        ("?", set()),
        ("", set(range(9))),
        ("*", set(range(9))),
    ],
)
def test_whole_names_by_any_reading(rows: Rows, wanted: str, expected: set[int]) -> None:
    made = [study(patient_name=name) for name in NAMES]
    rows.put(made)
    assert rows.found(StudyFilter(patient_name=wanted, by_reading=True)) == {
        made[n]["study_key"] for n in expected
    }


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text("wangxi^王小东曾=*? ", max_size=8), st.lists(st.text("wangxi^王小东曾=", max_size=8), max_size=5)
)
def test_by_reading_finds_what_the_plain_pattern_finds_and_the_readings_of_it(
    rows: Rows, wanted: str, names: list[str]
) -> None:
    rows.put([study(patient_name=name) for name in (*names, "曾^小东")])
    plain = rows.found(StudyFilter(patient_name=wanted), "patient_name")
    found = rows.found(StudyFilter(patient_name=wanted, by_reading=True), "patient_name")
    assert plain <= found
    if wanted and "*" not in wanted and "?" not in wanted:
        folded = fold(wanted)
        assert found - plain == {
            name
            for name in {*names, "曾^小东"} - plain
            if folded and set(wanted) - set("^=") and folded in name_key(name).split("|")
        }


def test_issuers_and_sop_classes(rows: Rows) -> None:
    made = [study(issuer_of_patient_id="COUNTY"), study(issuer_of_patient_id="CITY")]
    rows.put(made)
    assert rows.found(StudyFilter(issuer_of_patient_id="CITY")) == {made[1]["study_key"]}
    assert rows.found(StudyFilter(issuer_of_patient_id="C*")) == {row["study_key"] for row in made}
    assert rows.found(StudyFilter(sop_classes_in_study=["1.2.3"])) == set()


DATES = ("", "20251231", "20260101", "20260302", "20260303")


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ("20260302", {"20260302"}),
        ("202603", {"20260302", "20260303"}),
        ("20260101-", {"20260101", "20260302", "20260303"}),
        ("-20260101", {"20251231", "20260101"}),
        ("20260101-20260302", {"20260101", "20260302"}),
        ("20270101-20260101", set()),
        ("-", set(DATES) - {""}),
        ("", set(DATES)),
    ],
)
def test_dates(rows: Rows, wanted: str, expected: set[str]) -> None:
    rows.put([study(study_date=date, patient_birth_date=date) for date in DATES])
    assert rows.found(StudyFilter(study_date=wanted), "study_date") == expected
    assert rows.found(StudyFilter(patient_birth_date=wanted), "patient_birth_date") == expected


TIMES = ("", "09", "0930", "093000", "093000.5", "093001", "235959.999999")


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ("0930", {"0930", "093000", "093000.5", "093001"}),
        ("093000-", {"0930", "093000", "093000.5", "093001", "235959.999999"}),
        ("-0930", {"09", "0930", "093000", "093000.5", "093001"}),
        ("-093000", {"09", "0930", "093000", "093000.5"}),
        ("093000-093000", {"0930", "093000", "093000.5"}),
        ("093000.2-", {"093000.5", "093001", "235959.999999"}),
        ("09-10", set(TIMES) - {"", "235959.999999"}),
        ("24-", set()),
    ],
)
def test_times_of_any_precision(rows: Rows, wanted: str, expected: set[str]) -> None:
    """0930 is half past nine sharp; a limit named to the minute takes in that minute."""
    rows.put([study(study_time=time) for time in TIMES])
    assert rows.found(StudyFilter(study_time=wanted), "study_time") == expected


@pytest.mark.parametrize(
    "key, stored, wanted, matches",
    [
        ("patient_id", "P1", "P1", True),
        ("patient_id", "P1", "P", False),
        ("patient_id", "P1", "P*", True),
        ("patient_id", "P1", "?1", True),
        ("patient_id", "P_1", "P?1", True),
        ("patient_id", "Px1", "P_1", False),
        ("patient_id", "100%", "1*%", True),
        ("patient_id", "100", "1%", False),
        ("patient_id", "", "*", True),
        ("accession_number", "A 1", "A 1", True),
        ("study_id", "S1", "s1", False),
        ("patient_sex", "F", "F", True),
        ("study_description", "头颅平扫", "*平扫", True),
        ("study_description", "头颅平扫", "头??扫", True),
        ("study_description", "头颅平扫", "头?扫", False),
        ("referring_physician_name", "Li^Si=李^四", "李^四", True),
        ("referring_physician_name", "Li^Si=李^四", "li^*", True),
    ],
)
def test_texts(rows: Rows, key: str, stored: str, wanted: str, matches: bool) -> None:
    rows.put([study(**{key: stored})])
    assert bool(rows.found(StudyFilter(**{key: wanted}))) is matches  # type: ignore[arg-type]


def test_lists_of_uids_and_modalities(rows: Rows) -> None:
    made = [study(), study(), study()]
    rows.put(made)
    for row, modality in zip(made, ("CT", "MR", "SR"), strict=True):
        rows.add_series(row["study_key"], modality)
    keys = [row["study_key"] for row in made]
    uids = [row["study_instance_uid"] for row in made]
    assert rows.found(StudyFilter(study_instance_uids=uids[:2])) == set(keys[:2])
    assert rows.found(StudyFilter(study_keys=keys[1:])) == set(keys[1:])
    assert rows.found(StudyFilter(modalities_in_study=["MR", "SR"])) == set(keys[1:])
    assert rows.found(StudyFilter(modalities_in_study=["US"])) == set()
    assert rows.found(StudyFilter(study_instance_uids=uids, modalities_in_study=["CT"])) == {keys[0]}


letters = st.text("aB1%_\\*?.王", max_size=6)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("aB1%_\\.王", max_size=6), min_size=1, max_size=6), letters)
def test_any_text_against_any_pattern(rows: Rows, stored: list[str], wanted: str) -> None:
    """`*` any run, `?` one character, everything else itself; without wildcards the value itself."""
    rows.put([study(patient_id=text) for text in stored])
    wild = "*" in wanted or "?" in wanted
    pattern = re.compile(fnmatch.translate(re.sub(r"[\[\]]", "", wanted)), re.IGNORECASE)
    expected = {text for text in stored if not wanted or (pattern.match(text) if wild else text == wanted)}
    assert rows.found(StudyFilter(patient_id=wanted), "patient_id") == expected


places = st.sampled_from(["county", "city", "town"])
owned = st.tuples(places, st.sampled_from(["1.9.1", "1.9.2", "1.9.3"]))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(owned, min_size=1), st.frozensets(places), st.frozensets(owned))
def test_sql_and_python_agree_on_what_a_scope_allows(
    rows: Rows, there: set[tuple[str, str]], own: frozenset[str], shared: frozenset[tuple[str, str]]
) -> None:
    rows.put([study(institution_id=place, study_instance_uid=uid) for place, uid in sorted(there)])
    scope = StudyScope(institution_ids=own, shared=shared)
    assert rows.visible(scope) == {one for one in there if scope.allows(*one)}
    assert rows.visible(StudyScope()) == set()
