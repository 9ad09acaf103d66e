"""What is done when the node tells of approved destructions: one study, one transaction."""

from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from config.kernel.clock import Clock
from config.kernel.envelope import Envelope
from config.kernel.streams import Handler
from consult_server.consults.queries import studies_referred_to
from dicom_node.retention.destroying import State, carry_out


def on_destruction_approved(clock: Clock) -> Handler:
    """An approved study is destroyed, unless a consult or anything else speaks against it by now."""

    async def destroy_study(tx: AsyncSession, envelope: Envelope) -> None:
        await tx.run_sync(partial(_carried_out, envelope=envelope, clock=clock))

    return destroy_study


def _carried_out(session: Session, *, envelope: Envelope, clock: Clock) -> State | None:
    told = envelope.payload
    name = told["institution_id"], told["study_instance_uid"]
    return carry_out(session.connection(), told["destruction_id"], name, studies_referred_to, clock.now())
