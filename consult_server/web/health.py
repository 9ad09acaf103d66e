"""Is it alive, can it work, how does it do: for people and machines that watch."""

from typing import Annotated

from fastapi import Header, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text

from config.kernel.database import DatabaseUnavailable
from config.kernel.errors import Forbidden, Unavailable
from config.metrics import may_read
from config.routing import Router
from consult_server.web.deps import ThePlatform
from consult_server.web.platform import Platform
from dicom_node.commitment.queries import counts
from dicom_node.keeping import metrics as keeping
from dicom_node.keeping.queries import figures
from dicom_node.reporting.metrics import exposition
from dicom_node.reporting.queries import receivers

router = Router(tags=["health"])


class NotReady(Unavailable):
    """A part this server needs does not answer."""

    code = "general.not_ready"


class MetricsForbidden(Forbidden):
    """Metrics need the bearer token metrics_token, which is with the secrets in the data folder."""

    code = "general.metrics_forbidden"


@router.get("/health/live", include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers. Public."""
    return {"status": "live"}


@router.get("/health/ready", include_in_schema=False)
async def ready(here: ThePlatform) -> dict[str, str]:
    """Database and wire answer too. Public; names the part that does not."""
    async with here.database.read() as view:
        await view.execute(text("SELECT 1"))
    try:
        await here.redis.ping()
    except (RedisError, OSError) as error:
        raise NotReady(part="redis") from error
    return {"status": "ready"}


@router.get("/metrics", include_in_schema=False)
async def metrics(here: ThePlatform, authorization: Annotated[str, Header()] = "") -> Response:
    """Counters of this process and of every DICOM receiver in Prometheus text form.

    Public for whoever holds the token for them.
    """
    if not may_read(here.settings, authorization):
        raise MetricsForbidden
    return Response(generate_latest() + (await _dicom(here)).encode(), media_type=CONTENT_TYPE_LATEST)


async def _dicom(here: Platform) -> str:
    """The figures of receivers and objects; nothing while the database is away, which the others outlive."""
    try:
        async with here.database.read() as view:
            now = here.clock.now()
            receiving = exposition(await receivers(view, now), await counts(view))
            return receiving + keeping.exposition(await figures(view), now)
    except DatabaseUnavailable:
        return ""
