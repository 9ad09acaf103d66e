"""The demonstration set up against a running node: once, again, after a fault, after a kill."""

import asyncio
import json
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydicom import Dataset
from sqlalchemy import func, select

from config.kernel.clock import SystemClock
from config.kernel.database import Database, open_sync_engine
from config.settings import Settings, load
from consult_server.audit.tables import AuditEntry
from consult_server.consults.tables import Consult
from consult_server.demo import cast, people
from consult_server.demo.kept import file as kept_file
from consult_server.demo.seed import Demonstration, SendingFailed
from consult_server.demo.send import PeerUnreachable
from consult_server.demo.stories import STORIES, Story
from consult_server.exams.tables import Exam
from consult_server.identity import access
from consult_server.identity.passwords import Passwords
from consult_server.identity.tables import Account
from consult_server.institutions.tables import Agreement, Institution
from consult_server.patients.tables import Patient
from dicom_node.archive.tables import Instance, Peer, Study
from tests.dicom_node.conftest import node_settings, serving
from tests.fixtures.samples import REPOSITORY
from tests.fixtures.waiting import wait_until

ECGS = tuple(story for story in STORIES if story.accession.find("ECG") > 0)
ASKED = tuple(story for story in ECGS if story.request is not None)
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
TABLES = (Institution, Account, Patient, Agreement, Peer, Study, Instance, Consult, Exam)


def counts(url: str) -> dict[str, int]:
    """How many rows there are of everything the demonstration makes."""
    engine = open_sync_engine(url, writes=False)
    try:
        with engine.connect() as view:
            return {
                table.__tablename__: view.scalar(select(func.count()).select_from(table)) or 0
                for table in TABLES
            }
    finally:
        engine.dispose()


