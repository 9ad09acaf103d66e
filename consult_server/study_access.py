"""May this person read this study? The answer the viewer asks for, from sessions and consults."""

import time
from datetime import timedelta

from starlette.requests import HTTPConnection

from config.kernel.limits import TokenBucket
from consult_server.audit.service import Outcome, record
from consult_server.consults.access import study_scope
from consult_server.identity.current import principal_of
from consult_server.web.platform import Platform
from dicom_node.archive.scope import StudyScope
from viewer.access import ViewerPorts

AUDIT_ONCE_IN = timedelta(minutes=10)


class ConsultStudyAccess:
    """`viewer.access.StudyAccess` for the product: own institution, and the caller's consults.

    Reading a study is audited once in ten minutes for each person and study: one reading makes
    hundreds of requests.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._fresh = TokenBucket(
            per_second=1 / AUDIT_ONCE_IN.total_seconds(), burst=1, monotonic_seconds=time.monotonic
        )

    async def scope(self, connection: HTTPConnection, study_instance_uid: str | None) -> StudyScope:
        """The caller's reach. Raises SignedOut."""
        principal = await principal_of(connection)
        async with self._platform.database.read() as view:
            scope = await study_scope(view, principal, study_instance_uid)
        if study_instance_uid is not None and self._fresh.take(
            f"{principal.account_id} {study_instance_uid}"
        ):
            async with self._platform.database.write() as tx:
                record(
                    tx,
                    principal,
                    "study.read",
                    "study",
                    study_instance_uid,
                    self._platform.clock.now(),
                    Outcome.DONE if scope.institution_ids or scope.shared else Outcome.REFUSED,
                )
        return scope


def viewer_ports(platform: Platform) -> ViewerPorts:
    """What the viewer may use of this process."""
    return ViewerPorts(
        access=ConsultStudyAccess(platform),
        database=platform.database,
        objects=platform.objects,
        cache_folder=platform.settings.home_path / "cache",
        clock=platform.clock,
    )
