"""From a link's token to what it invites to."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from consult_server.calls.domain import CALLABLE, InvitationUnknown
from consult_server.calls.tables import Invitation
from consult_server.consults.domain import Status
from consult_server.consults.tables import Consult
from consult_server.identity.passwords import digest
from consult_server.patients.tables import Patient


@dataclass(frozen=True)
class Invited:
    """An invitation, its case and its patient."""

    invitation: Invitation
    consult: Consult
    patient: Patient

    @property
    def case_open(self) -> bool:
        """True while the case can be talked about."""
        return Status(self.consult.status) in CALLABLE


async def by_token(view: AsyncSession, token: str) -> Invited:
    """What a link invites to. Raises InvitationUnknown."""
    row = (
        await view.execute(
            select(Invitation, Consult, Patient)
            .join(Consult, Consult.consult_id == Invitation.consult_id)
            .join(Patient, Patient.patient_id == Consult.patient_id)
            .where(Invitation.token_sha256 == digest(token))
        )
    ).first()
    if row is None:
        raise InvitationUnknown
    return Invited(row[0], row[1], row[2])
