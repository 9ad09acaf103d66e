"""May this person read this study? The answer the viewer asks for, from sessions and consults."""

from collections import OrderedDict
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from config.kernel.principal import Principal
from consult_server.audit.service import Outcome, record
from consult_server.consults.access import study_scope
from consult_server.consults.queries import own_study
from consult_server.identity.current import principal_of
from consult_server.web.platform import Platform
from dicom_node.archive.scope import StudyScope
from viewer.access import ViewerPorts

AUDIT_ONCE_IN = timedelta(minutes=10)
READINGS_REMEMBERED_MAX = 10_000


async def outcome_of(view: AsyncSession, scope: StudyScope, study_instance_uid: str) -> Outcome:
    """Whether a scope opens this study: lent by a consult, or the institution's own."""
    if any(uid == study_instance_uid for _institution_id, uid in scope.shared):
        return Outcome.DONE
    for institution_id in scope.institution_ids:
        if await own_study(view, institution_id, study_instance_uid) is not None:
            return Outcome.DONE
    return Outcome.REFUSED


class ConsultStudyAccess:
    """`viewer.access.StudyAccess` for the product: own institution, and the caller's consults.

    Reading a study is audited once in ten minutes for each person, study and outcome: one reading
    makes hundreds of requests.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._audited: OrderedDict[tuple[str, str, Outcome], datetime] = OrderedDict()

    async def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        """The caller's reach. Raises SignedOut."""
        principal = await principal_of(connection)
        async with self._platform.database.read() as view:
            scope = await study_scope(view, principal, study_instance_uid)
            if study_instance_uid is None:
                return scope
            outcome = await outcome_of(view, scope, study_instance_uid)
        await self._audit(principal, study_instance_uid, outcome)
        return scope

    async def _audit(self, principal: Principal, study_instance_uid: str, outcome: Outcome) -> None:
        """Write the entry unless a recent one says the same; only a kept entry counts as one."""
        now, key = self._platform.clock.now(), (principal.account_id, study_instance_uid, outcome)
        before = self._audited.get(key)
        if before is not None and now - before < AUDIT_ONCE_IN:
            return
        async with self._platform.database.write() as tx:
            record(tx, principal, "study.read", "study", study_instance_uid, now, outcome)
        self._audited[key] = now
        self._audited.move_to_end(key)
        if len(self._audited) > READINGS_REMEMBERED_MAX:
            self._audited.popitem(last=False)


def viewer_ports(platform: Platform) -> ViewerPorts:
    """What the viewer may use of this process."""
    return ViewerPorts(
        access=ConsultStudyAccess(platform),
        database=platform.database,
        objects=platform.objects,
        cache_folder=platform.settings.home_path / "cache",
        clock=platform.clock,
    )
