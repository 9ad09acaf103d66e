"""Which index answers what: a question that reads every study is slow only where there are many."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Select, select
from sqlalchemy.dialects import sqlite

from dicom_node.archive.matching import StudyFilter, parts, reach, study_conditions
from dicom_node.archive.queries import (
    DOCUMENTS,
    PLACES,
    SERIES_OF_STUDY,
    STUDY,
    STUDY_AND_INSTANCE_OF_SERIES,
    STUDY_AND_SERIES,
)
from dicom_node.archive.scope import StudyScope
from dicom_node.archive.study_lists import FEW, NEWEST
from dicom_node.archive.tables import Study

OWNER = "0190-county"
SCOPE = StudyScope(institution_ids=frozenset({OWNER}), shared=frozenset({("0190-town", "1.2.3")}))
LIST_INDEX = "ix_dicom_study_institution_newest"


def plan(database: Path, statement: Select[*tuple[object, ...]], **values: object) -> str:
    """How SQLite, without statistics, goes about a statement."""
    state = statement.compile(dialect=sqlite.dialect()).construct_expanded_state(values)
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            f"explain query plan {state.statement}", state.positional_parameters
        ).fetchall()
    connection.close()
    return "\n".join(row[3] for row in rows)


def searched(database: Path, wanted: StudyFilter) -> str:
    """How a list of one institution's studies is made."""
    order = FEW if wanted.names_few else NEWEST
    question = select(Study).where(Study.institution_id == OWNER, *study_conditions(wanted))
    return plan(database, question.order_by(*order).limit(51))


@pytest.mark.parametrize(
    "wanted, index",
    [
        (StudyFilter(patient_id="P1"), "ix_dicom_study_institution_patient"),
        (StudyFilter(accession_number="A1"), "ix_dicom_study_institution_accession"),
        (StudyFilter(study_instance_uids=["1.2.3"]), "study_instance_uid=?"),
        (StudyFilter(study_keys=["k"]), "study_key=?"),
    ],
    ids=str,
)
def test_what_names_few_is_looked_up_and_sorted(
    sqlite_template: Path, wanted: StudyFilter, index: str
) -> None:
    found = searched(sqlite_template, wanted)
    assert index in found
    assert LIST_INDEX not in found
    assert "SCAN" not in found


@pytest.mark.parametrize(
    "wanted",
    [
        StudyFilter(),
        StudyFilter(patient_name="Wang*"),
        StudyFilter(patient_id="P*"),
        StudyFilter(study_date="2025"),
    ],
    ids=str,
)
def test_what_may_be_much_is_read_in_the_order_it_is_shown(
    sqlite_template: Path, wanted: StudyFilter
) -> None:
    found = searched(sqlite_template, wanted)
    assert LIST_INDEX in found
    assert "TEMP B-TREE" not in found


def test_lent_studies_are_looked_up_one_by_one(sqlite_template: Path) -> None:
    (own, lent) = parts(SCOPE)
    assert (own.few, lent.few) == (False, True)
    assert "study_instance_uid=?" in plan(sqlite_template, PLACES.where(lent.condition).order_by(*FEW))


def test_what_an_institution_has_is_not_lent_to_it_besides() -> None:
    scope = StudyScope(institution_ids=frozenset({OWNER}), shared=frozenset({(OWNER, "1.2.3")}))
    assert [part.few for part in parts(scope)] == [False]


def test_pages_after_the_first_are_found_in_the_index_alone(sqlite_template: Path) -> None:
    question = PLACES.where(Study.institution_id == OWNER).order_by(*NEWEST).limit(100_000)
    assert (
        plan(sqlite_template, question)
        == f"SEARCH dicom_study USING COVERING INDEX {LIST_INDEX} (institution_id=?)"
    )


@pytest.mark.parametrize("statement", [STUDY, STUDY_AND_SERIES, STUDY_AND_INSTANCE_OF_SERIES])
def test_what_is_asked_with_every_image_begins_with_a_uid(
    sqlite_template: Path, statement: Select[*tuple[object, ...]]
) -> None:
    names = {"study": "1.2", "series": "1.3", "instance": "1.4"}
    known = {name: value for name, value in names.items() if f":{name}" in str(statement)}
    found = plan(sqlite_template, statement, **known, **reach(SCOPE))
    assert "study_instance_uid=?" in found
    assert "SCAN dicom" not in found


@pytest.mark.parametrize("statement, name", [(SERIES_OF_STUDY, "study_key"), (DOCUMENTS, "series_key")])
def test_the_parts_of_a_study_are_looked_up(
    sqlite_template: Path, statement: Select[*tuple[object, ...]], name: str
) -> None:
    found = plan(sqlite_template, statement, **{name: "k"})
    assert f"{name}=?" in found
    assert "SCAN" not in found


def test_a_name_among_the_newest_is_looked_for_in_the_index_alone(sqlite_template: Path) -> None:
    """Of a name that few have, thousands of studies would else be read that do not have it."""
    named = study_conditions(StudyFilter(patient_name="Wang*"))
    found = plan(sqlite_template, PLACES.where(Study.institution_id == OWNER, *named).order_by(*NEWEST))
    assert f"COVERING INDEX {LIST_INDEX}" in found
    assert "TEMP B-TREE" not in found
