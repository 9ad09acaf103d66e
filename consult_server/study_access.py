"""May this person read this study? The answer the viewer asks for, from sessions and consults."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.principal import Principal
from consult_server.audit.service import Outcome, record
from consult_server.consults.access import study_scope
from consult_server.consults.queries import owns_study
from consult_server.identity.current import address_of, principal_in
from consult_server.web.kept_answers import let_keep
from consult_server.web.platform import Platform
from dicom_node.archive.scope import StudyScope
from viewer.access import ViewerPorts

AUDIT_ONCE_IN = timedelta(minutes=10)
READINGS_REMEMBERED_MAX = 10_000
Proof: TypeAlias = tuple[str | None, str | None, str]
"""What a request shows: Authorization, Cookie, and the address it comes from."""
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


async def outcome_of(view: AsyncSession, scope: StudyScope, study_instance_uid: str) -> Outcome:
    """Whether a scope opens this study: lent by a consult, or the institution's own."""
    if any(uid == study_instance_uid for _institution_id, uid in scope.shared):
        return Outcome.DONE
    for institution_id in scope.institution_ids:
        if await owns_study(view, institution_id, study_instance_uid):
            return Outcome.DONE
    return Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and what; found at this mark of the database, and good until then at most."""

    mark: int | None
    until: datetime
    principal: Principal
    scope: StudyScope
    outcome: Outcome


class ConsultStudyAccess:
    """`viewer.access.StudyAccess` for the product: own institution, and the caller's consults.

    Reading a study is audited once in ten minutes for each person, study and outcome: one reading
    makes hundreds of requests.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._audited: OrderedDict[tuple[str, str, Outcome], datetime] = OrderedDict()
        self._readers: OrderedDict[tuple[Proof, str | None], Reader] = OrderedDict()

    @asynccontextmanager
    async def reading(
        self, connection: HTTPConnection, study_instance_uid: str | None
    ) -> AsyncIterator[tuple[AsyncSession, StudyScope]]:
        """A view and the caller's reach in it. Raises SignedOut."""
        mark = self._platform.changes.mark()
        async with self._platform.database.read() as view:
            reader = await self._reader(view, connection, study_instance_uid, mark)
            until = reader.until
            if study_instance_uid is not None:
                audited_at = await self._audit(reader.principal, study_instance_uid, reader.outcome)
                until = min(until, audited_at + AUDIT_ONCE_IN)
            let_keep(connection, until)
            yield view, reader.scope

    async def _reader(
        self, view: AsyncSession, connection: HTTPConnection, study_instance_uid: str | None, mark: int | None
    ) -> Reader:
        """Who asks and what they may see, as found before if nothing was committed since."""
        headers = connection.headers
        proof = (headers.get("authorization"), headers.get("cookie"), address_of(connection))
        known = self._readers.get((proof, study_instance_uid))
        if known is not None and mark == known.mark is not None and self._platform.clock.now() < known.until:
            return known
        principal, until = await principal_in(view, connection)
        scope = await study_scope(view, principal, study_instance_uid)
        outcome = Outcome.DONE
        if study_instance_uid is not None:
            outcome = await outcome_of(view, scope, study_instance_uid)
        found = Reader(mark, until, principal, scope, outcome)
        _remember(self._readers, (proof, study_instance_uid), found)
        return found

    async def _audit(self, principal: Principal, study_instance_uid: str, outcome: Outcome) -> datetime:
        """Write the entry unless a recent one says the same, and when; only a kept entry counts as one."""
        now, key = self._platform.clock.now(), (principal.account_id, study_instance_uid, outcome)
        before = self._audited.get(key)
        if before is not None and now - before < AUDIT_ONCE_IN:
            return before
        async with self._platform.database.write() as tx:
            record(tx, principal, "study.read", "study", study_instance_uid, now, outcome)
        _remember(self._audited, key, now)
        return now


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    """Keep it; what was kept first goes when there is too much."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > READINGS_REMEMBERED_MAX:
        memory.popitem(last=False)


def viewer_ports(platform: Platform) -> ViewerPorts:
    """What the viewer may use of this process."""
    return ViewerPorts(
        access=ConsultStudyAccess(platform),
        database=platform.database,
        objects=platform.objects,
        cache_folder=platform.settings.home_path / "cache",
        clock=platform.clock,
    )
