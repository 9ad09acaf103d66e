"""The index of names: what `matching` finds it never leaves out, whether names are in it yet or not."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given, strategies as st
from psycopg import sql
from sqlalchemy import Connection, Engine, create_engine, delete, event, insert, select, text, update
from sqlalchemy.orm import Session

from config.kernel.database import Database, open_sync_engine
from config.kernel.ids import new_id
from dicom_node.archive import name_index
from dicom_node.archive.matching import (
    ANY_INSTANCE,
    ANY_SERIES,
    StudyFilter,
    reach,
    study_conditions,
    visible,
)
from dicom_node.archive.name_index import (
    CANDIDATES,
    CANDIDATES_MAX,
    COMMON_FROM,
    TEXT,
    expression,
    narrowed,
    narrowed_here,
)
from dicom_node.archive.names import name_key
from dicom_node.archive.queries import listed_studies, search_instances, search_series, search_studies
from dicom_node.archive.scope import NOTHING, StudyScope
from dicom_node.archive.tables import Instance, Series, Study
from dicom_node.intake.failpoints import Failpoints
from dicom_node.intake.ingest import Ingest
from dicom_node.keeping.names import AT_ONCE, NameKeeper, bring_up
from dicom_node.migrate import upgrade
from dicom_node.query.identifier import Filters
from dicom_node.query.model import Level
from dicom_node.query.queries import Index
from tests.dicom_node.archive.test_matching import study
from tests.dicom_node.archive.test_plans import plan
from tests.fixtures.clock import HandClock

COUNTY = StudyScope(institution_ids=frozenset({"county"}))
NAMES = (
    "Wang^Xiaodong=王^小东",
    "WANG^XIAO=王小明",
    "Li^Ming=李明",
    'O\'Brien^"Bob"=欧',
    "100%^Sure_\\x",
    "Ärger^Émile",
    "",
    "(a) OR b AND c*",
)
PATTERNS = (
    "*xiao*",
    "Wang^Xiaodong",
    "王小明",
    "李明",
    "小东",
    "*小东",
    "?ang^X*",
    "*%^Sure*",
    '*"Bob"*',
    "*_\\x",
    "(a) OR b AND c*",
    "*nobody at all*",
    "ärger*",
    "^^=",
    "=王*",
    "wangxiaodong",
)
groups = st.text(alphabet="aAbBÄäéç王李明小 ^='\"|%_\\-(", max_size=8)
wild = st.sampled_from(["", "*", "?"])
ways = st.sampled_from([{}, {"fuzzy": True}, {"by_reading": True}])


@st.composite
def names_and_patterns(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and part of it in another case with wild cards before, after and in it: often a match."""
    name = draw(groups)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(name))] * 2)))
    part, place = name[start:end], draw(st.integers(0, 8))
    part = part[:place] + draw(wild) + part[place + draw(st.integers(0, 1)) :]
    turned = draw(st.sampled_from([part, part.lower(), part.upper(), part.swapcase()]))
    return name, draw(wild) + turned + draw(wild)


def found_without(connection: Connection, wanted: StudyFilter) -> set[str]:
    """What matching alone finds."""
    question = select(Study.study_key).where(visible(COUNTY), *study_conditions(wanted))
    return set(connection.scalars(question))


