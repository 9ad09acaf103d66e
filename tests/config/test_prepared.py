"""Statements made once answer what a session answers, on both databases, of one state of it."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import and_, bindparam, insert, select, tuple_

from config.kernel.database import Database
from config.kernel.sqlite_inline import InlineConnection
from config.kernel.view import IDLE_MAX, PlainReads, View
from config.prepared import SHAPES_MAX, Prepared
from dicom_node.archive.tables import Base, Series, Study
from tests.dicom_node.archive.test_matching import study

NAMED = (
    select(Study, Series)
    .outerjoin(Series, and_(Series.study_key == Study.study_key, Series.modality == bindparam("modality")))
    .where(
        Study.patient_id.in_(bindparam("patients", expanding=True))
        | tuple_(Study.institution_id, Study.patient_id).in_(bindparam("pairs", expanding=True))
    )
    .order_by(Study.study_key)
    .limit(100)
)
COLUMNS = select(Study.patient_id, Study.modalities, Study.first_received_at, Study.settled_at).order_by(
    Study.study_key
)


async def fill(database: Database) -> None:
    """Three studies, one of which has a series."""
    rows = [study(patient_id=f"P{n}", settled_at=None, modalities=["CT"] * n) for n in range(3)]
    series = {
        "series_key": "s1",
        "study_key": rows[1]["study_key"],
        "series_instance_uid": "1.3",
        "modality": "CT",
        "series_number": None,
        "series_description": "胸部",
        "body_part_examined": "",
        "performed_procedure_step_start_date": "",
        "instance_count": 1,
        "version": 1,
    }
    async with database.write() as tx:
        await tx.execute(insert(Study), rows)
        await tx.execute(insert(Series), [series])


def facts(entity: Base | None) -> dict[str, object] | None:
    """What a row says, by column."""
    return None if entity is None else {c.key: getattr(entity, c.key) for c in entity.__table__.columns}


@pytest.mark.parametrize("patients", [[], ["P0"], ["P0", "P1", "P2"]], ids=len)
@pytest.mark.parametrize("pairs", [[], [("county", "P1"), ("city", "P2")]], ids=len)
async def test_entities_are_what_a_session_makes_of_them(
    database: Database, patients: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> None:
    await fill(database)
    prepared = Prepared(NAMED)
    values = {"modality": "CT", "patients": list(patients), "pairs": list(pairs)}
    async with database.read() as view:
        found = [tuple(map(facts, row)) for row in await prepared.rows(view, values)]
        again = [tuple(map(facts, row)) for row in await prepared.rows(view, values)]
        expected = [tuple(map(facts, row)) for row in await view.execute(NAMED, values)]
    assert found == again == expected
    assert len(found) == len({*patients, *(patient for owner, patient in pairs if owner == "county")})


async def test_columns_have_their_types(database: Database) -> None:
    await fill(database)
    async with database.read() as view:
        found = await Prepared(COLUMNS).rows(view, {})
        assert found == [tuple(row) for row in await view.execute(COLUMNS)]
    assert [row[1] for row in found] == [[], ["CT"], ["CT", "CT"]]
    assert all(row[2].tzinfo is not None and row[3] is None for row in found)


async def test_lists_of_very_many_lengths_are_no_burden(database: Database) -> None:
    await fill(database)
    prepared = Prepared(NAMED)
    async with database.read() as view:
        for length in range(SHAPES_MAX + 3):
            values = {"modality": "CT", "patients": ["P0"] * length, "pairs": list[tuple[str, str]]()}
            assert len(await prepared.rows(view, values)) == min(length, 1)


async def test_a_view_sees_one_state_and_the_next_one_another(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    counted = Prepared(select(Study.study_key))
    async with database.read() as view:
        assert await counted.rows(view, {}) == []
        await fill(database)
        assert await counted.rows(view, {}) == []
    async with database.read() as view:
        assert len(await counted.rows(view, {})) == 3
    await database.close()


async def test_views_at_once_have_connections_of_their_own(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    counted = Prepared(select(Study.study_key))
    async with database.read() as first:
        await counted.rows(first, {})
        await fill(database)
        async with database.read() as second:
            assert len(await counted.rows(second, {})) == 3
            assert await counted.rows(first, {}) == []
    await database.close()


async def test_only_so_many_connections_wait_for_the_next_view(sqlite_url: str, tmp_path: Path) -> None:
    made = list[InlineConnection]()

    def make() -> InlineConnection:
        made.append(InlineConnection(str(tmp_path / "lianzhen.db"), (), 10))
        return made[-1]

    reads = PlainReads(make)
    for _ in range(2):
        views = [await reads.begin() for _ in range(IDLE_MAX + 2)]
        for view in views:
            await reads.end(view)
    assert len(made) == IDLE_MAX + 4
    reads.stop()
    for each in made:
        with pytest.raises(sqlite3.ProgrammingError):
            await each.results("select 1", ())


async def test_what_fails_leaves_the_connection_to_the_next(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(ZeroDivisionError):
        async with database.read() as view:
            await Prepared(COLUMNS).rows(view, {})
            raise ZeroDivisionError
    await fill(database)
    async with database.read() as view:
        assert len(await Prepared(COLUMNS).rows(view, {})) == 3
        assert len(list(await view.execute(COLUMNS))) == 3
    await database.close()


async def test_another_database_is_not_asked_plainly(postgres_url: str) -> None:
    database = Database(postgres_url)
    async with database.read() as view:
        assert isinstance(view, View)
        assert await Prepared(COLUMNS).filled_rows(view, []) is None
        assert await view.plain(lambda: ("select 1", ())) is None
        assert not hasattr(view, "nothing_of_the_kind")
    await database.close()