FULL = {
    "consult_institution": len(cast.INSTITUTIONS),
    "consult_account": len(cast.PEOPLE),
    "consult_patient": len(cast.PATIENTS),
    "consult_agreement": len(people.AGREEMENTS),
    "dicom_peer": len(cast.PEERS),
    "dicom_study": len(ECGS),
    "dicom_instance": len(ECGS),
    Consult.__tablename__: len(ASKED),
    Exam.__tablename__: 1,
}


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a data folder beside which a real node listens."""
    home = tmp_path / "home"
    home.mkdir()
    with serving(node_settings(home, sqlite_url, quiet_seconds=0.2)) as node:
        yield load(
            home=str(home),
            database={"url": sqlite_url},
            dicom={"port": node.listener.port, "quiet_seconds": 0.2},
        )


def demonstration(settings: Settings, stories: tuple[Story, ...] = ECGS) -> Demonstration:
    """The demonstration with fewer stories: the films and the CT take their time to be made."""
    return Demonstration(settings, SystemClock(), stories, QUICK)


async def test_all_is_there_once_however_often_it_is_set_up(settings: Settings) -> None:
    await demonstration(settings).set_up()
    assert await asyncio.to_thread(counts, settings.database_url) == FULL
    kept = kept_file(settings.home_path).read_bytes()
    await demonstration(settings).set_up()
    assert await asyncio.to_thread(counts, settings.database_url) == FULL
    assert kept_file(settings.home_path).read_bytes() == kept


async def test_the_cases_stand_where_their_stories_say(settings: Settings) -> None:
    await demonstration(settings).set_up()
    database = Database(settings.database_url)
    async with database.read() as view:
        for story in ASKED:
            case = (
                await view.scalars(select(Consult).where(Consult.accession_number == story.accession))
            ).one()
            reader = await access.account_by_user(view, story.reader)
            assert (case.status, case.specialist_id) == ("assigned", reader.account_id)
            assert case.question == story.requested.question
            assert case.due_at is not None
        steps = set(await view.scalars(select(AuditEntry.action)))
        assert {"consult.submit", "consult.accept", "consult.assign"} <= steps
    await database.close()


async def test_names_arrive_as_they_are_written_in_either_character_set(settings: Settings) -> None:
    await demonstration(settings).set_up()
    database = Database(settings.database_url)
    async with database.read() as view:
        rows = await view.execute(select(Study.accession_number, Study.patient_name))
        found = {row.accession_number: row.patient_name for row in rows}
    await database.close()
    assert found == {story.accession: str(story.patient.person_name) for story in ECGS}
    assert found["SQ26ECG0013"].endswith("龚^䶮"), "a character that GB 2312 and GBK lack"


async def test_sign_ins_are_kept_for_the_owner_alone(settings: Settings) -> None:
    told = await demonstration(settings, ()).welcome()
    path = kept_file(settings.home_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    rows = json.loads(path.read_text(encoding="utf-8"))["accounts"]
    assert [row["user"] for row in rows] == [person.user for person in cast.PEOPLE]
    assert len({row["password"] for row in rows}) == len(rows)
    for row in rows:
        assert row["user"] in told
        assert row["password"] in told
    assert await demonstration(settings, ()).welcome() == told


async def test_whoever_is_named_can_sign_in(settings: Settings) -> None:
    await demonstration(settings, ()).set_up()
    rows = json.loads(kept_file(settings.home_path).read_text(encoding="utf-8"))["accounts"]
    database = Database(settings.database_url)
    async with database.read() as view:
        account = await access.account_by_user(view, rows[0]["user"])
    await database.close()
    assert await QUICK.matches(account.password_hash, rows[0]["password"])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_node_that_is_not_there_is_said_and_the_next_run_goes_on(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"dicom": settings.dicom.model_copy(update={"port": 1})})
    with pytest.raises(PeerUnreachable):
        await demonstration(nowhere).set_up()
    found = await asyncio.to_thread(counts, settings.database_url)
    assert (found["consult_account"], found["dicom_study"]) == (len(cast.PEOPLE), 0)
    await demonstration(settings).set_up()
    assert await asyncio.to_thread(counts, settings.database_url) == FULL


async def test_a_study_that_the_node_refuses_is_named(settings: Settings) -> None:
    def nameless(at: datetime) -> list[Dataset]:
        datasets = list(ECGS[0].make(at))
        del datasets[0].StudyInstanceUID
        return datasets

    broken = replace(ECGS[0], make=nameless)
    with pytest.raises(SendingFailed) as refusal:
        await demonstration(settings, (broken,)).set_up()
    assert refusal.value.params == {"accession": ECGS[0].accession}


PROGRAM = """
import asyncio, json, sys
from config.settings import load
from tests.consult_server.demo.test_seed import demonstration
asyncio.run(demonstration(load(**json.loads(sys.argv[1]))).set_up())
"""
STOPS: list[tuple[str, Callable[[dict[str, int]], bool]]] = [
    ("when people are registered", lambda found: found["consult_account"] > 0),
    ("in the middle of the studies", lambda found: found["dicom_study"] > len(ECGS) // 2),
]


@pytest.mark.parametrize("reached", [reached for _, reached in STOPS], ids=[name for name, _ in STOPS])
def test_a_run_that_is_killed_is_finished_by_the_next(
    settings: Settings, reached: Callable[[dict[str, int]], bool]
) -> None:
    told = {
        "home": settings.home,
        "database": {"url": settings.database_url},
        "dicom": {"port": settings.dicom.port, "quiet_seconds": 0.2},
    }
    command = [sys.executable, "-c", PROGRAM, json.dumps(told)]
    with subprocess.Popen(command, cwd=REPOSITORY) as run:
        wait_until(lambda: run.poll() is not None or reached(counts(settings.database_url)), 90)
        run.kill()
    asyncio.run(demonstration(settings).set_up())
    assert counts(settings.database_url) == FULL


async def test_the_cast_is_registered_once_on_either_database(database: Database) -> None:
    accounts = [{"user": person.user, "password": f"{person.user}-1234"} for person in cast.PEOPLE]
    registered = []
    for _ in range(2):
        async with database.write() as tx:
            registered.append(await people.register_everybody(tx, accounts, QUICK, NOW))
    first, second = registered
    assert (first.institutions, first.patients) == (second.institutions, second.patients)
    async with database.read() as view:
        for table, expected in ((Account, cast.PEOPLE), (Patient, cast.PATIENTS), (Peer, cast.PEERS)):
            assert await view.scalar(select(func.count()).select_from(table)) == len(expected)


async def test_half_a_cast_is_no_cast(database: Database) -> None:
    """One transaction: a fault while registering leaves nothing behind."""
    some = [{"user": person.user, "password": "long enough 7"} for person in cast.PEOPLE[:3]]
    with pytest.raises(KeyError):
        async with database.write() as tx:
            await people.register_everybody(tx, some, QUICK, NOW)
    async with database.read() as view:
        assert await view.scalar(select(func.count()).select_from(Institution)) == 0
        assert await view.scalar(select(func.count()).select_from(Account)) == 0
