"""What consults do when the archive speaks."""

from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.clock import Clock
from config.kernel.envelope import Envelope
from config.kernel.streams import Handler
from consult_server.consults.queries import consults_about
from consult_server.consults.steps import refresh_after_arrival


def on_study_settled(clock: Clock) -> Handler:
    """Lists that show this study's consults learn that more images are there."""

    async def refresh_consults(tx: AsyncSession, envelope: Envelope) -> None:
        about = await consults_about(
            tx, envelope.payload["institution_id"], envelope.payload["study_instance_uid"]
        )
        await refresh_after_arrival(tx, about, clock.now())

    return refresh_consults