@pytest.fixture(scope="module")
def shelf(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """One database of studies that many examples share, each of which begins with none."""
    path = tmp_path_factory.mktemp("names") / "lianzhen.db"
    shutil.copy(sqlite_template, path)
    engine = open_sync_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@given(names_and_patterns(), groups, ways)
def test_whatever_matches_is_a_candidate(
    shelf: Connection, drawn: tuple[str, str], other: str, way: dict[str, bool]
) -> None:
    name, pattern = drawn
    wanted = StudyFilter(patient_name=pattern, **way)  # type: ignore[arg-type]
    asked = expression(wanted)
    with shelf.begin() as transaction:
        shelf.execute(insert(Study), [study(patient_name=each) for each in (name, other)])
        while bring_up(shelf):
            continue
        matching = found_without(shelf, wanted)
        if asked is not None:
            candidates = set(shelf.scalars(CANDIDATES, {"expression": asked} | reach(COUNTY)))
            assert matching <= candidates
        transaction.rollback()


@pytest.mark.parametrize(
    "wanted, asked",
    [
        (StudyFilter(patient_name="王小明"), 'patient_name : "=王小明="'),
        (StudyFilter(patient_name="李明"), 'patient_name : "=李明="'),
        (StudyFilter(patient_name="*李明"), 'patient_name : "李明="'),
        (StudyFilter(patient_name="*李明*"), None),
        (StudyFilter(patient_name='Wang*a"b*'), 'patient_name : "=Wang" AND patient_name : "a""b"'),
        (StudyFilter(patient_name="*"), None),
        (StudyFilter(patient_name="^="), None),
        (StudyFilter(), None),
        (StudyFilter(patient_name="li ming", fuzzy=True), 'patient_name_key : "ming"'),
        (StudyFilter(patient_name="li", fuzzy=True), None),
        (
            StudyFilter(patient_name="Li^Ming", by_reading=True),
            '(patient_name : "=Li^Ming=") OR (patient_name_key : "|liming|")',
        ),
        (StudyFilter(patient_name="*a\0b*"), None),
    ],
    ids=str,
)
def test_what_the_index_is_asked(wanted: StudyFilter, asked: str | None) -> None:
    assert expression(wanted) == asked


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Writes the studies, and reads them as peers do."""
    opened = open_sync_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def stored(engine: Engine) -> list[str]:
    """A study of each name, with one series and one instance, of two institutions; the keys of one."""
    rows = [study(patient_name=name, institution_id=who) for who in ("county", "city") for name in NAMES]
    series = [_series(row["study_key"]) for row in rows]
    with engine.begin() as connection:
        connection.execute(insert(Study), rows)
        connection.execute(insert(Series), series)
        connection.execute(insert(Instance), [_instance(row["series_key"]) for row in series])
    return [row["study_key"] for row in rows if row["institution_id"] == "county"]


def _series(study_key: str) -> dict[str, Any]:
    return {
        "series_key": f"s-{study_key}",
        "study_key": study_key,
        "series_instance_uid": f"1.3.{study_key[1:]}",
        "modality": "CT",
        "series_number": 1,
        "series_description": "",
        "body_part_examined": "",
        "performed_procedure_step_start_date": "",
        "instance_count": 1,
        "version": 1,
    }


def _instance(series_key: str) -> dict[str, Any]:
    values = {column.name: None for column in Instance.__table__.columns if column.nullable}
    return values | {
        "instance_key": f"i-{series_key}",
        "series_key": series_key,
        "institution_id": "county",
        "sop_instance_uid": f"1.4.{series_key[3:]}",
        "sop_class_uid": "1.2",
        "transfer_syntax_uid": "1.2.1",
        "number_of_frames": 1,
        "frame_offsets": [],
        "metadata_json": b"",
        "object_key": series_key,
        "object_bytes": 1,
        "dataset_offset": 1,
        "dataset_sha256": series_key,
        "received_at": study()["last_received_at"],
    }


@pytest.mark.parametrize("way", [{}, {"fuzzy": True}, {"by_reading": True}], ids=str)
@pytest.mark.parametrize("indexed", [False, True], ids=["waiting", "indexed"])
async def test_all_searches_find_what_matches(
    engine: Engine, database: Database, stored: list[str], way: dict[str, bool], indexed: bool
) -> None:
    index = Index(engine, COUNTY)
    if indexed and engine.dialect.name == "sqlite":
        with engine.begin() as connection:
            assert bring_up(connection) == 2 * len(stored)
    for pattern in PATTERNS:
        wanted = StudyFilter(patient_name=pattern, **way)  # type: ignore[arg-type]
        with engine.connect() as connection:
            keys = found_without(connection, wanted)
        async with database.read() as view:
            assert {s.study_key for s in await search_studies(view, COUNTY, wanted)} == keys, pattern
            uids = {s.study_instance_uid for s in await search_studies(view, COUNTY, wanted)}
            listed = await listed_studies(view, COUNTY, wanted, limit=50, offset=0)
            assert {s.study_instance_uid for s in listed} == uids
            assert {s.study_key for s, _ in await search_series(view, COUNTY, wanted)} == keys
            assert {s.study_key for s, _, _ in await search_instances(view, COUNTY, wanted)} == keys
            assert await search_studies(view, NOTHING, wanted) == []
        filters = Filters(studies=wanted, series=ANY_SERIES, instances=ANY_INSTANCE)
        assert set(index.keys(Level.STUDY, filters, 100)) == keys
        assert len(index.keys(Level.SERIES, filters, 100)) == len(keys)


@pytest.fixture
def file(sqlite_url: str) -> Iterator[Engine]:
    """A database that is a file."""
    opened = open_sync_engine(sqlite_url)
    yield opened
    opened.dispose()


def texts(connection: Connection) -> set[str]:
    """The names in the index."""
    return set(connection.scalars(select(TEXT.c.patient_name)))


def test_names_come_in_change_and_go_with_their_studies(file: Engine) -> None:
    one, other = study(patient_name="Wang^A"), study(patient_name="Li^B")
    with file.begin() as connection:
        connection.execute(insert(Study), [one, other])
        assert (texts(connection), bring_up(connection), bring_up(connection)) == (set(), 2, 0)
        assert texts(connection) == {"=Wang^A=", "=Li^B="}
        connection.execute(
            update(Study)
            .where(Study.study_key == one["study_key"])
            .values(patient_name="Zhang^C", patient_name_key=name_key("Zhang^C"))
        )
        connection.execute(delete(Study).where(Study.study_key == other["study_key"]))
        assert bring_up(connection) == 3
        assert texts(connection) == {"=Zhang^C="}
    with Session(file) as session:
        renamed = narrowed_here(session, COUNTY, StudyFilter(patient_name="Zhang^C"))
        assert renamed is not None
        assert renamed.study_keys == [one["study_key"]]
        assert narrowed_here(session, COUNTY, StudyFilter(patient_name="Wang^A")) is None


def test_a_name_that_never_was_in_the_index_leaves_nothing_behind(file: Engine) -> None:
    with file.begin() as connection:
        connection.execute(insert(Study), [study()])
        connection.execute(delete(Study))
        assert bring_up(connection) == 0


def test_the_chore_brings_up_what_waits_some_at_a_time(
    file: Engine, sqlite_url: str, clock: HandClock
) -> None:
    reader, ingest = open_sync_engine(sqlite_url, writes=False), Ingest(file, clock, Failpoints())
    keeper = NameKeeper(reader=reader, ingest=ingest)
    with file.begin() as connection:
        connection.execute(insert(Study), [study() for _ in range(AT_ONCE + 1)])
    assert [keeper.once() for _ in range(3)] == [AT_ONCE, 1, 0]
    with file.begin() as connection:
        connection.execute(delete(Study))
    assert [keeper.once() for _ in range(3)] == [AT_ONCE, 1, 0]
    ingest.close()
    reader.dispose()


async def test_a_name_of_many_is_met_on_the_way(file: Engine, sqlite_url: str) -> None:
    wanted = StudyFilter(patient_name="Wang*")
    with file.begin() as connection:
        connection.execute(insert(Study), [study() for _ in range(CANDIDATES_MAX)])
        while bring_up(connection):
            continue
    database = Database(sqlite_url)
    async with database.read() as view:
        few = await narrowed(view, COUNTY, wanted)
    with file.begin() as connection:
        connection.execute(insert(Study), [study(patient_name="Zhao^B")])  # waits, so it is a candidate
    async with database.read() as view:
        assert await narrowed(view, COUNTY, wanted) is wanted
    await database.close()
    assert few is not None
    assert len(few.study_keys) == CANDIDATES_MAX


async def test_of_a_name_that_is_common_anywhere_nobody_asks_whose(file: Engine, sqlite_url: str) -> None:
    wanted = StudyFilter(patient_name="Wang^*")
    elsewhere = {"patient_name": "=Wang^B=", "patient_name_key": "|wangb|"}
    database = Database(sqlite_url)
    with file.begin() as connection:
        connection.execute(insert(Study), [study(patient_name="Wang^A")])
        bring_up(connection)
        connection.execute(insert(TEXT), [elsewhere] * (COMMON_FROM - 2))
    for is_common in (False, True):
        async with database.read() as view:
            among = await narrowed(view, COUNTY, wanted)
        with Session(file) as session:
            here = narrowed_here(session, COUNTY, wanted)
        assert among == here
        assert (among is wanted) is is_common
        with file.begin() as connection:
            connection.execute(insert(TEXT), [elsewhere])
    await database.close()


def test_who_is_named_already_is_not_looked_for(file: Engine) -> None:
    statements: list[str] = []
    event.listen(file, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with Session(file) as session:
        for named in (
            StudyFilter(patient_name="Wang^A", patient_id="P1"),
            StudyFilter(patient_name="Wang^A", study_keys=["k"]),
            StudyFilter(patient_sex="M"),
        ):
            assert narrowed_here(session, COUNTY, named) is named
    assert not any("MATCH" in one for one in statements)


def test_candidates_come_from_indexes(sqlite_template: Path) -> None:
    found = plan(sqlite_template, CANDIDATES, expression='patient_name : "abc"', **reach(COUNTY))
    assert "VIRTUAL TABLE INDEX" in found
    assert "ix_dicom_study_name_waiting" in found
    assert "SCAN dicom_study " not in f"{found} "


@pytest.mark.parametrize("may_add", [True, False], ids=["pg_trgm", "without pg_trgm"])
def test_postgresql_has_an_index_where_it_may(postgres_server: str, may_add: bool) -> None:
    """Whoever owns the database may add the extension; else searches work without it."""
    name, role = (f"{kind}_{new_id().replace('-', '')}" for kind in ("n", "r"))
    here = postgres_server.split("@", 1)[1]
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        owner = sql.SQL("OWNER {}").format(sql.Identifier(role)) if may_add else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), owner))
    with psycopg.connect(f"{postgres_server}/{name}", autocommit=True) as connection:
        connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(role)))
    url = f"postgresql://{role}@{here}/{name}"
    upgrade(url)
    engine = create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.connect() as connection:
        names = set(
            connection.scalars(text("SELECT indexname FROM pg_indexes WHERE tablename = 'dicom_study'"))
        )
    engine.dispose()
    grams = {one for one in names if name_index.is_own(one)}
    assert grams == ({"ix_dicom_study_name_grams", "ix_dicom_study_key_grams"} if may_add else set())
