"""The one way to leave an audit entry."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.errors import Param
from config.kernel.principal import Principal
from consult_server.audit.tables import AuditEntry


class Outcome(StrEnum):
    """How the act ended."""

    DONE = "done"
    REFUSED = "refused"


def record(
    tx: AsyncSession,
    principal: Principal,
    action: str,
    object_type: str,
    object_id: str,
    now: datetime,
    outcome: Outcome = Outcome.DONE,
    **facts: Param | None,
) -> None:
    """Add the entry to the caller's transaction: both are kept or neither is."""
    tx.add(
        AuditEntry(
            at=now,
            account_id=principal.account_id,
            institution_id=principal.institution_id,
            proof=principal.proof.value,
            address=principal.address,
            action=action,
            object_type=object_type,
            object_id=object_id,
            outcome=outcome.value,
            facts=facts,
        )
    )
