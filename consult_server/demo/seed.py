"""The demonstration, set up as real work: people and patients registered, studies sent over the
network by C-STORE, cases moved by the people whose turn it is. Each step may be repeated: what an
interrupted run has done is found and not done again.
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.clock import Clock, SystemClock
from config.kernel.database import Database
from config.kernel.errors import Unavailable
from config.kernel.principal import Principal
from config.settings import Settings
from consult_server.consults import drafts, queries, steps
from consult_server.consults.domain import Urgency, Verb
from consult_server.consults.tables import Consult
from consult_server.demo import cast, kept
from consult_server.demo.people import Registered, register_everybody
from consult_server.demo.send import send
from consult_server.demo.stories import STORIES, Story
from consult_server.exams import queries as exams, service
from consult_server.exams.domain import BodyPart, ExamOrder, Modality
from consult_server.identity import access
from consult_server.identity.passwords import Passwords

SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.1
ORDERED_BY = STORIES[0].applicant


class StudyNotArrived(Unavailable):
    """A study of the demonstration was sent but did not settle in the archive."""

    code = "demo.study_not_arrived"


class SendingFailed(Unavailable):
    """The DICOM node did not take a study of the demonstration."""

    code = "demo.sending_failed"


@dataclass(frozen=True)
class Notes:
    """What must be the same in every run: when it began, and the passwords."""

    began_at: datetime
    accounts: list[dict[str, str]]


class Demonstration:
    """The demonstration of one data folder."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        stories: Sequence[Story] = STORIES,
        passwords: Passwords | None = None,
    ) -> None:
        self._settings, self._stories = settings, stories
        self._passwords = passwords or Passwords()
        self._clock = clock or SystemClock()
        self._zone = ZoneInfo(settings.time_zone)

    def _notes(self) -> Notes:
        home = self._settings.home_path
        if not kept.file(home).exists():
            accounts = [
                {
                    "user": person.user,
                    "password": secrets.token_urlsafe(9),
                    "role": person.roles[0].value,
                    "institution": cast.institution(person.institution).name,
                    "name": person.name,
                }
                for person in cast.PEOPLE
            ]
            kept.write(home, {"began_at": self._clock.now().isoformat(), "accounts": accounts})
        notes = kept.read(home)
        return Notes(datetime.fromisoformat(notes["began_at"]), notes["accounts"])

    async def welcome(self) -> str:
        """The sign-ins as people read them."""
        lines = [
            f"  {row['role']:<14}{row['user']:<12}{row['password']:<14}{row['name']}  {row['institution']}"
            for row in self._notes().accounts
        ]
        return "\n".join(["sign-ins (also in demonstration.json in the data folder):", *lines, ""])

    async def set_up(self) -> None:
        """Bring the demonstration to its full state. Raises SendingFailed, StudyNotArrived."""
        notes = self._notes()
        database = Database(self._settings.database_url)
        try:
            async with database.write() as tx:
                everybody = await register_everybody(tx, notes.accounts, self._passwords, notes.began_at)
            missing = [story for story in self._stories if not await self._told(database, story, everybody)]
            for story in missing:
                await self._tell(database, story, everybody, notes)
            await self._order(database, everybody)
        finally:
            await database.close()

    async def _order(self, database: Database, everybody: Registered) -> None:
        """One examination waits for its device; once there is any, none is ordered again."""
        async with database.write() as tx:
            doctor, now = await _principal(tx, ORDERED_BY), self._clock.now()
            if await exams.exams(tx, doctor, exams.ExamView.ALL, "", None):
                return
            wanted = ExamOrder(
                modality=Modality.CT,
                body_part=BodyPart.CHEST,
                procedure="胸部增强扫描",
                reason="左肺下叶结节，会诊建议增强检查",
                urgency=Urgency.URGENT.value,
                scheduled_at=now.astimezone(self._zone).replace(minute=30, second=0, microsecond=0)
                + timedelta(hours=2),
                station_ae_title="",
            )
            patient_id = everybody.patients[cast.patient("P05").key]
            await service.order(tx, doctor, patient_id, wanted, self._zone, now)

    async def _told(self, database: Database, story: Story, everybody: Registered) -> bool:
        async with database.read() as view:
            home = everybody.institutions[story.inviting.key]
            study = await queries.study_by_accession(view, home, story.accession)
            if study is None or story.request is None:
                return study is not None
            return bool(await queries.requested_studies(view, home, {study.study_instance_uid}))

    async def _tell(self, database: Database, story: Story, everybody: Registered, notes: Notes) -> None:
        acquired_at = notes.began_at.astimezone(self._zone).replace(microsecond=0) - story.before
        datasets = await asyncio.to_thread(lambda: list(story.make(acquired_at)))
        await self._send(story, datasets)
        uid = str(datasets[0].StudyInstanceUID)
        await self._settled(database, everybody.institutions[story.inviting.key], uid, len(datasets))
        if story.request is not None:
            await self._request(database, story, everybody, uid)

    async def _send(self, story: Story, datasets: list[Dataset]) -> None:
        dicom = self._settings.dicom
        result = await asyncio.to_thread(
            partial(
                send,
                datasets,
                host=dicom.host,
                port=dicom.port,
                calling_ae=story.ae_title,
                called_ae=dicom.ae_title,
            )
        )
        if not result.complete:
            raise SendingFailed(accession=story.accession)

    async def _settled(self, database: Database, institution_id: str, uid: str, count: int) -> None:
        for _look in range(int(SETTLE_SECONDS / LOOK_SECONDS)):
            async with database.read() as view:
                study = await queries.own_study(view, institution_id, uid)
            if study is not None and study.settled_at is not None and study.instance_count == count:
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise StudyNotArrived(study_instance_uid=uid)

    async def _request(self, database: Database, story: Story, everybody: Registered, uid: str) -> None:
        async with database.write() as tx:
            home = everybody.institutions[story.inviting.key]
            if await queries.requested_studies(tx, home, {uid}):
                return  # another run has been quicker
            actors = {user: await _principal(tx, user) for user in story.people()}
            consult = await self._submit(tx, story, everybody, uid, actors[story.applicant])
            await self._move(tx, story, consult, actors)

    async def _submit(
        self, tx: AsyncSession, story: Story, everybody: Registered, uid: str, applicant: Principal
    ) -> Consult:
        request, now = story.requested, self._clock.now()
        consult = await drafts.start_draft(tx, applicant, request.case_kind, self._zone, now)
        changes = drafts.Changes(
            patient_id=everybody.patients[story.patient.key],
            study_instance_uid=uid,
            urgency=request.urgency,
            invited_institution_id=everybody.institutions[story.invited.key],
            urgency_reason=request.urgency_reason,
            question=request.question,
            chief_complaint=request.chief_complaint,
            history=request.history,
            consent_kind="signed_paper",
        )
        await drafts.change_draft(tx, applicant, consult.consult_id, consult.version, changes, now)
        return await steps.submit(tx, applicant, consult.consult_id, consult.version, now)

    async def _move(
        self, tx: AsyncSession, story: Story, consult: Consult, actors: dict[str, Principal]
    ) -> None:
        now = self._clock.now()
        if story.coordinator:
            centre = actors[story.coordinator]
            await steps.take_step(
                tx, centre, consult.consult_id, consult.version, Verb.ACCEPT, now, reason=""
            )
            if story.reader:
                reader = actors[story.reader].account_id
                await steps.assign(tx, centre, consult.consult_id, consult.version, reader, now)


async def _principal(view: AsyncSession, user: str) -> Principal:
    account = await access.account_by_user(view, user)
    return access.principal_of(access.Proven(account, None), "")
